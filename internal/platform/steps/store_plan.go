package steps

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"hawker/internal/platform/statement"
)

// Planned is a statement of a migration that has not been done.
type Planned struct {
	Statement string
	Table     string // that it changes
	Rows      int64  // that the table has now; -1 where it is not there yet
}

// Database is where a plan is looked up.
type Database struct {
	statement.Reader

	MySQL bool
}

// Plan reads what a migration would do, and changes nothing. On MySQL what was done before the
// last start was killed is left out.
func Plan(ctx context.Context, db Database, folder fs.FS, file string, version int64) ([]Planned, error) {
	raw, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, err
	}
	done, err := db.done(ctx, version)
	if err != nil {
		return nil, err
	}
	all := statements(string(raw))
	var out []Planned
	for _, text := range all[min(done, len(all)):] {
		p := Planned{Statement: text, Table: changes(text), Rows: -1}
		if p.Table != "" {
			if p.Rows, err = db.rows(ctx, p.Table); err != nil {
				return nil, fmt.Errorf("%s: %w", p.Table, err)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// done is how many statements of a migration a start did that was killed in it.
func (db Database) done(ctx context.Context, version int64) (n int, err error) {
	there, err := db.has(ctx, "goose_step")
	if !db.MySQL || err != nil || !there {
		return 0, err
	}
	err = db.QueryRow(ctx, "SELECT done FROM goose_step WHERE version_id = ?", version).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, err
}

func (db Database) has(ctx context.Context, table string) (bool, error) {
	query := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if db.MySQL {
		query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
	}
	n := 0
	err := db.QueryRow(ctx, query, table).Scan(&n)
	return n > 0, err
}

func (db Database) rows(ctx context.Context, table string) (n int64, err error) {
	if there, err := db.has(ctx, table); err != nil || !there {
		return -1, err
	}
	err = db.QueryRow(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n) // a name that is in the schema
	return n, err
}

// changes names the table that a statement changes, "" for what is none of a table (a trigger that goes).
func changes(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n(),;", r) })
	for i, word := range words {
		if !slices.Contains([]string{"TABLE", "INTO", "UPDATE", "FROM", "ON"}, strings.ToUpper(word)) {
			continue
		}
		for _, name := range words[i+1:] {
			if !slices.Contains([]string{"IF", "NOT", "EXISTS"}, strings.ToUpper(name)) {
				return strings.Trim(name, "`\"")
			}
		}
	}
	return ""
}
