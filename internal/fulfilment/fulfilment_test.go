package fulfilment_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/counter"
	"hawker/internal/fulfilment"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

type body = map[string]any

// stall is a shop whose staff send what was bought.
type stall struct {
	*checkouttest.Market
	door    *httpapitest.Door
	parcels *fulfilment.Service
	staff   id.User
	buyer   id.User
}

func open(t *testing.T) *stall {
	t.Helper()
	m := checkouttest.New(t)
	k := &stall{Market: m, parcels: fulfilment.New(m.DB, m.Orders), staff: m.User(), buyer: m.User()}
	k.door = httpapitest.Open(t, m.Clock, fulfilment.API{
		Service: k.parcels, Orders: m.Orders,
		Views: k.views(),
	}.Module())
	k.door.Hire(k.staff, m.Shop, permission.OrdersShip)
	k.door.Name("shop", m.Shop)
	return k
}

func (k *stall) views() counter.Views {
	return counter.Views{Service: k.Orders, Shops: k, Payments: k, Shipments: k.parcels}
}

// PaymentViews implements counter.Payments.
func (*stall) PaymentViews(context.Context, []id.Checkout) (map[id.Checkout]counter.PaymentView, error) {
	return nil, nil
}

func (k *stall) placed() order.Order {
	k.T.Helper()
	p := k.Product(1000, 5)
	r := checkouttest.Must[checkout.Result](k.T)(k.Checkout.Place(k.T.Context(), k.NextKey(), checkout.Command{
		User: k.buyer, Lines: []checkout.LineRequest{{SKU: p.SKUs[0].ID, Quantity: 2}},
	}))
	return k.find(r.Orders[0])
}

func (k *stall) find(o id.Order) order.Order {
	k.T.Helper()
	return checkouttest.Must[order.Order](k.T)(k.Orders.Find(k.T.Context(), k.DB.Reader(), o))
}

func (k *stall) paid() order.Order {
	k.T.Helper()
	o := k.placed()
	if err := k.DB.Update(k.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return k.Orders.MarkPaid(ctx, tx, o)
	}); err != nil {
		k.T.Fatal(err)
	}
	return k.find(o.ID)
}

func parcel(o id.Order) body {
	return body{"order_id": o, "carrier": " 顺丰 ", "tracking_number": "SF 1"}
}

func TestAShipmentMovesTheOrderOn(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.door.Strangers()
	o := k.paid()
	sent := k.door.Call(k.staff, 200, "POST /merchant/{shop}/shipments", parcel(o.ID))
	if got := sent.Show("status", "shipments.0.carrier", "shipments.0.tracking_number", "timeline.2.status",
		"timeline.2.by"); got != "shipped 顺丰 SF 1 shipped shop" {
		t.Errorf("sent: %s", got)
	}
	if at := sent.Text("shipments.0.shipped_at"); at != k.Clock.Now().Format(time.RFC3339) {
		t.Errorf("sent at %s, it is %s", at, k.Clock.Now())
	}
	if due := k.find(o.ID).DueAt; !due.Equal(k.Clock.Now().Add(24 * time.Hour)) {
		t.Errorf("counts as received at %s", due)
	}
	k.door.Refuse(k.staff, 409, "order.wrong_status", "POST /merchant/{shop}/shipments", parcel(o.ID))
	other := k.paid()
	views := checkouttest.Must[map[id.Order][]counter.ShipmentView](t)(k.parcels.ShipmentViews(t.Context(),
		[]id.Order{o.ID, other.ID}))
	if len(views) != 1 || len(views[o.ID]) != 1 {
		t.Errorf("parcels: %+v", views)
	}
	if none, err := k.parcels.ShipmentViews(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("parcels of nothing: %v, %v", none, err)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	k := open(t)
	unpaid, paid := k.placed(), k.paid()
	long := strings.Repeat("快", 65)
	for _, c := range []struct {
		what   string
		status int
		code   string
		body   any
	}{
		{"an order that is not paid", 409, "order.wrong_status", parcel(unpaid.ID)},
		{"no order", 404, "order.not_found", parcel(id.Make[id.Order](k.DB))},
		{"no carrier", 422, "fulfilment.bad_parcel", body{
			"order_id": paid.ID, "carrier": "  ",
			"tracking_number": "1",
		}},
		{"no number", 422, "fulfilment.bad_parcel", body{"order_id": paid.ID, "carrier": "x", "tracking_number": "\t"}},
		{"a long carrier", 422, "request.invalid", body{"order_id": paid.ID, "carrier": long, "tracking_number": "1"}},
	} {
		got := k.door.Call(k.staff, c.status, "POST /merchant/{shop}/shipments", c.body)
		if got.Text("code") != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got.Text("code"), c.code)
		}
	}
	for _, o := range []order.Order{unpaid, paid} {
		if now := k.find(o.ID); now.Status != o.Status {
			t.Errorf("a refused parcel moved the order from %s to %s", o.Status, now.Status)
		}
	}
	if views, err := k.parcels.ShipmentViews(t.Context(), []id.Order{unpaid.ID, paid.ID}); err != nil ||
		len(views) != 0 {
		t.Errorf("refused parcels stay: %v, %v", views, err)
	}
}

// Somebody who sends for one shop sends nothing of another's, whatever id they name.
func TestAnotherShopsOrderIsNotThere(t *testing.T) {
	t.Parallel()
	k := open(t)
	o, rival, theirs := k.paid(), k.User(), id.Make[id.Shop](k.DB)
	k.door.Hire(rival, theirs)
	k.door.Refuse(rival, 404, "order.not_found", "POST /merchant/"+theirs.String()+"/shipments", parcel(o.ID))
	k.door.Refuse(rival, 403, "shop.not_staff", "POST /merchant/{shop}/shipments", parcel(o.ID))
	k.door.Dismiss(k.staff, k.Shop)
	k.door.Refuse(k.staff, 403, "shop.not_staff", "POST /merchant/{shop}/shipments", parcel(o.ID))
	if now := k.find(o.ID); now.Status != order.StatusPaid {
		t.Errorf("the order is %s", now.Status)
	}
}

// A request that is repeated sends one parcel and gets one answer; another intent
// under the same key is refused.
func TestARepeatedRequestSendsOneParcel(t *testing.T) {
	t.Parallel()
	k := open(t)
	o, other := k.paid(), k.paid()
	const key = "ship-once-only"
	for range 3 {
		got := k.door.Call(k.staff, 200, "POST /merchant/{shop}/shipments", parcel(o.ID), "Idempotency-Key", key)
		if len(got.List("shipments")) != 1 {
			t.Fatalf("parcels: %v", got.At("shipments"))
		}
	}
	got := k.door.Call(k.staff, 409, "POST /merchant/{shop}/shipments", parcel(other.ID), "Idempotency-Key", key)
	if got.Text("code") != "request.idempotency_key_reused" {
		t.Errorf("another order under the same key: %v", got)
	}
}

// Two of the staff send the same order at once: one parcel, one is told.
func TestTwoSendTheSameOrder(t *testing.T) {
	t.Parallel()
	k := open(t)
	o := k.paid()
	var group sync.WaitGroup
	var sent, told atomic.Int64
	for i := range 6 {
		group.Go(func() {
			_, err := k.parcels.Ship(t.Context(), idem.Key{Scope: "test", Value: "both-" + string(rune('a'+i))},
				k.staff,
				fulfilment.Shipment{Order: o.ID, Shop: k.Shop, Carrier: "顺丰", TrackingNumber: "SF1"})
			switch {
			case err == nil:
				sent.Add(1)
			case fault.Code(err) == "order.wrong_status":
				told.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	views, err := k.parcels.ShipmentViews(t.Context(), []id.Order{o.ID})
	if err != nil || sent.Load() != 1 || told.Load() != 5 || len(views[o.ID]) != 1 {
		t.Errorf("%d sent, %d told, parcels %v, %v", sent.Load(), told.Load(), views[o.ID], err)
	}
}
