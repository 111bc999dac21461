package luckybag_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/coupon"
	"hawker/internal/luckybag"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// changed tells that the room is for others than it was.
func (f *fair) changed(from, to room.Mode) {
	f.t.Helper()
	if err := f.db.Update(f.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, room.ModeChanged{Room: f.room, Shop: f.shop, From: from, To: to})
	}); err != nil {
		f.t.Fatal(err)
	}
	if err := f.bus.Drain(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fair) state(b luckybag.Bag) luckybag.State {
	f.t.Helper()
	return must[luckybag.Bag](f.t)(f.bags.Find(f.t.Context(), b.ID)).State
}

// TestABagOfARehearsalIsNotDrawn: prizes go back, nobody wins, and what is opened
// afterwards goes on.
func TestABagOfARehearsalIsNotDrawn(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(10)
	d, _ := f.door()
	c := must[coupon.Coupon](t)(f.tools.Add(ctx, f.key(), coupon.Coupon{
		Shop: f.shop, Name: lang.Text{lang.Chinese: "券"}, Kind: coupon.AmountOff, Value: 100,
		Scope: coupon.ScopeAll, Total: 5, PerUser: 1,
		To: f.clock.Now().Add(time.Hour),
	}))
	goods := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 3, Follow: true}))
	paper := must[luckybag.Bag](t)(f.create(luckybag.Bag{Coupon: c.ID, Winners: 2, Follow: true}))
	for _, u := range f.followed(4) {
		if err := f.bags.Enter(ctx, f.room, goods.ID, u); err != nil {
			t.Fatal(err)
		}
	}
	f.changed(room.WarmUp, room.Open) // no rehearsal: nothing ends
	if f.state(goods) != luckybag.Open || f.state(paper) != luckybag.Open {
		t.Fatal("a warm-up took the bags with it")
	}

	f.LeaveRehearsal()
	f.clock.Advance(time.Second)
	if got := d.Call(id.User{}, 200, "GET /live/rooms/{id}/bags", nil); got.Show("items") != "[]" {
		t.Errorf("before anybody was told, a visitor sees %v", got)
	}
	public := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Follow: true}))
	f.Heard()
	f.changed(room.Rehearsal, room.Open)
	told := map[any]any{}
	for _, n := range f.Heard() {
		bag, _ := n["bag"].(map[string]any)
		told[bag["id"]] = bag["state"]
	}
	if len(told) != 2 || told[goods.ID.String()] != "cancelled" || told[paper.ID.String()] != "cancelled" {
		t.Errorf("the room was told %v", told)
	}
	f.wantStock(p, 9, 0, 1)
	if c := must[coupon.Coupon](t)(coupon.Find(ctx, f.db.Reader(), c.ID)); c.Claimed != 0 {
		t.Errorf("%d of the coupons stay claimed", c.Claimed)
	}
	f.draw()
	if f.state(goods) != luckybag.Cancelled || f.state(public) != luckybag.Drawn || len(f.Noticed()) != 0 {
		t.Errorf("drawn: %s and %s, told %v", f.state(goods), f.state(public), f.Noticed())
	}
	if _, err := f.bags.Proof(ctx, goods.ID); fault.Code(err) != "luckybag.not_drawn" {
		t.Errorf("a proof of what was not drawn: %v", err)
	}
}

// TestADrawThatComesBeforeTheNews of the end of a rehearsal draws nothing either.
func TestADrawThatComesBeforeTheNews(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.product(10)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 3, Follow: true}))
	for _, u := range f.followed(4) {
		if err := f.bags.Enter(t.Context(), f.room, b.ID, u); err != nil {
			t.Fatal(err)
		}
	}
	f.LeaveRehearsal()
	f.draw()
	if got := f.state(b); got != luckybag.Cancelled || len(f.Noticed()) != 0 {
		t.Errorf("the bag is %s; told: %v", got, f.Noticed())
	}
	f.wantStock(p, 10, 0, 0)
}
