package cart_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
)

type body = map[string]any

func behind(t *testing.T) (*checkouttest.Market, *cart.Service, *httpapitest.Door) {
	t.Helper()
	m := checkouttest.New(t)
	carts := cart.New(m.DB)
	return m, carts, httpapitest.Open(t, m.Clock, cart.API{Service: carts, Shops: m, Currency: "CNY"}.Module())
}

func TestACartBehindTheDoor(t *testing.T) {
	t.Parallel()
	m, _, d := behind(t)
	p, ann, bob := m.Colours(2, 1200, 3), m.User(), m.User()
	d.Strangers()
	add := func(who id.User, want int, sku any, n int) httpapitest.Object {
		t.Helper()
		return d.Call(who, want, "POST /cart/items", body{"sku_id": sku, "quantity": n})
	}
	first := add(ann, 201, p.SKUs[1].ID, 2)
	if got := first.Show("title", "options_text", "quantity", "price.amount", "price.currency", "available",
		"shop.name",
		"invalid_reason"); got != "茶 色1 2 1200 CNY 3 店 " {
		t.Errorf("put in: %s", got)
	}
	again := add(ann, 201, p.SKUs[1].ID, 2)
	if again.Text("id") != first.Text("id") || again.Int("quantity") != 4 ||
		again.Text("invalid_reason") != "sold_out" {
		t.Errorf("more than there is: %v", again)
	}
	add(ann, 201, p.SKUs[0].ID, 1)
	d.Name("item", name(first.Text("id")))
	for _, c := range []struct {
		what   string
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		{"no such SKU", ann, 404, "cart.no_such_sku", "POST /cart/items", body{
			"sku_id":   id.Make[id.SKU](m.DB),
			"quantity": 1,
		}},
		{"none of it", ann, 422, "request.invalid", "POST /cart/items", body{"sku_id": p.SKUs[0].ID, "quantity": 0}},
		{"beyond a cart", ann, 422, "request.invalid", "PATCH /cart/items/{item}", body{"quantity": 1000}},
		{"of another", bob, 404, "cart.no_such_item", "PATCH /cart/items/{item}", body{"quantity": 1}},
		{"no id", ann, 422, "request.invalid", "PATCH /cart/items/x", body{"quantity": 1}},
	} {
		if got := d.Call(c.who, c.status, c.target, c.body); got.Text("code") != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got.Text("code"), c.code)
		}
	}
	d.Call(bob, 204, "DELETE /cart/items/{item}", nil) // not his: nothing happens
	if got := d.Call(ann, 200, "PATCH /cart/items/{item}", body{"quantity": 3}); got.Show("quantity",
		"invalid_reason") != "3 " {
		t.Errorf("exactly what there is: %v", got)
	}
	if got := d.Call(ann, 200, "GET /cart/items", nil); got.Show("items.0.options_text", "items.1.options_text",
		"items.2") != "色0 色1 <nil>" {
		t.Errorf("the newest first: %v", got)
	}
	for range 2 {
		d.Call(ann, 204, "DELETE /cart/items/{item}", nil)
	}
	d.Refuse(ann, 404, "cart.no_such_item", "PATCH /cart/items/{item}", body{"quantity": 1})
	if got := d.Call(bob, 200, "GET /cart/items", nil); len(got.List("items")) != 0 || got.At("items") == nil {
		t.Errorf("an empty cart: %v", got)
	}
}

// A guest's cart lies in a browser; what it holds today is told to anybody, and of what
// cannot be bought nothing, whether it is off sale or was never there.
func TestACartBeforeThereIsAnybody(t *testing.T) {
	t.Parallel()
	m, carts, d := behind(t)
	on, off := m.Colours(2, 1200, 3), m.Product(1000, 9)
	checkouttest.Must[catalog.Product](t)(m.Products.SetState(t.Context(), m.Shop, off.ID, catalog.OffSale))
	ask := func(want int, items ...body) httpapitest.Object {
		t.Helper()
		return d.Call(id.User{}, want, "POST /cart/quote", body{"items": append([]body{}, items...)})
	}
	line := func(sku any, n int) body { return body{"sku_id": sku, "quantity": n} }
	got := ask(200, line(off.SKUs[0].ID, 1), line(on.SKUs[1].ID, 4), line(id.Make[id.SKU](m.DB), 1),
		line(on.SKUs[0].ID, 3))
	if show := got.Show("items.0.title", "items.0.options_text", "items.0.quantity", "items.0.price.amount",
		"items.0.available", "items.0.invalid_reason", "items.0.shop.name", "items.0.id"); show !=
		"茶 色1 4 1200 3 sold_out 店 <nil>" {
		t.Errorf("more than there is: %s", show)
	}
	if show := got.Show("items.1.sku_id", "items.1.invalid_reason", "items.2"); show !=
		on.SKUs[0].ID.String()+"  <nil>" {
		t.Errorf("what cannot be bought is told of: %s", show)
	}
	if empty := ask(200); empty.At("items") == nil || len(empty.List("items")) != 0 {
		t.Errorf("nothing is nothing: %v", empty)
	}
	for n, items := range map[string][]body{
		"none of it": {line(on.SKUs[0].ID, 0)}, "beyond a cart": {line(on.SKUs[0].ID, cart.QuantityMax+1)},
		"too many": make([]body, cart.ItemsMax+1),
	} {
		for i := range items {
			if items[i] == nil {
				items[i] = line(on.SKUs[0].ID, 1)
			}
		}
		if got := ask(422, items...); got.Text("code") != "request.invalid" {
			t.Errorf("%s: refused as %s", n, got.Text("code"))
		}
	}
	ann := m.User()
	d.Call(ann, 200, "POST /cart/quote", body{"items": []body{line(on.SKUs[0].ID, 1)}})
	if list, err := carts.List(t.Context(), ann); err != nil || len(list) != 0 {
		t.Errorf("asking put something into a cart: %v, %v", list, err)
	}
}

type name string

func (n name) String() string { return string(n) }

// Whatever is done to two carts, each holds what a list on paper would, the newest
// first, and a refusal changes nothing.
func TestACartIsAListOnPaper(t *testing.T) {
	t.Parallel()
	m, carts, _ := behind(t)
	var skus []id.SKU
	for range 4 {
		skus = append(skus, m.Product(1000, 9).SKUs[0].ID)
	}
	hidden := m.Product(1000, 9)
	checkouttest.Must[catalog.Product](t)(m.Products.SetState(t.Context(), m.Shop, hidden.ID, catalog.OffSale))
	rapid.Check(t, func(rt *rapid.T) {
		people := []id.User{m.User(), m.User()}
		paper := map[id.User][]cart.Item{}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			who := rapid.SampledFrom(people).Draw(rt, "who")
			sku := rapid.SampledFrom(append(skus, hidden.SKUs[0].ID)).Draw(rt, "sku")
			n := rapid.SampledFrom([]int64{-1, 0, 1, 2, 500, 999, 1000}).Draw(rt, "n")
			switch rapid.SampledFrom([]string{"add", "add", "set", "drop", "buy"}).Draw(rt, "what") {
			case "add":
				it, err := carts.Add(t.Context(), who, sku, n)
				paper[who] = added(rt, paper[who], it, err, cart.Item{SKU: sku, Quantity: n}, sku == hidden.SKUs[0].ID)
			case "set":
				paper[who] = changed(rt, carts, who, paper[who], n)
			case "drop":
				if list := paper[who]; len(list) > 0 {
					must(rt, carts.Drop(t.Context(), who, list[0].ID))
					paper[who] = list[1:]
				}
			case "buy":
				paper[who] = bought(rt, m.DB, who, paper[who], cart.Item{SKU: sku, Quantity: max(n, 1)})
			}
		}
		for _, who := range people {
			list, err := carts.List(t.Context(), who)
			must(rt, err)
			if got, want := write(list), write(paper[who]); got != want {
				rt.Fatalf("the cart holds %s, the paper %s", got, want)
			}
		}
	})
}

func must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func added(t *rapid.T, paper []cart.Item, got cart.Item, err error, it cart.Item, hidden bool) []cart.Item {
	at := -1
	for i, have := range paper {
		if have.SKU == it.SKU {
			at = i
		}
	}
	sum := it.Quantity
	if at >= 0 {
		sum += paper[at].Quantity
	}
	want := ""
	switch {
	case it.Quantity < 1 || it.Quantity > cart.QuantityMax:
		want = "cart.bad_quantity"
	case hidden:
		want = "cart.no_such_sku"
	case sum > cart.QuantityMax:
		want = "cart.bad_quantity"
	}
	if fault.Code(err) != want || err != nil && want == "" {
		t.Fatalf("adding %d: %v, want %q", it.Quantity, err, want)
	}
	if err != nil {
		return paper
	}
	if at < 0 {
		return append([]cart.Item{{ID: got.ID, SKU: it.SKU, Quantity: it.Quantity}}, paper...)
	}
	paper[at].Quantity = sum
	return paper
}

func changed(t *rapid.T, carts *cart.Service, who id.User, paper []cart.Item, n int64) []cart.Item {
	if len(paper) == 0 {
		return paper
	}
	_, err := carts.SetQuantity(t.Context(), who, paper[0].ID, n)
	if bad := n < 1 || n > cart.QuantityMax; bad != (fault.Code(err) == "cart.bad_quantity") || !bad && err != nil {
		t.Fatalf("setting to %d: %v", n, err)
	}
	if err == nil {
		paper[0].Quantity = n
	}
	return paper
}

func bought(t *rapid.T, db *sqldb.DB, who id.User, paper []cart.Item, it cart.Item) (left []cart.Item) {
	err := db.Update(context.Background(), func(ctx context.Context, tx *sqldb.Tx) error {
		return cart.Bought(ctx, tx, who, map[id.SKU]int64{it.SKU: it.Quantity})
	})
	for _, have := range paper {
		if have.SKU != it.SKU || have.Quantity < it.Quantity {
			left = append(left, have)
		}
	}
	want := ""
	if len(left) == len(paper) {
		want = "checkout.cart_changed"
	}
	if fault.Code(err) != want || err != nil && want == "" {
		t.Fatalf("buying %d: %v, want %q", it.Quantity, err, want)
	}
	return left
}

func write(items []cart.Item) (text string) {
	for _, it := range items {
		text += fmt.Sprintf("%s %d, ", it.SKU, it.Quantity)
	}
	return text
}
