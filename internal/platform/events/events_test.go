package events_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
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

func bus(db *sqldb.DB) *events.Bus { return events.NewBus(db, slog.New(slog.DiscardHandler)) }

func TestARollbackLosesTheFact(t *testing.T) {
	db := sqltest.New(t)
	b, seen := bus(db), 0
	b.Notify("n", "test.happened", func(context.Context, event.Envelope) error { seen++; return nil })
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
	db, c := sqltest.NewManual(t)
	b := bus(db)
	var handled, failures, notified atomic.Int64
	b.Handle("steady", "test.happened", func(_ context.Context, _ *sqldb.Tx, env event.Envelope) error {
		if e, err := event.Decode[happened](env); err != nil || e.What != "x" || env.Key != "x" {
			t.Errorf("got %+v %v", e, err)
		}
		handled.Add(1)
		return nil
	})
	b.Handle("shaky", "test.happened", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
		if failures.Add(1) <= 2 {
			return errors.Join(events.Record(ctx, tx, happened{"of a failed handler"}), errNo)
		}
		return nil
	})
	b.Notify("outside", "test.happened", func(ctx context.Context, _ event.Envelope) error {
		notified.Add(1) // outside any transaction, so it may open one
		return db.Update(ctx, func(context.Context, *sqldb.Tx) error { return nil })
	})
	record(t, db, nil, happened{"x"})
	drain(t, b)
	drain(t, b)
	if handled.Load() != 1 || failures.Load() != 1 {
		t.Errorf("before the pause is over: handled %d times, failed %d", handled.Load(), failures.Load())
	}
	wantStuck(t, db, 0, 1)
	for range 2 {
		c.Advance(2 * time.Second)
		drain(t, b)
	}
	if handled.Load() != 1 || failures.Load() != 3 || notified.Load() != 1 {
		t.Errorf("handled %d times, shaky tried %d, notified %d; want 1, 3, 1", handled.Load(), failures.Load(),
			notified.Load())
	}
	wantStuck(t, db, 0, 0)
}

func TestWhatNobodyTakesIsSetAside(t *testing.T) {
	db, c := sqltest.NewManual(t)
	b, tries := bus(db), 0
	b.Handle("never", "test.happened", func(context.Context, *sqldb.Tx, event.Envelope) error {
		tries++
		return errors.New("x" + strings.Repeat("坏", 400)) // longer than the column, cut within a letter
	})
	record(t, db, nil, happened{"x"})
	for range 20 {
		drain(t, b)
		c.Advance(10 * time.Minute)
	}
	if tries != 12 {
		t.Errorf("tried %d times, want 12", tries)
	}
	wantStuck(t, db, 1, 0)
	var text string
	if err := db.Reader().QueryRow(t.Context(), "SELECT last_error FROM outbox").Scan(&text); err != nil ||
		!utf8.ValidString(text) || !strings.Contains(text, "坏") {
		t.Errorf("the reason is kept as %q, %v", text, err)
	}
}

func TestRunDeliversAndStops(t *testing.T) {
	db := sqltest.New(t)
	b := bus(db)
	got := make(chan string, 2)
	b.Notify("n", "test.happened", func(_ context.Context, env event.Envelope) error { got <- env.Key; return nil })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	record(t, db, nil, happened{"x"})
	select {
	case <-got:
	case <-time.After(20 * time.Second):
		t.Error("not delivered")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
