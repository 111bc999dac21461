package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

func update(t *testing.T, db *sqldb.DB, fn func(ctx context.Context, tx *sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// What is old goes, whatever the number of rows, and what is as old as the limit
// stays; the task knows when the oldest is due.
func TestOldRowsGo(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	next := sqldb.Oldest("outbox", "created_at", time.Hour)
	due := func() time.Time {
		t.Helper()
		at, err := next(t.Context(), db.Reader())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := due(); !at.IsZero() {
		t.Errorf("an empty table is due at %s", at)
	}
	const rows = 1203
	first := c.Now()
	for n := range rows {
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, int64(n+1)) })
		if n%3 == 0 {
			c.Advance(time.Millisecond)
		}
	}
	if at, want := due(), first.Add(time.Hour+time.Millisecond); !at.Equal(want) {
		t.Errorf("due at %s, want %s", at, want)
	}
	limit := first.Add(400 * time.Millisecond)
	if err := sqldb.Prune(t.Context(), db, "outbox", "created_at", limit); err != nil {
		t.Fatal(err)
	}
	var oldest int64
	err := db.Reader().QueryRow(t.Context(), "SELECT MIN(created_at) FROM outbox").Scan(&oldest)
	if err != nil || oldest != sqldb.Millis(limit) || count(t, db.Reader()) != 5 {
		t.Errorf("%d rows stay, the oldest of %s, want 5 of %s, %v", count(t, db.Reader()), sqldb.FromMillis(oldest),
			limit, err)
	}
	for range 2 {
		if err := sqldb.Prune(t.Context(), db, "outbox", "created_at", limit.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db.Reader()); n != 0 {
		t.Errorf("%d rows stay", n)
	}
}

// A row that is put twice is one: what adds up adds up, what is set is the last, what
// was first stays.
func TestARowIsPutOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	type cart struct{ id, quantity int64 }
	read := func() (c cart) {
		t.Helper()
		err := db.Reader().QueryRow(t.Context(), "SELECT id, quantity FROM cart_item WHERE user_id = 1").Scan(&c.id,
			&c.quantity)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return tx.Put(ctx, sqldb.Row{
					Table: "cart_item", Keys: []string{"user_id", "sku_id"}, Add: []string{"quantity"},
					First: []string{"id", "created_at"},
				}, 1, 2, n+1, 100+n, 0)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if c := read(); c.quantity != 36 || c.id < 100 || c.id > 107 {
		t.Errorf("put eight times: %+v", c)
	}
}

// Of many who insert the same key one is first, and the others' transactions go on.
func TestOnlyOneIsFirst(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	var mu sync.Mutex
	firsts, after := 0, 0
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			var fresh bool
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
				fresh, err = tx.InsertOnce(ctx, "INSERT INTO follow (user_id, shop_id, created_at) VALUES (1, 1, ?)", n)
				if err != nil {
					return err
				}
				return put(ctx, tx, int64(n+1)) // whoever was not first still writes
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if after++; fresh {
				firsts++
			}
		})
	}
	group.Wait()
	if firsts != 1 || after != 8 || count(t, db.Reader()) != 8 {
		t.Errorf("%d of %d were first, %d rows", firsts, after, count(t, db.Reader()))
	}
}

// What a snapshot reads is of one moment, whatever is committed meanwhile.
func TestASnapshotStandsStill(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	err := db.Snapshot(t.Context(), func(_ context.Context, q sqldb.Querier) error {
		before := count(t, q)
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
		if after := count(t, q); after != before {
			t.Errorf("it saw %d rows and then %d", before, after)
		}
		return nil
	})
	if err != nil || count(t, db.Reader()) != 1 {
		t.Errorf("%d rows, %v", count(t, db.Reader()), err)
	}
	boom := errors.New("boom")
	if err := db.Snapshot(t.Context(), func(context.Context, sqldb.Querier) error { return boom }); !errors.Is(err,
		boom) {
		t.Errorf("its error is lost: %v", err)
	}
}

// A function that changes what is outside the database shows in tests: it runs twice,
// and its first run leaves no row.
func TestATransactionRunsTwiceInTests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options []sqltest.Option
		runs    int
	}{{nil, 2}, {[]sqltest.Option{sqltest.Once}, 1}} {
		db, runs := sqltest.New(t, c.options...), 0
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			runs++
			return put(ctx, tx, int64(runs))
		})
		if n := count(t, db.Reader()); runs != c.runs || n != 1 {
			t.Errorf("%d runs left %d rows, want %d and 1", runs, n, c.runs)
		}
	}
}

// Copies of the migrated file that tests begin with are apart from one another, and
// are what migrations make.
func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db := sqltest.New(t)
			update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
			if n := count(t, db.Reader()); n != 1 {
				t.Errorf("%d rows", n)
			}
			if names, err := sqldb.MigrateSchema(t.Context(), db, schema.FS); err != nil || len(names) != 0 {
				t.Errorf("still to migrate: %v, %v", names, err)
			}
		})
	}
	group.Wait()
}

// Ids are made after the node has its number and not before.
func TestNoIDsBeforeANumber(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: sqltest.FreshURL(t), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := fmt.Sprint(panics(func() { id.Make[id.User](db) })); got == "<nil>" {
		t.Error("an id was made that another node may make too")
	}
}

func panics(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}
