package catalog_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/listing"
	"hawker/internal/picture"
	"hawker/internal/platform/sqldb/sqltest"
)

func shelf() []string {
	return []string{
		"普洱茶 2026 春茶", "100% Cotton_Shirt", `back\slash`, "Café au lait", "ＷＩＤＥ width", "İstanbul", "straße 12",
		"50%", "a_b", "%%", "emoji 👩‍💻 cup", "'quoted' \"twice\"", "-- ; DROP TABLE product", "茶",
	}
}

// reads makes of a text what two people who read it agree on.
func reads(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// FuzzSearch looks for whatever is typed: what is found has every word in its title, and
// what has every word is found; the signs of patterns are signs like any other.
func FuzzSearch(f *testing.F) {
	for _, q := range []string{
		"", " ", "茶", "%", "_", `\`, "a_b", "50%", "100% cotton", "CAFE\u0301", "wide", "'", `"`, "; drop", "👩", "\x00",
		"\xff", strings.Repeat("茶 ", 20), strings.Repeat("长", 65), "i̇stanbul", "STRASSE", "a b c d e f g h",
	} {
		f.Add(q)
	}
	db := sqltest.NewSQLite(f)
	s, shop := catalog.New(db, picture.New(db, nil)), id.Make[id.Shop](db)
	kind, err := category.New(db).Add(f.Context(), lang.Text{lang.Chinese: "茶"})
	if err != nil {
		f.Fatal(err)
	}
	titles := map[id.Product]string{}
	for _, title := range shelf() {
		p, err := pictureless(s, f, shop, kind.ID, title)
		if err != nil {
			f.Fatal(err)
		}
		titles[p] = title
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, err := s.List(t.Context(), catalog.Filter{Shop: shop, Query: query}, page.Request{Limit: 50})
		if utf8.RuneCountInString(query) > 64 {
			if fault.Code(err) != "catalog.query_too_long" {
				t.Fatalf("a query of %d letters: %v", utf8.RuneCountInString(query), err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		found := map[id.Product]bool{}
		for _, it := range p.Items {
			found[it.ID] = true
		}
		words := strings.FieldsFunc(reads(query), func(r rune) bool {
			return unicode.IsSpace(r) ||
				unicode.IsControl(r)
		})
		words = words[:min(len(words), 6)]
		for product, title := range titles {
			want := utf8.ValidString(query)
			for _, w := range words {
				want = want && strings.Contains(reads(title), w)
			}
			if utf8.ValidString(query) && found[product] != want {
				t.Errorf("%q finds %q: %v", query, title, found[product])
			}
		}
	})
}

// pictureless makes a product as a draft: a search by its shop finds it.
func pictureless(s *catalog.Service, f *testing.F, shop id.Shop, category id.Category, title string) (id.Product,
	error,
) {
	p, err := s.Create(f.Context(), shop, id.User{}, listing.Listing{
		Title: lang.Text{lang.Chinese: title}, Category: category, SKUs: []listing.SKU{{Price: 1}},
	})
	return p.ID, err
}
