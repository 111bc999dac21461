package inventory

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// Copied says how movements are copied with what caused them; ref is how they name it.
func Copied(ref func(id int64) string) multiply.Plan {
	return multiply.Plan{
		Tables: []multiply.Table{{
			Name: "stock_movement", By: "ref", Ref: ref, IDs: []string{"id"}, Texts: []string{"ref"},
			Times: []string{"created_at"},
		}},
		Sums: []multiply.Sum{sumMovements},
	}
}

// CopiedSKU says how the stock of a SKU is copied: as it was when it was opened, in the shop of the copy.
func CopiedSKU(shop func(as any) id.Shop) multiply.Plan {
	opened := Copied(func(n int64) string { return openRef(id.FromInt[id.SKU](n)) })
	opened.Tables[0].IDs = append(opened.Tables[0].IDs, "sku_id")
	return multiply.Join(multiply.Plan{Tables: []multiply.Table{{
		Name: "stock", By: "sku_id", IDs: []string{"sku_id"}, Change: func(_, r multiply.Row, as any) error {
			r.Set("shop_id", shop(as))
			for _, column := range []string{"available", "reserved", "allotted", "sold"} {
				r.Set(column, 0) // its movements are added up
			}
			return nil
		},
	}}}, opened)
}

// sumMovements makes rows of stock the sums of their movements.
func sumMovements(ctx context.Context, tx *sqldb.Tx, written map[string][]multiply.Row) error {
	sums := map[int64]movement{}
	for _, r := range written["stock_movement"] {
		m := sums[r.Int("sku_id")]
		m.available += r.Int("available_delta")
		m.reserved += r.Int("reserved_delta")
		m.allotted += r.Int("allotted_delta")
		m.sold += r.Int("sold_delta")
		sums[r.Int("sku_id")] = m
	}
	for sku, m := range sums {
		_, err := tx.Exec(ctx, `UPDATE stock SET available = available + ?, reserved = reserved + ?,
			allotted = allotted + ?, sold = sold + ? WHERE sku_id = ?`, m.available, m.reserved, m.allotted, m.sold, sku)
		if err != nil {
			return err
		}
	}
	return nil
}
