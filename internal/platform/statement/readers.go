package statement

import (
	"context"
	"database/sql"
	"slices"
)

// Plain reads on any connection of a database.
type Plain struct{ DB *sql.DB }

// Query implements Reader.
func (p Plain) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.DB.QueryContext(ctx, query, args...)
}

// QueryRow implements Reader.
func (p Plain) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return p.DB.QueryRowContext(ctx, query, args...)
}

// Whole asks to the end whoever has not given up before: a question that may be interrupted
// costs a goroutine, on MySQL its connection.
type Whole struct{ Reader }

// Query implements Reader.
func (w Whole) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.Reader.Query(unlessOver(ctx), query, args...)
}

// QueryRow implements Reader.
func (w Whole) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return w.Reader.QueryRow(unlessOver(ctx), query, args...)
}

func unlessOver(ctx context.Context) context.Context {
	if ctx.Done() == nil || ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// Noted reads as another does and notes from which tables.
type Noted struct {
	Reader

	tables []string
}

// Noting notes what is read by q.
func Noting(q Reader) *Noted { return &Noted{Reader: q} }

// Tables are those that were read, in order and each once.
func (n *Noted) Tables() []string { return n.tables }

// Query implements Reader.
func (n *Noted) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	n.note(query)
	return n.Reader.Query(ctx, query, args...)
}

// QueryRow implements Reader.
func (n *Noted) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	n.note(query)
	return n.Reader.QueryRow(ctx, query, args...)
}

func (n *Noted) note(query string) {
	for _, t := range Reads(query) {
		if at, known := slices.BinarySearch(n.tables, t); !known {
			n.tables = slices.Insert(n.tables, at, t)
		}
	}
}
