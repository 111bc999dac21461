package order_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func shipmentOf(o order.Order) fulfilment.Shipment {
	return fulfilment.Shipment{Order: o.ID, Shop: o.Shop, Carrier: "顺丰", TrackingNumber: "SF1"}
}

// life is what may happen to an order, by where it is, and where it is then.
func life() map[string]map[order.Status]order.Status {
	return map[string]map[order.Status]order.Status{
		"pay":     {order.StatusPendingPayment: order.StatusPaid},
		"cancel":  {order.StatusPendingPayment: order.StatusClosed},
		"ship":    {order.StatusPaid: order.StatusShipped},
		"confirm": {order.StatusShipped: order.StatusCompleted},
		"reopen":  {order.StatusClosed: order.StatusPendingPayment},
	}
}

func (k *desk) do(what string, o order.Order) error {
	ctx := context.Background()
	switch what {
	case "cancel":
		return k.orders.Cancel(ctx, k.key(), o.User, o.ID)
	case "confirm":
		return k.orders.Confirm(ctx, k.key(), o.User, o.ID)
	case "ship":
		_, err := k.parcel.Ship(ctx, k.key(), id.User{}, shipmentOf(o))
		return err
	}
	return k.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		now, err := k.orders.Find(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if what == "pay" {
			return k.orders.MarkPaid(ctx, tx, now)
		}
		_, err = k.orders.Reopen(ctx, tx, now)
		return err
	})
}

// Whatever is tried with orders in whatever order and with whatever pauses, each
// goes only the ways that the table allows, its history is the way that it went, and
// the stock is that of a count by hand.
func TestOrdersGoOnlyTheirWays(t *testing.T) {
	t.Parallel()
	k := open(t, sqltest.Once)
	rapid.Check(t, func(rt *rapid.T) {
		k.clock.Advance(receiveWithin + time.Hour) // those of the last walk are done with
		if _, err := k.orders.Sweep(t.Context(), 1000); err != nil {
			rt.Fatal(err)
		}
		k.sku, k.shop = id.Make[id.SKU](k.db), id.Make[id.Shop](k.db)
		const units = 4
		if err := k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return inventory.Open(ctx, tx, k.shop, k.sku, units, id.User{})
		}); err != nil {
			rt.Fatal(err)
		}
		w := walk{desk: k, rt: rt, way: map[id.Order][]order.Status{}, due: map[id.Order]time.Time{}, left: units}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			w.step(rapid.SampledFrom([]string{
				"place", "pay", "cancel", "ship", "confirm", "reopen", "minutes", "days",
			}).Draw(rt, "what"))
		}
		w.check()
	})
}

// walk is what a clerk with a pencil knows.
type walk struct {
	*desk
	rt   *rapid.T
	list []order.Order
	way  map[id.Order][]order.Status
	due  map[id.Order]time.Time
	left int64 // units that anybody may buy
}

func (w *walk) status(o order.Order) order.Status { return w.way[o.ID][len(w.way[o.ID])-1] }

func (w *walk) step(what string) {
	switch what {
	case "place":
		w.placeOne()
		return
	case "minutes", "days":
		w.clock.Advance(map[string]time.Duration{"minutes": 6 * time.Minute, "days": 6 * 24 * time.Hour}[what])
		w.sweep()
		return
	}
	if len(w.list) == 0 {
		return
	}
	o := rapid.SampledFrom(w.list).Draw(w.rt, "order")
	err := w.do(what, o)
	to, allowed := life()[what][w.status(o)]
	want := ""
	switch {
	case !allowed:
		want = "order.wrong_status"
	case what == "reopen" && w.left == 0:
		want = "inventory.insufficient_stock"
	}
	if fault.Code(err) != want || want == "" && err != nil {
		w.rt.Fatalf("%s of what is %s: %v, want %q", what, w.status(o), err, want)
	}
	if err != nil {
		return
	}
	w.went(o, to)
}

func (w *walk) went(o order.Order, to order.Status) {
	if to == order.StatusCompleted {
		w.way[o.ID] = append(w.way[o.ID], order.StatusDelivered)
	}
	w.way[o.ID] = append(w.way[o.ID], to)
	delete(w.due, o.ID)
	switch to {
	case order.StatusClosed:
		w.left++
	case order.StatusPendingPayment:
		w.left--
		w.due[o.ID] = w.clock.Now().Add(payWithin)
	case order.StatusShipped:
		w.due[o.ID] = w.clock.Now().Add(receiveWithin)
	case order.StatusPaid, order.StatusDelivered, order.StatusCompleted: // no time is set
	}
}

func (w *walk) placeOne() {
	o := order.Order{
		User: w.buyer, Shop: w.shop, Payable: 100, Currency: "CNY",
		Lines: []order.Line{{SKU: w.sku, Quantity: 1, Payable: 100}},
	}
	err := w.db.Update(context.Background(), func(ctx context.Context, tx *sqldb.Tx) error {
		return w.orders.Create(ctx,
			tx, &o)
	})
	if w.left == 0 {
		if fault.Code(err) != "inventory.insufficient_stock" {
			w.rt.Fatalf("an order of what is not there: %v", err)
		}
		return
	}
	if err != nil {
		w.rt.Fatal(err)
	}
	w.list = append(w.list, o)
	w.went(o, order.StatusPendingPayment)
}

// sweep moves what is due, here as with the pencil.
func (w *walk) sweep() {
	moved, err := w.orders.Sweep(context.Background(), 100)
	if err != nil {
		w.rt.Fatal(err)
	}
	const grace = 5 * time.Second
	for _, o := range w.list {
		due, ok := w.due[o.ID]
		switch {
		case !ok:
		case w.status(o) == order.StatusPendingPayment && !due.Add(grace).After(w.clock.Now()):
			w.went(o, order.StatusClosed)
			moved--
		case w.status(o) == order.StatusShipped && !due.After(w.clock.Now()):
			w.went(o, order.StatusCompleted)
			moved--
		}
	}
	if moved != 0 {
		w.rt.Fatalf("%d more were moved than were due", moved)
	}
}

func (w *walk) check() {
	ctx, q := context.Background(), w.db.Reader()
	var ids []id.Order
	for _, o := range w.list {
		ids = append(ids, o.ID)
	}
	history, err := w.orders.Timeline(ctx, ids)
	if err != nil {
		w.rt.Fatal(err)
	}
	var reserved, sold int64
	for _, o := range w.list {
		now, err := w.orders.Find(ctx, q, o.ID)
		if err != nil || now.Status != w.status(o) || !now.DueAt.Equal(w.due[o.ID]) {
			w.rt.Fatalf("the order is %s due %s, want %s %s, %v", now.Status, now.DueAt, w.status(o), w.due[o.ID], err)
		}
		var way []order.Status
		for _, h := range history[o.ID] {
			way = append(way, h.Status)
		}
		if !slices.Equal(way, w.way[o.ID]) {
			w.rt.Fatalf("its history is %v, it went %v", way, w.way[o.ID])
		}
		switch now.Status {
		case order.StatusPendingPayment:
			reserved++
		case order.StatusPaid, order.StatusShipped, order.StatusDelivered, order.StatusCompleted:
			sold++
		case order.StatusClosed: // holds nothing
		}
	}
	levels, err := inventory.Levels(ctx, q, []id.SKU{w.sku})
	if got := levels[w.sku]; err != nil || got.Available != w.left || got.Reserved != reserved || got.Sold != sold {
		w.rt.Fatalf("stock %+v, want %d left, %d reserved, %d sold, %v", got, w.left, reserved, sold, err)
	}
	drift, err := inventory.Check(ctx, q)
	odd, err2 := order.UnmatchedReservations(ctx, q)
	if err = errors.Join(err, err2); err != nil || len(drift) > 0 || len(odd) > 0 {
		w.rt.Fatalf("drift %v, unmatched %v, %v", drift, odd, err)
	}
}
