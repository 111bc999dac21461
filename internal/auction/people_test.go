package auction_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/auction"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

const bidding = "POST /live/rooms/{id}/auctions/{lot}/bids"

// What others see of bids: the last twenty, by masked names, at the prices that they
// saw; never what somebody would have paid, before or after.
func TestNobodySeesWhatALeaderWouldPay(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	l := h.lot(h.product(1), nil)
	d.Name("lot", l.ID)
	leader := h.user()
	const secret = 777_777
	d.Call(leader, 200, bidding, body{"max_amount": secret})
	others := make([]id.User, 24)
	for i := range others {
		others[i] = h.user()
		got := d.Call(others[i], 200, bidding, body{"max_amount": 20_000 + 1000*i})
		if got.At("mine.leading") != false || got.Int("mine.max.amount") != int64(20_000+1000*i) {
			t.Fatalf("bid %d: %v", i, got)
		}
	}
	for who, want := range map[id.User]int64{leader: secret, others[0]: 20_000} {
		if got := d.Call(who, 200, now, nil); got.Int("auction.mine.max.amount") != want {
			t.Errorf("their own offer: %v", got.At("auction.mine"))
		}
	}
	seen := d.Do(id.User{}, now, nil)
	if strings.Contains(string(seen.Body), fmt.Sprint(secret)) || strings.Contains(string(seen.Body), "小明") ||
		strings.Contains(string(seen.Body), leader.String()) {
		t.Errorf("a visitor is told too much: %s", seen.Body)
	}
	lot := d.Call(h.user(), 200, now, nil)
	if history := lot.List("auction.history"); len(history) != 20 || history[0].Show("name", "amount.amount") !=
		"王** 43000" || lot.Show("auction.leader", "auction.bids", "auction.mine") != "王** 25 <nil>" {
		t.Errorf("the history: %v", lot)
	}
	for _, n := range h.Heard() {
		if raw := fmt.Sprint(n); strings.Contains(raw, fmt.Sprint(secret)) || strings.Contains(raw, "mine") {
			t.Errorf("the room heard %s", raw)
		}
	}
}

// The same press, sent again by a bad line, is one bid; with other contents it is
// refused.
func TestABidIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	l, ann := h.lot(h.product(1), nil), h.user()
	d.Name("lot", l.ID)
	for range 3 {
		if got := d.Call(ann, 200, bidding, body{"max_amount": 2000}, "Idempotency-Key",
			"pressed-once"); got.Int("bids") != 1 {
			t.Errorf("counted %d times", got.Int("bids"))
		}
	}
	if got := d.Do(ann, bidding, body{"max_amount": 3000}, "Idempotency-Key", "pressed-once"); got.Status != 422 &&
		got.Status != 409 {
		t.Errorf("another bid under the same key answers %d: %s", got.Status, got.Body)
	}
	if got := d.Call(h.user(), 200, bidding, body{"max_amount": 2500}, "Idempotency-Key",
		"pressed-once"); got.Int("bids") != 2 {
		t.Errorf("somebody else's key is not theirs: %v", got)
	}
}

// Who may do what: each refusal by its code, and the lot goes on as it was.
func TestWhoMayDoWhatWithALot(t *testing.T) {
	t.Parallel()
	h := open(t)
	d := h.door()
	p := h.product(3)
	l := h.lot(p, nil)
	d.Name("lot", l.ID)
	clerk, rival, theirs := h.user(), h.user(), id.Make[id.Shop](h.db)
	d.Hire(clerk, h.shop, permission.CatalogRead, permission.OrdersShip)
	d.Hire(rival, theirs)
	other := id.Make[id.Room](h.db)
	d.Room(other, httpapi.RoomDoor{Shop: h.shop, Mode: httpapi.RoomOpen})
	elsewhere := "/merchant/{shop}/rooms/" + other.String() + "/auctions"
	rivals := "/merchant/" + theirs.String() + "/rooms/{room}/auctions"
	plan := body{"sku_id": p.SKUs[0].ID, "start_price": 1000, "run_seconds": 60}
	for _, c := range []struct {
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		{clerk, 403, "shop.not_staff", "POST " + lots, plan},
		{clerk, 403, "shop.not_staff", "POST " + lots + "/{lot}/cancel", nil},
		{rival, 404, "auction.not_found", "POST " + rivals + "/{lot}/cancel", nil},
		{rival, 404, "auction.not_found", "POST " + rivals + "/{lot}/start", nil},
		{rival, 404, "auction.not_found", "GET " + rivals, nil},
		{h.host, 404, "auction.not_found", "POST " + elsewhere + "/{lot}/cancel", nil},
		{h.host, 404, "auction.not_found", "GET " + elsewhere, nil},
		{h.host, 404, "auction.not_found", "POST " + elsewhere, plan},
		{h.host, 409, "auction.one_at_a_time", "POST " + lots, body{
			"sku_id": p.SKUs[0].ID, "start_price": 1000, "run_seconds": 60, "start": true,
		}},
		{rival, 404, "auction.not_found", "POST /live/rooms/" + other.String() + "/auctions/{lot}/bids", body{
			"max_amount": 5000,
		}},
		{rival, 409, "auction.no_address", bidding, body{"max_amount": 5000, "address_id": id.Make[id.Address](h.db)}},
		{rival, 409, "auction.bid_too_low", bidding, body{"max_amount": 999}},
		{rival, 409, "auction.bid_too_low", bidding, body{"max_amount": int64(1) << 60}},
		{h.host, 403, "auction.host_cannot_bid", bidding, body{"max_amount": 5000}},
	} {
		if got := d.Call(c.who, c.status, c.target, c.body); got.Text("code") != c.code {
			t.Errorf("%s: %s, want %s", c.target, got.Text("code"), c.code)
		}
	}
	d.Call(clerk, 200, bidding, body{"max_amount": 1000}) // who does not run the show may bid
	got := must[*auction.Lot](t)(h.sales.Current(t.Context(), h.room))
	if got.State != auction.Running || got.Bids != 1 || got.Leader != clerk {
		t.Errorf("the lot is %+v", got)
	}
	h.clock.Advance(time.Hour)
	d.Refuse(h.host, 409, "auction.wrong_state", "POST "+lots+"/{lot}/cancel", nil)
	h.wantStock(p, 2, 0, 1) // until the hammer falls
}
