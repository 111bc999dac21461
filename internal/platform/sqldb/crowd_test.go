package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// rows are the numbers of the outbox's rows.
func rows(t testing.TB, q sqldb.Querier) map[int64]bool {
	t.Helper()
	found, err := q.Query(t.Context(), "SELECT id FROM outbox")
	ids, err := sqldb.Collect(found, err, func(s sqldb.Scanner) (n int64, err error) { return n, s.Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]bool{}
	for _, n := range ids {
		out[n] = true
	}
	return out
}

// wish is what one of a crowd does in its transaction: it writes the rows of two
// numbers, and then what kind says.
type wish struct {
	first int64
	kind  string
}

var errWish = errors.New("changed my mind")

func (w wish) run(ctx context.Context, db *sqldb.DB) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if w.kind == "gave up before" {
		cancel()
	}
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := put(ctx, tx, w.first); err != nil {
			return err
		}
		switch w.kind {
		case "fails":
			return errWish
		case "falls":
			panic(errWish)
		case "twice the same":
			return put(ctx, tx, w.first)
		case "no SQL":
			_, err := tx.Exec(ctx, "INSERT INTO nowhere VALUES (1)")
			return err
		case "nested":
			return db.Update(ctx, func(context.Context, *sqldb.Tx) error { return nil })
		case "gives up within": // too late: it is committed or not, and says which
			cancel()
		}
		return put(ctx, tx, w.first+1)
	})
}

var kinds = []string{
	"writes", "writes", "writes", "fails", "falls", "twice the same", "no SQL", "nested", "gave up before",
	"gives up within",
}

// crowd has all wishes run at once, and answers which were told that they were done.
func crowd(ctx context.Context, db *sqldb.DB, wishes []wish) map[int64]bool {
	var mu sync.Mutex
	told := map[int64]bool{}
	var group sync.WaitGroup
	for _, w := range wishes {
		group.Go(func() {
			if w.run(ctx, db) != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			told[w.first], told[w.first+1] = true, true
		})
	}
	group.Wait()
	return told
}

// Of a crowd whose transactions share commits, each is done whole or not at all, and
// whoever was told "done" is done and nobody else: a naive list of them is what the
// database holds.
func TestACrowdIsAList(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	want, next := map[int64]bool{}, int64(1)
	rapid.Check(t, func(rt *rapid.T) {
		var wishes []wish
		for range rapid.IntRange(1, 40).Draw(rt, "crowd") {
			wishes = append(wishes, wish{next, rapid.SampledFrom(kinds).Draw(rt, "kind")})
			next += 2
		}
		told := crowd(t.Context(), db, wishes)
		for _, w := range wishes {
			if done := w.kind == "writes"; told[w.first] != done && w.kind != "gives up within" {
				rt.Fatalf("one that %s was told %v", w.kind, told[w.first])
			}
		}
		maps.Copy(want, told)
		if got := rows(t, db.Reader()); !maps.Equal(got, want) {
			rt.Fatalf("%d rows, want %d", len(got), len(want))
		}
	})
}

// reopened closes a file and opens it again, as another process after an end.
func reopened(t *testing.T, db *sqldb.DB, url string) *sqldb.DB {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return sqltest.NewAt(t, clock.Real{}, func(o *sqldb.Options) { o.URL = url })
}

// The program ends while a crowd writes: nobody waits for ever, and the next process
// finds what was promised and nothing that was refused.
func TestTheEndInTheMiddleOfACrowd(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	db := sqltest.NewAt(t, clock.Real{}, func(o *sqldb.Options) { o.URL = url })
	if db.Shared() {
		return // a server that goes on while a client ends is no news
	}
	var wishes []wish
	for n := range int64(300) {
		wishes = append(wishes, wish{2*n + 1, kinds[int(n)%len(kinds)]})
	}
	begun := db.Changed()
	told := make(chan map[int64]bool, 1)
	go func() { told <- crowd(t.Context(), db, wishes) }()
	<-begun
	next := reopened(t, db, url)
	if got, want := rows(t, next.Reader()), <-told; !maps.Equal(got, want) || len(got) == 0 {
		t.Errorf("%d rows after the end, %d were promised", len(got), len(want))
	}
	if err := db.Update(t.Context(), func(context.Context, *sqldb.Tx) error { return nil }); !errors.Is(err,
		sqldb.ErrClosed) {
		t.Errorf("who comes after the end is told %v", err)
	}
}

// SQLite takes back the whole transaction by itself when the disk is full: the
// neighbours are told so, and when there is room again everybody writes as before.
func TestAFullDiskLosesNothingThatWasPromised(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t)
	limit := func(pages string) {
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			var n int64
			return tx.QueryRow(ctx, "PRAGMA max_page_count = "+pages).Scan(&n)
		})
	}
	big := func(n int64) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			if err := put(ctx, tx, n); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE outbox SET payload = CAST(zeroblob(30000) AS TEXT) WHERE id = ?", n)
			return err
		})
	}
	limit("1") // no more than there is
	var mu sync.Mutex
	promised := map[int64]bool{}
	var group sync.WaitGroup
	for n := range int64(200) {
		group.Go(func() {
			if err := big(n + 1); err == nil {
				mu.Lock()
				defer mu.Unlock()
				promised[n+1] = true
			}
		})
	}
	group.Wait()
	if got := rows(t, db.Reader()); !maps.Equal(got, promised) || len(got) > 100 {
		t.Errorf("%d rows, %d were promised", len(got), len(promised))
	}
	limit("1000000")
	for n := range int64(20) {
		if err := big(1000 + n); err != nil {
			t.Fatalf("there is room again: %v", err)
		}
	}
}

// Who reads waits for nobody who writes, and sees what was committed before.
func TestReadersDoNotWaitForAWriter(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
	within, goOn := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			err := put(ctx, tx, 2)
			close(within)
			<-goOn
			return err
		})
	}()
	<-within
	for range 20 { // more than there are connections
		if got := count(t, db.Reader()); got != 1 {
			t.Errorf("a reader sees %d rows of a transaction that is not committed", got)
		}
	}
	close(goOn)
	if err := <-done; err != nil || count(t, db.Reader()) != 2 {
		t.Errorf("%d rows, %v", count(t, db.Reader()), err)
	}
}

// Whoever was told "done" reads it, at once and from whichever connection.
func TestWhatIsDoneIsRead(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	var group sync.WaitGroup
	for n := range int64(40) {
		group.Go(func() {
			if err := (wish{2*n + 1, "writes"}).run(t.Context(), db); err != nil {
				t.Error(err)
			}
			var found int
			err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox WHERE id IN (?, ?)", 2*n+1, 2*n+2).
				Scan(&found)
			if err != nil || found != 2 {
				t.Errorf("%d of its two rows, %v", found, err)
			}
		})
	}
	group.Wait()
}

// A program has more texts than a connection keeps prepared, and asks all of them at
// once, from several sides, some of which give up: each gets its own answer.
func TestMoreStatementsThanAreKept(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	const texts = 900
	ask := func(q sqldb.Querier, n int) {
		var got int
		if err := q.QueryRow(t.Context(), fmt.Sprintf("SELECT %d + ?", n), 1).Scan(&got); err != nil || got != n+1 {
			t.Errorf("%d + 1 is %d, %v", n, got, err)
		}
	}
	var group sync.WaitGroup
	for side := range 4 {
		group.Go(func() {
			for n := range texts {
				ask(db.Reader(), (n*(side+1))%texts)
				if n%50 == 0 {
					err := db.Reader().QueryRow(stopped, fmt.Sprintf("SELECT %d + 0", n)).Scan(new(int))
					if !errors.Is(err, context.Canceled) {
						t.Errorf("who gave up is answered %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	update(t, db, func(_ context.Context, tx *sqldb.Tx) error {
		for n := range texts {
			ask(tx, n)
		}
		return nil
	})
}

// TestManyWhoReadBesideTheirTransaction: more at once than there are connections; each gets on.
func TestManyWhoReadBesideTheirTransaction(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	const many = 60
	var group sync.WaitGroup
	begun := make(chan struct{})
	for range many {
		group.Go(func() {
			<-begun
			if err := db.Update(t.Context(), func(ctx context.Context, _ *sqldb.Tx) error {
				var n int
				return db.Reader().QueryRow(ctx, "SELECT COUNT(*) FROM job").Scan(&n)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	close(begun)
	group.Wait()
}
