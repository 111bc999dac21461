// Command dump prints the rows of a SQLite file, a table a line, so that they can be
// written into either kind of database. It is a tool of scripts/older-data.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"hawker/test/older"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dump FILE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tables, err := texts(ctx, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		AND name NOT LIKE 'goose_%' ORDER BY name`)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, name := range tables {
		t, err := read(ctx, db, name)
		if err == nil && len(t.Rows) > 0 {
			err = out.Encode(t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

func read(ctx context.Context, db *sql.DB, name string) (t older.Table, err error) {
	columns, err := texts(ctx, db, `SELECT name FROM pragma_table_info('`+name+`') ORDER BY cid`)
	if err != nil {
		return t, err
	}
	t = older.Table{Name: name, Columns: columns}
	rows, err := db.QueryContext(ctx, `SELECT "`+strings.Join(columns, `", "`)+`" FROM "`+name+`" ORDER BY 1`)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return t, err
		}
		row := make([]older.Cell, len(cells))
		for i, c := range cells {
			row[i] = older.CellOf(c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, rows.Err()
}
