// Package statement keeps prepared statements: reading a statement's text costs SQLite as
// much as a small statement itself.
package statement

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// most bounds how many prepared statements are kept. The
// program's texts are few; those with lists of varying length are the rest, and
// of them the longest unused makes room.
const most = 400

// Conn is a connection that keeps the statements it has prepared. One goroutine at a
// time uses it.
type Conn struct {
	conn  *sql.Conn
	stmts map[string]*kept
	uses  int64
}

type kept struct {
	*sql.Stmt
	used int64 // the greater, the later
}

// NewConn takes over a connection: Close closes it.
func NewConn(conn *sql.Conn) *Conn {
	return &Conn{conn: conn, stmts: make(map[string]*kept)}
}

// get prepares a statement or answers the one that is there; nil when the text
// does not prepare.
func (p *Conn) get(ctx context.Context, query string) *sql.Stmt {
	p.uses++
	if s := p.stmts[query]; s != nil {
		s.used = p.uses
		return s.Stmt
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil // the caller runs the text and gets the error
	}
	if len(p.stmts) >= most {
		p.forgetOldest()
	}
	p.stmts[query] = &kept{s, p.uses}
	return s
}

func (p *Conn) forgetOldest() {
	oldest := ""
	for query, s := range p.stmts {
		if oldest == "" || s.used < p.stmts[oldest].used {
			oldest = query
		}
	}
	_ = p.stmts[oldest].Close() // a statement that does not close is no reason to run no other
	delete(p.stmts, oldest)
}

// ExecContext is sql.Conn's.
func (p *Conn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := p.get(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return p.conn.ExecContext(ctx, query, args...)
}

// QueryContext is sql.Conn's.
func (p *Conn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.get(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is sql.Conn's.
func (p *Conn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.get(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.conn.QueryRowContext(ctx, query, args...)
}

// Close lets go of the statements and the connection.
func (p *Conn) Close() error {
	var errs []error
	for _, s := range p.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.conn.Close())...)
}

// Pool reads on many connections with statements that are each prepared once a
// connection, not once a question.
type Pool struct {
	db *sql.DB

	mu    sync.Mutex
	stmts map[string]*shared
	uses  int64
}

// shared is a statement that several may be using; who forgets it does not close
// it under them.
type shared struct {
	*sql.Stmt
	used  int64
	users int
	gone  bool
}

// NewPool reads on the connections of db, which stays its owner's to close.
func NewPool(db *sql.DB) *Pool { return &Pool{db: db, stmts: map[string]*shared{}} }

// take answers a prepared statement and how to give it back; nil when the text does
// not prepare.
func (r *Pool) take(ctx context.Context, query string) *shared {
	r.mu.Lock()
	r.uses++
	if s := r.stmts[query]; s != nil {
		s.used, s.users = r.uses, s.users+1
		r.mu.Unlock()
		return s
	}
	r.mu.Unlock()
	stmt, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil // the caller runs the text and gets the error
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.stmts[query]; s != nil { // somebody else prepared it meanwhile
		s.used, s.users = r.uses, s.users+1
		_ = stmt.Close()
		return s
	}
	if len(r.stmts) >= most {
		r.forgetOldest()
	}
	s := &shared{Stmt: stmt, used: r.uses, users: 1}
	r.stmts[query] = s
	return s
}

func (r *Pool) forgetOldest() {
	oldest := ""
	for query, s := range r.stmts {
		if oldest == "" || s.used < r.stmts[oldest].used {
			oldest = query
		}
	}
	s := r.stmts[oldest]
	delete(r.stmts, oldest)
	s.gone = true
	if s.users == 0 {
		_ = s.Close()
	}
}

func (r *Pool) give(s *shared) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.users--; s.users == 0 && s.gone {
		_ = s.Close()
	}
}

// Query is sql.DB's QueryContext.
func (r *Pool) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s := r.take(ctx, query)
	if s == nil {
		return r.db.QueryContext(ctx, query, args...)
	}
	defer r.give(s) // rows that are open keep what they need of it
	return s.QueryContext(ctx, args...)
}

// QueryRow is sql.DB's QueryRowContext.
func (r *Pool) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	s := r.take(ctx, query)
	if s == nil {
		return r.db.QueryRowContext(ctx, query, args...)
	}
	defer r.give(s)
	return s.QueryRowContext(ctx, args...)
}

// Close lets go of the statements.
func (r *Pool) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, s := range r.stmts {
		errs = append(errs, s.Close())
	}
	r.stmts = map[string]*shared{}
	return errors.Join(errs...)
}
