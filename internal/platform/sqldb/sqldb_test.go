package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// put writes one outbox row, a table that every database has.
func put(ctx context.Context, tx *sqldb.Tx, n int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at)
		VALUES (?, 'test', '', '{}', ?, 0)`, n, sqldb.Millis(tx.Now()))
	return err
}

func count(t *testing.T, q sqldb.Querier) int {
	t.Helper()
	var n int
	if err := q.QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUpdateCommitsOrRollsBack(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		fn   func(ctx context.Context, tx *sqldb.Tx) error
		want error
		rows int
	}{
		"error rolls back": {func(ctx context.Context, tx *sqldb.Tx) error {
			return errors.Join(put(ctx, tx, 1),
				boom)
		}, boom, 0},
		"nil commits": {func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 2) }, nil, 1},
		"nested is refused": {func(ctx context.Context, tx *sqldb.Tx) error {
			return db.Update(ctx,
				nil)
		}, sqldb.ErrNested, 0},
		"duplicate is unique": {func(ctx context.Context, tx *sqldb.Tx) error {
			return errors.Join(put(ctx, tx, 3),
				put(ctx, tx, 3))
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := count(t, db.Reader())
			err := db.Update(t.Context(), c.fn)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if name == "duplicate is unique" && !sqldb.IsUnique(err) {
				t.Fatalf("got %v, want a unique violation", err)
			}
			if got := count(t, db.Reader()) - before; got != c.rows {
				t.Fatalf("%d rows were added, want %d", got, c.rows)
			}
		})
	}
}

func TestPanicRollsBackOnlyItsOwnTransaction(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	var wg sync.WaitGroup
	failed := make([]error, 100)
	for i := range failed {
		wg.Go(func() {
			failed[i] = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				if err := put(ctx, tx, int64(i+1)); err != nil {
					return err
				}
				if i%3 == 0 {
					panic("a bug")
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i, err := range failed {
		if (err != nil) != (i%3 == 0) {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
	if got := count(t, db.Reader()); got != 66 {
		t.Errorf("%d rows are there, want 66", got)
	}
}

func TestCancelledCallerWritesNothing(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
	if !errors.Is(err, context.Canceled) || count(t, db.Reader()) != 0 {
		t.Fatalf("got %v and %d rows", err, count(t, db.Reader()))
	}
}

func TestUpsertKeepsOneRow(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	for _, holder := range []string{"a", "b"} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return tx.Upsert(ctx, "lease", []string{"name"}, []string{"holder", "lease_until"}, "relay", holder, 7)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var holder string
	if err := db.Reader().QueryRow(t.Context(), "SELECT holder FROM lease WHERE name = ?", "relay").
		Scan(&holder); err != nil || holder != "b" {
		t.Fatalf("got %q, %v", holder, err)
	}
}

func TestDataFolderIsLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hawker.db")
	open := func() (*sqldb.DB, error) {
		return sqldb.Open(t.Context(), sqldb.Options{URL: "sqlite:" + path, Clock: clock.Real{}})
	}
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	second, err := open()
	if !errors.Is(err, sqldb.ErrLocked) || strings.Contains(err.Error(), "invalid argument") {
		t.Fatalf("second open: %v, %v", second, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := open()
	if err != nil {
		t.Fatalf("after close: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTransactionsSeeOneInstant(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		before := tx.Now()
		c.Advance(time.Minute)
		if !tx.Now().Equal(before) {
			t.Error("now moved within a transaction")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
