package auction_test

import (
	"testing"
	"time"

	"hawker/internal/auction"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
)

type body = map[string]any

func (h *house) door() *httpapitest.Door {
	h.t.Helper()
	d := httpapitest.Open(h.t, h.clock, h.sales.Module())
	d.Hire(h.host, h.shop)
	d.Room(h.room, httpapi.RoomDoor{Shop: h.shop, Mode: httpapi.RoomOpen})
	d.Name("shop", h.shop)
	d.Name("room", h.room)
	d.Name("id", h.room)
	return d
}

const (
	lots = "/merchant/{shop}/rooms/{room}/auctions"
	now  = "GET /live/rooms/{id}/auction"
)

func TestALotFromThePlanToTheHammer(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	d.Strangers()
	p, ann, bob := h.product(3), h.user(), h.user()
	if got := d.Call(id.User{}, 200, now, nil); got.At("auction") != nil {
		t.Errorf("before any lot: %v", got)
	}
	plan := body{"sku_id": p.SKUs[0].ID, "start_price": 1000, "reserve_price": 1500, "run_seconds": 60}
	made := d.Call(h.host, 201, "POST "+lots, plan, "Idempotency-Key", "planned-once")
	again := d.Call(h.host, 201, "POST "+lots, plan, "Idempotency-Key", "planned-once")
	if made.Text("id") != again.Text("id") || made.Text("state") != "planned" {
		t.Errorf("planned as %v and %v", made, again)
	}
	h.wantStock(p, 3, 0, 0) // a plan sets nothing aside
	d.Name("lot", word(made.Text("id")))
	const bids = "POST /live/rooms/{id}/auctions/{lot}/bids"
	d.Call(h.host, 200, "POST "+lots+"/{lot}/start", nil)
	d.Refuse(h.host, 409, "auction.wrong_state", "POST "+lots+"/{lot}/start", nil)
	h.wantStock(p, 2, 0, 1)
	first := d.Call(ann, 200, bids, body{"max_amount": 2000, "address_id": h.address})
	if got := first.Show("state", "mine.leading", "mine.max.amount", "bids"); got != "running true 2000 1" {
		t.Errorf("her bid: %s", got)
	}
	second := d.Call(bob, 200, bids, body{"max_amount": 1700, "address_id": h.address})
	if second.At("mine.leading") != false {
		t.Errorf("he leads: %v", second)
	}
	if seen := d.Call(id.User{}, 200, now, nil); seen.At("auction.mine") != nil ||
		seen.Int("auction.price.amount") != second.Int("price.amount") {
		t.Errorf("a visitor sees %v", seen)
	}
	if seen := d.Call(bob, 200, now, nil); seen.Int("auction.mine.max.amount") != 1700 {
		t.Errorf("he sees %v", seen)
	}
	d.Refuse(h.host, 403, "auction.host_cannot_bid", bids, body{"max_amount": 9000})
	d.Refuse(id.User{}, 401, "auth.sign_in_required", bids, body{"max_amount": 9000})
	d.Refuse(bob, 422, "request.invalid", bids, body{"max_amount": 0})
	d.Refuse(bob, 404, "auction.not_found", "POST /live/rooms/{id}/auctions/"+id.Make[id.Auction](h.db).String()+
		"/bids",
		body{"max_amount": 9000})
	h.clock.Advance(10 * time.Minute)
	if err := h.sales.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	won := d.Call(ann, 200, now, nil)
	if won.Text("auction.state") != "won" || won.Text("auction.mine.order_id") == "" ||
		won.Int("auction.price.amount") != 1800 {
		t.Errorf("she won: %v", won)
	}
	if lost := d.Call(bob, 200, now, nil); lost.Text("auction.mine.order_id") != "" {
		t.Errorf("he sees an order: %v", lost)
	}
	if list := d.Call(h.host, 200, "GET "+lots, nil); list.Show("items.0.state", "items.1") != "won <nil>" {
		t.Errorf("the host's list: %v", list)
	}
	d.Refuse(bob, 409, "auction.over", bids, body{"max_amount": 90000})
}

type word string

func (w word) String() string { return string(w) }

func lotID(t *testing.T, o httpapitest.Object) (l id.Auction) {
	t.Helper()
	if err := l.UnmarshalText([]byte(o.Text("id"))); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWhatIsNoLot(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	p := h.product(3)
	for _, c := range []struct {
		what   string
		change body
		status int
		code   string
	}{
		{"no such SKU", body{"sku_id": id.Make[id.SKU](h.db)}, 422, "auction.bad_lot"},
		{"a moment", body{"run_seconds": 29}, 422, "request.invalid"},
		{"an hour", body{"run_seconds": 601}, 422, "request.invalid"},
		{"for nothing", body{"start_price": 0}, 422, "request.invalid"},
	} {
		b := body{"sku_id": p.SKUs[0].ID, "start_price": 1000, "run_seconds": 60}
		for k, v := range c.change {
			b[k] = v
		}
		d.Refuse(h.host, c.status, c.code, "POST "+lots, b)
	}
	h.wantStock(p, 3, 0, 0)
	rival, theirs := h.user(), id.Make[id.Shop](h.db)
	d.Hire(rival, theirs)
	d.Refuse(rival, 422, "auction.bad_lot", "POST /merchant/"+theirs.String()+"/rooms/{room}/auctions",
		body{"sku_id": p.SKUs[0].ID, "start_price": 1000, "run_seconds": 60})
	d.Refuse(rival, 403, "shop.not_staff", "GET "+lots, nil)
}

// A lot that is cancelled gives its unit back, whether it ran or not, and once.
func TestACancelledLotGivesBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	p, ann := h.product(3), h.user()
	for _, start := range []bool{false, true} {
		made := d.Call(h.host, 201, "POST "+lots, body{
			"sku_id": p.SKUs[0].ID, "start_price": 1000, "run_seconds": 60, "start": start,
		})
		lot := lotID(t, made)
		if start {
			if _, err := h.bid(auction.Lot{ID: lot}, ann, 1000); err != nil {
				t.Fatal(err)
			}
		}
		h.wantStock(p, map[bool]int64{true: 2, false: 3}[start], 0, map[bool]int64{true: 1}[start])
		d.Call(h.host, 200, "POST "+lots+"/"+lot.String()+"/cancel", nil)
		h.wantStock(p, 3, 0, 0)
		if got := d.Do(h.host, "POST "+lots+"/"+lot.String()+"/cancel", nil); got.Status/100 == 5 {
			t.Errorf("cancelled twice: %d", got.Status)
		}
		if got := d.Do(ann, "POST /live/rooms/{id}/auctions/"+lot.String()+"/bids",
			body{"max_amount": 5000}); got.Status != 409 {
			t.Errorf("a bid for what is cancelled answers %d: %s", got.Status, got.Body)
		}
		h.clock.Advance(10 * time.Minute)
		if err := h.sales.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.wantStock(p, 3, 0, 0)
	}
}
