package sqldb

import (
	"context"
	"errors"
	"fmt"
)

// writer is the one goroutine that writes to a SQLite file. It takes what is
// waiting, runs each as a savepoint of one transaction and commits them
// together: the cost of the fsync is shared, and each caller still learns only
// of its own failure.
type writer struct {
	db       *DB
	conn     *prepared // the loop's own, taken at the first commit
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
	return w.conn.close()
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
func (w *writer) connection(ctx context.Context) (*prepared, error) {
	if w.conn == nil {
		conn, err := w.db.write.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.conn = newPrepared(conn)
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
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		failAll(batch, err)
		return
	}
	now := w.db.clock.Now()
	if len(batch) == 1 {
		w.alone(conn, &Tx{db: w.db, conn: conn, now: now}, batch[0])
		return
	}
	for _, r := range batch {
		tx := &Tx{db: w.db, conn: conn, now: now}
		if err := w.savepoint(conn, tx, r); err != nil {
			rollback(conn)
			failAll(batch, err)
			return
		}
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		rollback(conn)
		failAll(batch, fmt.Errorf("commit: %w", err))
	}
}

// alone runs a request that has no neighbours: what it wrote is taken back with the
// whole transaction, so it needs no savepoint.
func (w *writer) alone(conn *prepared, tx *Tx, r *request) {
	if r.err = r.ctx.Err(); r.err == nil {
		r.err = w.call(conn, tx, r)
	}
	if r.err != nil {
		rollback(conn)
		return
	}
	if _, err := conn.ExecContext(context.WithoutCancel(r.ctx), "COMMIT"); err != nil {
		rollback(conn)
		r.err = fmt.Errorf("commit: %w", err)
	}
}

// call runs the function of a request.
func (w *writer) call(conn *prepared, tx *Tx, r *request) error {
	ctx := context.WithValue(context.WithoutCancel(r.ctx), nesting{}, true)
	if w.db.twice {
		if err := rehearse(ctx, tx, conn, r.fn); err != nil {
			return err
		}
	}
	return runSafely(ctx, tx, r.fn)
}

// savepoint runs one request; the error it returns is the batch's, the
// request's own goes into r.err.
func (w *writer) savepoint(conn *prepared, tx *Tx, r *request) error {
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	ctx := context.WithoutCancel(r.ctx)
	if _, err := conn.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	r.err = w.call(conn, tx, r)
	if r.err != nil {
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

// rollback ends what is left of a failed batch. Its own error is of no use:
// SQLite has often rolled back by itself by then (after a full disk, say).
func rollback(conn *prepared) {
	_, _ = conn.ExecContext(context.Background(), "ROLLBACK")
}
