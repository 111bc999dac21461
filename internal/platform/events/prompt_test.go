package events_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb/sqltest"
)

// away is a carrier that cannot be reached.
type away struct{ events.Carrier }

func (away) Declare(context.Context, []events.Group) error { return errNo }

// Who is to be told at once is told while the carrier is away, of what was committed and
// of nothing else; when the carrier is there they hear of it from there as well, as the
// others do.
func TestWhoIsToldAtOnceWaitsForNoCarrier(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	told, later := make(chan string, 10), make(chan string, 10)
	run := func(c events.Carrier) (stop func()) {
		b := bus(db,
			notifier("now", func(_ context.Context, env event.Envelope) error { told <- env.Key; return nil }).AtOnce(),
			notifier("later", func(_ context.Context, env event.Envelope) error { later <- env.Key; return nil }),
		).Over(c)
		b.Inline()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	stop := run(away{})
	record(t, db, errNo, happened{"taken back"})
	for _, what := range []string{"a", "b"} {
		record(t, db, nil, happened{what})
		if got := <-told; got != what {
			t.Errorf("told of %s, want %s", got, what)
		}
	}
	stop()
	if len(told)+len(later) > 0 {
		t.Errorf("%d were told at once and %d later without a carrier", len(told), len(later))
	}
	wantStuck(t, db, 0, 2)
	stop = run(events.NewMemory(clock.Real{}, time.Millisecond))
	for range 2 {
		<-told
		<-later
	}
	untilTakenOut(t, db)
	stop()
}
