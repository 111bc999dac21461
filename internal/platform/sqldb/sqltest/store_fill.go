package sqltest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hawker/internal/platform/sqldb"
)

// Many is how many rows a list is tried on: a plan that reads them all is slow by
// then, and one that does not is still quick to set up.
const Many = 10_000

// Row is a row by its columns.
type Row map[string]any

// Int is a number of the row.
func (r Row) Int(column string) int64 {
	n, _ := r[column].(int64)
	return n
}

// Fill copies the only row of a table many times; change gets each copy with its
// number from 1 and makes it differ. The server's statistics are fresh then.
func Fill(t testing.TB, db *sqldb.DB, table string, change func(n int64, r Row)) {
	t.Helper()
	const chunk = 250 // rows in a statement
	names, model := onlyRow(t, db, table)
	marks := strings.TrimSuffix(strings.Repeat("("+sqldb.Marks(len(names))+"), ", chunk), ", ")
	query := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES " + marks
	for first := int64(1); first <= Many; first += chunk {
		args := make([]any, 0, chunk*len(names))
		for n := first; n < first+chunk; n++ {
			r := make(Row, len(names))
			for i, name := range names {
				r[name] = model[i]
			}
			change(n, r)
			for _, name := range names {
				args = append(args, r[name])
			}
		}
		exec(t, db, query, args...)
	}
	if db.Dialect() == sqldb.MySQL {
		rows, err := db.Reader().Query(t.Context(), "ANALYZE TABLE "+table) // no transaction survives it
		_, err = sqldb.Collect(rows, err, func(sqldb.Scanner) (struct{}, error) { return struct{}{}, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func onlyRow(t testing.TB, db *sqldb.DB, table string) (names []string, values []any) {
	t.Helper()
	rows, err := db.Reader().Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	if names, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	list, err := sqldb.Collect(rows, nil, func(s sqldb.Scanner) ([]any, error) {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		err := s.Scan(to...)
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				values[i] = string(raw)
			}
		}
		return values, err
	})
	if err != nil || len(list) != 1 {
		t.Fatalf("%s has %d rows, want one to copy: %v", table, len(list), err)
	}
	return names, list[0]
}

func exec(t testing.TB, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query[:min(len(query), 200)], err))
	}
}
