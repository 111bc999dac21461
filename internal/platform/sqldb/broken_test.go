package sqldb_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func noted(t *testing.T, db *sqldb.DB, name string) (n int) {
	t.Helper()
	err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM lease WHERE name = ?", name).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func insertNote(ctx context.Context, tx *sqldb.Tx, name string) error {
	_, err := tx.Exec(ctx, "INSERT INTO lease (name, holder, lease_until) VALUES (?, '', 0)", name)
	return err
}

// An error that the function does not care for ends its transaction all the same: the
// database may have taken back what came before, and what came after would stand alone.
func TestAnErrorEndsItsTransaction(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if err := insertNote(ctx, tx, "before"); err != nil {
			return err
		}
		_, _ = tx.Exec(ctx, "INSERT INTO no_such_table (id) VALUES (1)") // swallowed
		_ = insertNote(ctx, tx, "after")
		return nil
	})
	if err == nil {
		t.Error("committed, with an error in it that is no rule of the schema")
	}
	if before, after := noted(t, db, "before"), noted(t, db, "after"); before+after != 0 {
		t.Errorf("%d of before and %d of after are there", before, after)
	}
}

// A full database ends the one that met it, not its neighbours of before and after.
func TestAFullDatabaseEndsOne(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t)
	errFull := errors.New("it was not full")
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "PRAGMA max_page_count = 1"); err != nil { // as many as there are
			return err
		}
		if err := insertBig(ctx, tx); err == nil {
			return errFull
		}
		_ = insertNote(ctx, tx, "after")
		return nil
	})
	if err == nil || errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
	if noted(t, db, "after") != 0 {
		t.Error("what came after the error is there")
	}
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "PRAGMA max_page_count = 1000000"); err != nil {
			return err
		}
		return insertNote(ctx, tx, "later")
	}); err != nil || noted(t, db, "later") != 1 {
		t.Errorf("the next one: %v", err)
	}
}

// Who shares a commit with one that finds the database full hears nothing of it, before and after it.
func TestAFullDatabaseEndsNoNeighbour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewSQLite(t, sqltest.Once, func(o *sqldb.Options) { o.Clock = clock.NewManual(sqltest.Start) })
		names := []string{"a", "b", "big", "c", "d"}
		errs := make([]error, len(names))
		goOn := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() { // while it writes, the others gather
			if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				<-goOn
				_, err := tx.Exec(ctx, "PRAGMA max_page_count = 1") // as many as there are
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		for i, name := range names {
			synctest.Wait() // they come in this order
			group.Go(func() {
				errs[i] = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
					if name != "big" {
						return insertNote(ctx, tx, name)
					}
					return insertBig(ctx, tx)
				})
			})
		}
		synctest.Wait()
		close(goOn)
		group.Wait()
		for i, name := range names {
			if (errs[i] != nil) != (name == "big") || name != "big" && noted(t, db, name) != 1 {
				t.Errorf("%s: %v", name, errs[i])
			}
		}
	})
}

func insertBig(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO idempotency (scope, idem_key, request_hash, answer, created_at) VALUES "+
		"('s', 'k', 'h', ?, 0)", strings.Repeat("x", 1<<20))
	return err
}

// Rules of the schema are answers, not ends: whoever asks for them goes on.
func TestARuleOfTheSchemaIsAnAnswer(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if err := insertNote(ctx, tx, "once"); err != nil {
			return err
		}
		if err := insertNote(ctx, tx, "once"); !sqldb.IsUnique(err) {
			return errors.New("there are two")
		}
		return insertNote(ctx, tx, "other")
	})
	if err != nil || noted(t, db, "once") != 1 || noted(t, db, "other") != 1 {
		t.Error(err)
	}
}
