package catalog

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
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

const (
	queryMax = 64
	wordsMax = 6
)

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
	rows, err := listProducts(ctx, s.db.Reader(), f, after, r.Size()+1)
	return page.Cut(rows, r.Size(), func(p Product) any { return position{f.Sort.key(p), p.ID} }), err
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

// folded makes one form of the many in which a word is typed: full-width or half,
// composed or not, in capitals or not.
func folded(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// words cuts a query into what must all be found. Signs that show nothing are in no
// title, and one of them would end the pattern that is looked for.
func words(query string) []string {
	w := strings.FieldsFunc(folded(query), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return w[:min(len(w), wordsMax)]
}

// searchText is what words are looked for in.
func searchText(p Product) string {
	var b strings.Builder
	for _, t := range p.Title {
		b.WriteString(folded(t) + " ")
	}
	return b.String()
}
