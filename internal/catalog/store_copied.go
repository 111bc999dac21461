package catalog

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/inventory"
	"hawker/internal/picture"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
	"hawker/internal/search"
)

// Variant is in what a copy of a product differs.
type Variant struct {
	Shop     id.Shop
	Category id.Category
	Title    lang.Text
	Pictures []picture.Picture
	Price    int64 // of each SKU
	Sold     int64
}

// Copied says how a product is copied with its SKUs and their first stock; each copy is a Variant, on sale.
func Copied() multiply.Plan {
	return multiply.Join(multiply.Plan{
		Tables: []multiply.Table{
			{
				Name: "product", By: "id", IDs: []string{"id"}, Times: []string{"created_at", "updated_at"},
				Change: func(_, r multiply.Row, as any) error {
					v, ok := as.(Variant)
					if !ok {
						return fmt.Errorf("a product is copied as %T", as)
					}
					v.fill(r)
					return nil
				},
			},
			{
				Name: "sku", By: "product_id", IDs: []string{"id", "product_id"},
				Change: func(_, r multiply.Row, as any) error {
					v, _ := as.(Variant)
					r.Set("shop_id", v.Shop)
					r.Set("price", v.Price)
					r.Set("was_price", 0)
					return nil
				},
			},
		},
		Sums: []multiply.Sum{indexed},
	}, inventory.CopiedSKU(shopOf))
}

func shopOf(as any) id.Shop {
	v, _ := as.(Variant)
	return v.Shop
}

func (v Variant) fill(r multiply.Row) {
	for column, value := range map[string]any{
		"shop_id": v.Shop, "category_id": v.Category, "title": text(v.Title), "pictures": text(v.Pictures),
		"search_text": searchText(Product{Title: v.Title}), "state": OnSale, "price": v.Price, "was_price": 0,
		"sold": v.Sold,
	} {
		r.Set(column, value)
	}
}

// indexed lets copies be found by their words.
func indexed(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	var docs []search.Doc
	for _, r := range written["product"] {
		docs = append(docs, search.Doc{ID: r.Int("id"), Text: r.Text("search_text")})
	}
	return search.PutAll(ctx, tx, search.Products, docs)
}
