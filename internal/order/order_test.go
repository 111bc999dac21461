package order_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

const payWithin, receiveWithin = 15 * time.Minute, 10 * 24 * time.Hour

type desk struct {
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	box    *secret.Box
	orders *order.Service
	parcel *fulfilment.Service
	buyer  id.User
	shop   id.Shop
	sku    id.SKU
	keys   int
}

func open(t *testing.T, options ...sqltest.Option) *desk {
	t.Helper()
	db, c := sqltest.NewManual(t, options...)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &desk{
		t: t, db: db, box: box, clock: c, buyer: id.Make[id.User](db), shop: id.Make[id.Shop](db),
		sku: id.Make[id.SKU](db),
	}
	k.orders = order.New(db, box, order.Terms{PayWithin: payWithin, ReceiveWithin: receiveWithin})
	k.parcel = fulfilment.New(db, k.orders)
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Open(ctx, tx, k.shop, k.sku, 100, id.User{})
	})
	return k
}

func (k *desk) update(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	k.t.Helper()
	if err := k.db.Update(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) place() order.Order {
	k.t.Helper()
	o := order.Order{
		User: k.buyer, Shop: k.shop, Payable: 100, Currency: "CNY",
		Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &o) })
	return o
}

func (k *desk) pay(o order.Order) {
	k.t.Helper()
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.MarkPaid(ctx, tx, o) })
}

func (k *desk) key() idem.Key {
	k.keys++
	return idem.Key{Scope: "test", Value: fmt.Sprint(k.keys)}
}

func (k *desk) ship(o order.Order, shop id.Shop) error {
	_, err := k.parcel.Ship(k.t.Context(), k.key(), id.User{}, fulfilment.Shipment{
		Order: o.ID, Shop: shop,
		Carrier: "SF", TrackingNumber: "1",
	})
	return err
}

func (k *desk) find(o order.Order) order.Order {
	k.t.Helper()
	got, err := k.orders.Find(k.t.Context(), k.db.Reader(), o.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return got
}

func (k *desk) sweep(want int) {
	k.t.Helper()
	if n, err := k.orders.Sweep(k.t.Context(), 10); n != want || err != nil {
		k.t.Errorf("swept %d, %v; want %d", n, err, want)
	}
}

func (k *desk) wantStock(available, reserved, sold int64) {
	k.t.Helper()
	levels, err := inventory.Levels(k.t.Context(), k.db.Reader(), []id.SKU{k.sku})
	if l := levels[k.sku]; err != nil || l.Available != available || l.Reserved != reserved || l.Sold != sold {
		k.t.Errorf("stock %+v, %v; want %d, %d, %d", l, err, available, reserved, sold)
	}
	if odd, err := order.UnmatchedReservations(k.t.Context(), k.db.Reader()); err != nil || len(odd) > 0 {
		k.t.Errorf("promises that no order waits for: %+v, %v", odd, err)
	}
}

func TestAGoodLife(t *testing.T) {
	t.Parallel()
	k := open(t)
	o := k.place()
	k.wantStock(99, 1, 0)
	if err := k.ship(o, k.shop); fault.Code(err) != "order.wrong_status" {
		t.Errorf("shipping what is not paid: %v", err)
	}
	k.pay(o)
	k.wantStock(99, 0, 1)
	if err := k.ship(o, id.Make[id.Shop](k.db)); fault.Code(err) != "order.not_found" {
		t.Errorf("another shop ships it: %v", err)
	}
	if err := k.ship(o, k.shop); err != nil {
		t.Fatal(err)
	}
	if err := k.ship(o, k.shop); fault.Code(err) != "order.wrong_status" {
		t.Errorf("shipping twice: %v", err)
	}
	if err := k.orders.Confirm(t.Context(), k.key(), id.Make[id.User](k.db),
		o.ID); fault.Code(err) != "order.not_found" {
		t.Errorf("a stranger confirms: %v", err)
	}
	key := k.key()
	for range 2 { // sent twice, one life
		if err := k.orders.Confirm(t.Context(), key, k.buyer, o.ID); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := k.orders.Timeline(t.Context(), []id.Order{o.ID})
	if err != nil {
		t.Fatal(err)
	}
	var line []string
	for _, s := range steps[o.ID] {
		line = append(line, string(s.Status)+" "+s.By)
	}
	if want := []string{
		"pending_payment buyer", "paid system", "shipped shop", "delivered buyer",
		"completed buyer",
	}; !slices.Equal(line, want) {
		t.Errorf("its life was %v", line)
	}
	if got := k.find(o); !got.CompletedAt.Equal(k.clock.Now()) || !got.DueAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestBadParcels(t *testing.T) {
	t.Parallel()
	k := open(t)
	o := k.place()
	k.pay(o)
	for _, sh := range []fulfilment.Shipment{
		{Carrier: "SF"},
		{TrackingNumber: "1"},
		{Carrier: " ", TrackingNumber: "1"},
	} {
		sh.Order, sh.Shop = o.ID, k.shop
		if _, err := k.parcel.Ship(t.Context(), k.key(), id.User{}, sh); fault.Code(err) != "fulfilment.bad_parcel" {
			t.Errorf("%+v: %v", sh, err)
		}
	}
}

func TestTimeMovesOrders(t *testing.T) {
	t.Parallel()
	k := open(t)
	unpaid, sent, paid := k.place(), k.place(), k.place()
	k.pay(sent)
	k.pay(paid)
	if err := k.ship(sent, k.shop); err != nil {
		t.Fatal(err)
	}
	k.clock.Advance(payWithin + 4*time.Second)
	k.sweep(0) // money made in the last second is on its way
	k.clock.Advance(time.Second)
	k.sweep(1)
	if got := k.find(unpaid); got.Status != order.StatusClosed || got.CloseReason != order.ReasonUnpaid {
		t.Errorf("the unpaid one is %s for %q", got.Status, got.CloseReason)
	}
	k.wantStock(98, 0, 2)
	k.clock.Advance(receiveWithin)
	k.sweep(1)
	if got := k.find(sent); got.Status != order.StatusCompleted {
		t.Errorf("the one that was sent is %s", got.Status)
	}
	if got := k.find(paid); got.Status != order.StatusPaid {
		t.Errorf("the one that nobody sent is %s", got.Status)
	}
	k.sweep(0)
}

func TestCancelOnlyBeforePaying(t *testing.T) {
	t.Parallel()
	k := open(t)
	o := k.place()
	if err := k.orders.Cancel(t.Context(), k.key(), id.Make[id.User](k.db),
		o.ID); fault.Code(err) != "order.not_found" {
		t.Errorf("a stranger cancels: %v", err)
	}
	if err := k.orders.Cancel(t.Context(), k.key(), k.buyer, o.ID); err != nil {
		t.Fatal(err)
	}
	k.wantStock(100, 0, 0)
	paid := k.place()
	k.pay(paid)
	if err := k.orders.Cancel(t.Context(), k.key(), k.buyer, paid.ID); fault.Code(err) != "order.wrong_status" {
		t.Errorf("cancelling what is paid: %v", err)
	}
	k.wantStock(99, 0, 1)
}

func TestListsPageAndKeepApart(t *testing.T) {
	t.Parallel()
	k := open(t)
	var want []id.Order
	for range 5 {
		want = append(want, k.place().ID)
	}
	slices.Reverse(want)
	var got []id.Order
	r := page.Request{Limit: 2}
	for {
		p, err := k.orders.List(t.Context(), order.Filter{User: k.buyer}, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.Items {
			got = append(got, o.ID)
		}
		if r.Cursor = p.NextCursor; r.Cursor == "" {
			break
		}
		k.place() // newer ones do not shift what is read
	}
	if !slices.Equal(got, want) {
		t.Errorf("paged %v, want %v", got, want)
	}
	for _, f := range []order.Filter{
		{User: id.Make[id.User](k.db)},
		{Shop: id.Make[id.Shop](k.db)},
		{Shop: k.shop, Query: "999999"},
		{Shop: k.shop, Status: order.StatusPaid},
	} {
		if p, err := k.orders.List(t.Context(), f, page.Request{}); err != nil || len(p.Items) != 0 {
			t.Errorf("%+v shows %d orders, %v", f, len(p.Items), err)
		}
	}
	number := k.find(order.Order{ID: want[0]}).Number
	if p, err := k.orders.List(t.Context(), order.Filter{Shop: k.shop, Query: number}, page.Request{}); err != nil ||
		len(p.Items) != 1 {
		t.Errorf("number %s finds %d orders, %v", number, len(p.Items), err)
	}
	room := id.Make[id.Room](k.db)
	there := order.Order{
		User: k.buyer, Shop: k.shop, Room: room, Payable: 100, Currency: "CNY",
		Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &there) })
	k.place()
	if p, err := k.orders.List(t.Context(), order.Filter{Shop: k.shop, Room: room}, page.Request{}); err != nil ||
		len(p.Items) != 1 || p.Items[0].ID != there.ID {
		t.Errorf("the room shows %+v, %v", p.Items, err)
	}
}

// TestTheDayBeginsInTheShopsZone: the clock of the test starts at 20:00 in Shanghai.
func TestTheDayBeginsInTheShopsZone(t *testing.T) {
	t.Parallel()
	k := open(t)
	zone := time.FixedZone("CST", 8*3600)
	figures := analytics.New(k.db, zone)
	k.clock.Advance(4*time.Hour - time.Millisecond) // 23:59:59.999
	k.pay(k.place())
	k.clock.Advance(time.Millisecond) // midnight
	k.pay(k.place())
	k.place()
	eventstest.Tell(t, k.db, analytics.API{}.Module().Subscriptions)
	today, err := figures.Today(t.Context(), k.shop)
	if err != nil {
		t.Fatal(err)
	}
	if d := today.Today; d.Placed != 2 || d.Paid != 1 || d.Revenue != 100 || d.Hours[0] != 100 {
		t.Errorf("today: %+v", d)
	}
	if d := today.Yesterday; d.Placed != 0 || d.Paid != 0 || d.Revenue != 0 || d.Hours[23] != 100 {
		t.Errorf("yesterday until midnight, with the whole day's hours: %+v", d)
	}
	if today.ToShip != 2 {
		t.Errorf("%d to ship", today.ToShip)
	}
	k.clock.Advance(24*time.Hour - time.Millisecond)
	if today, err = figures.Today(t.Context(), k.shop); err != nil || today.Today.Placed != 2 ||
		today.Yesterday.Placed != 0 {
		t.Errorf("at the end of the day: %+v, %v", today, err)
	}
	k.clock.Advance(time.Hour)
	if today, err = figures.Today(t.Context(), k.shop); err != nil || today.Today.Placed != 0 ||
		today.Yesterday.Placed != 2 || today.Yesterday.Hours[0] != 100 {
		t.Errorf("the day after: %+v, %v", today, err)
	}
	if other, err := figures.Today(t.Context(), id.Make[id.Shop](k.db)); err != nil || other.Yesterday.Placed != 0 ||
		other.ToShip != 0 {
		t.Errorf("another shop sees %+v, %v", other, err)
	}
}

// The day in an order's number is the day on which people in the mall read it.
func TestTheNumberBeginsWithTheMallsDay(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.clock.Advance(4*time.Hour + 3*time.Minute) // 16:03 UTC on the 22nd
	for zone, want := range map[*time.Location]string{
		nil: "261122", time.FixedZone("Shanghai", 8*3600): "261123", time.FixedZone("Honolulu", -10*3600): "261122",
	} {
		k.orders = order.New(k.db, k.box, order.Terms{PayWithin: payWithin, ReceiveWithin: receiveWithin, Zone: zone})
		if o := k.place(); o.Number[:6] != want {
			t.Errorf("in %v: %s, want it to begin with %s", zone, o.Number, want)
		}
	}
}

// The clocks of New York go back on the 7th of November 2027, a day of 25 hours:
// until the same time of day is not until the same hour of it.
func TestYesterdayUntilTheSameTimeOfDay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	k := open(t)
	at := func(day, hour, minute int) {
		k.clock.Advance(time.Date(2027, 11, day, hour, minute, 0, 0, zone).Sub(k.clock.Now()))
	}
	at(7, 9, 30) // the clocks went back at two
	k.place()
	at(7, 10, 30)
	k.place()
	at(8, 10, 0)
	eventstest.Tell(t, k.db, analytics.API{}.Module().Subscriptions)
	today, err := analytics.New(k.db, zone).Today(t.Context(), k.shop)
	if err != nil || today.Yesterday.Placed != 1 {
		t.Errorf("yesterday until ten: %+v, %v", today.Yesterday, err)
	}
}
