package auction_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/auction"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// house is a market that sells to the highest offer.
type house struct {
	*checkouttest.Market
	t       *testing.T
	db      *sqldb.DB
	clock   *clock.Manual
	bus     *events.Bus
	orders  *order.Service
	sales   *auction.Service
	shop    id.Shop
	room    id.Room
	host    id.User
	address id.Address

	mu       sync.Mutex
	homeless map[id.User]bool
}

func must[T any](t *testing.T) func(v T, err error) T { return checkouttest.Must[T](t) }

func (h *house) May(_ context.Context, user id.User, _ id.Shop, _ permission.Permission) (bool, error) {
	return user == h.host, nil
}

func (h *house) Addresses(_ context.Context, user id.User) ([]account.SavedAddress, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.homeless[user] {
		return nil, nil
	}
	a, err := h.AddressOf(context.Background(), nil, user, h.address)
	a.ID = h.address
	return []account.SavedAddress{a}, err
}

func open(t *testing.T) *house {
	t.Helper()
	m := checkouttest.New(t)
	h := &house{
		Market: m, t: t, db: m.DB, clock: m.Clock, orders: m.Orders, shop: m.Shop, room: m.Room,
		host: m.User(), address: id.Make[id.Address](m.DB), homeless: map[id.User]bool{},
	}
	h.sales = auction.New(auction.Deps{
		DB: m.DB, Log: m.Log, Orders: m.Checkout, Rooms: m, Staff: h, Addresses: h,
		Names: m, News: m, Notices: m, Currency: "CNY",
	})
	h.bus = m.Carry(h.sales.Module())
	return h
}

func (h *house) last() map[string]any { h.t.Helper(); return h.Last("auction") }

func (h *house) product(stock int64) catalog.Product { h.t.Helper(); return h.Product(5000, stock) }

func (h *house) key() idem.Key { return h.NextKey() }

func (h *house) user() id.User { return h.User() }

func (h *house) wantStock(p catalog.Product, available, reserved, allotted int64) {
	h.t.Helper()
	h.WantStock(p, available, reserved, allotted, checkouttest.Any)
}

// lot starts at 10.00 and runs a minute; steps are 1.00, from 100.00 on 5.00.
func (h *house) lot(p catalog.Product, change func(l *auction.Lot)) auction.Lot {
	h.t.Helper()
	l := auction.Lot{
		Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
		Steps: []auction.Step{{From: 0, Step: 100}, {From: 10000, Step: 500}},
	}
	if change != nil {
		change(&l)
	}
	return must[auction.Lot](h.t)(h.sales.Plan(h.t.Context(), h.key(), l, true))
}

func (h *house) bid(l auction.Lot, user id.User, most int64) (auction.Lot, error) {
	return h.sales.Bid(h.t.Context(), h.key(), h.room, auction.Bid{Auction: l.ID, User: user, Max: most})
}

// close lets the time run out and answers what became of the lot.
func (h *house) close(l auction.Lot) auction.Lot {
	h.t.Helper()
	h.clock.Advance(10 * time.Minute)
	if err := h.sales.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	cur := must[*auction.Lot](h.t)(h.sales.Current(h.t.Context(), h.room))
	if cur == nil || cur.ID != l.ID {
		h.t.Fatalf("the room shows %+v", cur)
	}
	return *cur
}

func TestTheHighestOfferWinsAtTheSecondHighestPlusAStep(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(3)
	l := h.lot(p, nil)
	h.wantStock(p, 2, 0, 1)
	ann, bob := h.user(), h.user()
	for _, b := range []struct {
		user   id.User
		most   int64
		price  int64
		leader id.User
		code   string
	}{
		{ann, 999, 0, id.User{}, "auction.bid_too_low"},
		{ann, 5000, 1000, ann, ""},
		{bob, 1050, 0, id.User{}, "auction.bid_too_low"}, // 10.00 and a step of 1.00
		{bob, 3000, 3100, ann, ""},
		{bob, 5000, 5000, ann, ""}, // equals: the earlier stays
		{ann, 5000, 0, id.User{}, "auction.bid_too_low"},
		{bob, 12000, 5100, bob, ""},
		{bob, 13000, 5100, bob, ""}, // who leads raises nobody's price
		{ann, 10000, 10500, bob, ""},
		{h.host, 20000, 0, id.User{}, "auction.host_cannot_bid"},
	} {
		got, err := h.bid(l, b.user, b.most)
		if fault.Code(err) != b.code || (err != nil && b.code == "") {
			t.Fatalf("%d: %v, want %q", b.most, err, b.code)
		}
		if err == nil && (got.Price() != b.price || got.Leader != b.leader) {
			t.Errorf("%d: costs %d, want %d (%+v)", b.most, got.Price(), b.price, got)
		}
	}
	if v := h.last(); v["leader"] != "王**" || v["bids"] != 6.0 || len(v["history"].([]any)) != 6 || v["mine"] != nil {
		t.Errorf("the room saw %v", v)
	}
	done := h.close(l)
	if done.State != auction.Won || done.Leader != bob {
		t.Fatalf("closed as %+v", done)
	}
	if told := h.Noticed(); len(told) != 1 || told[0] != "auction.won "+l.ID.String()+" to "+bob.String() {
		t.Errorf("told of the lot: %q", told)
	}
	o := must[order.Order](t)(h.orders.Find(t.Context(), h.db.Reader(), done.Order))
	if o.Payable != 10500+800 || o.User != bob || o.Lines[0].UnitPrice != 10500 ||
		!o.DueAt.Equal(h.clock.Now().Add(10*time.Minute)) {
		t.Errorf("the winner's order is %+v", o)
	}
	h.wantStock(p, 2, 1, 0)
	if _, err := h.bid(l, ann, 99999); fault.Code(err) != "auction.over" {
		t.Errorf("after the end: %v", err)
	}
}

func TestWhatBecomesOfTheWinner(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(3)
	won := func(change func(l *auction.Lot)) auction.Lot {
		l := h.lot(p, change)
		must[auction.Lot](t)(h.bid(l, h.user(), 2000))
		return h.close(l)
	}
	drain := func() {
		t.Helper()
		if err := h.bus.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l := won(nil)
	o := must[order.Order](t)(h.orders.Find(t.Context(), h.db.Reader(), l.Order))
	if err := h.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return h.orders.MarkPaid(ctx, tx,
			o)
	}); err != nil {
		t.Fatal(err)
	}
	drain()
	if v := h.last(); v["state"] != "paid" {
		t.Errorf("paid: %v", v)
	}
	h.wantStock(p, 2, 0, 0)
	l = won(nil)
	h.clock.Advance(11 * time.Minute)
	must[int](t)(h.orders.Sweep(t.Context(), 10))
	drain()
	if v := h.last(); v["state"] != "unpaid" || v["id"] != l.ID.String() {
		t.Errorf("unpaid: %v", v)
	}
	h.wantStock(p, 2, 0, 0)
	if l := won(func(l *auction.Lot) { l.Reserve = 2001 }); l.State != auction.Unsold || l.Price() != 1000 {
		t.Errorf("below the reserve: %+v", l)
	}
	if l := won(func(l *auction.Lot) { l.Reserve = 1500 }); l.State != auction.Won || l.Price() != 1500 {
		t.Errorf("above the reserve: %+v", l)
	}
	h.wantStock(p, 1, 1, 0)
	l = h.lot(p, nil)
	homeless := h.user()
	h.homeless[homeless] = true
	if _, err := h.bid(l, homeless, 5000); fault.Code(err) != "auction.no_address" {
		t.Errorf("without an address: %v", err)
	}
	if _, err := h.sales.Plan(t.Context(), h.key(), auction.Lot{
		Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1,
		Run: time.Minute,
	}, true); fault.Code(err) != "inventory.insufficient_stock" {
		t.Errorf("the same unit twice: %v", err)
	}
	other := h.product(1)
	if _, err := h.sales.Plan(t.Context(), h.key(), auction.Lot{
		Shop: h.shop, Room: h.room, SKU: other.SKUs[0].ID,
		Start: 1, Run: time.Minute,
	}, true); fault.Code(err) != "auction.one_at_a_time" {
		t.Errorf("two lots at once: %v", err)
	}
	if l, err := h.sales.Cancel(t.Context(), h.shop, h.room, l.ID); err != nil || l.State != auction.Cancelled {
		t.Errorf("cancelled: %+v, %v", l, err)
	}
	h.wantStock(p, 1, 1, 0)
	h.wantStock(other, 1, 0, 0)
}

func TestALateBidMovesTheEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(3)
	l := h.lot(p, nil)
	start := h.clock.Now()
	h.clock.Advance(50 * time.Second)
	if got := must[auction.Lot](t)(h.bid(l, h.user(), 1000)); !got.EndsAt.Equal(start.Add(time.Minute)) {
		t.Errorf("10 s before the end: %s", got.EndsAt.Sub(start))
	}
	h.clock.Advance(5 * time.Second)
	if got := must[auction.Lot](t)(h.bid(l, h.user(), 2000)); !got.EndsAt.Equal(start.Add(65 * time.Second)) {
		t.Errorf("5 s before the end: %s", got.EndsAt.Sub(start))
	}
	for i := range int64(200) {
		h.clock.Advance(5 * time.Second)
		if _, err := h.bid(l, h.user(), 3000+1000*i); fault.Code(err) == "auction.over" {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if end := h.clock.Now().Sub(start); end != 6*time.Minute {
		t.Errorf("it was over after %s, want the minute and five more", end)
	}
	h.close(l)
	l = h.lot(p, func(l *auction.Lot) { l.SuddenDeath = true })
	h.clock.Advance(59 * time.Second)
	if got := must[auction.Lot](t)(h.bid(l, h.user(), 1000)); got.EndsAt.Sub(got.StartsAt) != time.Minute {
		t.Errorf("sudden death moved to %s", got.EndsAt.Sub(got.StartsAt))
	}
}

func TestPreBidsCount(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(1)
	l := must[auction.Lot](t)(h.sales.Plan(t.Context(), h.key(), auction.Lot{
		Shop: h.shop, Room: h.room,
		SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
	}, false))
	early, late := h.user(), h.user()
	must[auction.Lot](t)(h.bid(l, early, 5000))
	h.wantStock(p, 1, 0, 0)
	must[auction.Lot](t)(h.sales.Start(t.Context(), h.shop, h.room, l.ID))
	must[auction.Lot](t)(h.bid(l, late, 5000))
	if done := h.close(l); done.Leader != early || done.Price() != 5000 {
		t.Errorf("closed as %+v", done)
	}
}

// TestAnySequenceOfBids draws bids and compares the lot with what the bids say.
func TestAnySequenceOfBids(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(100000)
	rapid.Check(t, func(rt *rapid.T) {
		l := h.lot(p, func(l *auction.Lot) { l.Reserve = rapid.SampledFrom([]int64{0, 0, 3000}).Draw(rt, "reserve") })
		users := []id.User{h.user(), h.user(), h.user(), h.user()}
		most := map[id.User]int64{}
		var leader id.User
		for range rapid.IntRange(1, 15).Draw(rt, "bids") {
			u := rapid.SampledFrom(users).Draw(rt, "user")
			b := rapid.Int64Range(900, 12000).Draw(rt, "max")
			got, err := h.bid(l, u, b)
			if err != nil {
				if fault.Code(err) != "auction.bid_too_low" {
					rt.Fatal(err)
				}
				continue
			}
			if most[u] = max(most[u], b); leader.IsZero() || most[u] > most[leader] {
				leader = u
			}
			l = got
		}
		done := h.close(l)
		if leader.IsZero() {
			if done.State != auction.Unsold {
				rt.Fatalf("nobody bid, but %+v", done)
			}
			return
		}
		second := int64(0)
		for u, m := range most {
			if u != leader {
				second = max(second, m)
			}
		}
		want := int64(1000)
		if second > 0 {
			step := int64(100)
			if second >= 10000 {
				step = 500
			}
			want = max(want, min(most[leader], second+step))
		}
		sold := done.Reserve == 0 || most[leader] >= done.Reserve
		if sold {
			want = max(want, done.Reserve)
		}
		if done.Leader != leader || done.Price() != want || (done.State == auction.Won) != sold {
			rt.Fatalf("bids %v: want %s at %d, got %+v", most, leader, want, done)
		}
	})
}

// TestBidsAtOnceAreAllCounted lets forty people bid at the same time.
func TestBidsAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(1)
	l := h.lot(p, nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := map[id.User]int64{}
	for i := range int64(40) {
		u := h.user()
		wg.Go(func() {
			_, err := h.bid(l, u, 2000+i*37%40*100)
			switch {
			case err == nil:
				mu.Lock()
				taken[u] = 2000 + i*37%40*100
				mu.Unlock()
			case fault.Code(err) != "auction.bid_too_low":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var first, second int64
	var leader id.User
	for u, m := range taken {
		if m > first {
			leader, first, second = u, m, first
		} else {
			second = max(second, m)
		}
	}
	if done := h.close(l); done.Leader != leader || done.LeaderMax != 5900 || done.Bids != int64(len(taken)) ||
		done.Price() != min(first, second+100) {
		t.Errorf("%d taken, best %d and %d; closed as %+v", len(taken), first, second, done)
	}
}
