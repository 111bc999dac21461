package checkout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/counter"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
)

type body = map[string]any

// market is the checkout behind the door.
type market struct {
	*checkouttest.Market
	door  *httpapitest.Door
	buyer id.User
	home  id.Address
}

// PaymentViews implements counter.Payments.
func (*market) PaymentViews(context.Context, []id.Checkout) (map[id.Checkout]counter.PaymentView, error) {
	return nil, nil
}

// ShipmentViews implements counter.Shipments.
func (*market) ShipmentViews(context.Context, []id.Order) (map[id.Order][]counter.ShipmentView, error) {
	return nil, nil
}

func openMarket(t *testing.T) *market {
	t.Helper()
	m := checkouttest.New(t)
	return marketOf(t, m, m.Checkout)
}

// marketOf opens the door of a market that sells by s.
func marketOf(t *testing.T, of *checkouttest.Market, s *checkout.Service) *market {
	t.Helper()
	m := &market{Market: of, home: id.FromInt[id.Address](1)}
	m.buyer = m.User()
	views := counter.Views{Service: m.Orders, Shops: m, Payments: m, Shipments: m}
	m.door = httpapitest.Open(t, m.Clock, checkout.API{
		Service: s, DB: m.DB, Orders: m.Orders, Views: views, Shops: m,
	}.Module())
	return m
}

func wanted(lines ...any) body {
	var items []body
	for i := 0; i < len(lines); i += 2 {
		items = append(items, body{"sku_id": lines[i], "quantity": lines[i+1]})
	}
	return body{"items": items}
}

func (m *market) order(want body) body {
	want["address_id"] = m.home
	return want
}

func TestAQuoteIsWhatIsPlaced(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	m.door.Strangers()
	tea, cup := m.Product(1000, 5), m.ProductOf(id.Make[id.Shop](m.DB), 250, 9)
	want := wanted(tea.SKUs[0].ID, 2, cup.SKUs[0].ID, 3)
	q := m.door.Call(m.buyer, 200, "POST /checkout/quote", want)
	for what, is := range map[string]string{
		"goods_total.amount": "2750", "shipping_total.amount": "1600", "discount_total.amount": "0",
		"payable.amount": "4350", "payable.currency": "CNY", "pay_within_seconds": "900",
		"groups.0.payable.amount":          "2800",
		"groups.1.lines.0.subtotal.amount": "750", "groups.1.lines.0.unit_price.amount": "250", "groups.2": "<nil>",
		"groups.0.lines.0.adjustments": "[]", "groups.0.coupons": "[]",
	} {
		if got := q.Show(what); got != is {
			t.Errorf("quoted: %s is %s, want %s", what, got, is)
		}
	}
	m.WantStock(tea, 5, 0, 0, 0)
	want["expected_total"] = body{"amount": 4350, "currency": "CNY"}
	want["note"] = "轻拿轻放"
	placed := m.door.Call(m.buyer, 201, "POST /orders", m.order(want), "Idempotency-Key", "placed-once")
	again := m.door.Call(m.buyer, 201, "POST /orders", m.order(want), "Idempotency-Key", "placed-once")
	if placed.Text("checkout_id") == "" || placed.Text("checkout_id") != again.Text("checkout_id") {
		t.Errorf("placed twice: %v and %v", placed, again)
	}
	if got := placed.Show("payable.amount", "orders.0.status", "orders.0.note", "orders.0.address.name",
		"orders.2"); got !=
		"4350 pending_payment 轻拿轻放 王 <nil>" {
		t.Errorf("placed: %s", got)
	}
	if by := placed.Text("pay_by"); by != m.Clock.Now().Add(15*time.Minute).Format(time.RFC3339) {
		t.Errorf("to be paid by %s", by)
	}
	m.WantStock(tea, 3, 2, 0, 0)
	m.WantStock(cup, 6, 3, 0, 0)
}

// Whoever names no total pays no more than they were told: the price rose after the quote.
// A cut is taken by everybody, and who was told nothing pays what it costs.
func TestNobodyPaysARiseUnasked(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	tea := m.Product(1000, 20)
	price := func(amount int64) {
		t.Helper()
		p := checkouttest.Must[catalog.Product](t)(m.Products.OfShop(t.Context(), m.Shop, tea.ID))
		checkouttest.Must[catalog.Product](t)(m.Products.Change(t.Context(), m.Shop, id.User{}, tea.ID, listing.Listing{
			Title: p.Title, Category: p.Category, Pictures: []id.Media{p.Pictures[0].ID}, Version: p.Version,
			SKUs: []listing.SKU{{ID: p.SKUs[0].ID, Price: amount}},
		}))
	}
	wish := func(quantity int) body { return wanted(tea.SKUs[0].ID, quantity) }
	order := func(status, quantity int, expected int64) string {
		t.Helper()
		want := m.order(wish(quantity))
		if expected != 0 {
			want["expected_total"] = body{"amount": expected + checkouttest.Shipping, "currency": "CNY"}
		}
		return m.door.Call(m.buyer, status, "POST /orders", want).Show("code", "params.amount")
	}
	m.door.Call(m.buyer, 200, "POST /checkout/quote", wish(1))
	price(9900)
	if got := order(409, 1, 0); got != fmt.Sprint("checkout.price_changed ", 9900+checkouttest.Shipping) {
		t.Errorf("answered %s", got)
	}
	order(201, 2, 0) // of two nothing was said
	order(409, 1, 1000)
	order(201, 1, 9900)
	m.door.Call(m.buyer, 200, "POST /checkout/quote", wish(1))
	order(201, 1, 0) // as told by now
	price(900)
	order(201, 1, 0)
}

func TestWhatCannotBeOrdered(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	tea, gone := m.Product(1000, 2), m.Product(1000, 2)
	checkouttest.Must[catalog.Product](t)(m.Products.SetState(t.Context(), m.Shop, gone.ID, catalog.OffSale))
	sku := tea.SKUs[0].ID
	many := wanted()
	for range 51 {
		many["items"] = append(many["items"].([]body), body{"sku_id": sku, "quantity": 1})
	}
	for _, c := range []struct {
		what   string
		status int
		code   string
		body   body
	}{
		{"nothing", 422, "request.invalid", body{"items": []body{}}},
		{"none of it", 422, "request.invalid", wanted(sku, 0)},
		{"too many lines", 422, "request.invalid", many},
		{"more than there is", 409, "inventory.insufficient_stock", wanted(sku, 3)},
		{"what is not sold", 409, "checkout.not_for_sale", wanted(gone.SKUs[0].ID, 1)},
		{"what never was", 409, "checkout.not_for_sale", wanted(id.Make[id.SKU](m.DB), 1)},
	} {
		got := m.door.Call(m.buyer, c.status, "POST /orders", m.order(c.body))
		if got.Text("code") != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got.Text("code"), c.code)
		}
	}
	m.WantStock(tea, 2, 0, 0, 0)
	stale := m.order(wanted(sku, 1))
	stale["expected_total"] = body{"amount": 1, "currency": "CNY"}
	got := m.door.Call(m.buyer, 409, "POST /orders", stale)
	if got.Text("code") != "checkout.price_changed" || got.Text("params.amount") != fmt.Sprint(1000+
		checkouttest.Shipping) {
		t.Errorf("a price that is no more: %v", got)
	}
	m.WantStock(tea, 2, 0, 0, 0)
}

// Whatever is wished for, the quote adds up, the order is what was quoted, and the
// stock is what is left.
func TestAnyWishAddsUp(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	shops := []id.Shop{m.Shop, id.Make[id.Shop](m.DB), id.Make[id.Shop](m.DB)}
	var goods []catalog.Product
	left := map[id.SKU]int64{}
	for i := range 6 {
		p := m.ProductOf(shops[i%3], int64(1+i*137), 60)
		goods, left[p.SKUs[0].ID] = append(goods, p), 60
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		want, sum, in := map[id.SKU]int64{}, int64(0), map[id.Shop]bool{}
		c := checkout.Command{User: m.buyer, Address: m.home}
		enough := true
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 1, 4, rapid.ID).Draw(rt, "goods") {
			p, units := goods[i], int64(rapid.IntRange(1, 4).Draw(rt, "units"))
			sku := p.SKUs[0].ID
			want[sku], sum, in[p.Shop] = units, sum+units*p.SKUs[0].Price, true
			enough = enough && left[sku] >= units
			c.Lines = append(c.Lines, checkout.LineRequest{SKU: sku, Quantity: units})
		}
		total := sum + int64(len(in))*checkouttest.Shipping
		n++
		r, err := m.Checkout.Place(t.Context(), idem.Key{Scope: "any", Value: fmt.Sprintf("wish-%08d", n)}, c)
		if !enough {
			if fault.Code(err) != "inventory.insufficient_stock" {
				rt.Fatalf("more than there is: %v", err)
			}
			return
		}
		if err != nil || r.Payable != total || len(r.Orders) != len(in) {
			rt.Fatalf("%d in %d orders, want %d in %d, %v", r.Payable, len(r.Orders), total, len(in), err)
		}
		var payable int64
		for _, o := range r.Orders {
			o, err := m.Orders.Find(t.Context(), m.DB.Reader(), o)
			if err != nil || o.GoodsTotal+o.DiscountTotal+o.ShippingTotal != o.Payable {
				rt.Fatalf("%d + %d + %d is not %d, %v", o.GoodsTotal, o.DiscountTotal, o.ShippingTotal, o.Payable, err)
			}
			var lines int64
			for _, l := range o.Lines {
				lines += l.Payable
			}
			if payable += o.Payable; lines+o.ShippingTotal != o.Payable {
				rt.Fatalf("its lines add up to %d of %d", lines, o.Payable)
			}
		}
		if payable != total {
			rt.Fatalf("the orders add up to %d of %d", payable, total)
		}
		for sku, units := range want {
			left[sku] -= units
		}
		levels, err := inventory.Levels(t.Context(), m.DB.Reader(), []id.SKU{goods[0].SKUs[0].ID, goods[5].SKUs[0].ID})
		for sku, l := range levels {
			if err != nil || l.Available != left[sku] {
				rt.Fatalf("%d left, want %d, %v", l.Available, left[sku], err)
			}
		}
	})
}

// TestARepeatedOrderIsAnsweredAlike compares what is written just now with what is read
// again: word for word, in every part.
func TestARepeatedOrderIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	tea, cup := m.Product(1000, 5), m.ProductOf(id.Make[id.Shop](m.DB), 250, 9)
	want := m.order(wanted(tea.SKUs[0].ID, 2, cup.SKUs[0].ID, 3))
	want["note"] = "轻拿轻放"
	first := m.door.Do(m.buyer, "POST /orders", want, "Idempotency-Key", "placed-once")
	again := m.door.Do(m.buyer, "POST /orders", want, "Idempotency-Key", "placed-once")
	if first.Status != 201 || string(first.Body) != string(again.Body) {
		t.Errorf("%d, first\n%s\nthen\n%s", first.Status, first.Body, again.Body)
	}
}
