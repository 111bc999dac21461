package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// statementsMax bounds how many prepared statements a connection keeps. The
// program's texts are few; those with lists of varying length are the rest, and
// of them the longest unused makes room.
const statementsMax = 400

// prepared is a connection that keeps the statements it has prepared: reading a
// statement's text costs SQLite as much as a small statement itself. One
// goroutine at a time uses it.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*kept
	uses  int64
}

type kept struct {
	*sql.Stmt
	used int64 // the greater, the later
}

func newPrepared(conn *sql.Conn) *prepared {
	return &prepared{conn: conn, stmts: make(map[string]*kept)}
}

// get prepares a statement or answers the one that is there; nil when the text
// does not prepare.
func (p *prepared) get(ctx context.Context, query string) *sql.Stmt {
	p.uses++
	if s := p.stmts[query]; s != nil {
		s.used = p.uses
		return s.Stmt
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil // the caller runs the text and gets the error
	}
	if len(p.stmts) >= statementsMax {
		p.forgetOldest()
	}
	p.stmts[query] = &kept{s, p.uses}
	return s
}

func (p *prepared) forgetOldest() {
	oldest := ""
	for query, s := range p.stmts {
		if oldest == "" || s.used < p.stmts[oldest].used {
			oldest = query
		}
	}
	_ = p.stmts[oldest].Close() // a statement that does not close is no reason to run no other
	delete(p.stmts, oldest)
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := p.get(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return p.conn.ExecContext(ctx, query, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.get(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.conn.QueryContext(ctx, query, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.get(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.conn.QueryRowContext(ctx, query, args...)
}

// close lets go of the statements and the connection.
func (p *prepared) close() error {
	var errs []error
	for _, s := range p.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.conn.Close())...)
}
