// Package move takes an installation from the database in its folder to a server: every
// row of every table, in the order of its key, some to a commit, and how far it is in the
// same commit. Who is ended goes on where they were. When all is there both sides are
// read once more, row beside row.
//
// Nobody may write to either side meanwhile: the folder's lock sees to that on one, and
// the other belongs to nobody before it is complete.
package move

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"hawker/internal/platform/sqldb"
)

// Move is a way from one database to another.
type Move struct {
	From, To *sqldb.DB // SQLite, MySQL
	Schema   fs.FS     // of both
	Progress func(p Progress)
}

// Progress is how far it is.
type Progress struct {
	Table       string
	Proving     bool // rows are compared, not written
	Done, Total int64
}

// Moved is what arrived.
type Moved struct {
	Tables int
	Rows   int64
}

// Errors of a move that cannot begin.
var (
	ErrKinds  = errors.New("a move is from sqlite to mysql")
	ErrOlder  = errors.New("the database to be moved is of another build: run hawker migrate on it first")
	ErrFilled = errors.New("the database to move to holds something: name an empty one")
)

// Differs is what was found when both sides were compared: nothing of it should be.
type Differs struct{ Table, What string }

func (d Differs) Error() string { return fmt.Sprintf("table %s: %s", d.Table, d.What) }

// own are tables that belong to a server: how far its migrations are, and who works there.
func own(table string) bool {
	return table == "lease" || table == "node_lease" || table == progressTable ||
		strings.HasPrefix(table, "goose") || strings.HasPrefix(table, "sqlite")
}

// Run moves, or goes on.
func (m Move) Run(ctx context.Context) (Moved, error) {
	if m.From.Dialect() != sqldb.SQLite || m.To.Dialect() != sqldb.MySQL {
		return Moved{}, ErrKinds
	}
	has, newest, err := sqldb.Known(ctx, m.From.Reader(), m.Schema, sqldb.SQLite)
	if err == nil && has != newest {
		err = ErrOlder
	}
	if err != nil {
		return Moved{}, err
	}
	if err := claim(ctx, m.To); err != nil {
		return Moved{}, err
	}
	if _, err := sqldb.MigrateSchema(ctx, m.To, m.Schema); err != nil {
		return Moved{}, err
	}
	tables, err := tablesOf(ctx, m.From.Reader())
	if err != nil {
		return Moved{}, err
	}
	if err := begin(ctx, m.To, tables); err != nil {
		return Moved{}, err
	}
	total := int64(0)
	for _, t := range tables {
		total += t.rows
	}
	p := Progress{Total: total}
	for _, t := range tables {
		if p, err = m.copy(ctx, t, p); err != nil {
			return Moved{}, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	p = Progress{Proving: true, Total: total}
	for _, t := range tables {
		if p, err = m.prove(ctx, t, p); err != nil {
			return Moved{}, err
		}
	}
	return Moved{Tables: len(tables), Rows: total}, end(ctx, m.To)
}

func (m Move) told(p Progress) {
	if m.Progress != nil {
		m.Progress(p)
	}
}

// A commit holds so many rows, and about so many bytes: servers bound a statement.
const (
	rowsMax  = 500
	bytesMax = 1 << 20
)

// copy writes what is not there of a table.
func (m Move) copy(ctx context.Context, t table, p Progress) (Progress, error) {
	p.Table = t.name
	after, done, err := reached(ctx, m.To.Reader(), t)
	if err != nil {
		return p, err
	}
	p.Done += done
	for {
		m.told(p)
		rows, err := t.after(ctx, m.From.Reader(), after, rowsMax)
		if err != nil || len(rows) == 0 {
			return p, err
		}
		rows = within(rows)
		last := t.keyOf(rows[len(rows)-1])
		done += int64(len(rows))
		if err := t.write(ctx, m.To, rows, last, done); err != nil {
			return p, err
		}
		after = last
		p.Done += int64(len(rows))
	}
}

// within are as many of the first rows as a statement takes, one at least.
func within(rows []row) []row {
	size := 0
	for i, r := range rows {
		for _, v := range r {
			size += len(v.String)
		}
		if size > bytesMax && i > 0 {
			return rows[:i]
		}
	}
	return rows
}

// prove reads a table on both sides.
func (m Move) prove(ctx context.Context, t table, p Progress) (Progress, error) {
	p.Table = t.name
	var after []string
	for {
		m.told(p)
		want, err := t.after(ctx, m.From.Reader(), after, rowsMax)
		if err != nil {
			return p, err
		}
		got, err := t.after(ctx, m.To.Reader(), after, rowsMax)
		if err != nil {
			return p, err
		}
		if len(want) != len(got) {
			return p, Differs{t.name, fmt.Sprintf("after %v there are %d rows, and %d that arrived", after, len(want),
				len(got))}
		}
		for i, r := range want {
			for c, v := range r {
				if v != got[i][c] {
					return p, Differs{t.name, fmt.Sprintf("%s of %v is another", t.columns[c], t.keyOf(r))}
				}
			}
		}
		if len(want) == 0 {
			return p, nil
		}
		after = t.keyOf(want[len(want)-1])
		p.Done += int64(len(want))
	}
}
