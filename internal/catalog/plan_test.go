package catalog_test

import (
	"fmt"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/sqldb/sqltest"
)

// Anybody may ask for any page of any list: each is a range of an index.
func TestListsAreReadAsRanges(t *testing.T) {
	t.Parallel()
	rec := &sqltest.Recorder{}
	db := sqltest.New(t, rec.Watch)
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &store{t: t, db: db, media: picture.New(db, disk), shop: id.Make[id.Shop](db)}
	k.service = catalog.New(db, k.media)
	shelf, err := category.New(k.db).Add(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	k.category = shelf.ID
	k.create(k.draft("壶", 100))
	sqltest.Fill(t, db, "product", func(n int64, r sqltest.Row) {
		r["id"], r["state"], r["price"], r["sold"] = r.Int("id")+n, "on_sale", r.Int("price")+n, n%97
		r["shop_id"], r["category_id"] = r.Int("shop_id")+n%3, r.Int("category_id")+n/3%3
	})
	for name, f := range map[string]catalog.Filter{
		"the mall":                   {State: catalog.OnSale},
		"a category":                 {State: catalog.OnSale, Category: k.category},
		"a shop":                     {State: catalog.OnSale, Shop: k.shop},
		"a category of a shop":       {State: catalog.OnSale, Shop: k.shop, Category: k.category},
		"a category that is none":    {State: catalog.OnSale, Category: id.Make[id.Category](db)},
		"a shop that sells nothing":  {State: catalog.OnSale, Shop: id.Make[id.Shop](db)},
		"what earns something":       {State: catalog.OnSale, Commission: true},
		"a shop's own, in any state": {Shop: k.shop},
	} {
		for _, sort := range []catalog.Sort{catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold} {
			if f.State == "" && sort != catalog.Newest {
				continue // the console sorts by nothing else
			}
			f.Sort = sort
			rec.WantPages(t, db, fmt.Sprintf("%s by %s", name, sort), func(cursor string) (string, error) {
				p, err := k.service.List(t.Context(), f, page.Request{Cursor: cursor, Limit: page.LimitMax})
				return p.NextCursor, err
			})
		}
	}
}

// Every product stands on one page of each list, whatever it is sorted by.
func TestPagesMissNothingAndRepeatNothing(t *testing.T) {
	t.Parallel()
	k := open(t)
	const products = 23
	for i := range products {
		p := k.create(k.draft("壶", int64(100+i%3)))
		if _, err := k.service.SetState(t.Context(), k.shop, p.ID, catalog.OffSale); err != nil {
			t.Fatal(err)
		}
	}
	for _, sort := range []catalog.Sort{catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold} {
		seen, cursor, last := map[id.Product]bool{}, "", int64(0)
		for {
			p, err := k.service.List(t.Context(), catalog.Filter{Shop: k.shop, Sort: sort}, page.Request{
				Cursor: cursor,
				Limit:  5,
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range p.Items {
				if seen[it.ID] {
					t.Errorf("by %s, %s stands on two pages", sort, it.ID)
				}
				if falls := map[catalog.Sort]bool{catalog.PriceAsc: it.Price < last}[sort]; falls {
					t.Errorf("by %s, %d comes after %d", sort, it.Price, last)
				}
				seen[it.ID], last = true, it.Price
			}
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		if len(seen) != products {
			t.Errorf("by %s, %d of %d products were listed", sort, len(seen), products)
		}
	}
}
