package checkout_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// offers answers a checkout whatever a test says, and notes what orders take.
type offers struct {
	answer promotion.Answer
	mu     sync.Mutex
	taken  []promotion.Redemption
}

func (o *offers) Ask(context.Context, sqldb.Querier, promotion.Ask) (promotion.Answer, error) {
	return o.answer, nil
}

func (o *offers) Redeem(_ context.Context, _ *sqldb.Tx, r promotion.Redemption) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = append(o.taken, r)
	return nil
}

// line is a wish and what is on offer for it, as drawn.
type line struct {
	product catalog.Product
	n       int64
	room    int64 // 0: none
	deal    int64
	left    int64
	covered bool
}

func drawLines(rt *rapid.T, m *checkouttest.Market, goods []catalog.Product) (out []line) {
	for i := range rapid.IntRange(1, 3).Draw(rt, "lines") {
		l := line{product: goods[i], n: rapid.Int64Range(1, 4).Draw(rt, "n"), covered: rapid.Bool().Draw(rt, "covered")}
		if rapid.Bool().Draw(rt, "has a room price") {
			l.room = rapid.Int64Range(1, 1500).Draw(rt, "room price")
		}
		if rapid.Bool().Draw(rt, "has a deal") {
			l.deal, l.left = rapid.Int64Range(1, 1500).Draw(rt, "deal price"), rapid.Int64Range(0, 6).Draw(rt, "left")
		}
		out = append(out, l)
	}
	return out
}

// cheapest is the price of a unit by hand: the lowest of what holds; a deal that is sold
// out holds for nobody.
func (l line) cheapest() (price int64, kind string) {
	price = l.product.Price
	if l.room > 0 && l.room < price {
		price, kind = l.room, order.AdjustRoomPrice
	}
	if l.deal > 0 && l.left > 0 && l.deal <= price {
		price, kind = l.deal, order.AdjustDeal
	}
	return price, kind
}

// TestPricesStackAsByHand: the lowest of deal, room and normal price makes a unit; then
// one coupon a shop, over what it covers; something is left to pay; and an order takes
// of deals and claims exactly what its price says.
func TestPricesStackAsByHand(t *testing.T) {
	t.Parallel()
	m := checkouttest.New(t)
	goods := []catalog.Product{m.Product(900, 1e6), m.Product(1000, 1e6), m.Product(1200, 1e6)}
	rapid.Check(t, func(rt *rapid.T) {
		lines := drawLines(rt, m, goods)
		o := &offers{answer: promotion.Answer{
			RoomShop: m.Shop, RoomPrices: map[id.SKU]int64{}, Deals: map[id.SKU]promotion.DealOffer{},
		}}
		deal, off := id.Make[id.Deal](m.DB), rapid.Int64Range(0, 3000).Draw(rt, "off")
		cmd := checkout.Command{User: m.User(), Room: m.Room}
		var covered []id.Product
		goodsSum, spend, fromDeal, short := int64(0), int64(0), int64(0), false
		for _, l := range lines {
			sku := l.product.SKUs[0].ID
			cmd.Lines = append(cmd.Lines, checkout.LineRequest{SKU: sku, Quantity: l.n})
			if l.room > 0 {
				o.answer.RoomPrices[sku] = l.room
			}
			if l.deal > 0 {
				o.answer.Deals[sku] = promotion.DealOffer{
					Deal: deal, Price: l.deal, Left: l.left, Limit: 99,
					BuyerLeft: 99,
				}
			}
			price, kind := l.cheapest()
			goodsSum += price * l.n
			if l.covered {
				covered, spend = append(covered, l.product.ID), spend+price*l.n
			}
			if kind == order.AdjustDeal {
				fromDeal, short = fromDeal+l.n, short || l.left < l.n
			}
		}
		if off > 0 && len(covered) > 0 {
			o.answer.Claims = []coupon.Claim{{ID: id.Make[id.Claim](m.DB), Coupon: coupon.Coupon{
				ID: id.Make[id.Coupon](m.DB), Shop: m.Shop, Name: lang.Text{lang.Chinese: "券"}, Kind: coupon.AmountOff,
				Value: off, Scope: coupon.ScopeListed, Products: covered, To: m.Clock.Now().Add(time.Hour),
			}}}
		} else {
			off = 0
		}
		service := m.CheckoutWith(checkout.Tools{Promotions: o})
		q, err := service.Quote(t.Context(), cmd)
		if short {
			if fault.Code(err) != "promotion.deal_short" {
				rt.Fatalf("more than is left of a deal: %v", err)
			}
			return
		}
		discount := min(off, spend, goodsSum+checkouttest.Shipping-1)
		want := goodsSum - discount + checkouttest.Shipping
		if err != nil || q.Payable != want || len(q.Groups) != 1 {
			rt.Fatalf("quoted %+v, %v; by hand %d", q, err, want)
		}
		cmd.Expected = &want
		if _, err := service.Place(t.Context(), m.NextKey(), cmd); err != nil {
			rt.Fatal(err)
		}
		o.wantTaken(rt, fromDeal, discount > 0)
	})
}

func (o *offers) wantTaken(rt *rapid.T, fromDeal int64, claim bool) {
	if fromDeal == 0 && !claim {
		if len(o.taken) != 0 {
			rt.Fatalf("nothing was offered, and taken: %+v", o.taken)
		}
		return
	}
	r := o.taken[len(o.taken)-1] // a transaction may run more than once
	units := int64(0)
	for _, d := range r.Deals {
		units += d.Quantity
	}
	if units != fromDeal || r.Claim.ID.IsZero() == claim || len(r.Deals) > 1 {
		rt.Fatalf("taken %+v, want %d units of a deal, a claim: %v", r, fromDeal, claim)
	}
}

// The same SKU on many lines is one line, and no way around what one may buy.
func TestTheSameSKUManyTimes(t *testing.T) {
	t.Parallel()
	m := checkouttest.New(t)
	p := m.Product(10, 5000)
	wish := func(n ...int64) (c checkout.Command) {
		c.User = m.User()
		for _, q := range n {
			c.Lines = append(c.Lines, checkout.LineRequest{SKU: p.SKUs[0].ID, Quantity: q})
		}
		return c
	}
	q, err := m.Checkout.Quote(t.Context(), wish(1, 2, 3))
	if err != nil || len(q.Groups) != 1 || len(q.Groups[0].Lines) != 1 || q.Groups[0].Lines[0].Quantity != 6 {
		t.Errorf("quoted %+v, %v", q, err)
	}
	for name, c := range map[string]checkout.Command{
		"a thousand on two lines":  wish(999, 1),
		"fifty times the most":     wish(999, 999, 999, 999),
		"a thousand on one":        wish(1000),
		"none":                     wish(0),
		"less than none":           wish(5, -4),
		"beyond the end of counts": wish(1<<62, 1<<62),
	} {
		if _, err := m.Checkout.Place(t.Context(), m.NextKey(), c); fault.Code(err) != "cart.bad_quantity" {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.WantStock(p, 5000, 0, 0, 0)
}

// Many want the last units of two goods, in either order: each has both or neither.
func TestTheLastOfTwoGoods(t *testing.T) {
	t.Parallel()
	m := checkouttest.New(t)
	a, b := m.Product(100, 5), m.ProductOf(id.Make[id.Shop](m.DB), 100, 7)
	var placed, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 20 {
		c := checkout.Command{User: m.User(), Lines: []checkout.LineRequest{
			{SKU: a.SKUs[0].ID, Quantity: 1}, {SKU: b.SKUs[0].ID, Quantity: 1},
		}}
		if i%2 == 0 {
			c.Lines[0], c.Lines[1] = c.Lines[1], c.Lines[0]
		}
		key := m.NextKey()
		wg.Go(func() {
			switch r, err := m.Checkout.Place(t.Context(), key, c); {
			case err == nil && len(r.Orders) == 2:
				placed.Add(1)
			case fault.Code(err) == "inventory.insufficient_stock":
				refused.Add(1)
			default:
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	wg.Wait()
	if placed.Load() != 5 || refused.Load() != 15 {
		t.Errorf("%d placed, %d refused", placed.Load(), refused.Load())
	}
	m.WantStock(a, 0, 5, 0, 0)
	m.WantStock(b, 2, 5, 0, 0)
}
