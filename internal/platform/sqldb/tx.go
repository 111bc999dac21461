package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/base/span"
	"hawker/internal/platform/statement"
)

// Tx is one transaction: one instant, all or nothing.
type Tx struct {
	db   *DB
	conn statement.Runner
	now  time.Time

	// An error that was no rule of the schema. The database may have taken back everything by then (SQLite on a full
	// disk, MySQL after a deadlock): what came after it would be committed alone.
	broken error
	notes  []any // for who comes last
	wrote  []string
	alone  error // of who came last, the first time
}

// Now is the instant of the transaction, the same for everything in it.
func (tx *Tx) Now() time.Time { return tx.now }

// NextID implements id.Source.
func (tx *Tx) NextID() int64 { return tx.db.NextID() }

// Dialect tells which server is behind.
func (tx *Tx) Dialect() Dialect { return tx.db.dialect }

// Query implements Querier.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if tx.broken != nil {
		return nil, tx.broken
	}
	tx.db.show(query, args)
	rows, err := tx.conn.QueryContext(ctx, query, args...)
	return rows, tx.note(err)
}

// QueryRow implements Querier.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	tx.db.show(query, args)
	return tx.conn.QueryRowContext(ctx, query, args...)
}

// Exec changes rows and answers how many matched (not how many differ), which
// is the same number on both dialects.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	table, adds := statement.Writes(query)
	if tx.db.history[table] && !adds {
		return 0, fmt.Errorf("%w: %s", ErrHistory, table)
	}
	if tx.broken != nil {
		return 0, tx.broken
	}
	if !slices.Contains(tx.wrote, table) {
		tx.wrote = append(tx.wrote, table)
	}
	tx.db.show(query, args)
	res, err := tx.conn.ExecContext(ctx, query, args...)
	if tx.note(err) != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// note ends the transaction for good by an error that is no rule of the schema.
func (tx *Tx) note(err error) error {
	if err != nil && !IsUnique(err) && !IsCheck(err) {
		tx.broken = err
	}
	return err
}

// ErrHistory is returned for a statement that would rewrite a history.
var ErrHistory = errors.New("sqldb: a history is corrected by more rows, never rewritten")

// InsertOnce inserts; false: a row with the same unique key is there already.
func (tx *Tx) InsertOnce(ctx context.Context, query string, args ...any) (bool, error) {
	_, err := tx.Exec(ctx, query, args...)
	if IsUnique(err) {
		return false, nil
	}
	return err == nil, err
}

// NextID implements id.Source before a transaction, for a key sent to a provider, say.
func (db *DB) NextID() int64 {
	if db.ids == nil {
		panic("sqldb: ids asked for before Migrate leased a node")
	}
	return db.ids.NextID()
}

type nesting struct{}

// ErrNested is returned by Update within Update: pass the transaction instead.
var ErrNested = errors.New("sqldb: Update within Update")

// ErrReadOnly is returned by Update where the database was opened to look only.
var ErrReadOnly = errors.New("sqldb: the database is open to be looked at only")

// Update runs fn in a transaction and commits when it returns nil. It is
// committed and durable when Update returns nil. fn may be run more than once
// and may share its commit with other transactions, so it must not block on
// anything but the database.
func (db *DB) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if ctx.Value(nesting{}) != nil {
		return ErrNested
	}
	if db.only {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	update := run(db.updateMySQL)
	if db.writer != nil {
		update = db.writer.run
	}
	if db.spans && span.Recorded(ctx) {
		update = traced(update)
	}
	var done *Tx // the run that was committed
	var alone errAlone
	counted := func(ctx context.Context, tx *Tx) error {
		tx.alone, done = alone.error, tx
		return fn(ctx, tx)
	}
	err := update(ctx, counted)
	if errors.As(err, &alone) {
		err = update(ctx, counted)
	}
	if err == nil {
		db.changed.fire(done.wrote)
	}
	return err
}

const (
	triesMax   = 8
	retryFirst = 5 * time.Millisecond
)

func (db *DB) updateMySQL(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 1; ; try++ {
		err := db.tryMySQL(ctx, fn)
		if !IsRetryable(err) || try == triesMax {
			return err
		}
		wait := retryFirst << min(try, 6)
		// Of the machine, not of the business: locks are let go in real time, and a test
		// whose clock stands still must not wait for ever.
		timer := clock.Real{}.NewTimer(wait/2 + rand.N(wait)) //nolint:gosec // a pause is no secret
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func (db *DB) tryMySQL(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	conn, err := db.begin(ctx)
	if err != nil {
		return err
	}
	// Nothing is interrupted in the middle: it would cost the connection, and each statement a
	// goroutine that watches. The driver's own limits bound them.
	ctx = context.WithValue(context.WithoutCancel(ctx), nesting{}, true)
	defer func() {
		if err != nil {
			if _, back := conn.ExecContext(ctx, "ROLLBACK"); back != nil { // what is left of it must serve nobody
				_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			}
		}
		_ = conn.Close() // it goes back, or is broken and gone
	}()
	tx := &Tx{db: db, conn: db.watch(conn), now: db.clock.Now()}
	if db.twice {
		if err := rehearse(ctx, tx, fn); err != nil {
			return err
		}
	}
	if err := runWhole(ctx, tx, fn); err != nil {
		return err
	}
	_, s := span.Start(ctx, span.Client, "COMMIT")
	_, err = conn.ExecContext(ctx, "COMMIT")
	s.End(err)
	return err
}

// begin starts a transaction on a connection of its own. Those that the server has closed
// meanwhile show themselves here and are replaced.
func (db *DB) begin(ctx context.Context) (*sql.Conn, error) {
	for tries := mysqlConnsMax; ; tries-- {
		conn, err := db.write.Conn(ctx)
		if err != nil {
			return nil, err
		}
		_, err = conn.ExecContext(ctx, "START TRANSACTION") // which reads what is committed: see committed
		if err == nil {
			return conn, nil
		}
		_ = conn.Close()
		if !errors.Is(err, driver.ErrBadConn) || tries == 0 {
			return nil, err
		}
	}
}

// runSafely makes a panic of fn an error, so that it leaves its neighbours in the batch alone.
func runSafely(ctx context.Context, tx *Tx, fn func(ctx context.Context, tx *Tx) error) error {
	err := crash.Catch(func() error { return fn(ctx, tx) })
	if c := (*crash.Error)(nil); errors.As(err, &c) {
		return fmt.Errorf("in a transaction: %w", err)
	}
	if err == nil {
		err = tx.broken // which the function did not care for
	}
	return err
}

// runWhole runs the function of a transaction, and then who comes last.
func runWhole(ctx context.Context, tx *Tx, fn func(ctx context.Context, tx *Tx) error) error {
	return runSafely(ctx, tx, func(ctx context.Context, tx *Tx) error {
		err := fn(ctx, tx)
		if err == nil && tx.broken == nil && len(tx.notes) > 0 {
			err = tx.runLast(ctx)
		}
		return err
	})
}

// errAlone takes back a transaction that who comes last spoilt, and has it run again.
type errAlone struct{ error }

func (tx *Tx) runLast(ctx context.Context) error {
	err := runSafely(ctx, tx, *tx.db.last.Load())
	if err == nil || tx.alone != nil || IsRetryable(err) { // the last: of the whole transaction
		return err
	}
	return errAlone{err}
}

// rehearse runs fn and takes back what it wrote. The run that counts meets its error again: only the transaction's is
// answered.
func rehearse(ctx context.Context, tx *Tx, fn func(ctx context.Context, tx *Tx) error) error {
	if _, err := tx.conn.ExecContext(ctx, "SAVEPOINT rehearsal"); err != nil {
		return err
	}
	err := runWhole(ctx, tx, fn)
	if IsRetryable(err) {
		return err
	}
	return tx.back(ctx, "rehearsal")
}

// back takes back what was done since a savepoint.
func (tx *Tx) back(ctx context.Context, savepoint string) error {
	if _, err := tx.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+savepoint); err != nil {
		return err
	}
	tx.broken, tx.notes = nil, nil // of a run that was taken back
	_, err := tx.conn.ExecContext(ctx, "RELEASE SAVEPOINT "+savepoint)
	return err
}

// Last has fn run in each transaction that left notes, after its function, before its
// commit. It is for one; nobody is last before it is called. When fn fails, the transaction is
// taken back and run once more, and Alone tells fn why.
func (db *DB) Last(fn func(ctx context.Context, tx *Tx) error) { db.last.Store(&fn) }

// Alone is what failed when who comes last ran the first time: this time it leaves that be.
func (tx *Tx) Alone() error { return tx.alone }

// Leave leaves a note for who comes last in this transaction; false: there is nobody.
func (tx *Tx) Leave(note any) bool {
	if tx.db.last.Load() == nil {
		return false
	}
	tx.notes = append(tx.notes, note)
	return true
}

// Notes takes what was left.
func (tx *Tx) Notes() []any {
	left := tx.notes
	tx.notes = nil
	return left
}
