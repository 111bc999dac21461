package events_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	eventstest.Run(t, eventstest.Engine{Pause: time.Millisecond, Open: func(*testing.T) events.Carrier {
		return events.NewMemory(clock.Real{}, time.Millisecond)
	}})
}

// twice is a carrier that brings everything once more, and is down at first.
type twice struct {
	events.Carrier
	down atomic.Int64
}

func (c *twice) Publish(ctx context.Context, batch []event.Envelope) error {
	if c.down.Add(-1) >= 0 {
		return errNo
	}
	return errors.Join(c.Carrier.Publish(ctx, batch), c.Carrier.Publish(ctx, batch))
}

// TestOverACarrierAnEffectHappensOnce has the carrier fail, bring events twice, and a
// subscriber that never takes one.
func TestOverACarrierAnEffectHappensOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	told := make(chan string, 100)
	b := bus(db,
		handler("steady", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
			return effect(ctx, tx, "steady")
		}),
		handler("never", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
			return errors.Join(effect(ctx, tx, "never"), errNo)
		}),
		notifier("outside", func(_ context.Context, env event.Envelope) error { told <- env.Key; return nil }),
	)
	c := &twice{Carrier: events.NewMemory(clock.Real{}, time.Millisecond)}
	c.down.Store(1)
	b.Over(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	record(t, db, nil, happened{"x"})
	for range 2 {
		if key := <-told; key != "x" {
			t.Errorf("told of %s", key)
		}
	}
	var dead []events.Dead
	for len(dead) == 0 {
		changed := db.Changed()
		var err error
		if dead, err = events.ListDead(t.Context(), db.Reader(), id.Event{}, 10); err != nil {
			t.Fatal(err)
		}
		if len(dead) == 0 {
			<-changed
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if d := dead[0]; d.Name != "test.happened" || d.Key != "x" || d.Attempts != 12 {
		t.Errorf("set aside as %+v", d)
	}
	wantEffects(t, db, "steady", 1)
	wantEffects(t, db, "never", 0)
	wantStuck(t, db, 1, 0)
}
