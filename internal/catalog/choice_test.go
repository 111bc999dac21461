package catalog_test

import (
	"context"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/platform/sqldb"
)

// textOf is what readers of an offer call the choice of a SKU.
func (k *store) textOf(sku id.SKU) string {
	k.t.Helper()
	offers, err := catalog.Offers(k.t.Context(), k.db.Reader(), []id.SKU{sku})
	if err != nil {
		k.t.Fatal(err)
	}
	o := offers[sku]
	return o.Product.ChoiceText(o.SKU).In(lang.Chinese)
}

// without is the form of a product whose last value was taken out.
func (k *store) without(p catalog.Product) catalog.DraftProduct {
	d := k.draft("壶", 100, 200)
	for i := range d.SKUs {
		d.SKUs[i].ID = p.SKUs[i].ID
	}
	return d
}

func TestASwitchedOffSKUKeepsItsWords(t *testing.T) {
	k := open(t)
	p := k.create(k.draft("壶", 100, 200, 300))
	gone := p.SKUs[2].ID
	if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, k.without(p)); err != nil {
		t.Fatal(err)
	}
	if got := k.textOf(gone); got != "2" {
		t.Errorf("the value that was removed is called %q, want %q", got, "2")
	}
	renamed := k.without(p)
	renamed.Options[0].Values[1] = lang.Text{lang.Chinese: "青"}
	if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, renamed); err != nil {
		t.Fatal(err)
	}
	if got := k.textOf(p.SKUs[1].ID); got != "青" {
		t.Errorf("a value that is on offer is called %q, not by its new name", got)
	}
}

// Rows of before texts were kept get them at the last moment at which they are known.
func TestASKUOfBeforeTextsWereKept(t *testing.T) {
	k := open(t)
	p := k.create(k.draft("壶", 100, 200, 300))
	err := k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE sku SET choice_texts = NULL")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := k.textOf(p.SKUs[2].ID); got != "2" {
		t.Errorf("looked up in the options: %q, want %q", got, "2")
	}
	if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, k.without(p)); err != nil {
		t.Fatal(err)
	}
	if got := k.textOf(p.SKUs[2].ID); got != "2" {
		t.Errorf("after its value went: %q, want %q", got, "2")
	}
}

// A reader may hold the product of one moment and the SKU of another.
func TestAChoiceBeyondTheOptionsIsNoPanic(t *testing.T) {
	p := catalog.Product{Options: []catalog.Option{{Values: []lang.Text{{lang.Chinese: "红"}}}}}
	for _, choice := range [][]int{{1}, {0, 0}, {-1}, {7, 7, 7}} {
		got := p.ChoiceText(catalog.SKU{Choice: choice}).In(lang.Chinese)
		if want := map[bool]string{true: "红"}[choice[0] == 0]; got != want {
			t.Errorf("choice %v: %q, want %q", choice, got, want)
		}
	}
}
