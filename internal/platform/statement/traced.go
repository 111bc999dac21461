package statement

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"

	"hawker/internal/base/span"
)

// A statement is recorded as a step called after what it does to which table. Its text goes with
// it and its arguments do not: each of them is bound. The time in which rows are read is their
// reader's.

// begin begins the step of a statement.
func begin(ctx context.Context, system, query string) span.Span {
	if !span.Recorded(ctx) {
		return span.Span{}
	}
	_, s := span.Start(ctx, span.Client, Summary(query))
	s.Set(slog.String("db.system.name", system), slog.String("db.query.text", query))
	return s
}

// Summary is what a statement does to which table, as OpenTelemetry's conventions have
// db.query.summary; of one that reads several the first.
func Summary(query string) string {
	verb := ""
	for word := range strings.FieldsSeq(query) {
		switch {
		case verb == "":
			if verb = strings.Trim(word, "("); verb == "UPDATE" {
				verb = "UPDATE "
			}
		case word == "FROM" || word == "INTO":
			verb += " "
		case strings.HasSuffix(verb, " "):
			return verb + strings.Trim(word, "(),")
		}
	}
	return strings.TrimSpace(verb)
}

// Runner is a connection or a transaction.
type Runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Traced runs as another does, and records it.
type Traced struct {
	Runner

	System string // the database's name
}

// ExecContext implements Runner.
func (t Traced) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s := begin(ctx, t.System, query)
	res, err := t.Runner.ExecContext(ctx, query, args...)
	s.End(err)
	return res, err
}

// QueryContext implements Runner.
func (t Traced) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s := begin(ctx, t.System, query)
	rows, err := t.Runner.QueryContext(ctx, query, args...)
	s.End(err)
	return rows, err
}

// QueryRowContext implements Runner.
func (t Traced) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s := begin(ctx, t.System, query)
	row := t.Runner.QueryRowContext(ctx, query, args...)
	s.End(row.Err())
	return row
}

// Reader reads.
type Reader interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// TracedReader reads as another does, and records it.
type TracedReader struct {
	Reader

	System string
}

// Query implements Reader.
func (t TracedReader) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s := begin(ctx, t.System, query)
	rows, err := t.Reader.Query(ctx, query, args...)
	s.End(err)
	return rows, err
}

// QueryRow implements Reader.
func (t TracedReader) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	s := begin(ctx, t.System, query)
	row := t.Reader.QueryRow(ctx, query, args...)
	s.End(row.Err())
	return row
}
