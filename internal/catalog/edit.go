package catalog

import (
	"context"
	"reflect"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/commission"
	"hawker/internal/listing"
	"hawker/internal/platform/sqldb"
)

// undoWithin is for how long a form that names no version may not put back what an edit
// has changed: longer than a form stays open.
const undoWithin = 24 * time.Hour

// form is what a product's form said: what two people may edit at a time.
type form struct {
	Title       lang.Text           `json:"title"`
	Description lang.Text           `json:"description"`
	Category    id.Category         `json:"category"`
	Pictures    []id.Media          `json:"pictures"`
	Options     []listing.Option    `json:"options"`
	Commission  commission.Levels   `json:"commission"`
	Prices      map[id.SKU][2]int64 `json:"prices"` // now and before, in minor units
}

func formOf(p Product) form {
	f := form{p.Title, p.Description, p.Category, []id.Media{}, p.Options, p.Commission, map[id.SKU][2]int64{}}
	for _, m := range p.Pictures {
		f.Pictures = append(f.Pictures, m.ID)
	}
	for _, k := range p.SKUs {
		f.Prices[k.ID] = [2]int64{k.Price, k.WasPrice}
	}
	return f
}

// current refuses a form that is not of the product as it stands: it names another
// version, or names none and would put back what the last edit has changed. Fault
// catalog.changed.
func current(ctx context.Context, tx *sqldb.Tx, p Product, d listing.Listing) error {
	if d.Version != 0 {
		if d.Version != p.Version {
			return errChanged()
		}
		return nil
	}
	if tx.Now().Sub(p.UpdatedAt) > undoWithin {
		return nil
	}
	before, err := saidBefore(ctx, tx, p.ID)
	if err == nil && before != nil && before.undoes(formOf(p), d) {
		err = errChanged()
	}
	return err
}

// undoes reports whether something that differs from what it was is to be again what
// it was.
func (f form) undoes(now form, d listing.Listing) bool {
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
