package schema_test

import (
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// table is what both dialects say of one table, a line for each thing.
type table []string

func text(t *testing.T, q sqldb.Querier, query string, args ...any) (out [][]string) {
	t.Helper()
	rows, err := q.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out, err = sqldb.Collect(rows, nil, func(s sqldb.Scanner) ([]string, error) {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		err := s.Scan(into...)
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = "NULL"
			if c.Valid {
				line[i] = c.String
			}
		}
		return line, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// kind is a column's type as far as the dialects can agree on it.
func kind(declared string) string {
	declared = strings.ToLower(declared)
	switch {
	case strings.Contains(declared, "int"):
		return "integer"
	case strings.Contains(declared, "text"):
		return "text"
	case strings.Contains(declared, "blob"), strings.Contains(declared, "binary"):
		return "bytes"
	}
	return declared // VARCHAR(n), CHAR(n)
}

func column(name, declared, notNull, byDefault string) string {
	byDefault = strings.Trim(byDefault, "'")
	if byDefault == "NULL" {
		byDefault = "none"
	}
	return fmt.Sprintf("column %s %s not-null=%s default=%q", name, kind(declared), notNull, byDefault)
}

func ofSQLite(t *testing.T, q sqldb.Querier) map[string]table {
	out := map[string]table{}
	for _, row := range text(t, q, "SELECT name, sql FROM sqlite_master WHERE type = 'table'") {
		name, ddl := row[0], row[1]
		if foreign(name) {
			continue
		}
		var lines table
		keys := map[string]string{}
		for _, c := range text(t, q, "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)", name) {
			lines = append(lines, column(c[0], c[1], c[2], c[3]))
			if c[4] != "0" {
				keys[c[4]] = c[0]
			}
		}
		lines = append(lines, "key "+strings.Join(inOrder(keys), ","))
		for _, i := range text(t, q, `SELECT name, "unique", origin FROM pragma_index_list(?)`, name) {
			if i[2] == "pk" {
				continue
			}
			cols := text(t, q, "SELECT seqno, name FROM pragma_index_info(?)", i[0])
			names := map[string]string{}
			for _, c := range cols {
				names[c[0]] = c[1]
			}
			lines = append(lines, fmt.Sprintf("index unique=%s %s", i[1], strings.Join(inOrder(names), ",")))
		}
		out[name] = append(lines, fmt.Sprintf("checks %d", len(regexp.MustCompile(`\bCHECK\b`).FindAllString(ddl, -1))))
	}
	return out
}

func ofMySQL(t *testing.T, q sqldb.Querier) map[string]table {
	out := map[string]table{}
	for _, c := range text(t, q,
		`SELECT table_name, column_name, column_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END,
		column_default FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY ordinal_position`) {
		if !foreign(c[0]) {
			out[c[0]] = append(out[c[0]], column(c[1], c[2], c[3], c[4]))
		}
	}
	for _, i := range text(t, q, `SELECT table_name, index_name, 1 - MAX(non_unique),
		GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ',') FROM information_schema.statistics
		WHERE table_schema = DATABASE() GROUP BY table_name, index_name`) {
		switch {
		case foreign(i[0]):
		case i[1] == "PRIMARY":
			out[i[0]] = append(out[i[0]], "key "+i[3])
		default:
			out[i[0]] = append(out[i[0]], fmt.Sprintf("index unique=%s %s", i[2], i[3]))
		}
	}
	checks := map[string]int{}
	for _, c := range text(t, q, `SELECT table_name, constraint_name FROM information_schema.table_constraints
		WHERE constraint_schema = DATABASE() AND constraint_type = 'CHECK'`) {
		checks[c[0]]++
	}
	for name := range out {
		out[name] = append(out[name], fmt.Sprintf("checks %d", checks[name]))
	}
	return out
}

// foreign tables are the migration tool's.
func foreign(name string) bool {
	return strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_")
}

func inOrder(byPlace map[string]string) (out []string) {
	for i := range 1 + len(byPlace) {
		if name, ok := byPlace[fmt.Sprint(i)]; ok {
			out = append(out, name)
		}
	}
	return out
}

// TestBothDialectsHaveTheSameTables compares what the servers say of themselves
// after all migrations: columns, keys, indexes, and how many rules each table has.
func TestBothDialectsHaveTheSameTables(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("needs a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	mysql := ofMySQL(t, sqltest.New(t).Reader())
	lite := ofSQLite(t, sqltest.NewSQLite(t).Reader())
	if len(lite) < 60 {
		t.Fatalf("only %d tables found", len(lite))
	}
	for name := range lite {
		if mysql[name] == nil {
			t.Errorf("%s is not in MySQL", name)
			continue
		}
		for _, line := range missing(lite[name], mysql[name]) {
			t.Errorf("%s: only SQLite has %s", name, line)
		}
		for _, line := range missing(mysql[name], lite[name]) {
			t.Errorf("%s: only MySQL has %s", name, line)
		}
	}
	for name := range mysql {
		if lite[name] == nil {
			t.Errorf("%s is only in MySQL", name)
		}
	}
}

func missing(have, in table) (out []string) {
	for _, line := range have {
		if !slices.Contains(in, line) {
			out = append(out, line)
		}
	}
	return out
}

// TestNoTriggers keeps what TiDB refuses, and what hides rules from the reader, out.
func TestNoTriggers(t *testing.T) {
	db := sqltest.New(t)
	query := "SELECT name FROM sqlite_master WHERE type = 'trigger'"
	if db.Dialect() == sqldb.MySQL {
		query = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
	}
	for _, row := range text(t, db.Reader(), query) {
		t.Errorf("trigger %s", row[0])
	}
}
