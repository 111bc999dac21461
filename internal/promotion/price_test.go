package promotion_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/checkout"
	"hawker/internal/coupon"
	"hawker/internal/promotion"
)

// coupon is 500 off from 2000 on, valid for an hour.
func (m *mall) coupon(change func(c *coupon.Coupon)) coupon.Coupon {
	m.t.Helper()
	c := coupon.Coupon{
		Shop: m.shop, Name: lang.Text{lang.Chinese: "满减"}, Kind: coupon.AmountOff, Value: 500, MinSpend: 2000,
		Scope: coupon.ScopeAll,
		Total: 100, PerUser: 1, To: m.clock.Now().Add(time.Hour),
	}
	if change != nil {
		change(&c)
	}
	return must[coupon.Coupon](m.t)(m.coupons.Add(m.t.Context(), m.nextKey(), c))
}

func (m *mall) claim(user id.User, c coupon.Coupon) {
	m.t.Helper()
	if err := m.coupons.Take(m.t.Context(), m.nextKey(), user, c.ID); err != nil {
		m.t.Fatal(err)
	}
}

// TestEveryPriceExplainsItself draws carts and coupons: each line's payable is its
// subtotal and its adjustments, never below zero, and the parts make the whole.
func TestEveryPriceExplainsItself(t *testing.T) {
	t.Parallel()
	m := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		user := m.buyer()
		c := checkout.Command{User: user, Room: m.room}
		covered := []id.Product{}
		for i := range rapid.IntRange(1, 4).Draw(rt, "lines") {
			p := m.product(rapid.Int64Range(1, 5000).Draw(rt, "price"), 20)
			c.Lines = append(c.Lines, checkout.LineRequest{SKU: p.SKUs[0].ID, Quantity: rapid.Int64Range(1, 5).Draw(rt,
				"n")})
			if i == 0 || rapid.Bool().Draw(rt, "covered") {
				covered = append(covered, p.ID)
			}
			if rapid.Bool().Draw(rt, "in the room") {
				price := []promotion.RoomPrice{{SKU: p.SKUs[0].ID, Price: rapid.Int64Range(1, 5000).Draw(rt,
					"room price")}}
				if err := m.tools.SetRoomPrices(t.Context(), m.shop, m.room, price); err != nil {
					rt.Fatal(err)
				}
			}
		}
		c1 := m.coupon(func(cp *coupon.Coupon) {
			cp.MinSpend, cp.Scope, cp.Products = 0, coupon.ScopeListed, covered
			if rapid.Bool().Draw(rt, "percent") {
				cp.Kind, cp.Value = coupon.PercentOff, rapid.Int64Range(1, 10000).Draw(rt, "bp")
			} else {
				cp.Value = rapid.Int64Range(1, 20000).Draw(rt, "off")
			}
		})
		m.claim(user, c1)
		q := must[checkout.Quote](m.t)(m.checkout.Quote(t.Context(), c))
		o, err := m.place(c)
		if err != nil {
			rt.Fatal(err)
		}
		var goods, off, payable int64
		for _, l := range o.Lines {
			sum := l.Subtotal
			for _, a := range l.Adjustments {
				sum += a.Amount
				off -= a.Amount
			}
			if sum != l.Payable || l.Payable < 0 || l.Subtotal != l.UnitPrice*l.Quantity {
				rt.Fatalf("the line %+v does not explain itself", l)
			}
			goods, payable = goods+l.Subtotal, payable+l.Payable
		}
		if goods != o.GoodsTotal || off != o.DiscountTotal || payable+o.ShippingTotal != o.Payable || o.Payable < 1 ||
			o.Payable != q.Payable {
			rt.Fatalf("order %+v, quoted %+v", o, q)
		}
	})
}
