// Package eventstest is for tests of what modules tell one another.
package eventstest

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
)

// Heard takes the events of the given names out of the outbox, each as its name and
// payload, in the order in which they were recorded.
func Heard(t testing.TB, db *sqldb.DB, names ...string) (out []string) {
	t.Helper()
	var at []event.Envelope
	var subs []events.Subscription
	heard := make(chan event.Envelope, 1000)
	for _, name := range names {
		subs = append(subs, events.Subscription{
			Consumer: "test", Event: name, Notify: func(_ context.Context, env event.Envelope) error {
				heard <- env
				return nil
			},
		})
	}
	Tell(t, db, subs)
	close(heard) // nobody tells any more
	for env := range heard {
		at = append(at, env)
	}
	slices.SortFunc(at, func(a, b event.Envelope) int { return cmp.Compare(a.ID.Int(), b.ID.Int()) })
	for _, env := range at {
		out = append(out, env.Name+" "+string(env.Payload))
	}
	return out
}

// Tell gives what was recorded to subscribers.
func Tell(t fataler, db *sqldb.DB, subs []events.Subscription) {
	bus := events.NewBus(db, supervise.New(slog.New(slog.DiscardHandler), db.Clock()), subs...)
	if err := bus.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// fataler is a test or one draw of a property.
type fataler interface{ Fatal(args ...any) }

// Want compares what was told with what was to be told.
func Want(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
