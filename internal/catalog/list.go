package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
	"hawker/internal/search"
)

// Sort orders a list of products.
type Sort string

// The orders.
const (
	Newest    Sort = "newest"
	PriceAsc  Sort = "price_asc"
	PriceDesc Sort = "price_desc"
	BestSold  Sort = "sold"
)

// Filter narrows a list of products; the zero value is all.
type Filter struct {
	Shop       id.Shop
	Category   id.Category
	State      State // "": any, which only a merchant may ask for
	Query      string
	Sort       Sort
	Commission bool // only what earns a promoter something
}

const queryMax = 64

// position is where a page ended.
type position struct {
	Key int64      `json:"k"`
	ID  id.Product `json:"i"`
}

// List answers one page of products without their SKUs, description and options.
func (s *Service) List(ctx context.Context, f Filter, r page.Request) (page.Page[Product], error) {
	var after position
	if err := page.Decode(r.Cursor, &after); err != nil {
		return page.Page[Product]{}, err
	}
	if utf8.RuneCountInString(f.Query) > queryMax {
		return page.Page[Product]{}, fault.Invalid("catalog.query_too_long", "max", queryMax)
	}
	if f.loose() {
		return s.listLoose(ctx, f, after, r.Size())
	}
	rows, err := listProducts(ctx, s.db.Reader(), f, after, r.Size()+1)
	return page.Cut(rows, r.Size(), f.Sort.after), err
}

// loose reports a condition that no index holds.
func (f Filter) loose() bool { return f.Commission || len(search.Words(f.Query)) > 0 }

// after is where a page that ends with a product ends.
func (s Sort) after(p Product) any { return position{s.key(p), p.ID} }

// listLoose reads what holds the words, when they are rare; else it walks the list, a bounded
// way a page. A page may then be short, or empty, and still have one after it.
func (s *Service) listLoose(ctx context.Context, f Filter, after position, size int) (page.Page[Product], error) {
	q := s.db.Reader()
	docs, rare, err := search.Docs(ctx, q, search.Products, search.Words(f.Query))
	if err != nil {
		return page.Page[Product]{}, err
	}
	if rare {
		found, err := amongProducts(ctx, q, f, sqldb.Args(docs))
		found = slices.DeleteFunc(found, func(p Product) bool { return !f.Sort.isAfter(p, after) })
		slices.SortFunc(found, f.Sort.compare)
		return page.Cut(found[:min(len(found), size+1)], size, f.Sort.after), err
	}
	found, last, err := walkProducts(ctx, q, f, after, size+1)
	out := page.Cut(found, size, f.Sort.after)
	if out.NextCursor == "" && last != nil {
		out.NextCursor = page.Encode(*last)
	}
	return out, err
}

func (s Sort) compare(a, b Product) int {
	up := cmp.Or(cmp.Compare(s.key(a), s.key(b)), cmp.Compare(a.ID.Int(), b.ID.Int()))
	if s == PriceAsc {
		return up
	}
	return -up
}

// isAfter reports that a product stands after the end of a page.
func (s Sort) isAfter(p Product, end position) bool {
	if end.ID.IsZero() {
		return true
	}
	back := cmp.Or(cmp.Compare(s.key(p), end.Key), cmp.Compare(p.ID.Int(), end.ID.Int()))
	return back > 0 == (s == PriceAsc) && back != 0
}

func (s Sort) key(p Product) int64 {
	switch s {
	case PriceAsc, PriceDesc:
		return p.Price
	case BestSold:
		return p.Sold
	case Newest:
	}
	return p.ID.Int()
}

// searchText is what words are looked for in.
func searchText(p Product) string {
	var b strings.Builder
	for _, t := range p.Title {
		b.WriteString(search.Fold(t) + " ")
	}
	return b.String()
}
