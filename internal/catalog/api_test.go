package catalog_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/picture"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/storeroom"
)

type body = map[string]any

// ShopRefs implements catalog.ShopNames.
func (*store) ShopRefs(_ context.Context, shops []id.Shop, tag lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	out := map[id.Shop]catalog.ShopRef{}
	for _, s := range shops {
		out[s] = catalog.ShopRef{ID: s, Name: "shop in " + string(tag)}
	}
	return out, nil
}

// RoomShowing implements catalog.LiveNow.
func (k *store) RoomShowing(context.Context, id.Product) (id.Room, error) {
	return id.FromInt[id.Room](7), nil
}

// VideosShowing implements catalog.VideosOf.
func (*store) VideosShowing(context.Context, id.Product) ([]id.Video, error) { return nil, nil }

func (k *store) door() (d *httpapitest.Door, editor id.User) {
	k.t.Helper()
	goods := &catalog.API{Service: k.service, DB: k.db, Shops: k, Live: k, Videos: k, Currency: "CNY"}
	d = httpapitest.Open(k.t, k.db.Clock(), goods.Module(),
		storeroom.API{Service: k.service, DB: k.db, Currency: "CNY"}.Module(), picture.API{Service: k.media}.Module())
	editor = id.Make[id.User](k.db)
	d.Hire(editor, k.shop)
	d.Name("shop", k.shop)
	return d, editor
}

// send sends a picture as a form does.
func send(t *testing.T, d *httpapitest.Door, who id.User, raw []byte) httpapitest.Answer {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	f, err := w.CreateFormFile("file", "tea.png")
	if err == nil {
		_, err = f.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.Do(who, "POST /merchant/{shop}/media", form.Bytes(), "Content-Type", w.FormDataContentType())
}

func pixel(t *testing.T) []byte {
	t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

func yuan(amount int64) body { return body{"amount": amount, "currency": "CNY"} }

func TestAProductFromDraftToShelf(t *testing.T) {
	t.Parallel()
	k := open(t)
	d, editor := k.door()
	d.Strangers()
	shown := send(t, d, editor, pixel(t))
	if shown.Status != 201 {
		t.Fatalf("a picture answers %d: %s", shown.Status, shown.Body)
	}
	if bad := send(t, d, editor, []byte("<svg onload=x>")); bad.Status != 422 {
		t.Errorf("what is no picture answers %d", bad.Status)
	}
	of := func(a httpapitest.Answer) (o httpapitest.Object) {
		t.Helper()
		if err := json.Unmarshal(a.Body, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	pic := of(shown)
	draft := body{
		"title": body{"zh-CN": "普洱茶", "en": "Pu'er"}, "category_id": k.category, "pictures": []any{},
		"options": []body{{"name": body{"zh-CN": "年份"}, "values": []body{{"zh-CN": "新"}, {"zh-CN": "老"}}}},
		"skus": []body{
			{"values": []int{0}, "price": yuan(1000), "initial_stock": 3, "code": "N"},
			{"values": []int{1}, "price": yuan(9000), "was_price": yuan(9900)},
		},
		"commission_bp": []int{500},
	}
	made := d.Call(editor, 201, "POST /merchant/{shop}/products", draft)
	d.Name("product", word(made.Text("id")))
	if got := made.Show("state", "skus.0.available", "skus.1.on_hand", "commission_bp", "version"); !strings.HasPrefix(
		got,
		"draft 3 0 [500 0 0]") {
		t.Errorf("made: %s", got)
	}
	d.Refuse(editor, 409, "catalog.no_picture", "POST /merchant/{shop}/products/{product}/publish", nil)
	d.Refuse(id.User{}, 404, "catalog.not_found", "GET /products/{product}", nil)
	draft["pictures"], draft["version"] = []any{pic.Text("id")}, made.Int("version")
	for i := range 2 {
		draft["skus"].([]body)[i]["id"] = made.Text(fmt.Sprintf("skus.%d.id", i))
	}
	changed := d.Call(editor, 200, "PATCH /merchant/{shop}/products/{product}", draft)
	d.Refuse(editor, 409, "catalog.changed", "PATCH /merchant/{shop}/products/{product}", draft)
	d.Call(editor, 200, "POST /merchant/{shop}/products/{product}/publish", nil)
	seen := d.Call(id.User{}, 200, "GET /products/{product}", nil)
	for what, want := range map[string]string{
		"title": "Pu'er", "price.amount": "1000", "in_stock": "true", "skus.0.available": "3", "skus.1.available": "0",
		"skus.1.was_price.amount": "9900", "skus.0.was_price": "<nil>", "skus.1.values": "[老]",
		"options.0.values": "[新 老]",
		"video_ids":        "[]", "live_room_id": id.FromInt[id.Room](7).String(),
		"cover_url": changed.Text("pictures.0.url"),
		"shop.name": "shop in en",
	} {
		if got := seen.Show(what); got != want {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
	res, err := d.Server.Client().Get(d.Server.URL + seen.Text("cover_url"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 || !strings.HasPrefix(http.DetectContentType(raw), "image/") {
		t.Errorf("its picture answers %d, %v", res.StatusCode, err)
	}
	d.Call(editor, 200, "POST /merchant/{shop}/products/{product}/unpublish", nil)
	d.Refuse(id.User{}, 404, "catalog.not_found", "GET /products/{product}", nil)
	d.Language = "zh-CN"
	if list := d.Call(editor, 200, "GET /merchant/{shop}/products?state=off_sale&q=普洱", nil); list.Show("items.0.title",
		"items.0.stock", "items.0.sku_count", "items.0.state") != "普洱茶 3 2 off_sale" {
		t.Errorf("the shop's list: %v", list)
	}
}

type word string

func (w word) String() string { return string(w) }

func TestStockIsCountedByHandOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	d, editor := k.door()
	p := k.create(k.draft("壶", 500))
	d.Name("sku", p.SKUs[0].ID)
	const path = "POST /merchant/{shop}/skus/{sku}/stock"
	for range 2 {
		got := d.Call(editor, 200, path, body{"delta": -2, "reason": "broken"}, "Idempotency-Key", "counted-once")
		if text := got.Show("on_hand", "reserved", "available"); text != "3 0 3" {
			t.Errorf("after two broke: %s", text)
		}
	}
	for _, c := range []struct {
		delta  int64
		status int
		code   string
	}{
		{-4, 409, "inventory.insufficient_stock"},
		{0, 422, "inventory.bad_quantity"},
		{1_000_001, 422, "request.invalid"},
	} {
		d.Refuse(editor, c.status, c.code, path, body{"delta": c.delta, "reason": "x"})
	}
	keeper, rival, theirs := id.Make[id.User](k.db), id.Make[id.User](k.db), id.Make[id.Shop](k.db)
	d.Hire(keeper, k.shop, permission.StockWrite)
	d.Hire(rival, theirs)
	d.Call(keeper, 200, path, body{"delta": 4, "reason": "came"})
	d.Refuse(keeper, 403, "shop.not_staff", "GET /merchant/{shop}/products", nil)
	d.Refuse(rival, 404, "catalog.no_sku", "POST /merchant/"+theirs.String()+"/skus/{sku}/stock",
		body{"delta": 1, "reason": "x"})
	d.Refuse(rival, 404, "catalog.not_found", "GET /merchant/"+theirs.String()+"/products/"+p.ID.String(), nil)
	if got := d.Call(editor, 200, "GET /merchant/{shop}/products/"+p.ID.String(), nil); got.Int("skus.0.on_hand") != 7 {
		t.Errorf("in the end: %v", got.At("skus"))
	}
}

// Walking all pages of any list shows each product that fits exactly once, in the
// order that was asked for, whatever the size of a page.
func TestEveryListHoldsWhatFitsOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	second, err := category.New(k.db).Add(t.Context(), lang.Text{lang.Chinese: "壶"})
	if err != nil {
		t.Fatal(err)
	}
	first, shops := k.category, []id.Shop{k.shop, id.Make[id.Shop](k.db)}
	var all []catalog.Product
	for i := range 24 {
		k.shop, k.category = shops[i%2], []id.Category{first, second.ID}[i%3/2]
		p := k.create(k.draft([]string{"绿茶 Green", "红茶 red", "茶壶"}[i%3], int64(100*(1+i%4))))
		p.Sold, p.State = int64(i%5), []catalog.State{
			catalog.OnSale, catalog.Draft, catalog.OffSale,
			catalog.OnSale,
		}[i%4]
		if i%6 == 0 {
			p.Commission[0] = 100
		}
		err := k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE product SET state = ?, sold = ?, commission_l1 = ? WHERE id = ?", p.State,
				p.Sold,
				p.Commission[0], p.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := catalog.Filter{
			Shop:     rapid.SampledFrom([]id.Shop{{}, shops[0], shops[1]}).Draw(rt, "shop"),
			Category: rapid.SampledFrom([]id.Category{{}, first, second.ID}).Draw(rt, "category"),
			State: rapid.SampledFrom([]catalog.State{catalog.OnSale, catalog.OnSale, catalog.Draft, ""}).Draw(rt,
				"state"),
			Query: rapid.SampledFrom([]string{"", "茶", "GREEN", "green 茶", "咖啡"}).Draw(rt, "query"),
			Sort: rapid.SampledFrom([]catalog.Sort{
				catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold, "",
			}).Draw(rt, "sort"),
			Commission: rapid.Bool().Draw(rt, "commission"),
		}
		var want, got []string
		for _, p := range sorted(all, f.Sort) {
			if fits(p, f) {
				want = append(want, p.ID.String())
			}
		}
		r := page.Request{Limit: rapid.IntRange(1, 7).Draw(rt, "limit")}
		for more := true; more; more = r.Cursor != "" {
			p, err := k.service.List(t.Context(), f, r)
			if err != nil || len(p.Items) > r.Limit {
				rt.Fatalf("%d on a page of %d, %v", len(p.Items), r.Limit, err)
			}
			for _, it := range p.Items {
				got = append(got, it.ID.String())
			}
			r.Cursor = p.NextCursor
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v holds %v, want %v", f, got, want)
		}
	})
}

func fits(p catalog.Product, f catalog.Filter) bool {
	for w := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		if !strings.Contains(strings.ToLower(p.Title.In(lang.Chinese)), w) {
			return false
		}
	}
	return (f.Shop.IsZero() || p.Shop == f.Shop) && (f.Category.IsZero() || p.Category == f.Category) &&
		(f.State == "" || p.State == f.State) && (!f.Commission || p.Commission[0] > 0)
}

func sorted(all []catalog.Product, by catalog.Sort) []catalog.Product {
	return slices.SortedFunc(slices.Values(all), func(a, b catalog.Product) int {
		newest := cmp.Compare(b.ID.Int(), a.ID.Int())
		switch by {
		case catalog.PriceAsc:
			return cmp.Or(cmp.Compare(a.Price, b.Price), -newest)
		case catalog.PriceDesc:
			return cmp.Or(cmp.Compare(b.Price, a.Price), newest)
		case catalog.BestSold:
			return cmp.Or(cmp.Compare(b.Sold, a.Sold), newest)
		case catalog.Newest:
		}
		return newest
	})
}
