package counter_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

type inbox struct {
	mu   sync.Mutex // each event is told beside the others
	told []string
}

func (b *inbox) Send(_ context.Context, users []id.User, kind, ref string, _ any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, kind+" "+users[0].String()+" "+ref)
	return nil
}

// A buyer is told of what others and the clock do with an order, not of what they did
// themselves.
func TestWhatABuyerIsToldOf(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	p := order.Payload{Order: id.Make[id.Order](db), User: id.Make[id.User](db), Number: "1"}
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, []event.Event{
			order.Placed{Payload: p},
			order.Paid{Payload: p},
			order.Shipped{Payload: p},
			order.Closed{Payload: p, Reason: order.ReasonUnpaid},
			order.Closed{Payload: p, Reason: order.ReasonCancelled},
		}...)
	}); err != nil {
		t.Fatal(err)
	}
	var told inbox
	subs := counter.API{Notices: &told}.Module().Subscriptions
	guard := supervise.New(slog.New(slog.DiscardHandler), db.Clock())
	if err := events.NewBus(db, guard, subs...).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	who := " " + p.User.String() + " " + p.Order.String()
	slices.Sort(told.told)
	if got, want := strings.Join(told.told, ", "), "order.closed"+who+", order.shipped"+who; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}
