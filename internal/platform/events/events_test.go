package events_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

type happened struct {
	What string `json:"what"`
}

func (happened) EventName() string  { return "test.happened" }
func (h happened) EventKey() string { return h.What }

var errNo = errors.New("no")

func record(t *testing.T, db *sqldb.DB, after error, facts ...event.Event) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return errors.Join(events.Record(ctx, tx, facts...), after)
	})
	if !errors.Is(err, after) {
		t.Fatal(err)
	}
}

func drain(t *testing.T, b *events.Bus) {
	t.Helper()
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantStuck(t *testing.T, db *sqldb.DB, dead, waiting int) {
	t.Helper()
	d, w, err := events.Stuck(t.Context(), db.Reader())
	if err != nil || d != dead || w != waiting {
		t.Errorf("%d dead and %d waiting (%v), want %d and %d", d, w, err, dead, waiting)
	}
}

func bus(db *sqldb.DB, subs ...events.Subscription) *events.Bus {
	return events.NewBus(db, supervise.New(slog.New(slog.DiscardHandler), db.Clock()), subs...)
}

// effect leaves a trace of a handler in the database, so that what is taken back is
// not counted.
func effect(ctx context.Context, tx *sqldb.Tx, who string) error {
	_, err := tx.Exec(ctx, `INSERT INTO idempotency (scope, idem_key, request_hash, answer, created_at)
		VALUES (?, ?, '', '', 0)`, who, strconv.FormatInt(tx.NextID(), 10))
	return err
}

func wantEffects(t *testing.T, db *sqldb.DB, who string, want int) {
	t.Helper()
	var n int
	err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM idempotency WHERE scope = ?", who).Scan(&n)
	if err != nil || n != want {
		t.Errorf("%s had %d effects, want %d (%v)", who, n, want, err)
	}
}

func handler(who string, fn events.Handler) events.Subscription {
	return events.Subscription{Consumer: who, Event: "test.happened", Handle: fn}
}

func notifier(who string, fn events.Notifier) events.Subscription {
	return events.Subscription{Consumer: who, Event: "test.happened", Notify: fn}
}

func TestARollbackLosesTheFact(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	seen := 0
	b := bus(db, notifier("n", func(context.Context, event.Envelope) error { seen++; return nil }))
	record(t, db, errNo, happened{"never"})
	drain(t, b)
	if seen != 0 {
		t.Error("told of what never happened")
	}
	record(t, db, nil, happened{"once"})
	drain(t, b)
	if seen != 1 {
		t.Errorf("told %d times", seen)
	}
	wantStuck(t, db, 0, 0)
}

// TestAHandlersEffectHappensOnce has a neighbour fail, so that the event comes
// again to a handler that had taken it.
func TestAHandlersEffectHappensOnce(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	var well, notified atomic.Int64
	b := bus(db,
		events.On("steady", "test.happened", func(ctx context.Context, tx *sqldb.Tx, e happened) error {
			if e.What != "x" {
				t.Errorf("got %+v", e)
			}
			return effect(ctx, tx, "steady")
		}),
		handler("shaky", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
			err := effect(ctx, tx, "shaky")
			if well.Load() == 0 {
				return errors.Join(err, errNo) // and what it wrote is taken back
			}
			return err
		}),
		handler("wild", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
			if err := effect(ctx, tx, "wild"); err != nil || well.Load() == 1 {
				return err
			}
			panic("a bug, which is the same")
		}),
		notifier("outside", func(ctx context.Context, _ event.Envelope) error {
			notified.Add(1) // outside any transaction, so it may open one
			return db.Update(ctx, func(context.Context, *sqldb.Tx) error { return nil })
		}),
	)
	record(t, db, nil, happened{"x"})
	drain(t, b)
	drain(t, b)
	wantEffects(t, db, "steady", 1)
	wantEffects(t, db, "shaky", 0)
	wantStuck(t, db, 0, 1)
	c.Advance(time.Second)
	drain(t, b)
	well.Store(1)
	drain(t, b)
	wantEffects(t, db, "shaky", 0) // the pause has grown
	c.Advance(2 * time.Second)
	drain(t, b)
	for _, who := range []string{"steady", "shaky", "wild"} {
		wantEffects(t, db, who, 1)
	}
	if notified.Load() != 1 {
		t.Errorf("notified %d times", notified.Load())
	}
	wantStuck(t, db, 0, 0)
}

// TestTwoRelaysOnOneEvent is what a lease that lapsed in the middle leads to.
func TestTwoRelaysOnOneEvent(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	in, out := make(chan struct{}), make(chan struct{})
	slow := bus(db, notifier("gate", func(context.Context, event.Envelope) error {
		close(in)
		<-out
		return nil
	}), handler("h", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error { return effect(ctx, tx, "h") }))
	fast := bus(db, handler("h", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
		return effect(ctx, tx, "h")
	}))
	record(t, db, nil, happened{"x"})
	done := make(chan error, 1)
	go func() { done <- slow.Drain(t.Context()) }()
	<-in
	drain(t, fast)
	close(out)
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantEffects(t, db, "h", 1)
	wantStuck(t, db, 0, 0)
}

func TestWhatNobodyTakesIsSetAside(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	tries := 0
	b := bus(db, handler("never", func(context.Context, *sqldb.Tx, event.Envelope) error {
		tries++
		if tries > 12 {
			return nil
		}
		return errors.New("x" + strings.Repeat("坏", 400)) // longer than the column, cut within a letter
	}))
	record(t, db, nil, happened{"x"})
	for range 20 {
		drain(t, b)
		c.Advance(10 * time.Minute)
	}
	if tries != 12 {
		t.Errorf("tried %d times, want 12", tries)
	}
	wantStuck(t, db, 1, 0)
	list, err := events.ListDead(t.Context(), db.Reader(), id.Event{}, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("listed %v, %v", list, err)
	}
	if d := list[0]; d.Name != "test.happened" || d.Key != "x" || d.Attempts != 12 ||
		!utf8.ValidString(d.LastError) || !strings.Contains(d.LastError, "坏") {
		t.Errorf("listed as %+v", d)
	}
	if err := events.Requeue(t.Context(), db, list[0].ID); err != nil {
		t.Fatal(err)
	}
	drain(t, b)
	wantStuck(t, db, 0, 0)
	if err := events.Requeue(t.Context(), db, list[0].ID); fault.Code(err) != "events.not_dead" {
		t.Errorf("what was delivered is not requeued: %v", err)
	}
}

func TestADeadEventCanBeDropped(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	b := bus(db, handler("never", func(context.Context, *sqldb.Tx, event.Envelope) error { return errNo }))
	record(t, db, nil, happened{"x"})
	list, err := events.ListDead(t.Context(), db.Reader(), id.Event{}, 10)
	for range 20 {
		if err != nil || len(list) > 0 {
			break
		}
		drain(t, b)
		c.Advance(10 * time.Minute)
		list, err = events.ListDead(t.Context(), db.Reader(), id.Event{}, 10)
	}
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := events.Discard(t.Context(), db, list[0].ID); err != nil {
		t.Error(err)
	}
	wantStuck(t, db, 0, 0)
}

// TestASlowSubscriberHoldsUpNobodyElse has one event whose handler waits, and many
// others behind it.
func TestASlowSubscriberHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	release, others := make(chan struct{}), make(chan string, 300)
	b := bus(db, notifier("n", func(ctx context.Context, env event.Envelope) error {
		if env.Key == "slow" {
			<-release
		}
		others <- env.Key
		return nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	record(t, db, nil, happened{"slow"})
	for range 250 { // more than a batch
		record(t, db, nil, happened{"quick"})
	}
	for range 250 {
		if key := <-others; key != "quick" {
			t.Errorf("%s came first", key)
		}
	}
	close(release)
	if key := <-others; key != "slow" {
		t.Errorf("then came %s", key)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
