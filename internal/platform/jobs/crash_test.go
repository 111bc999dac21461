package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func clear(t *testing.T, db *sqldb.DB) {
	t.Helper()
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM job")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Whatever fails, falls or dies: each job is done, at least once, unless it has used
// up its tries, and then it is listed; no try comes before its pause.
func TestEachJobIsDoneOrListed(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	tries := rapid.StringMatching("[fpd]{0,4}") // try by try: f fails, p falls, d takes its process along
	for seed := range 12 {
		clear(t, db)
		todo := map[string]string{}
		for n := range 1 + seed%6 {
			todo[fmt.Sprint("job", n)] = tries.Example(10*seed + n)
		}
		want := map[string]bool{} // done
		for key, tries := range todo {
			enqueue(t, db, jobs.Job{Key: key, Payload: key})
			want[key] = len(tries) < 3
		}
		done, last := map[string]bool{}, map[string]time.Time{}
		work := func(ctx context.Context, r jobs.Run) error {
			var key string
			if err := r.Decode(&key); err != nil {
				return err
			}
			if before, again := last[key]; again && c.Now().Sub(before) < 2*time.Second {
				return fmt.Errorf("%s comes again after %s", key, c.Now().Sub(before))
			}
			last[key] = c.Now()
			if r.Attempt > len(todo[key]) {
				done[key] = true
				return nil
			}
			switch todo[key][r.Attempt-1] {
			case 'p':
				panic("a bug")
			case 'd':
				return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { // nobody reports
					_, err := tx.Exec(ctx, "UPDATE job SET token = 'gone' WHERE id = ?", r.ID)
					return err
				})
			}
			return errNo
		}
		for range 12 {
			drain(t, queue(db, work)) // as a program that starts anew
			c.Advance(lease)
		}
		list, err := jobs.ListDead(t.Context(), db.Reader(), id.Job{}, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if want[d.Key] || d.LastError == "" || d.Attempts != 3 || d.Kind != "work" {
				t.Fatalf("%q is listed as %+v", todo[d.Key], d)
			}
			done[d.Key] = false
		}
		if !maps.Equal(done, want) {
			t.Fatalf("of %v done or listed: %v", todo, done)
		}
	}
}

// A program that gives a job fewer tries than the one before has it listed, and does
// those behind it.
func TestFewerTriesHoldUpNobody(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	fails := func(context.Context, jobs.Run) error { return errNo }
	enqueue(t, db, jobs.Job{Key: "old"})
	for range 3 {
		drain(t, queueWith(db, jobs.Options{Workers: 1, Lease: lease, Tries: 5}, fails))
		c.Advance(time.Minute)
	}
	enqueue(t, db, jobs.Job{Key: "new"})
	done := 0
	for range 3 {
		drain(t, queue(db, func(context.Context, jobs.Run) error { done++; return nil })) // of three
	}
	list, err := jobs.ListDead(t.Context(), db.Reader(), id.Job{}, 10)
	if done != 1 || len(list) != 1 || list[0].Key != "old" || !strings.Contains(list[0].LastError, "no") || err != nil {
		t.Errorf("%d done, listed %+v, %v", done, list, err)
	}
}

// A key names one job while it is there, whoever asks for it how often at once; of one
// that was set aside the next wish makes another try.
func TestAKeyIsOneJob(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() { enqueue(t, db, jobs.Job{Key: "one", Payload: n}) })
	}
	group.Wait()
	runs, fail := 0, true
	q := queue(db, func(_ context.Context, r jobs.Run) error {
		runs++
		if fail {
			return errNo
		}
		var text string
		if err := r.Decode(&text); err != nil || text != "again" || r.Attempt != 1 {
			t.Errorf("%q on attempt %d, %v", text, r.Attempt, err)
		}
		return nil
	})
	for range 4 {
		drain(t, q)
		enqueue(t, db, jobs.Job{Key: "one", Payload: "ignored"}) // it waits for its next try
		c.Advance(time.Minute)
	}
	if dead, err := jobs.Dead(t.Context(), db.Reader()); runs < 3 || dead > 1 || err != nil {
		t.Errorf("%d runs, %d set aside, %v", runs, dead, err)
	}
	clear(t, db)
	enqueue(t, db, jobs.Job{Key: "one"})
	for range 3 {
		drain(t, q)
		c.Advance(time.Minute)
	}
	if dead, err := jobs.Dead(t.Context(), db.Reader()); dead != 1 || err != nil {
		t.Fatalf("%d set aside, %v", dead, err)
	}
	fail = false
	enqueue(t, db, jobs.Job{Key: "one", Payload: "again"})
	drain(t, q)
	if dead, err := jobs.Dead(t.Context(), db.Reader()); dead != 0 || err != nil {
		t.Errorf("%d set aside, %v", dead, err)
	}
}

// Two nodes work off one table: each job is done by one of them.
func TestTwoNodesShareTheWork(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	const all = 40
	var mu sync.Mutex
	done, finished := map[string]int{}, make(chan struct{}, all)
	work := func(_ context.Context, r jobs.Run) error {
		var name string
		if err := r.Decode(&name); err != nil {
			return err
		}
		mu.Lock()
		done[name]++
		mu.Unlock()
		finished <- struct{}{}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 2 {
		q := queueWith(db, jobs.Options{Workers: 3, Lease: time.Minute, Tries: 3}, work)
		group.Go(func() {
			if err := q.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range all {
		enqueue(t, db, jobs.Job{Payload: fmt.Sprint(n)})
	}
	for range all {
		<-finished
	}
	cancel()
	group.Wait()
	if len(done) != all || slices.Max(slices.Collect(maps.Values(done))) != 1 {
		t.Errorf("done: %v", done)
	}
}

// Progress is what the one says who works now; one whose lease is lost says nothing.
func TestProgressIsOfWhoWorks(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	progress := func() (n int) {
		if err := db.Reader().QueryRow(t.Context(), "SELECT MAX(progress) FROM job").Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	enqueue(t, db, jobs.Job{})
	var old jobs.Run
	drain(t, queue(db, func(ctx context.Context, r jobs.Run) error {
		old = r
		return errors.Join(r.Progress(ctx, 40), errNo)
	}))
	if n := progress(); n != 40 {
		t.Errorf("it is at %d", n)
	}
	c.Advance(time.Minute)
	drain(t, queue(db, func(ctx context.Context, r jobs.Run) error {
		if err := errors.Join(r.Progress(ctx, 10), old.Progress(ctx, 90)); err != nil {
			return err
		}
		if n := progress(); n != 10 {
			t.Errorf("it is at %d: one that lost it was believed", n)
		}
		if r.Last(jobs.Options{Tries: 2}) != true || r.Last(jobs.Options{Tries: 3}) {
			t.Errorf("attempt %d is the last of 2 and not of 3", r.Attempt)
		}
		return nil
	}))
}

// What was set aside is paged, tried again or dropped, each once; what is alive is not
// an operator's to touch.
func TestWhatIsSetAsideIsTheOperators(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	for n := range 5 {
		enqueue(t, db, jobs.Job{Key: fmt.Sprint("dead", n)})
	}
	for range 3 {
		drain(t, queue(db, func(context.Context, jobs.Run) error { return errNo }))
		c.Advance(time.Minute)
	}
	enqueue(t, db, jobs.Job{Key: "alive", At: c.Now().Add(time.Hour)})
	var all []jobs.DeadJob
	for before := (id.Job{}); ; before = all[len(all)-1].ID {
		part, err := jobs.ListDead(t.Context(), db.Reader(), before, 2)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, part...); len(part) < 2 {
			break
		}
	}
	if len(all) != 5 || !slices.IsSortedFunc(all, func(a, b jobs.DeadJob) int { return int(b.ID.Int() - a.ID.Int()) }) {
		t.Fatalf("listed %+v", all)
	}
	var alive id.Job
	err := db.Reader().QueryRow(t.Context(), "SELECT id FROM job WHERE unique_key = 'alive'").Scan(&alive)
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range []id.Job{alive, {}, id.FromInt[id.Job](1)} {
		for what, act := range map[string]func(context.Context, *sqldb.DB, id.Job) error{
			"again": jobs.Requeue, "dropped": jobs.Discard,
		} {
			if err := act(t.Context(), db, job); fault.Code(err) != "jobs.not_dead" {
				t.Errorf("%s %s: %v", job, what, err)
			}
		}
	}
	var group sync.WaitGroup
	var taken sync.Map
	for range 4 { // two operators with two consoles
		group.Go(func() {
			if jobs.Requeue(t.Context(), db, all[0].ID) == nil {
				_, twice := taken.LoadOrStore("again", true)
				if twice {
					t.Error("requeued twice")
				}
			}
			if jobs.Discard(t.Context(), db, all[1].ID) == nil {
				_, twice := taken.LoadOrStore("dropped", true)
				if twice {
					t.Error("dropped twice")
				}
			}
		})
	}
	group.Wait()
	runs := 0
	drain(t, queue(db, func(context.Context, jobs.Run) error { runs++; return nil }))
	if dead, err := jobs.Dead(t.Context(), db.Reader()); runs != 1 || dead != 3 || err != nil {
		t.Errorf("%d ran again, %d stay, %v", runs, dead, err)
	}
}

// What cannot be written down is refused with its kind, and nothing is written.
func TestWhatCannotBeWrittenDown(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return jobs.Enqueue(ctx, tx, jobs.Job{Kind: "work", Payload: make(chan int)})
	})
	if err == nil || !strings.Contains(err.Error(), "work") {
		t.Errorf("%v", err)
	}
	drain(t, queue(db, func(context.Context, jobs.Run) error { t.Error("it was written"); return nil }))
}
