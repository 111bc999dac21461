package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

// The rows that are due here are answers kept for idempotency: they have a time
// and an index on it.
func put(t *testing.T, db *sqldb.DB, key string, at time.Time) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO idempotency (scope, idem_key, request_hash, answer, created_at)
			VALUES ('t', ?, '', '', ?)`, key, sqldb.Millis(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func earliest(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, "SELECT MIN(created_at) FROM idempotency")
}

// start runs tasks and answers how to stop them.
func start(t *testing.T, db *sqldb.DB, tasks ...schedule.Task) (stop func()) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- schedule.New(db, log, supervise.New(log, db.Clock()), tasks).Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// In these tests time passes only while everybody sleeps. It begins in 2000, before
// there were ids.
type later struct{ clock.Real }

func (c later) Now() time.Time { return c.Real.Now().AddDate(40, 0, 0) }

func TestWhatIsDueIsDoneWhenItIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewAt(t, later{})
		done := make(chan time.Time, 8)
		stop := start(t, db, schedule.Task{Name: "t", Next: earliest, Do: func(ctx context.Context) error {
			now := db.Clock().Now()
			err := sqldb.Prune(ctx, db, "idempotency", "created_at", now.Add(time.Millisecond))
			done <- now
			return err
		}})
		defer stop()
		due := db.Clock().Now().Add(time.Hour)
		put(t, db, "a", due) // a commit wakes it, and then it sleeps until then
		if at := <-done; !at.Equal(due) {
			t.Errorf("done at %v, due at %v", at, due)
		}
		soon := db.Clock().Now().Add(10 * time.Minute)
		put(t, db, "b", soon.Add(time.Hour))
		synctest.Wait()
		put(t, db, "c", soon) // earlier than what it sleeps for
		if at := <-done; !at.Equal(soon) {
			t.Errorf("done at %v, due at %v", at, soon)
		}
	})
}

// TestATaskThatPanicsHurtsNobody has one task panic again and again beside another.
func TestATaskThatPanicsHurtsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewAt(t, later{})
		var panics, failures, steady atomic.Int64
		stop := start(t, db,
			schedule.Task{Name: "wild", Every: time.Second, Do: func(context.Context) error {
				panics.Add(1)
				panic("a bug")
			}},
			schedule.Task{Name: "failing", Every: time.Second, Do: func(context.Context) error {
				failures.Add(1)
				return errors.New("no")
			}},
			schedule.Task{Name: "steady", Every: time.Second, Do: func(context.Context) error {
				steady.Add(1)
				return nil
			}})
		time.Sleep(time.Hour) // of the test's own time
		stop()
		if n := steady.Load(); n < 3000 {
			t.Errorf("the steady one ran %d times in an hour", n)
		}
		if p, f := panics.Load(), failures.Load(); p < 100 || p > 200 || f != p {
			t.Errorf("the wild one ran %d times, the failing %d; want once in 30 s after a while", p, f)
		}
	})
}

// TestNothingDueDoesNothing is what an idle mall does in a day.
func TestNothingDueDoesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewAt(t, later{})
		var looked, did atomic.Int64
		stop := start(t, db, schedule.Task{
			Name: "t", Every: time.Second,
			Next: func(ctx context.Context, q sqldb.Querier) (time.Time, error) {
				looked.Add(1)
				return earliest(ctx,
					q)
			},
			Do: func(context.Context) error { did.Add(1); return nil },
		})
		time.Sleep(24 * time.Hour) // of the test's own time
		stop()
		most := int64(2)
		if db.Shared() {
			most += 24 * 60 * 60 // a look a second, for what others wrote
		}
		if did.Load() != 0 || looked.Load() > most {
			t.Errorf("looked %d times and did something %d times", looked.Load(), did.Load())
		}
	})
}

// TestATaskWithoutRowsIsDoneSoonAfterAStart, each at its own time: a program that is
// restarted more often than that would never do what is done every ten minutes.
func TestATaskWithoutRowsIsDoneSoonAfterAStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewAt(t, later{})
		began := db.Clock().Now()
		var mu sync.Mutex
		done := map[string][]time.Duration{}
		task := func(name string) schedule.Task {
			return schedule.Task{Name: name, Every: 10 * time.Minute, Do: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				done[name] = append(done[name], db.Clock().Now().Sub(began))
				return nil
			}}
		}
		stop := start(t, db, task("a"), task("b"), task("c"))
		time.Sleep(25 * time.Minute) // of the test's own time
		stop()
		seen := map[time.Duration]bool{}
		for name, at := range done {
			if len(at) != 3 || at[0] > 30*time.Second || at[1]-at[0] < 10*time.Minute || at[2]-at[1] > 11*time.Minute {
				t.Errorf("%s was done after %v", name, at)
			}
			seen[at[0]] = true
		}
		if len(seen) != 3 {
			t.Errorf("done first after %v: all three at their own times", seen)
		}
	})
}
