package sqldb_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/fstest"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
)

// A plan says what a migration would do to which rows, and does nothing.
func TestAPlanChangesNothing(t *testing.T) {
	t.Parallel()
	first := fstest.MapFS{"sqlite/0001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE cup (n BIGINT NOT NULL);\n" +
		"INSERT INTO cup (n)\nVALUES (1), (2);\n")}}
	next := fstest.MapFS{
		"sqlite/0001_a.sql": first["sqlite/0001_a.sql"],
		"sqlite/0002_b.sql": {Data: []byte("-- +goose Up\n-- Why.\n" +
			"ALTER TABLE cup ADD COLUMN m BIGINT;\nUPDATE cup SET m = n;\n")},
		"sqlite/0003_c.sql": {Data: []byte("-- +goose Up\nCREATE TABLE IF NOT EXISTS jug (n BIGINT);\n" +
			"CREATE INDEX ix_jug ON jug (n);\nDELETE FROM cup WHERE n = 1;\n")},
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "a.db"), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := sqldb.MigrateSchema(t.Context(), db, first); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		pending, err := sqldb.Plan(t.Context(), db, next)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range pending {
			got += p.File + ":"
			for _, s := range p.Steps {
				got += fmt.Sprintf(" %s=%d", s.Table, s.Rows)
			}
			got += "\n"
		}
		if want := "0002_b.sql: cup=2 cup=2\n0003_c.sql: jug=-1 jug=-1 cup=2\n"; got != want {
			t.Errorf("the plan is\n%s, want\n%s", got, want)
		}
	}
	if pending, err := sqldb.Plan(t.Context(), db, first); err != nil || len(pending) != 0 {
		t.Errorf("nothing is pending: %v, %v", pending, err)
	}
}
