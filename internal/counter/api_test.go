package counter_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
)

// ShopRefs implements catalog.ShopNames.
func (*desk) ShopRefs(_ context.Context, shops []id.Shop, _ lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	out := map[id.Shop]catalog.ShopRef{}
	for _, s := range shops {
		out[s] = catalog.ShopRef{ID: s, Name: "店"}
	}
	return out, nil
}

// PaymentViews implements counter.Payments.
func (*desk) PaymentViews(context.Context, []id.Checkout) (map[id.Checkout]counter.PaymentView, error) {
	return nil, nil
}

// ReplayURLs implements counter.Replays.
func (*desk) ReplayURLs(_ context.Context, shows []id.Show) (map[id.Show]string, error) {
	out := map[id.Show]string{}
	for _, s := range shows {
		out[s] = "/replay/" + s.String()
	}
	return out, nil
}

func behind(t *testing.T) (*desk, *httpapitest.Door, id.User) {
	t.Helper()
	k := open(t)
	clerk := id.Make[id.User](k.db)
	d := httpapitest.Open(t, k.clock, counter.API{DB: k.db, Views: counter.Views{
		Service: k.orders, Shops: k, Payments: k, Shipments: k.parcel, Replays: k,
	}}.Module())
	d.Hire(clerk, k.shop, permission.OrdersRead)
	d.Name("shop", k.shop)
	return k, d, clerk
}

func TestAnOrderBehindTheDoor(t *testing.T) {
	t.Parallel()
	k, d, clerk := behind(t)
	d.Strangers()
	o := k.place()
	d.Name("order", o.ID)
	stranger := id.Make[id.User](k.db)
	seen := func(who id.User, path string) string {
		t.Helper()
		return d.Call(who, 200, "GET "+path, nil).Show("status", "actions", "close_reason", "shop.name")
	}
	const mine, theirs = "/orders/{order}", "/merchant/{shop}/orders/{order}"
	if got := seen(k.buyer, mine); got != "pending_payment [pay cancel]  店" {
		t.Errorf("before paying: %s", got)
	}
	if got := seen(clerk, theirs); got != "pending_payment []  店" {
		t.Errorf("the shop sees %s", got)
	}
	d.Refuse(k.buyer, 409, "order.wrong_status", "POST /orders/{order}/confirm", nil)
	k.pay(o)
	if got := seen(clerk, theirs); got != "paid [ship]  店" {
		t.Errorf("the shop sees %s", got)
	}
	for _, c := range []struct {
		what   string
		who    id.User
		status int
		code   string
		target string
	}{
		{"cancelling what is paid", k.buyer, 409, "order.wrong_status", "POST /orders/{order}/cancel"},
		{"another's order", stranger, 404, "order.not_found", "GET /orders/{order}"},
		{"cancelling another's", stranger, 404, "order.not_found", "POST /orders/{order}/cancel"},
		{"confirming another's", stranger, 404, "order.not_found", "POST /orders/{order}/confirm"},
		{"a buyer at the counter", k.buyer, 403, "shop.not_staff", "GET /merchant/{shop}/orders/{order}"},
		{"the clerk as buyer", clerk, 404, "order.not_found", "GET /orders/{order}"},
		{"no such order", k.buyer, 404, "order.not_found", "GET /orders/" + id.Make[id.Order](k.db).String()},
	} {
		if got := d.Call(c.who, c.status, c.target, nil).Text("code"); got != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got, c.code)
		}
	}
	if err := k.ship(o, k.shop); err != nil {
		t.Fatal(err)
	}
	if got := seen(k.buyer, mine); got != "shipped [confirm]  店" {
		t.Errorf("on its way: %s", got)
	}
	const key = "confirmed-once"
	for range 2 {
		done := d.Call(k.buyer, 200, "POST /orders/{order}/confirm", nil, "Idempotency-Key", key)
		if got := done.Show("status", "actions", "due_at", "pay_by", "shipments.0.carrier"); got !=
			"completed [] <nil> <nil> SF" {
			t.Errorf("received: %s", got)
		}
		if n := len(done.List("timeline")); n != 5 {
			t.Errorf("%d lines of its history: %v", n, done.At("timeline"))
		}
	}
	again := k.place()
	closed := d.Call(k.buyer, 200, "POST /orders/"+again.ID.String()+"/cancel", nil)
	if got := closed.Show("status", "close_reason", "timeline.1.by"); got != "closed cancelled buyer" {
		t.Errorf("cancelled: %s", got)
	}
}

// A search finds numbers by what they begin with; what has no digit finds nothing.
func TestSearchingForANumber(t *testing.T) {
	t.Parallel()
	k, d, clerk := behind(t)
	var numbers []string
	for range 3 {
		numbers = append(numbers, k.place().Number)
		k.clock.Advance(24 * time.Hour)
	}
	found := func(query string) (out []string) {
		t.Helper()
		for _, o := range d.Call(clerk, 200, "GET /merchant/{shop}/orders?q="+query, nil).List("items") {
			out = append(out, o.Text("number"))
		}
		return out
	}
	for query, want := range map[string][]string{
		numbers[1]:             {numbers[1]},
		numbers[2][:6]:         {numbers[2]},
		"%20" + numbers[0][:6]: {numbers[0]},
		"26":                   {numbers[2], numbers[1], numbers[0]},
		"99":                   nil,
		"abc":                  nil,
		"%25":                  nil,
	} {
		if got := found(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	if got := found("%20"); len(got) != 3 {
		t.Errorf("a blank is no search: %v", got)
	}
}

// Whatever narrows a list, its pages hold each order that fits once, the newest first.
func TestPagesHoldEachOrderOnce(t *testing.T) {
	t.Parallel()
	k, d, clerk := behind(t)
	room := id.Make[id.Room](k.db)
	var all []order.Order
	for i := range 11 {
		o := order.Order{
			User: k.buyer, Shop: k.shop, Payable: 100, Currency: "CNY",
			Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
		}
		if i%3 == 0 {
			o.Room = room
		}
		k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &o) })
		if i%2 == 0 {
			k.pay(o)
			o.Status = order.StatusPaid
		}
		all = append(all, o)
		k.clock.Advance(time.Second)
	}
	slices.Reverse(all)
	for _, c := range []struct {
		who   id.User
		path  string
		holds func(o order.Order) bool
	}{
		{k.buyer, "/orders?", func(order.Order) bool { return true }},
		{k.buyer, "/orders?status=paid&", func(o order.Order) bool { return o.Status == order.StatusPaid }},
		{clerk, "/merchant/{shop}/orders?", func(order.Order) bool { return true }},
		{clerk, "/merchant/{shop}/orders?status=pending_payment&", func(o order.Order) bool {
			return o.Status != order.StatusPaid
		}},
		{clerk, "/merchant/{shop}/orders?room_id=" + room.String() + "&", func(o order.Order) bool {
			return o.Room == room
		}},
		{clerk, "/merchant/{shop}/orders?status=paid&room_id=" + room.String() + "&", func(o order.Order) bool {
			return o.Room == room && o.Status == order.StatusPaid
		}},
		{clerk, "/merchant/{shop}/orders?q=2&status=paid&", func(o order.Order) bool {
			return o.Status == order.StatusPaid
		}},
		{clerk, "/orders?", func(order.Order) bool { return false }},
	} {
		var want []string
		for _, o := range all {
			if c.holds(o) {
				want = append(want, o.ID.String())
			}
		}
		for _, limit := range []int{1, 3, 50} {
			var got []string
			for cursor, more := "", true; more; more = cursor != "" {
				p := d.Call(c.who, 200, fmt.Sprintf("GET %slimit=%d&cursor=%s", c.path, limit, cursor), nil)
				for _, o := range p.List("items") {
					got = append(got, o.Text("id"))
				}
				cursor = p.Text("next_cursor")
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: %v, want %v", c.path, limit, got, want)
			}
		}
	}
}
