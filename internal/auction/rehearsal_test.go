package auction_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/auction"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// changed tells that the room is for others than it was.
func (h *house) changed(from, to room.Mode) {
	h.t.Helper()
	if err := h.db.Update(h.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, room.ModeChanged{Room: h.room, Shop: h.shop, From: from, To: to})
	}); err != nil {
		h.t.Fatal(err)
	}
	if err := h.bus.Drain(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// TestALotOfARehearsalIsSoldToNobody, and is not there for those who come in; what is
// planned stays so.
func TestALotOfARehearsalIsSoldToNobody(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx, p := t.Context(), h.product(3)
	l := h.lot(p, nil)
	must[auction.Lot](t)(h.bid(l, h.user(), 5000))
	h.changed(room.WarmUp, room.Open) // no rehearsal: nothing ends
	if cur := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); cur == nil || cur.State != auction.Running {
		t.Fatalf("a warm-up took the lot with it: %+v", cur)
	}

	h.LeaveRehearsal()
	h.clock.Advance(time.Second)
	if cur := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); cur != nil {
		t.Errorf("before anybody was told, the room shows %+v", cur)
	}
	planned := must[auction.Lot](t)(h.sales.Plan(ctx, h.key(), auction.Lot{
		Shop: h.shop, Room: h.room, SKU: p.SKUs[0].ID, Start: 1000, Run: time.Minute,
	}, false))
	h.changed(room.Rehearsal, room.Open)
	if got := h.last(); got["id"] != l.ID.String() || got["state"] != "cancelled" {
		t.Errorf("the room was told %v", got)
	}
	h.wantStock(p, 3, 0, 0)
	if cur := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); cur == nil || cur.ID != planned.ID {
		t.Errorf("the room shows %+v, want the planned lot", cur)
	}
	must[auction.Lot](t)(h.sales.Start(ctx, h.shop, h.room, planned.ID))
	h.changed(room.Rehearsal, room.Open) // told twice
	if cur := must[*auction.Lot](t)(h.sales.Current(ctx, h.room)); cur == nil || cur.State != auction.Running {
		t.Errorf("the room shows %+v, want the lot that runs", cur)
	}
	h.clock.Advance(10 * time.Minute)
	if err := h.sales.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if told := h.Noticed(); len(told) != 0 {
		t.Errorf("somebody won: %v", told)
	}
}

// TestAHammerThatComesBeforeTheNews of the end of a rehearsal sells nothing either.
func TestAHammerThatComesBeforeTheNews(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.product(3)
	l := h.lot(p, nil)
	must[auction.Lot](t)(h.bid(l, h.user(), 5000))
	h.LeaveRehearsal()
	h.clock.Advance(10 * time.Minute)
	if err := h.sales.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.last(); got["id"] != l.ID.String() || got["state"] != "cancelled" || len(h.Noticed()) != 0 {
		t.Errorf("the room was told %v, inboxes %v", got, h.Noticed())
	}
	h.wantStock(p, 3, 0, 0)
}
