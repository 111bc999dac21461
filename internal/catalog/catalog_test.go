package catalog_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

type store struct {
	t        *testing.T
	db       *sqldb.DB
	disk     *blob.Disk
	media    *picture.Service
	service  *catalog.Service
	category id.Category
	shop     id.Shop
}

func open(t *testing.T) *store {
	t.Helper()
	return openOn(t, sqltest.New(t))
}

func openManual(t *testing.T) (*store, *clock.Manual) {
	t.Helper()
	db, c := sqltest.NewManual(t)
	return openOn(t, db), c
}

func openOn(t *testing.T, db *sqldb.DB) *store {
	t.Helper()
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &store{t: t, db: db, disk: disk, media: picture.New(db, disk), shop: id.Make[id.Shop](db)}
	k.service = catalog.New(db, k.media)
	c, err := category.New(k.db).Add(t.Context(), lang.Text{lang.Chinese: "茶"})
	if err != nil {
		t.Fatal(err)
	}
	k.category = c.ID
	return k
}

func (k *store) draft(title string, prices ...int64) listing.Listing {
	d := listing.Listing{Title: lang.Text{lang.Chinese: title}, Category: k.category}
	if len(prices) > 1 {
		d.Options = []listing.Option{{Name: lang.Text{lang.Chinese: "色"}}}
	}
	for i, p := range prices {
		s := listing.SKU{Price: p, Initial: 5}
		if len(prices) > 1 {
			d.Options[0].Values = append(d.Options[0].Values, lang.Text{lang.Chinese: fmt.Sprint(i)})
			s.Choice = []int{i}
		}
		d.SKUs = append(d.SKUs, s)
	}
	return d
}

func (k *store) create(d listing.Listing) catalog.Product {
	k.t.Helper()
	p, err := k.service.Create(k.t.Context(), k.shop, id.User{}, d)
	if err != nil {
		k.t.Fatal(err)
	}
	return p
}

func TestBadDraftsAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	for code, spoil := range map[string]func(*listing.Listing){
		"catalog.bad_title": func(d *listing.Listing) { d.Title = lang.Text{lang.English: " "} },
		"catalog.bad_description": func(d *listing.Listing) {
			d.Description = lang.Text{lang.Chinese: strings.Repeat("好", 5001)}
		},
		"catalog.same_options":    func(d *listing.Listing) { d.Options[0].Values[1] = d.Options[0].Values[0] },
		"catalog.bad_was_price":   func(d *listing.Listing) { d.SKUs[0].WasPrice = d.SKUs[0].Price - 1 },
		"catalog.no_category":     func(d *listing.Listing) { d.Category = id.Make[id.Category](k.db) },
		"catalog.bad_price":       func(d *listing.Listing) { d.SKUs[0].Price = 0 },
		"catalog.bad_skus":        func(d *listing.Listing) { d.SKUs = nil },
		"catalog.bad_choice":      func(d *listing.Listing) { d.SKUs[1].Choice = []int{0} },
		"catalog.bad_commission":  func(d *listing.Listing) { d.Commission[0], d.Commission[1] = 4000, 1001 },
		"catalog.no_such_picture": func(d *listing.Listing) { d.Pictures = []id.Media{id.Make[id.Media](k.db)} },
		"catalog.no_sku":          func(d *listing.Listing) { d.SKUs[0].ID = id.Make[id.SKU](k.db) },
	} {
		d := k.draft("茶", 100, 200)
		spoil(&d)
		if _, err := k.service.Create(t.Context(), k.shop, id.User{}, d); fault.Code(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

func TestTextsOfADraft(t *testing.T) {
	t.Parallel()
	k := open(t)
	two := func(d *listing.Listing, a, b lang.Text) { d.Options[0].Values = []lang.Text{a, b} }
	zh := func(text string) lang.Text { return lang.Text{lang.Chinese: text} }
	for name, c := range map[string]struct {
		spoil func(d *listing.Listing)
		code  string
	}{
		"a long English description": {func(d *listing.Listing) {
			d.Description = lang.Text{lang.Chinese: "好", lang.English: strings.Repeat("x", listing.DescriptionMax+1)}
		}, "catalog.bad_description"},
		"a title in another language": {func(d *listing.Listing) { d.Title["tlh"] = "x" }, "catalog.bad_title"},
		"a title of nothing to see":   {func(d *listing.Listing) { d.Title = zh("\u200b") }, "catalog.bad_title"},
		"an empty value": {func(d *listing.Listing) {
			two(d, zh("红"), zh(" "))
		}, "catalog.same_options"},
		"a value of two lines": {func(d *listing.Listing) {
			two(d, zh("红"), zh("绿\n"))
		}, "catalog.same_options"},
		"values equal but for blanks": {func(d *listing.Listing) {
			two(d, zh("红"), zh("红 "))
		}, "catalog.same_options"},
		"values equal in English": {func(d *listing.Listing) {
			two(d, lang.Text{lang.Chinese: "红", lang.English: "Red"}, lang.Text{lang.Chinese: "赤", lang.English: "red"})
		}, "catalog.same_options"},
		"the same option twice": {func(d *listing.Listing) {
			d.Options = append(d.Options, d.Options[0])
			d.SKUs[0].Choice, d.SKUs[1].Choice = []int{0, 0}, []int{1, 1}
		}, "catalog.same_options"},
		"a SKU twice": {func(d *listing.Listing) {
			d.SKUs[0].ID = id.Make[id.SKU](k.db)
			d.SKUs[1].ID = d.SKUs[0].ID
		}, "catalog.no_sku"},
		"two colours": {func(d *listing.Listing) { two(d, zh("红"), zh("绿")) }, ""},
	} {
		d := k.draft("茶", 100, 200)
		c.spoil(&d)
		if _, err := k.service.Create(t.Context(), k.shop, id.User{}, d); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// Chinese input methods type full-width letters, phones compose accents otherwise.
func TestAWordIsFoundHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, title := range []string{"MUG-1 杯", "Caf\u00e9", "Straße"} {
		d := k.draft(title, 100)
		k.create(d)
	}
	for query, want := range map[string]int{
		"mug-1": 1, "ＭＵＧ－１": 1, "ＭＵＧ": 1, "cafe\u0301": 1, "CAFÉ": 1, "strasse": 1, "STRASSE": 1, "cafe": 0, "杯": 1,
	} {
		p, err := k.service.List(t.Context(), catalog.Filter{Shop: k.shop, Query: query}, page.Request{})
		if err != nil || len(p.Items) != want {
			t.Errorf("%q finds %d products, %v; want %d", query, len(p.Items), err, want)
		}
	}
}

func TestAnotherShopsThingsStayTheirs(t *testing.T) {
	t.Parallel()
	k := open(t)
	p, other := k.create(k.draft("茶", 100)), id.Make[id.Shop](k.db)
	if _, err := k.service.Change(t.Context(), other, id.User{}, p.ID, k.draft("我的", 1)); fault.Code(
		err) != "catalog.not_found" {
		t.Errorf("changed: %v", err)
	}
	if _, err := k.service.SetState(t.Context(), other, p.ID, catalog.OffSale); fault.Code(err) != "catalog.not_found" {
		t.Errorf("switched: %v", err)
	}
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	o, err := k.media.Add(t.Context(), other, &raw)
	if err != nil {
		t.Fatal(err)
	}
	d := k.draft("茶", 100)
	d.Pictures = []id.Media{o.ID}
	if _, err := k.service.Create(t.Context(), k.shop, id.User{}, d); fault.Code(err) != "catalog.no_such_picture" {
		t.Errorf("their picture: %v", err)
	}
	mine := k.draft("抢", 1)
	mine.SKUs[0].ID = p.SKUs[0].ID
	if _, err := k.service.Create(t.Context(), other, id.User{}, mine); fault.Code(err) != "catalog.no_sku" {
		t.Errorf("their SKU: %v", err)
	}
}

func TestASKUThatIsNoLongerNamedIsSwitchedOff(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.create(k.draft("茶", 100, 200))
	d := k.draft("茶", 300)
	d.SKUs[0].ID, d.SKUs[0].Initial = p.SKUs[1].ID, 99
	after, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d)
	if err != nil || len(after.SKUs) != 1 || after.SKUs[0].ID != p.SKUs[1].ID || after.Price != 300 {
		t.Fatal(after, err)
	}
	offers, err := catalog.Offers(t.Context(), k.db.Reader(), []id.SKU{p.SKUs[0].ID})
	if err != nil || offers[p.SKUs[0].ID].SKU.Active {
		t.Errorf("%+v, %v", offers, err)
	}
	levels, err := inventory.Levels(t.Context(), k.db.Reader(), []id.SKU{p.SKUs[1].ID})
	if err != nil || levels[p.SKUs[1].ID].Available != 5 {
		t.Errorf("changing a product changed its stock: %+v, %v", levels, err)
	}
	if _, err := k.service.SetState(t.Context(), k.shop, p.ID,
		catalog.OnSale); fault.Code(err) != "catalog.no_picture" {
		t.Errorf("published without a picture: %v", err)
	}
	if _, err := k.service.OnSale(t.Context(), p.ID); fault.Code(err) != "catalog.not_found" {
		t.Errorf("a draft is seen: %v", err)
	}
}

func TestListsPageInEveryOrder(t *testing.T) {
	t.Parallel()
	k := open(t)
	prices := []int64{300, 100, 200, 100, 100}
	for i, p := range prices {
		k.create(k.draft(fmt.Sprintf("Green 茶 %d%%", i), p))
	}
	for _, sort := range []catalog.Sort{catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold} {
		seen, got := map[id.Product]bool{}, []int64{}
		r := page.Request{Limit: 2}
		for {
			p, err := k.service.List(t.Context(), catalog.Filter{Sort: sort}, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range p.Items {
				seen[i.ID], got = true, append(got, i.Price)
			}
			if r.Cursor = p.NextCursor; r.Cursor == "" {
				break
			}
		}
		if len(got) != len(prices) || len(seen) != len(prices) {
			t.Errorf("%s: %d shown, %d different", sort, len(got), len(seen))
		}
		if sort == catalog.PriceAsc && !slices.IsSorted(got) {
			t.Errorf("%s: %v", sort, got)
		}
	}
	for query, want := range map[string]int{"green": 5, "茶 GREEN": 5, "3%": 1, "%": 5, "_": 0, "green coffee": 0} {
		if p, err := k.service.List(t.Context(), catalog.Filter{Query: query}, page.Request{}); err != nil ||
			len(p.Items) != want {
			t.Errorf("%q finds %d, %v; want %d", query, len(p.Items), err, want)
		}
	}
}
