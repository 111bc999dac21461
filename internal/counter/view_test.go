package counter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// books answers payments, or fails.
type books struct {
	views map[id.Checkout]counter.PaymentView
	err   error
}

func (b books) PaymentViews(context.Context, []id.Checkout) (map[id.Checkout]counter.PaymentView, error) {
	return b.views, b.err
}

// What a buyer and a shop see of one order at each of its steps: its sums, why a price
// differs, its payment, and what each of them may do now.
func TestBothSidesOfTheCounter(t *testing.T) {
	t.Parallel()
	k := open(t)
	room, show := id.Make[id.Room](k.db), id.Make[id.Show](k.db)
	o := order.Order{
		User: k.buyer, Shop: k.shop, Room: room, GoodsTotal: 1000, DiscountTotal: 200, ShippingTotal: 80, Payable: 880,
		Currency: "JPY", Note: "轻放", Lines: []order.Line{{
			SKU: k.sku, Quantity: 2, UnitPrice: 500, Subtotal: 1000, Payable: 800,
			Title:      lang.Text{lang.Chinese: "茶", lang.English: "Tea"},
			ChoiceText: lang.Text{lang.Chinese: "红", lang.English: "Red"},
			Adjustments: []order.Adjustment{{
				Kind: order.AdjustDeal, Label: lang.Text{lang.English: "Flash deal"}, Amount: -200,
			}},
		}},
		Evidence: []order.Shown{
			{Product: id.Make[id.Product](k.db), Room: room, Show: show, From: k.clock.Now(), Price: 400},
			{Product: id.Make[id.Product](k.db), Room: room, From: k.clock.Now(), Price: 0}, // of before shows had ids
		},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &o) })
	views := counter.Views{Service: k.orders, Shops: k, Payments: k, Shipments: k.parcel, Replays: k}
	see := func(side counter.Side, tag lang.Tag) counter.View {
		t.Helper()
		now, err := k.orders.Find(t.Context(), k.db.Reader(), o.ID)
		v, err := views.DrawOne(t.Context(), now, err, side, tag)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := see(counter.BuyerSide, lang.English)
	if l := v.Lines[0]; l.Title != "Tea" || l.Options != "Red" || l.Payable != money.Of(800, "JPY") ||
		l.Adjustments[0].Label != "Flash deal" || l.Adjustments[0].Amount.Amount != -200 {
		t.Errorf("the line %+v", l)
	}
	if v.Payable != money.Of(880, "JPY") || v.DiscountTotal.Amount != 200 || !v.PayBy.Equal(v.DueAt) ||
		len(v.Evidence) != 2 || v.Evidence[0].ReplayURL != "/replay/"+show.String() ||
		v.Evidence[1].ReplayURL != "/replay/"+id.FromInt[id.Show](room.Int()).String() {
		t.Errorf("the order %+v", v)
	}
	if zh := see(counter.ShopSide, lang.Chinese); zh.Lines[0].Title != "茶" || zh.Note != "轻放" || zh.Shop.Name != "店" {
		t.Errorf("in Chinese: %+v", zh)
	}
	want := func(what, buyer, shop string, payBy bool) {
		t.Helper()
		b, s := see(counter.BuyerSide, lang.English), see(counter.ShopSide, lang.English)
		if fmt.Sprint(b.Actions) != buyer || fmt.Sprint(s.Actions) != shop || b.PayBy.IsZero() == payBy {
			t.Errorf("%s: the buyer may %v, the shop %v, pay by %s", what, b.Actions, s.Actions, b.PayBy)
		}
	}
	want("placed", "[pay cancel]", "[]", true)
	k.pay(o)
	want("paid", "[]", "[ship]", false)
	if err := k.ship(o, k.shop); err != nil {
		t.Fatal(err)
	}
	want("shipped", "[confirm]", "[]", false)
	k.clock.Advance(300 * time.Hour)
	if _, err := k.orders.Sweep(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	want("received", "[]", "[]", false)
}

// What cannot be asked is an error, never half an order; and orders that share nothing
// get each their own.
func TestHalfAnOrderIsNone(t *testing.T) {
	t.Parallel()
	k := open(t)
	first, second := k.place(), k.place()
	gone := errors.New("gone")
	views := counter.Views{Service: k.orders, Shops: k, Payments: books{err: gone}, Shipments: k.parcel}
	if list, err := views.Draw(t.Context(), []order.Order{first}, counter.BuyerSide, lang.English); !errors.Is(err,
		gone) {
		t.Errorf("without payments: %+v, %v", list, err)
	}
	if v, err := views.DrawOne(t.Context(), order.Order{}, gone, counter.BuyerSide, lang.English); !errors.Is(err,
		gone) ||
		v.Number != "" {
		t.Errorf("of no order: %+v, %v", v, err)
	}
	views.Payments = books{views: map[id.Checkout]counter.PaymentView{first.Checkout: {Provider: "sandbox"}}}
	if first.Checkout == second.Checkout {
		second.Checkout = id.Make[id.Checkout](k.db)
	}
	list, err := views.Draw(t.Context(), []order.Order{second, first}, counter.BuyerSide, lang.English)
	if err != nil || len(list) != 2 || list[0].Payment != nil || list[1].Payment == nil ||
		list[0].Number != second.Number || len(list[0].Timeline) != 1 || len(list[0].Shipments) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if none, err := views.Draw(t.Context(), nil, counter.ShopSide, lang.English); err != nil || len(none) != 0 {
		t.Errorf("of nothing: %+v, %v", none, err)
	}
}
