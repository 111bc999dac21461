package promotion_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
	"hawker/internal/room"
)

// changed tells that the room is for others than it was.
func (m *mall) changed(from, to room.Mode) {
	m.t.Helper()
	if err := m.db.Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, room.ModeChanged{Room: m.room, Shop: m.shop, From: from, To: to})
	}); err != nil {
		m.t.Fatal(err)
	}
	if err := m.bus.Drain(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

// deals are the states of the deals that the room was told of.
func (m *mall) deals() map[any]any {
	out := map[any]any{}
	for _, n := range m.heard() {
		if deal, ok := n["deal"].(map[string]any); ok {
			out[deal["id"]] = deal["state"]
		}
	}
	return out
}

// TestADealOfARehearsalEndsWithIt: its units go back, except what was ordered; what is
// started afterwards goes on.
func TestADealOfARehearsalEndsWithIt(t *testing.T) {
	t.Parallel()
	c := serve(t)
	m := c.mall
	p, later := m.product(1000, 10), m.product(1000, 10)
	d := m.running(p, 600, 5, 2)
	if o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 2))); o.Payable != 1200+shipping {
		t.Errorf("ordered in the rehearsal: %d", o.Payable)
	}
	m.changed(room.WarmUp, room.Open) // no rehearsal: nothing ends
	m.wantStock(p, 5, 2, 3, 0)

	m.LeaveRehearsal()
	m.clock.Advance(time.Second)
	if list, _ := c.call(m.buyer(), 200, "GET /live/rooms/{id}/deals", nil)["items"].([]any); len(list) != 0 {
		t.Errorf("before anybody was told, a visitor sees %v", list)
	}
	public := must[promotion.Deal](t)(m.tools.PlanDeal(t.Context(), m.nextKey(), m.deal(later, 600, 5, 2), true))
	m.heard()
	m.changed(room.Rehearsal, room.Open)
	if told := m.deals(); len(told) != 1 || told[d.ID.String()] != "ended" {
		t.Errorf("the room was told %v, want that %s has ended", told, d.ID)
	}
	m.wantStock(p, 8, 2, 0, 0)
	m.wantStock(later, 5, 0, 5, 0)
	if o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 1))); o.Payable != 1000+shipping {
		t.Errorf("after the rehearsal it costs %d", o.Payable)
	}
	list, _ := c.call(m.buyer(), 200, "GET /live/rooms/{id}/deals", nil)["items"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["id"] != public.ID.String() {
		t.Errorf("a visitor sees %v", list)
	}
}
