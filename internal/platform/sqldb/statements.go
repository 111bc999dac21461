package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// statementsMax bounds how many prepared statements a connection keeps. The
// program's texts are few; those with lists of varying length are the rest.
const statementsMax = 400

// prepared is a connection that keeps the statements it has prepared: reading a
// statement's text costs SQLite as much as a small statement itself. One
// goroutine at a time uses it.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newPrepared(conn *sql.Conn) *prepared {
	return &prepared{conn: conn, stmts: make(map[string]*sql.Stmt)}
}

// get prepares a statement or answers the one that is there; nil when it is not
// worth keeping.
func (p *prepared) get(ctx context.Context, query string) *sql.Stmt {
	if s := p.stmts[query]; s != nil {
		return s
	}
	if len(p.stmts) >= statementsMax {
		return nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil // the caller runs the text and gets the error
	}
	p.stmts[query] = s
	return s
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
