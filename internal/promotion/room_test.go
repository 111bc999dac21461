package promotion_test

import (
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/order"
)

// An order is of a room only if the room is its shop's: what a buyer also has in the
// cart, or whoever names another's room, is in neither its figures nor its chat.
func TestAnOrderIsOfItsOwnShopsRoom(t *testing.T) {
	t.Parallel()
	m := open(t)
	mine, theirs := m.product(1000, 10), m.productOf(id.Make[id.Shop](m.db), 2000, 10)
	wish := func(room id.Room) checkout.Command {
		return checkout.Command{User: m.buyer(), Room: room, Lines: []checkout.LineRequest{
			{SKU: theirs.SKUs[0].ID, Quantity: 1}, {SKU: mine.SKUs[0].ID, Quantity: 1},
		}}
	}
	nowhere := id.Make[id.Room](m.db)
	for room, own := range map[id.Room]id.Room{m.room: m.room, nowhere: {}, {}: {}} {
		r := must[checkout.Result](t)(m.checkout.Place(t.Context(), m.nextKey(), wish(room)))
		for _, o := range r.Orders {
			got := must[order.Order](t)(m.orders.Find(t.Context(), m.db.Reader(), o))
			want := id.Room{}
			if got.Shop == m.shop {
				want = own
			}
			if got.Room != want {
				t.Errorf("bought in %q: the order of %s is of %q, want %q", room, got.Shop, got.Room, want)
			}
		}
	}
	if list := must[[]order.Order](t)(m.orders.UnpaidOfRoom(t.Context(), m.room)); len(list) != 1 ||
		list[0].Shop != m.shop {
		t.Errorf("the host sees %+v waiting for money", list)
	}
	m.LeaveAir() // a room that is off the air is still the shop's
	r := must[checkout.Result](t)(m.checkout.Place(t.Context(), m.nextKey(), wish(m.room)))
	for _, o := range r.Orders {
		if got := must[order.Order](t)(m.orders.Find(t.Context(), m.db.Reader(), o)); (got.Room == m.room) !=
			(got.Shop ==
				m.shop) {
			t.Errorf("off the air: %+v", got)
		}
	}
}
