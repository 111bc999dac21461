package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

var errNo = errors.New("no")

const lease = 30 * time.Second

func queue(db *sqldb.DB, work func(ctx context.Context, r jobs.Run) error) *jobs.Queue {
	return queueWith(db, jobs.Options{Workers: 1, Lease: lease, Tries: 3}, work)
}

func queueWith(db *sqldb.DB, o jobs.Options, work func(ctx context.Context, r jobs.Run) error) *jobs.Queue {
	guard := supervise.New(slog.New(slog.DiscardHandler), db.Clock())
	return jobs.NewQueue(db, guard, jobs.Kind{Name: "work", Options: o, Work: work})
}

func enqueue(t *testing.T, db *sqldb.DB, j jobs.Job) {
	t.Helper()
	j.Kind = "work"
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return jobs.Enqueue(ctx, tx,
			j)
	}); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What is put off for an accident uses up no try, comes later and later, is given up by who works alone, and comes
// at once when somebody asks.
func TestAnAccidentIsNoTry(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	broken, started, runs, attempt := true, c.Now(), 0, 0
	q := queue(db, func(_ context.Context, r jobs.Run) error {
		runs, attempt = runs+1, r.Attempt
		if !r.Since.Equal(started) {
			t.Errorf("asked for at %s, not %s", r.Since, started)
		}
		if broken {
			return jobs.Later(errNo)
		}
		return nil
	})
	enqueue(t, db, jobs.Job{Key: "k"})
	var last time.Duration
	for at := time.Duration(0); at < 12*time.Hour; at += time.Second {
		before := runs
		drain(t, q)
		if runs > before && runs > 1 {
			if wait := at - last; wait < 14*time.Second || wait > 31*time.Minute || attempt != 1 {
				t.Fatalf("try %d, attempt %d, after %s", runs, attempt, wait)
			}
		}
		if runs > before {
			last = at
		}
		c.Advance(time.Second)
	}
	if runs < 20 || runs > 60 {
		t.Errorf("%d tries in 12 hours", runs)
	}
	broken, started = false, c.Now()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		found, err := jobs.Hasten(ctx, tx, "k")
		if other, err := jobs.Hasten(ctx, tx, "other"); !found || other || err != nil {
			t.Errorf("hastened %v, another %v, %v", found, other, err)
		}
		return err
	})
	before := runs
	drain(t, q)
	if dead, deadErr := jobs.Dead(t.Context(), db.Reader()); err != nil || runs != before+1 || dead != 0 ||
		deadErr != nil {
		t.Errorf("%v: %d runs more, %d dead, %v", err, runs-before, dead, deadErr)
	}
}

func TestDueWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	var got []string
	q := queue(db, func(_ context.Context, r jobs.Run) error {
		var s string
		err := r.Decode(&s)
		got = append(got, s)
		return err
	})
	enqueue(t, db, jobs.Job{Payload: "later", At: c.Now().Add(time.Minute)})
	enqueue(t, db, jobs.Job{Payload: "now", Key: "k"})
	enqueue(t, db, jobs.Job{Payload: "the same again", Key: "k"})
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return errors.Join(jobs.Enqueue(ctx, tx, jobs.Job{Kind: "work", Payload: "of a rollback"}), errNo)
	})
	if !errors.Is(err, errNo) {
		t.Fatal(err)
	}
	drain(t, q)
	c.Advance(time.Minute)
	drain(t, q)
	enqueue(t, db, jobs.Job{Payload: "anew", Key: "k"}) // the first is done, its key is free
	drain(t, q)
	if s := strings.Join(got, ", "); s != "now, later, anew" {
		t.Errorf("done: %s", s)
	}
}

func TestFailedWorkIsTriedAgainThenSetAside(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	var at []time.Duration
	var attempts []int
	q := queue(db, func(_ context.Context, r jobs.Run) error {
		at, attempts = append(at, c.Now().Sub(sqltest.Start)), append(attempts, r.Attempt)
		if r.Attempt == 2 {
			panic("a bug") // fails like any error
		}
		return errors.New("x" + strings.Repeat("坏", 400)) // longer than the column, cut within a letter
	})
	enqueue(t, db, jobs.Job{})
	for range 30 {
		drain(t, q)
		c.Advance(time.Second)
	}
	if len(at) != 3 || at[0] != 0 || at[1] != 2*time.Second || at[2] != 6*time.Second || attempts[2] != 3 {
		t.Errorf("tried at %v as %v, want pauses of 2 s and 4 s", at, attempts)
	}
	if n, err := jobs.Dead(t.Context(), db.Reader()); n != 1 || err != nil {
		t.Errorf("%d dead, %v", n, err)
	}
	var text string
	if err := db.Reader().QueryRow(t.Context(), "SELECT last_error FROM job").Scan(&text); err != nil ||
		!utf8.ValidString(text) || !strings.Contains(text, "坏") {
		t.Errorf("the reason is kept as %q, %v", text, err)
	}
}

// TestALapsedLeaseIsTakenOver has a worker whose machine stood still: another
// takes its job, and what the first says afterwards counts no more.
func TestALapsedLeaseIsTakenOver(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	holding, release := make(chan struct{}), make(chan struct{})
	stuck := queueWith(db, jobs.Options{Workers: 1, Lease: 1000 * time.Hour, Tries: 3},
		func(context.Context, jobs.Run) error {
			close(holding)
			<-release
			return nil
		})
	var attempts []int
	second := queue(db, func(_ context.Context, r jobs.Run) error {
		attempts = append(attempts, r.Attempt)
		return errNo
	})
	enqueue(t, db, jobs.Job{})
	done := make(chan error, 1)
	go func() { done <- stuck.Drain(t.Context()) }()
	<-holding
	drain(t, second)
	if len(attempts) != 0 {
		t.Fatal("two worked on one job")
	}
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { // its renewals have not come
		_, err := tx.Exec(ctx, "UPDATE job SET lease_until = ?", sqldb.Millis(tx.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Second)
	drain(t, second)
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.Advance(time.Minute)
	drain(t, second) // still there: the first worker's success was not believed
	if len(attempts) != 2 || attempts[0] != 2 || attempts[1] != 3 {
		t.Errorf("the second worker's attempts: %v, want 2 and 3", attempts)
	}
}

// TestWorkThatKillsItsWorkerEnds: a job after which nobody ever reports must not
// be taken up for ever.
func TestWorkThatKillsItsWorkerEnds(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	enqueue(t, db, jobs.Job{})
	tries := 0
	q := queue(db, func(ctx context.Context, _ jobs.Run) error {
		tries++
		return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { // as if the process had died here
			_, err := tx.Exec(ctx, "UPDATE job SET token = 'gone'")
			return err
		})
	})
	for range 10 {
		drain(t, q)
		c.Advance(2 * lease)
	}
	n, err := jobs.Dead(t.Context(), db.Reader())
	if tries != 3 || n != 1 || err != nil {
		t.Errorf("tried %d times, %d dead, %v; want 3 and 1", tries, n, err)
	}
}

func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	started := make(chan int, 1)
	q := queue(db, func(ctx context.Context, r jobs.Run) error {
		started <- r.Attempt
		<-ctx.Done()
		return ctx.Err()
	})
	enqueue(t, db, jobs.Job{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	<-started
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	attempt := 0
	drain(t, queue(db, func(_ context.Context, r jobs.Run) error { attempt = r.Attempt; return nil }))
	if attempt != 1 {
		t.Errorf("after the stop it was attempt %d, want 1 at once: stopping is not the job's fault", attempt)
	}
}
