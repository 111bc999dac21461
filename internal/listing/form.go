package listing

import (
	"context"
	"reflect"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/commission"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
)

// Form is what a product's form said: what two people may edit at a time.
type Form struct {
	Title       lang.Text           `json:"title"`
	Description lang.Text           `json:"description"`
	Category    id.Category         `json:"category"`
	Pictures    []id.Media          `json:"pictures"`
	Options     []Option            `json:"options"`
	Commission  commission.Levels   `json:"commission"`
	Prices      map[id.SKU][2]int64 `json:"prices"` // now and before, in minor units
}

// Undoes reports whether d would have something that differs from what it was, as f has
// it, be again what it was.
func (f Form) Undoes(now Form, d Listing) bool {
	back := func(was, is, said any) bool {
		return !same(was, is) && same(was, said)
	}
	for _, k := range d.SKUs {
		was, before := f.Prices[k.ID]
		is, still := now.Prices[k.ID]
		if before && still && (back(was[0], is[0], k.Price) || back(was[1], is[1], k.WasPrice)) {
			return true
		}
	}
	return back(f.Title, now.Title, d.Title) || back(f.Description, now.Description, d.Description) ||
		back(f.Category, now.Category, d.Category) || back(f.Pictures, now.Pictures, d.Pictures) ||
		back(f.Options, now.Options, d.Options) || back(f.Commission, now.Commission, d.Commission)
}

// same takes an empty list or text for none.
func same(a, b any) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if k := va.Kind(); (k == reflect.Slice || k == reflect.Map) && va.Len() == 0 && vb.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

// Tell puts into the audit log what is asked for of a product by now, and what is paid to
// promoters, where that is another than f says.
func (f Form) Tell(ctx context.Context, tx *sqldb.Tx, shop id.Shop, product id.Product, d Listing) error {
	for _, k := range d.SKUs {
		was, known := f.Prices[k.ID]
		if now := [2]int64{k.Price, k.WasPrice}; known && now != was {
			if err := audit.Changed(ctx, tx, "price.changed", shop, k.ID, prices(was), prices(now)); err != nil {
				return err
			}
		}
	}
	if d.Commission == f.Commission {
		return nil
	}
	return audit.Changed(ctx, tx, "commission.changed", shop, product, f.Commission, d.Commission)
}

func prices(p [2]int64) map[string]int64 { return map[string]int64{"price": p[0], "was_price": p[1]} }
