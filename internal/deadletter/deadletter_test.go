package deadletter_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/deadletter"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

type spilt struct{ Cup string }

func (spilt) EventName() string  { return "tea.spilt" }
func (s spilt) EventKey() string { return s.Cup }

// office has an event that nobody takes and a job that fails, until they are mended.
type office struct {
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	bus    *events.Bus
	queue  *jobs.Queue
	mended bool
}

func open(t *testing.T) *office {
	t.Helper()
	db, c := sqltest.NewManual(t)
	o := &office{t: t, db: db, clock: c}
	guard := supervise.New(slog.New(slog.DiscardHandler), c)
	fail := func() error {
		if o.mended {
			return nil
		}
		return errors.New("the cup is broken")
	}
	o.bus = events.NewBus(db, guard, events.On("tea.mop", "tea.spilt",
		func(context.Context, *sqldb.Tx, spilt) error { return fail() }))
	o.queue = jobs.NewQueue(db, guard, jobs.Kind{
		Name: "tea.brew", Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 2},
		Work: func(context.Context, jobs.Run) error { return fail() },
	})
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return errors.Join(events.Record(ctx, tx, spilt{"mug"}),
			jobs.Enqueue(ctx, tx, jobs.Job{Kind: "tea.brew", Key: "pot"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// work has everything done that is due, for hours.
func (o *office) work() {
	o.t.Helper()
	for range 30 {
		if err := errors.Join(o.bus.Drain(o.t.Context()), o.queue.Drain(o.t.Context())); err != nil {
			o.t.Fatal(err)
		}
		o.clock.Advance(10 * time.Minute)
	}
}

func (o *office) list() []deadletter.Letter {
	o.t.Helper()
	list, err := deadletter.List(o.t.Context(), o.db.Reader())
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) unwell() (n int) {
	o.t.Helper()
	for _, c := range deadletter.Checks() {
		details, err := c.Run(o.t.Context(), o.db.Reader())
		if err != nil {
			o.t.Fatal(err)
		}
		n += len(details)
	}
	return n
}

func TestWhatNobodyCouldDoHasAWayBack(t *testing.T) {
	t.Parallel()
	o := open(t)
	if n := o.unwell(); n != 0 {
		t.Errorf("doctor complains of %d things before anything failed", n)
	}
	o.work()
	list := o.list()
	if len(list) != 2 || o.unwell() != 2 {
		t.Fatalf("set aside: %+v; doctor complains of %d", list, o.unwell())
	}
	for _, l := range list {
		if !strings.Contains(l.LastError, "the cup is broken") || l.Attempts == 0 || l.Key == "" ||
			l.CreatedAt.IsZero() {
			t.Errorf("told as %+v", l)
		}
	}
	o.mended = true
	for _, l := range list {
		if err := deadletter.Requeue(t.Context(), o.db, l.ID); err != nil {
			t.Errorf("%s: %v", l.ID, err)
		}
	}
	if left := o.list(); len(left) != 0 {
		t.Errorf("still set aside: %+v", left)
	}
	o.work()
	if n := o.unwell(); n != 0 {
		t.Errorf("doctor complains of %d things after they were done", n)
	}
}

func TestWhatIsDroppedIsGone(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.work()
	for _, l := range o.list() {
		if err := deadletter.Discard(t.Context(), o.db, l.ID); err != nil {
			t.Errorf("%s: %v", l.ID, err)
		}
		for what, again := range map[string]func(context.Context, *sqldb.DB, string) error{
			"dropped": deadletter.Discard, "done again": deadletter.Requeue,
		} {
			if err := again(t.Context(), o.db, l.ID); fault.Code(err) != "deadletter.not_found" {
				t.Errorf("%s is %s: %v", l.ID, what, err)
			}
		}
	}
	if err := deadletter.Discard(t.Context(), o.db, "ord_0000000000001"); fault.Code(err) != "deadletter.not_found" {
		t.Errorf("what is no letter: %v", err)
	}
}
