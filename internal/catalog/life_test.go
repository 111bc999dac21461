package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/listing"
)

// drawn is a listing that nothing is wrong with: a colour for each SKU, some of which
// the product has had before, in an order of its own.
func drawn(rt *rapid.T, k *store, had []catalog.SKU, n int) listing.Listing {
	d := listing.Listing{
		Title: lang.Text{lang.Chinese: fmt.Sprint("茶 ", n)}, Category: k.category,
		Options: []listing.Option{{Name: lang.Text{lang.Chinese: "色"}}},
	}
	keep := rapid.Permutation(had).Draw(rt, "order")
	keep = keep[:rapid.IntRange(0, len(keep)).Draw(rt, "kept")]
	for i := range len(keep) + rapid.IntRange(0, 2).Draw(rt, "new") {
		s := listing.SKU{
			Choice: []int{i}, Price: int64(n*100) + rapid.Int64Range(1, 50).Draw(rt, "price"), Initial: int64(i),
			Code: fmt.Sprint("c", n, i),
		}
		if i < len(keep) {
			s.ID, s.Initial = keep[i].ID, 99 // the first stock of what is there already is nobody's wish
		}
		d.Options[0].Values = append(d.Options[0].Values, lang.Text{lang.Chinese: fmt.Sprint("色", n, "-", i)})
		d.SKUs = append(d.SKUs, s)
	}
	if len(d.SKUs) == 0 {
		d.Options[0].Values = []lang.Text{{lang.Chinese: fmt.Sprint("色", n)}}
		d.SKUs = []listing.SKU{{Choice: []int{0}, Price: int64(n*100 + 7), Initial: 1}}
	}
	return d
}

// TestAProductUnderAnyEdits: a product is what its shop last said of it; what it does
// not name any more is off sale, is still called what it was called, and keeps its
// stock; each edit is one version.
func TestAProductUnderAnyEdits(t *testing.T) {
	t.Parallel()
	k := open(t)
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		n := 0
		d := drawn(rt, k, nil, n)
		p, err := k.service.Create(ctx, k.shop, id.User{}, d)
		if err != nil {
			rt.Fatal(err)
		}
		texts, stock := map[id.SKU]string{}, map[id.SKU]int64{}
		all := note(rt, p, d, texts, stock)
		for range rapid.IntRange(1, 5).Draw(rt, "edits") {
			n++
			d = drawn(rt, k, p.SKUs, n)
			if rapid.Bool().Draw(rt, "as read") {
				d.Version = p.Version
			}
			next, err := k.service.Change(ctx, k.shop, id.User{}, p.ID, d)
			if err != nil || next.Version != p.Version+1 {
				rt.Fatalf("version %d after %d, %v", next.Version, p.Version, err)
			}
			d.Version = p.Version // as the form was read before that edit
			if _, err := k.service.Change(ctx, k.shop, id.User{}, p.ID, d); fault.Code(err) != "catalog.changed" {
				rt.Fatalf("a form of before: %v", err)
			}
			p = next
			for _, sku := range note(rt, p, d, texts, stock) {
				if !slices.Contains(all, sku) {
					all = append(all, sku)
				}
			}
			k.wantOffers(rt, p, all, texts, stock)
		}
	})
}

// note remembers what the SKUs of a product are called, and how many of each there are.
func note(rt *rapid.T, p catalog.Product, d listing.Listing, texts map[id.SKU]string, stock map[id.SKU]int64) []id.SKU {
	if len(p.SKUs) != len(d.SKUs) {
		rt.Fatalf("%d SKUs of %d", len(p.SKUs), len(d.SKUs))
	}
	var out []id.SKU
	cheapest := p.SKUs[0].Price
	for i, s := range p.SKUs {
		want := d.SKUs[i]
		if s.Price != want.Price || s.Code != want.Code || !s.Active || (!want.ID.IsZero() && s.ID != want.ID) {
			rt.Fatalf("SKU %d is %+v, want %+v", i, s, want)
		}
		if _, known := stock[s.ID]; !known {
			stock[s.ID] = want.Initial
		}
		cheapest = min(cheapest, s.Price)
		texts[s.ID] = p.ChoiceText(s).In(lang.Chinese)
		out = append(out, s.ID)
	}
	if p.Price != cheapest || p.Title.In(lang.Chinese) != d.Title.In(lang.Chinese) {
		rt.Fatalf("the product is %+v, want %+v", p, d)
	}
	return out
}

func (k *store) wantOffers(rt *rapid.T, p catalog.Product, all []id.SKU, texts map[id.SKU]string,
	stock map[id.SKU]int64,
) {
	q := k.db.Reader()
	offers, err := catalog.Offers(k.t.Context(), q, all)
	if err != nil || len(offers) != len(all) {
		rt.Fatalf("%d offers of %d, %v", len(offers), len(all), err)
	}
	sum := int64(0)
	for _, sku := range all {
		o := offers[sku]
		named := slices.ContainsFunc(p.SKUs, func(s catalog.SKU) bool { return s.ID == sku })
		if o.SKU.Active != named || o.Buyable() || o.Product.ChoiceText(o.SKU).In(lang.Chinese) != texts[sku] {
			rt.Fatalf("%s is %+v called %q; named %v, called %q", sku, o.SKU, o.Product.ChoiceText(o.SKU), named,
				texts[sku])
		}
		if named {
			sum += stock[sku]
		}
	}
	available, err := catalog.Available(k.t.Context(), q, []id.Product{p.ID})
	if err != nil || available[p.ID] != sum {
		rt.Fatalf("%d units can be bought, %v; want %d", available[p.ID], err, sum)
	}
}

// What cannot be changed, by whom, and that the product is as it was.
func TestWhatIsRefusedAtTheMerchantsDoor(t *testing.T) {
	t.Parallel()
	k := open(t)
	d, editor := k.door()
	p := k.create(k.draft("茶", 100, 200))
	d.Name("product", p.ID)
	d.Name("sku", p.SKUs[0].ID)
	clerk, rival, theirs := id.Make[id.User](k.db), id.Make[id.User](k.db), id.Make[id.Shop](k.db)
	d.Hire(clerk, k.shop, "catalog.read")
	d.Hire(rival, theirs)
	at := "/merchant/" + theirs.String()
	form := func(change body) body {
		out := body{
			"title": body{"zh-CN": "x"}, "category_id": k.category, "pictures": []any{}, "options": []any{},
			"skus": []body{{"values": []int{}, "price": yuan(1)}},
		}
		for key, v := range change {
			out[key] = v
		}
		return out
	}
	dollars := []body{{"values": []int{}, "price": body{"amount": 1, "currency": "USD"}}}
	foreign := []body{{"values": []int{}, "price": yuan(1), "id": id.Make[id.SKU](k.db)}}
	for _, c := range []struct {
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		{clerk, 403, "shop.not_staff", "PATCH /merchant/{shop}/products/{product}", form(nil)},
		{clerk, 403, "shop.not_staff", "POST /merchant/{shop}/products/{product}/publish", nil},
		{clerk, 403, "shop.not_staff", "POST /merchant/{shop}/skus/{sku}/stock", body{"delta": 1, "reason": "x"}},
		{rival, 404, "catalog.not_found", "PATCH " + at + "/products/{product}", form(nil)},
		{rival, 404, "catalog.not_found", "GET " + at + "/products/{product}", nil},
		{rival, 404, "catalog.not_found", "POST " + at + "/products/{product}/unpublish", nil},
		{rival, 404, "catalog.no_sku", "POST " + at + "/skus/{sku}/stock", body{"delta": 1, "reason": "x"}},
		{editor, 404, "catalog.not_found", "GET /merchant/{shop}/products/" + id.Make[id.Product](k.db).String(), nil},
		{
			editor, 422, "request.wrong_currency", "PATCH /merchant/{shop}/products/{product}",
			form(body{"skus": dollars}),
		},
		{editor, 422, "catalog.no_sku", "PATCH /merchant/{shop}/products/{product}", form(body{"skus": foreign})},
		{editor, 422, "catalog.no_category", "POST /merchant/{shop}/products", form(body{
			"category_id": id.Make[id.Category](k.db),
		})},
		{editor, 422, "catalog.no_such_picture", "POST /merchant/{shop}/products", form(body{
			"pictures": []id.Media{id.Make[id.Media](k.db)},
		})},
		{editor, 422, "catalog.bad_title", "POST /merchant/{shop}/products", form(body{"title": body{"de": "Tee"}})},
		{editor, 422, "request.invalid", "POST /merchant/{shop}/products", form(body{"skus": []any{}})},
		{
			editor, 422, "inventory.bad_quantity", "POST /merchant/{shop}/skus/{sku}/stock",
			body{"delta": 0, "reason": "x"},
		},
		{editor, 409, "inventory.insufficient_stock", "POST /merchant/{shop}/skus/{sku}/stock", body{
			"delta": -6, "reason": "x",
		}},
		{editor, 422, "request.invalid", "POST /merchant/{shop}/skus/{sku}/stock", body{
			"delta":  1 << 40,
			"reason": "x",
		}},
		{editor, 409, "catalog.no_picture", "POST /merchant/{shop}/products/{product}/publish", nil},
		{id.User{}, 404, "catalog.not_found", "GET /products/{product}", nil},
		{id.User{}, 422, "request.invalid", "GET /products?limit=51", nil},
		{id.User{}, 422, "request.bad_cursor", "GET /products?cursor=nonsense", nil},
		{id.User{}, 422, "request.invalid", "GET /products?sort=cheapest", nil},
	} {
		if got := d.Call(c.who, c.status, c.target, c.body); got.Text("code") != c.code {
			t.Errorf("%s: %s, want %s", c.target, got.Text("code"), c.code)
		}
	}
	now, err := k.service.OfShop(t.Context(), k.shop, p.ID)
	if err != nil || now.Version != p.Version || now.Title.In(lang.Chinese) != "茶" || len(now.SKUs) != 2 {
		t.Errorf("changed by what was refused: %+v, %v", now, err)
	}
	d.Call(clerk, 200, "GET /merchant/{shop}/products/{product}", nil)
}
