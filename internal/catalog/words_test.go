package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// index reads what is older than the index, as the program does after a start.
func (k *store) index() {
	k.t.Helper()
	for _, task := range (&catalog.API{DB: k.db}).Module().Tasks {
		for {
			due, err := task.Next(k.t.Context(), k.db.Reader())
			if err != nil {
				k.t.Fatal(err)
			}
			if due.IsZero() {
				break
			}
			if err := task.Do(k.t.Context()); err != nil {
				k.t.Fatal(err)
			}
		}
	}
}

func (k *store) exec(query string) {
	k.t.Helper()
	err := k.db.Update(k.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// rename gives a product another title.
func (k *store) rename(p id.Product, title string) {
	k.t.Helper()
	d := k.draft(title, 100)
	is, err := k.service.OfShop(k.t.Context(), k.shop, p)
	if err != nil {
		k.t.Fatal(err)
	}
	d.Version, d.SKUs[0].ID = is.Version, is.SKUs[0].ID
	if _, err := k.service.Change(k.t.Context(), k.shop, id.User{}, p, d); err != nil {
		k.t.Fatal(err)
	}
}

// crowd fills the mall with what holds "abc" and "bcd", after one thing that holds "abcd" and
// one that is called "ruyao".
func crowd(t *testing.T, rec *sqltest.Recorder) (k *store, far, rare id.Product) {
	t.Helper()
	k = openOn(t, sqltest.New(t, rec.Watch))
	far = k.create(k.draft("abcd", 100)).ID
	sqltest.Fill(t, k.db, "product", func(n int64, r sqltest.Row) {
		r["id"], r["state"], r["price"], r["sold"] = r.Int("id")+n, "on_sale", r.Int("price")+n, n%97
		r["search_text"], r["shop_id"] = "abc bcd ", r.Int("shop_id")+1
	})
	k.exec("DELETE FROM search_gram")
	k.exec("INSERT INTO search_backlog (kind, upto) VALUES (1, 0)")
	k.index()
	rare = k.create(k.draft("Ruyao 汝窑", 100)).ID
	k.exec("UPDATE product SET state = 'on_sale', commission_l1 = 0")
	return k, far, rare
}

// found reads a whole search and says how many pages it had.
func (k *store) found(f catalog.Filter) (found []id.Product, pages int) {
	k.t.Helper()
	for cursor := ""; ; {
		p, err := k.service.List(k.t.Context(), f, page.Request{Cursor: cursor, Limit: page.LimitMax})
		if err != nil {
			k.t.Fatal(err)
		}
		pages++
		for _, it := range p.Items {
			found = append(found, it.ID)
		}
		if cursor = p.NextCursor; cursor == "" {
			return found, pages
		}
	}
}

// Anybody may look for anything: no word makes the mall read all its goods at once.
func TestNoWordReadsTheWholeMall(t *testing.T) {
	t.Parallel()
	rec := &sqltest.Recorder{}
	k, far, rare := crowd(t, rec)
	for name, c := range map[string]struct {
		filter catalog.Filter
		want   []id.Product
		pages  int // at most
	}{
		"a rare word":                     {catalog.Filter{Query: "ruyao"}, []id.Product{rare}, 1},
		"two letters of it":               {catalog.Filter{Query: "ya"}, []id.Product{rare}, 1},
		"a sign of it":                    {catalog.Filter{Query: "汝"}, []id.Product{rare}, 1},
		"a rare and a common word":        {catalog.Filter{Query: "汝窑 abc"}, nil, 1},
		"a word that is nowhere":          {catalog.Filter{Query: "zzz"}, nil, 1},
		"a word of common grams":          {catalog.Filter{Query: "abcd"}, []id.Product{far}, 6},
		"a rare word of another shop":     {catalog.Filter{Query: "ruyao", Shop: id.Make[id.Shop](k.db)}, nil, 1},
		"what earns something, of nobody": {catalog.Filter{Commission: true}, nil, 6},
	} {
		for _, sort := range []catalog.Sort{catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold} {
			f := c.filter
			f.State, f.Sort = catalog.OnSale, sort
			what := fmt.Sprintf("%s by %s", name, sort)
			rec.WantRanges(t, k.db, what, func() error {
				_, err := k.service.List(t.Context(), f, page.Request{})
				return err
			})
			got, pages := k.found(f)
			if !slices.Equal(got, c.want) || pages > c.pages {
				t.Errorf("%s: %v in %d pages, want %v in %d", what, got, pages, c.want, c.pages)
			}
		}
	}
}

// A common word is found page after page, each product once, in the order of the sort.
func TestACommonWordIsPaged(t *testing.T) {
	t.Parallel()
	k, far, _ := crowd(t, &sqltest.Recorder{})
	for _, sort := range []catalog.Sort{catalog.Newest, catalog.PriceAsc, catalog.PriceDesc, catalog.BestSold} {
		got, _ := k.found(catalog.Filter{State: catalog.OnSale, Query: "BCD", Sort: sort})
		once := slices.Clone(got)
		slices.SortFunc(once, func(a, b id.Product) int { return int(a.Int() - b.Int()) })
		if n := len(slices.Compact(once)); n != sqltest.Many+1 || len(got) != n {
			t.Errorf("by %s: %d products, %d of them different, want %d", sort, len(got), n, sqltest.Many+1)
		}
		if sort == catalog.Newest && got[len(got)-1] != far {
			t.Errorf("the oldest is not the last")
		}
	}
}

// What is found is what the title says now.
func TestWordsFollowTheTitle(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.create(k.draft("Celadon mug 青瓷杯", 100)).ID
	finds := func(query string) bool {
		got, _ := k.found(catalog.Filter{Shop: k.shop, Query: query})
		return len(got) == 1
	}
	for _, query := range []string{"mug", "cel", "青瓷", "杯", "ladon", "瓷杯 celadon"} {
		if !finds(query) {
			t.Errorf("%q does not find the mug", query)
		}
	}
	k.rename(p, "Celadon bowl 青瓷碗")
	for query, want := range map[string]bool{
		"mug": false, "杯": false, "bowl": true, "碗": true, "celadon": true, "青瓷": true, "瓷碗": true,
	} {
		if finds(query) != want {
			t.Errorf("%q finds the bowl: %v", query, !want)
		}
	}
}

// Goods from before there was an index are found while it is made, and after.
func TestGoodsOlderThanTheIndexAreFound(t *testing.T) {
	t.Parallel()
	k := open(t)
	var want []id.Product
	for i := range 3 {
		want = append(want, k.create(k.draft(fmt.Sprintf("茶壶 %d", i), 100)).ID)
	}
	slices.Reverse(want)
	k.exec("DELETE FROM search_gram")
	k.exec("INSERT INTO search_backlog (kind, upto) VALUES (1, 0)")
	look := func(when string) {
		t.Helper()
		if got, _ := k.found(catalog.Filter{Shop: k.shop, Query: "茶壶"}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	look("before it is made")
	// Named anew meanwhile: what it was called may be proposed, and is not found.
	k.rename(want[0], "茶杯")
	want = want[1:]
	look("in between")
	k.index()
	look("afterwards")
	for _, task := range (&catalog.API{DB: k.db}).Module().Tasks {
		if due, err := task.Next(t.Context(), k.db.Reader()); err != nil || !due.IsZero() {
			t.Errorf("the index is never complete: %v, %v", due, err)
		}
	}
}
