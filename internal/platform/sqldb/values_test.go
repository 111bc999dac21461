package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hawker/internal/base/crash"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// Both servers say alike what was violated.
func TestWhatWasViolated(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
	const follow = "INSERT INTO follow (user_id, shop_id, created_at) VALUES (1, 1, 0)"
	for _, c := range []struct {
		what, query          string
		unique, check, retry bool
	}{
		{"a key taken", "INSERT INTO lease (name, holder, lease_until) VALUES ('a', '', 0)", true, false, false},
		{"two that are one", follow, true, false, false},
		{
			"less than nothing in stock",
			"INSERT INTO stock (sku_id, shop_id, available, reserved, sold, updated_at) VALUES (1, 1, -1, 0, 0, 0)",
			false, true, false,
		},
		{"no such table", "INSERT INTO nowhere (n) VALUES (1)", false, false, false},
		{"nothing where something must be", "INSERT INTO lease (name) VALUES (NULL)", false, false, false},
		{"no SQL", "SELEKT 1", false, false, false},
	} {
		var err error
		for range 2 {
			err = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, c.query)
				return err
			})
		}
		if err == nil || sqldb.IsUnique(err) != c.unique || sqldb.IsCheck(err) != c.check ||
			sqldb.IsRetryable(err) != c.retry {
			t.Errorf("%s: unique %v, check %v, again %v: %v", c.what, sqldb.IsUnique(err), sqldb.IsCheck(err),
				sqldb.IsRetryable(err), err)
		}
	}
	for _, err := range []error{nil, errors.New("UNIQUE constraint failed"), context.Canceled} {
		if sqldb.IsUnique(err) || sqldb.IsCheck(err) || sqldb.IsRetryable(err) {
			t.Errorf("%v is taken for what the server says", err)
		}
	}
}

// Statements of one transaction see what it wrote, and how many rows they matched and
// not how many they changed, on both servers.
func TestRowsThatMatchAreCounted(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		for n := range int64(3) {
			if err := put(ctx, tx, n+1); err != nil {
				return err
			}
		}
		for query, want := range map[string]int64{
			"UPDATE outbox SET name = 'test'":                3, // they are called so already
			"UPDATE outbox SET name = 'test' WHERE id = 2":   1,
			"UPDATE outbox SET name = 'test' WHERE id = 9":   0,
			"DELETE FROM outbox WHERE id > 9":                0,
			"UPDATE outbox SET due_at = due_at WHERE id < 3": 2,
		} {
			if n, err := tx.Exec(ctx, query); n != want || err != nil {
				t.Errorf("%s: %d rows, %v; want %d", query, n, err, want)
			}
		}
		if got := count(t, tx); got != 3 {
			t.Errorf("the transaction sees %d of its rows", got)
		}
		return nil
	})
}

// A question that fails is a failure, and not "nothing is due": tasks would sleep.
func TestAQuestionThatFailsIsNoAnswer(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, ask := range map[string]func() (time.Time, error){
		"no such table": func() (time.Time, error) {
			return sqldb.Earliest(t.Context(), db.Reader(), "SELECT MIN(n) FROM nowhere")
		},
		"given up": func() (time.Time, error) {
			return sqldb.Earliest(ctx, db.Reader(), "SELECT MIN(due_at) FROM outbox")
		},
		"no time": func() (time.Time, error) { return sqldb.Earliest(t.Context(), db.Reader(), "SELECT 'soon'") },
		"the oldest of none": func() (time.Time, error) {
			return sqldb.Oldest("nowhere", "n", time.Hour)(t.Context(), db.Reader())
		},
	} {
		if at, err := ask(); err == nil {
			t.Errorf("%s: %s", what, at)
		}
	}
	for query, want := range map[string]time.Time{
		"SELECT MIN(due_at) FROM outbox":        {},
		"SELECT due_at FROM outbox WHERE 1 = 0": {},
		"SELECT 1000":                           time.UnixMilli(1000).UTC(),
	} {
		if at, err := sqldb.Earliest(t.Context(), db.Reader(), query); err != nil || !at.Equal(want) {
			t.Errorf("%s: %s, %v", query, at, err)
		}
	}
}

// Whoever falls while looking at one moment takes no connection along: after more
// falls than there are connections everybody reads and writes.
func TestWhoFallsWhileLookingTakesNothingAlong(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	for n := range 50 {
		err := crash.Catch(func() error {
			return db.Snapshot(t.Context(), func(_ context.Context, q sqldb.Querier) error {
				count(t, q)
				panic("a bug in a view")
			})
		})
		if err == nil {
			t.Fatal("nothing fell")
		}
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, int64(n+1)) })
	}
	if got := count(t, db.Reader()); got != 50 {
		t.Errorf("%d rows", got)
	}
}

func TestTimesAreStoredAndReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-1<<45, 1<<45).Draw(rt, "at")).In(time.FixedZone("x", 3600))
		back := sqldb.FromMillis(sqldb.Millis(at))
		if at.UnixMilli() != 0 && (!back.Equal(at) || back.Location() != time.UTC) {
			rt.Fatalf("%s came back as %s", at, back)
		}
	})
	if got := sqldb.FromMillis(sqldb.Millis(time.Time{})); !got.IsZero() {
		t.Errorf("no time came back as %s", got)
	}
}

// A text that is cut fits, begins as the whole does, and is one that a server takes.
func TestTextsAreCutBetweenLetters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text, n := rapid.String().Draw(rt, "text"), rapid.IntRange(0, 40).Draw(rt, "bytes")
		got := sqldb.Cut(text, n)
		if len(got) > n || !utf8.ValidString(got) || !strings.HasPrefix(text, got) || len(got) < min(n, len(text))-3 {
			rt.Fatalf("%q was cut to %d as %q", text, n, got)
		}
	})
	if got := sqldb.Cut("a\xff\xfeb", 10); got != "ab" {
		t.Errorf("bytes that are no text became %q", got)
	}
}

// steps looks at what is deleted.
type steps struct{ deletions int }

// Pruning deletes what is older and nothing else, in steps of which none keeps the
// others waiting long, and while others write.
func TestPruningIsAList(t *testing.T) {
	t.Parallel()
	var s steps
	db, c := sqltest.NewManual(t, sqltest.Once, func(o *sqldb.Options) {
		o.Seen = func(query string, _ []any) {
			if strings.HasPrefix(query, "DELETE FROM outbox") {
				s.deletions++
			}
		}
	})
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, seed))
		keep, stay, total := time.Duration(random.IntN(3000))*time.Millisecond, 0, int64(random.IntN(1400))
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM outbox"); err != nil {
				return err
			}
			for n := range total {
				age := time.Duration(random.IntN(3000)) * time.Millisecond
				if age <= keep {
					stay++
				}
				_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at)
					VALUES (?, 'test', '', '{}', ?, 0)`, n+1, sqldb.Millis(c.Now().Add(-age)))
				if err != nil {
					return err
				}
			}
			return nil
		})
		s = steps{}
		if err := sqldb.Prune(t.Context(), db, "outbox", "created_at", c.Now().Add(-keep)); err != nil {
			t.Fatal(err)
		}
		if got := count(t, db.Reader()); got != stay || s.deletions < (int(total)-stay)/510 {
			t.Fatalf("%d of %d rows stay, want %d; the others went in %d steps", got, total, stay, s.deletions)
		}
	}
}

// A wrong table is an error and no endless loop.
func TestPruningWhatIsNotThere(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	if err := sqldb.Prune(t.Context(), db, "nowhere", "n", time.Now()); err == nil {
		t.Error("pruned")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sqldb.Prune(ctx, db, "outbox", "created_at", time.Now()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestListsOfArguments(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	for _, n := range []int{1, 2, 7, 300} {
		items := make([]int64, n)
		for i := range items {
			items[i] = int64(i)
		}
		var got int
		err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM (SELECT "+fmt.Sprint(n-1)+
			" AS x) AS t WHERE x IN ("+sqldb.Marks(n)+")", sqldb.Args(items)...).Scan(&got)
		if err != nil || got != 1 {
			t.Errorf("the last of %d is found %d times, %v", n, got, err)
		}
	}
	if sqldb.Marks(0) != "" || len(sqldb.Args([]string{})) != 0 {
		t.Error("of none there is something")
	}
}
