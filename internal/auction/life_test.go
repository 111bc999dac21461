package auction_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/auction"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/order"
)

// A room may have any number of lots: what runs is shown before what is planned, of
// that what was planned first, and what is over for a while.
func TestARoomShowsWhatMatters(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, p := t.Context(), h.product(200)
	shown := func(want id.Auction, what string) {
		t.Helper()
		got := must[*auction.Lot](t)(h.sales.Current(ctx, h.room))
		if got == nil || got.ID != want {
			t.Errorf("%s: the room shows %+v, want %s", what, got, want)
		}
	}
	var plans []auction.Lot
	for range 60 {
		plans = append(plans, must[auction.Lot](t)(h.sales.Plan(ctx, h.key(), auction.Lot{
			Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
		}, false)))
	}
	shown(plans[0].ID, "sixty plans")
	must[auction.Lot](t)(h.sales.Start(ctx, h.shop, h.room, plans[0].ID))
	shown(plans[0].ID, "the oldest of sixty runs")
	h.clock.Advance(2 * time.Minute)
	must[auction.Lot](t)(h.sales.Start(ctx, h.shop, h.room, plans[30].ID))
	shown(plans[30].ID, "another runs, the first waits to be closed")
	if err := h.sales.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	shown(plans[30].ID, "the first is closed")
	for _, l := range plans[1:] {
		must[auction.Lot](t)(h.sales.Cancel(ctx, h.shop, h.room, l.ID))
		h.clock.Advance(time.Millisecond)
	}
	shown(plans[59].ID, "all are over")
	h.clock.Advance(11 * time.Minute)
	if got := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); got != nil {
		t.Errorf("what was over long ago is shown: %+v", got)
	}
	if got := must[*auction.Lot](t)(h.sales.Current(ctx, id.Make[id.Room](h.db))); got != nil {
		t.Errorf("another room shows %+v", got)
	}
}

// letter keeps what a winner is told.
type letter struct {
	mu  sync.Mutex
	got []any
}

func (l *letter) Send(_ context.Context, _ []id.User, _, _ string, payload any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, payload)
	return nil
}

// Where orders are to be paid sooner than a lot would wait, the winner is told so.
func TestTheWinnerIsToldByWhenToPay(t *testing.T) {
	t.Parallel()
	for within, want := range map[time.Duration]time.Duration{
		3 * time.Minute: 3 * time.Minute, time.Hour: 10 * time.Minute,
	} {
		h, box := open(t), &letter{}
		orders := order.New(h.db, h.Box, order.Terms{PayWithin: within, ReceiveWithin: time.Hour})
		h.sales.Orders = checkout.New(checkout.Options{
			DB: h.db, Orders: orders, Addresses: h.Market, Attribution: h.Market,
			Prices: checkout.Prices{Currency: "CNY", Shipping: 800},
		})
		h.sales.Notices = box
		l := h.lot(h.product(1), nil)
		must[auction.Lot](t)(h.bid(l, h.user(), 2000))
		h.clock.Advance(time.Minute)
		if err := h.sales.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.Noticed()
		done := must[*auction.Lot](t)(h.sales.Current(t.Context(), h.room))
		o := must[order.Order](t)(orders.Find(t.Context(), h.db.Reader(), done.Order))
		by := h.clock.Now().Add(want)
		if !o.DueAt.Equal(by) || len(box.got) != 1 || fmt.Sprintf("%+v", box.got[0]) != fmt.Sprintf(
			"{Order:%s Room:%s At:%s}", o.ID, h.room, by) {
			t.Errorf("paid within %s: due at %s, told %+v", within, o.DueAt, box.got)
		}
	}
}

// Several nodes look at a lot whose time is over: one hammer, one order.
func TestOneHammer(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, p := t.Context(), h.product(2)
	l := h.lot(p, nil)
	must[auction.Lot](t)(h.bid(l, h.user(), 2000))
	h.clock.Advance(time.Minute)
	var wg sync.WaitGroup
	for range 4 {
		node := auction.New(h.sales.Deps)
		wg.Go(func() {
			if err := node.Sweep(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if told := h.Noticed(); len(told) != 1 {
		t.Errorf("told %q", told)
	}
	h.wantStock(p, 1, 1, 0)
}

// Whoever presses first has the stage; the others' units are not set aside.
func TestOneLotAtATimeWhoeverStartsIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, p := t.Context(), h.product(10)
	var plans []id.Auction
	for range 5 {
		plans = append(plans, must[auction.Lot](t)(h.sales.Plan(ctx, h.key(), auction.Lot{
			Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
		}, false)).ID)
	}
	var started atomic.Int64
	var wg sync.WaitGroup
	for _, l := range plans {
		wg.Go(func() {
			switch _, err := h.sales.Start(ctx, h.shop, h.room, l); {
			case err == nil:
				started.Add(1)
			case fault.Code(err) != "auction.one_at_a_time":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if started.Load() != 1 {
		t.Errorf("%d lots run at once", started.Load())
	}
	h.wantStock(p, 9, 0, 1)
}

// Bids race the end: what was accepted counts, what came too late was refused, and
// the price is what the accepted ones make it.
func TestBidsRaceTheHammer(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, p := t.Context(), h.product(1)
	l := h.lot(p, func(l *auction.Lot) { l.SuddenDeath = true })
	h.clock.Advance(time.Minute - time.Millisecond)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range int64(24) {
		u := h.user()
		wg.Go(func() {
			if i == 12 {
				h.clock.Advance(time.Millisecond)
				if err := h.sales.Sweep(ctx); err != nil {
					t.Error(err)
				}
			}
			switch _, err := h.bid(l, u, 2000+i*1000); fault.Code(err) {
			case "":
				if err != nil {
					t.Error(err)
				}
				taken.Add(1)
			case "auction.over", "auction.bid_too_low":
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := h.sales.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	done := must[*auction.Lot](t)(h.sales.Current(ctx, h.room))
	if done.Bids != taken.Load() || (taken.Load() > 0) != (done.State == auction.Won) {
		t.Fatalf("%d were accepted, the lot ended as %+v", taken.Load(), done)
	}
	if done.State == auction.Won {
		o := must[order.Order](t)(h.orders.Find(ctx, h.db.Reader(), done.Order))
		if o.GoodsTotal != done.Price() || o.User != done.Leader {
			t.Errorf("the order of %s says %d, the lot %d by %s", o.User, o.GoodsTotal, done.Price(), done.Leader)
		}
	}
}

// Where the goods go is decided when the lot ends: the address that was named, else
// another of the winner's, and with none the unit is free again.
func TestTheWinnersAddress(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, moved, gone := h.product(5), h.user(), h.user()
	l := h.lot(p, nil)
	if _, err := h.sales.Bid(t.Context(), h.key(), h.room, auction.Bid{
		Auction: l.ID, User: moved, Max: 2000, Address: id.Make[id.Address](h.db),
	}); fault.Code(err) != "auction.no_address" {
		t.Errorf("to an address of nobody's: %v", err)
	}
	must[auction.Lot](t)(h.sales.Bid(t.Context(), h.key(), h.room, auction.Bid{
		Auction: l.ID, User: moved, Max: 2000, Address: h.address,
	}))
	h.address = id.Make[id.Address](h.db) // it was replaced by another since
	if done := h.close(l); done.State != auction.Won {
		t.Errorf("the winner who moved: %+v", done)
	}
	l = h.lot(p, nil)
	must[auction.Lot](t)(h.bid(l, gone, 3000))
	h.mu.Lock()
	h.homeless[gone] = true
	h.mu.Unlock()
	if done := h.close(l); done.State != auction.Unpaid || !done.Order.IsZero() {
		t.Errorf("the winner without an address: %+v", done)
	}
	h.wantStock(p, 4, 1, 0)
}

// A price that a reserve, a start and steps make, by hand.
func TestThePriceOfALot(t *testing.T) {
	t.Parallel()
	ann := id.FromInt[id.User](1)
	steps := []auction.Step{{From: 0, Step: 100}, {From: 5000, Step: 500}, {From: 10_000, Step: 1000}}
	for name, c := range map[string]struct {
		lot        auction.Lot
		price, min int64
	}{
		"nobody yet": {auction.Lot{Start: 1000}, 1000, 1000},
		"one bid":    {auction.Lot{Start: 1000, Leader: ann, LeaderMax: 9000}, 1000, 1100},
		"two bids": {
			auction.Lot{Start: 1000, Leader: ann, LeaderMax: 9000, RunnerUp: 3000},
			3100,
			3200,
		},
		"above where steps change": {
			auction.Lot{Start: 1000, Leader: ann, LeaderMax: 9000, RunnerUp: 5000},
			5500,
			6000,
		},
		"across where steps change": {
			auction.Lot{Start: 1000, Leader: ann, LeaderMax: 9000, RunnerUp: 4950},
			5050,
			5550,
		},
		"no more than offered":   {auction.Lot{Start: 1000, Leader: ann, LeaderMax: 3050, RunnerUp: 3000}, 3050, 3150},
		"equal offers":           {auction.Lot{Start: 1000, Leader: ann, LeaderMax: 3000, RunnerUp: 3000}, 3000, 3100},
		"the reserve is met":     {auction.Lot{Start: 1000, Reserve: 4000, Leader: ann, LeaderMax: 4000}, 4000, 4100},
		"the reserve is not met": {auction.Lot{Start: 1000, Reserve: 4000, Leader: ann, LeaderMax: 3999}, 1000, 1100},
		"a second above the reserve": {
			auction.Lot{Start: 1000, Reserve: 4000, Leader: ann, LeaderMax: 20_000, RunnerUp: 12_000}, 13_000, 14_000,
		},
		"a reserve below the start": {auction.Lot{Start: 1000, Reserve: 10, Leader: ann, LeaderMax: 1000}, 1000, 1100},
	} {
		c.lot.Steps = steps
		if c.lot.Price() != c.price || c.lot.MinBid() != c.min {
			t.Errorf("%s: %d, at least %d; want %d and %d", name, c.lot.Price(), c.lot.MinBid(), c.price, c.min)
		}
	}
}

// TestWhatIsNoPlan: each refusal, and that nothing is kept.
func TestWhatIsNoPlan(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, ctx := h.product(3), t.Context()
	for name, c := range map[string]struct {
		change func(l *auction.Lot)
		code   string
	}{
		"for nothing":      {func(l *auction.Lot) { l.Start = 0 }, "auction.bad_lot"},
		"beyond any price": {func(l *auction.Lot) { l.Start = 1 << 60 }, "auction.bad_lot"},
		"below nothing":    {func(l *auction.Lot) { l.Reserve = -1 }, "auction.bad_lot"},
		"a reserve beyond": {func(l *auction.Lot) { l.Reserve = 1 << 60 }, "auction.bad_lot"},
		"a moment":         {func(l *auction.Lot) { l.Run = auction.RunMin - 1 }, "auction.bad_lot"},
		"an hour":          {func(l *auction.Lot) { l.Run = auction.RunMax + 1 }, "auction.bad_lot"},
		"steps of nothing": {func(l *auction.Lot) {
			l.Steps = []auction.Step{{From: 0, Step: 0}}
		}, "auction.bad_lot"},
		"steps from a price on": {func(l *auction.Lot) {
			l.Steps = []auction.Step{{From: 1, Step: 1}}
		}, "auction.bad_lot"},
		"steps beyond": {
			func(l *auction.Lot) { l.Steps = []auction.Step{{From: 0, Step: 1 << 60}} }, "auction.bad_lot",
		},
		"steps out of order": {
			func(l *auction.Lot) { l.Steps = []auction.Step{{0, 1}, {500, 2}, {500, 3}} }, "auction.bad_lot",
		},
		"too many steps": {func(l *auction.Lot) {
			l.Steps = nil
			for i := range int64(21) {
				l.Steps = append(l.Steps, auction.Step{From: i, Step: 1})
			}
		}, "auction.bad_lot"},
		"another shop": {func(l *auction.Lot) { l.Shop = id.Make[id.Shop](h.db) }, "auction.bad_lot"},
		"another room": {func(l *auction.Lot) { l.Room = id.Make[id.Room](h.db) }, "auction.not_found"},
		"another's goods": {func(l *auction.Lot) {
			l.SKU = h.ProductOf(id.Make[id.Shop](h.db), 1,
				1).SKUs[0].ID
		}, "auction.bad_lot"},
		"what is sold out": {func(l *auction.Lot) { l.SKU = h.product(0).SKUs[0].ID }, "inventory.insufficient_stock"},
	} {
		l := auction.Lot{Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute}
		c.change(&l)
		if _, err := h.sales.Plan(ctx, h.key(), l, true); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if got := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); got != nil {
		t.Errorf("kept: %+v", got)
	}
	h.LeaveAir()
	if _, err := h.sales.Plan(ctx, h.key(), auction.Lot{
		Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
	}, true); fault.Code(err) != "promotion.room_not_on_air" {
		t.Errorf("off the air: %v", err)
	}
	h.wantStock(p, 3, 0, 0)
}
