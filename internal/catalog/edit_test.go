package catalog_test

import (
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/listing"
)

// Two people have one form open and name no version: the second, who changes something
// else, does not put back what the first has changed. Whoever says so by the version,
// or comes a day later, may.
func TestAFormDoesNotPutBackAnEdit(t *testing.T) {
	t.Parallel()
	k, c := openManual(t)
	p := k.create(k.draft("茶", 1000, 2000))
	form := func(change func(d *listing.Listing)) listing.Listing {
		d := k.draft("茶", 1000, 2000)
		d.SKUs[0].ID, d.SKUs[1].ID = p.SKUs[0].ID, p.SKUs[1].ID
		change(&d)
		return d
	}
	save := func(d listing.Listing) string {
		t.Helper()
		next, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d)
		if err == nil {
			p = next
		}
		return fault.Code(err)
	}
	lower := func(d *listing.Listing) { d.SKUs[0].Price = 700 }
	words := func(d *listing.Listing) { d.Title = lang.Text{lang.Chinese: "新茶"} }
	if code := save(form(lower)); code != "" {
		t.Fatal(code)
	}
	if code := save(form(words)); code != "catalog.changed" {
		t.Errorf("the old price came back: %q", code)
	}
	if code := save(form(func(d *listing.Listing) { lower(d); words(d) })); code != "" {
		t.Errorf("an edit of what there is: %q", code)
	}
	if code := save(form(lower)); code != "catalog.changed" {
		t.Errorf("the old title came back: %q", code)
	}
	named := form(func(d *listing.Listing) { d.Version = p.Version })
	if code := save(named); code != "" || p.SKUs[0].Price != 1000 {
		t.Errorf("by the version it may: %q, %d", code, p.SKUs[0].Price)
	}
	c.Advance(25 * time.Hour)
	if code := save(form(func(d *listing.Listing) { lower(d); words(d) })); code != "" {
		t.Errorf("a day later no form is open any more: %q", code)
	}
}

// Each part of a form is kept from being put back, and nothing else is in the way.
func TestWhatAFormMayNotPutBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *listing.Listing){
		"title":       func(d *listing.Listing) { d.Title = lang.Text{lang.Chinese: "新"} },
		"description": func(d *listing.Listing) { d.Description = lang.Text{lang.Chinese: "说明"} },
		"commission":  func(d *listing.Listing) { d.Commission[0] += 100 },
		"price":       func(d *listing.Listing) { d.SKUs[0].Price++ },
		"was price":   func(d *listing.Listing) { d.SKUs[0].WasPrice = 5000 },
	} {
		k := open(t)
		p := k.create(k.draft("茶", 1000))
		d := k.draft("茶", 1000)
		d.SKUs[0].ID = p.SKUs[0].ID
		old := d
		old.SKUs = append([]listing.SKU{}, d.SKUs...)
		change(&d)
		if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d); err != nil {
			t.Fatal(name, err)
		}
		old.SKUs[0].Code += "x" // somebody else's own change
		_, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, old)
		if fault.Code(err) != "catalog.changed" {
			t.Errorf("%s was put back: %v", name, err)
		}
	}
}
