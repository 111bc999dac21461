package sqldb_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestAWholeDatabaseIsWhole(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	if wrong, err := db.Check(t.Context()); err != nil || len(wrong) != 0 {
		t.Errorf("%v, %v", wrong, err)
	}
}

// A page that was written over is found, though nobody reads it.
func TestARottenPageIsFound(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/hawker.db"
	o := sqldb.Options{URL: "sqlite:" + file, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)}
	db, err := sqldb.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE letter (id INTEGER PRIMARY KEY, text VARCHAR(99) NOT NULL)"); err !=
			nil {
			return err
		}
		for n := range 2000 {
			if _, err := tx.Exec(ctx, "INSERT INTO letter (id, text) VALUES (?, ?)", n, strings.Repeat("dear",
				20)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 4096), 8*4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	o.ReadOnly = true
	if db, err = sqldb.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if wrong, err := db.Check(t.Context()); err == nil && len(wrong) == 0 {
		t.Error("a page of noise is taken for whole")
	}
}
