package catalog

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/listing"
	"hawker/internal/platform/sqldb"
)

// undoWithin is for how long a form that names no version may not put back what an edit
// has changed: longer than a form stays open.
const undoWithin = 24 * time.Hour

func formOf(p Product) listing.Form {
	f := listing.Form{
		Title: p.Title, Description: p.Description, Category: p.Category, Pictures: []id.Media{}, Options: p.Options,
		Commission: p.Commission, Prices: map[id.SKU][2]int64{},
	}
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
	if err == nil && before != nil && before.Undoes(formOf(p), d) {
		err = errChanged()
	}
	return err
}
