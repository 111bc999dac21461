package sqldb

import (
	"context"
	"errors"
	"fmt"

	"hawker/internal/platform/statement"
)

// writer is the one goroutine that writes to a SQLite file. It takes what is
// waiting, runs each as a savepoint of one transaction and commits them
// together: the cost of the fsync is shared, and each caller still learns only
// of its own failure.
type writer struct {
	db       *DB
	conn     *statement.Conn // the loop's own, taken at the first commit
	requests chan *request
	quit     chan struct{}
	done     chan struct{}
}

type request struct {
	ctx  context.Context
	fn   func(ctx context.Context, tx *Tx) error
	err  error
	done chan struct{}
}

// batchMax bounds how long the first of a batch waits for its neighbours.
const batchMax = 64

// ErrClosed is returned by Update after Close.
var ErrClosed = errors.New("sqldb: database is closed")

func startWriter(db *DB) *writer {
	w := &writer{db: db, requests: make(chan *request, batchMax), quit: make(chan struct{}), done: make(chan struct{})}
	go w.loop()
	return w
}

func (w *writer) stop() error {
	close(w.quit)
	<-w.done
	if w.conn == nil {
		return nil
	}
	return w.conn.Close()
}

func (w *writer) run(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	r := &request{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case w.requests <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ErrClosed
	}
	select {
	case <-r.done:
		return r.err
	case <-w.done:
		select { // the loop may have answered just before it ended
		case <-r.done:
			return r.err
		default:
			return ErrClosed
		}
	}
}

func (w *writer) loop() {
	defer close(w.done)
	batch := make([]*request, 0, batchMax)
	for {
		select {
		case r := <-w.requests:
			batch = append(batch[:0], r)
		case <-w.quit:
			return
		}
		for len(batch) < batchMax && len(w.requests) > 0 {
			batch = append(batch, <-w.requests)
		}
		w.commit(batch)
		for _, r := range batch {
			close(r.done)
		}
	}
}

// connection is the one to write on. It is taken late: migrations use the pool.
func (w *writer) connection(ctx context.Context) (*statement.Conn, error) {
	if w.conn == nil {
		conn, err := w.db.write.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.conn = statement.NewConn(conn)
	}
	return w.conn, nil
}

// commit runs a batch. Contexts are cut off from cancelling: SQLite rolls the
// whole transaction back when a statement is interrupted, which would punish
// the neighbours for one impatient client.
func (w *writer) commit(batch []*request) {
	ctx := context.Background()
	conn, err := w.connection(ctx)
	if err != nil {
		failAll(batch, err)
		return
	}
	if len(batch) == 1 {
		w.oneByOne(ctx, conn, batch)
		return
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		failAll(batch, err)
		return
	}
	now := w.db.clock.Now()
	for _, r := range batch {
		if err := w.savepoint(conn, &Tx{db: w.db, conn: w.db.watch(conn), now: now}, r); err != nil {
			_ = end(ctx, conn, err)
			w.oneByOne(ctx, conn, batch)
			return
		}
	}
	if err := end(ctx, conn, nil); err != nil {
		failAll(batch, err)
	}
}

// oneByOne runs those that have not failed, each in a transaction of its own, which needs no savepoint. On a full disk
// SQLite takes back all of a batch's for one statement, which is no fault of the others.
func (w *writer) oneByOne(ctx context.Context, conn *statement.Conn, batch []*request) {
	for _, r := range batch {
		if r.err != nil {
			continue
		}
		if _, r.err = conn.ExecContext(ctx, "BEGIN IMMEDIATE"); r.err == nil {
			r.err = end(ctx, conn, w.call(conn, &Tx{db: w.db, conn: w.db.watch(conn), now: w.db.clock.Now()}, r))
		}
	}
}

// call runs the function of a request that nobody has given up.
func (w *writer) call(conn *statement.Conn, tx *Tx, r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	ctx := context.WithValue(context.WithoutCancel(r.ctx), nesting{}, true)
	if w.db.twice {
		if err := rehearse(ctx, tx, r.fn); err != nil {
			return err
		}
	}
	return runWhole(ctx, tx, r.fn)
}

// savepoint runs one request; the error it returns is the batch's, the
// request's own goes into r.err.
func (w *writer) savepoint(conn *statement.Conn, tx *Tx, r *request) error {
	ctx := context.WithoutCancel(r.ctx)
	if _, err := conn.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	if r.err = w.call(conn, tx, r); r.err != nil {
		if _, err := conn.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "RELEASE one")
	return err
}

func failAll(batch []*request, err error) {
	for _, r := range batch {
		if r.err == nil {
			r.err = err
		}
	}
}

// end commits, or takes back what is left of a failed transaction: SQLite has often done so by itself by then.
func end(ctx context.Context, conn *statement.Conn, err error) error {
	if err == nil {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	_, _ = conn.ExecContext(ctx, "ROLLBACK")
	return err
}
