// Package sqldb is the database under every module: SQLite when Hawker runs by
// itself, MySQL or MariaDB when it has grown, the same SQL text on both.
//
// What it keeps true: work happens in transactions that see one instant (Now);
// a transaction function may be run more than once and must therefore change
// nothing outside the database and make no network call; on SQLite all writers
// share one connection and commit together, so that one fsync serves many.
// Who may call it: store files of modules, and the functions that open a
// transaction. It knows no business.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/space"
	"hawker/internal/platform/statement"
)

// Dialect names the SQL spoken by the server behind a DB.
type Dialect string

// The dialects.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql"
)

// Querier reads. Both a transaction and the readers beside it are one.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// Options say where the database is.
type Options struct {
	URL      string // sqlite:PATH or mysql:DSN (user:password@tcp(host:port)/name)
	ReadOnly bool   // look without the lock on the data folder; Update fails
	// Histories are tables to which rows are added and nothing else: Exec refuses to
	// change or delete theirs.
	Histories []string
	// Twice runs each transaction function twice and rolls the first run back, for
	// tests: what a function changes outside the database shows at once.
	Twice bool
	Clock clock.Clock
	Log   *slog.Logger
	// Seen is shown each statement, for tests of plans; nil: nobody is.
	Seen func(query string, args []any)
	// Free tells how many bytes may still be written where a folder lies; nil: space.Free.
	Free func(dir string) (int64, error)
	// Spans has transactions and statements recorded as steps of what is traced.
	Spans bool
}

// DB is an open database. Close it after everything that uses it has stopped.
type DB struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB
	readers *statement.Pool // SQLite only: MySQL's driver puts arguments into the text, one round trip each
	clock   clock.Clock
	log     *slog.Logger
	writer  *writer // SQLite only
	lock    io.Closer
	ids     *id.Generator
	lease   *nodeLease
	changed signal
	twice   bool
	only    bool // to be read
	history map[string]bool
	closing sync.Once
	closed  error
	seen    func(query string, args []any)
	free    func(dir string) (int64, error)
	spans   bool
	last    atomic.Pointer[func(ctx context.Context, tx *Tx) error]
}

// Open connects. The schema is not touched; see Migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	kind, rest, _ := strings.Cut(o.URL, ":")
	db := &DB{
		dialect: Dialect(kind), clock: o.Clock, log: o.Log, twice: o.Twice, only: o.ReadOnly,
		history: map[string]bool{}, seen: o.Seen,
		free: o.Free, spans: o.Spans,
	}
	if db.free == nil {
		db.free = space.Free
	}
	for _, table := range o.Histories {
		db.history[table] = true
	}
	var err error
	switch db.dialect {
	case SQLite:
		err = db.openSQLite(rest, o.ReadOnly)
	case MySQL:
		err = db.openMySQL(ctx, rest)
	default:
		return nil, fmt.Errorf("database url must start with sqlite: or mysql:, got %q", kind)
	}
	if err == nil {
		err = db.read.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s database: %w%s", kind, err, advice(err)), db.Close())
	}
	return db, nil
}

// Dialect tells which server is behind.
func (db *DB) Dialect() Dialect { return db.dialect }

// Clock is the clock that transactions read.
func (db *DB) Clock() clock.Clock { return db.clock }

// Reader reads what is committed, beside the writers. A question that is asked is answered,
// also when nobody waits for it any more: questions are short, and one that may be
// interrupted costs a goroutine, on MySQL its connection. What takes long asks by Snapshot.
func (db *DB) Reader() Querier {
	var q Querier = statement.Plain{DB: db.read}
	if db.readers != nil {
		q = db.readers
	}
	q = statement.Whole{Reader: q}
	if db.spans {
		q = statement.TracedReader{Reader: q, System: string(db.dialect)}
	}
	if db.seen != nil {
		q = watched{q, db}
	}
	return q
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// Shared reports whether other nodes may work on this database. SQLite's file is
// locked for one process, so nobody has to be looked out for there.
func (db *DB) Shared() bool { return db.dialect == MySQL }

// Lost is closed when this process may no longer make ids, because another may
// hold its node number by now: the program has to end. It is nil where that
// cannot happen.
func (db *DB) Lost() <-chan struct{} {
	if db.lease == nil {
		return nil
	}
	return db.lease.lost
}

// Close waits for running transactions and lets go of the data folder. Closing
// again answers the same.
func (db *DB) Close() error {
	db.closing.Do(func() { db.closed = db.close() })
	return db.closed
}

func (db *DB) close() error {
	var errs []error
	if db.lease != nil {
		errs = append(errs, db.lease.stop())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.stop())
	}
	if db.readers != nil {
		errs = append(errs, db.readers.Close())
	}
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}

// show lets a test see a statement.
func (db *DB) show(query string, args []any) {
	if db.seen != nil {
		db.seen(query, args)
	}
}

// watched reads as another does, and shows what it asks.
type watched struct {
	Querier
	db *DB
}

func (w watched) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.db.show(query, args)
	return w.Querier.Query(ctx, query, args...)
}

func (w watched) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	w.db.show(query, args)
	return w.Querier.QueryRow(ctx, query, args...)
}

// Millis is how a time is stored: UTC milliseconds, 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis reads a stored time back.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Scanner is a row.
type Scanner interface{ Scan(dest ...any) error }

// Collect reads all rows of a query; it takes the query's error, too, so that a
// store function is one expression.
func Collect[T any](rows *sql.Rows, err error, scan func(Scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Marks is "?, ?, ?" for n arguments.
func Marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// Args turns a typed slice into arguments.
func Args[T any](items []T) []any {
	out := make([]any, len(items))
	for i, v := range items {
		out[i] = v
	}
	return out
}

// Snapshot reads one moment of the database with several statements.
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, q Querier) error) (err error) {
	var o sql.TxOptions
	if db.dialect == MySQL {
		o = sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	}
	tx, err := db.read.BeginTx(ctx, &o)
	if err != nil {
		return err
	}
	// Also when fn panics: whoever catches that must not lose a connection each time.
	defer func() { _ = tx.Rollback() }() // of what was only read
	return fn(ctx, &Tx{db: db, conn: db.watch(tx), now: db.clock.Now()})
}

// Cut shortens a text to at most n bytes without breaking a letter, which MySQL
// refuses.
func Cut(text string, n int) string {
	return strings.ToValidUTF8(text[:min(len(text), n)], "")
}

// Earliest reads one time, the least of a column of times; zero when there is none.
// Zero times in the column are the caller's to leave out.
func Earliest(ctx context.Context, q Querier, query string, args ...any) (time.Time, error) {
	var ms sql.NullInt64
	err := q.QueryRow(ctx, query, args...).Scan(&ms)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !ms.Valid {
		return time.Time{}, nil
	}
	return FromMillis(ms.Int64), err
}

// Along names the index along which a list is read, after the table in FROM. MySQL
// and MariaDB do not count a LIMIT when they choose: for a page in the middle they
// take the rows of the equal columns alone and walk to it from the top. SQLite
// chooses right by itself and sees a comment.
func Along(index string) string { return " /*! FORCE INDEX (" + index + ") */ " }
