package catalog_test

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/commission"
	"hawker/internal/listing"
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
func (k *store) without(p catalog.Product) listing.Listing {
	d := k.draft("壶", 100, 200)
	for i := range d.SKUs {
		d.SKUs[i].ID = p.SKUs[i].ID
	}
	return d
}

func TestASwitchedOffSKUKeepsItsWords(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	p := catalog.Product{Options: []listing.Option{{Values: []lang.Text{{lang.Chinese: "红"}}}}}
	for _, choice := range [][]int{{1}, {0, 0}, {-1}, {7, 7, 7}} {
		got := p.ChoiceText(catalog.SKU{Choice: choice}).In(lang.Chinese)
		if want := map[bool]string{true: "红"}[choice[0] == 0]; got != want {
			t.Errorf("choice %v: %q, want %q", choice, got, want)
		}
	}
}

// Two tabs have one product open. The second to save is told that it is not what
// they saw, instead of bringing the old price back.
func TestAStaleFormIsRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.create(k.draft("壶", 100))
	form := func(title string, price, version int64) error {
		d := k.draft(title, price)
		d.SKUs[0].ID, d.Version = p.SKUs[0].ID, version
		_, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d)
		return err
	}
	if err := form("壶", 70, p.Version); err != nil {
		t.Fatal(err)
	}
	if err := form("好壶", 100, p.Version); fault.Code(err) != "catalog.changed" {
		t.Errorf("the second of two forms: %v", err)
	}
	now, err := k.service.OfShop(t.Context(), k.shop, p.ID)
	if err != nil || now.SKUs[0].Price != 70 || now.Price != 70 || now.Version <= p.Version {
		t.Errorf("%+v, %v", now, err)
	}
	if err := form("好壶", 70, now.Version); err != nil {
		t.Errorf("read again and saved: %v", err)
	}
	if err := form("好壶", 70, 0); err != nil {
		t.Errorf("saved without a version: %v", err)
	}
}

// Of forms of one version that are sent at once one is taken.
func TestFormsSavedAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.create(k.draft("壶", 100))
	var group sync.WaitGroup
	var saved atomic.Int64
	for i := range 8 {
		group.Go(func() {
			d := k.draft("壶", int64(200+i))
			d.SKUs[0].ID, d.Version = p.SKUs[0].ID, p.Version
			_, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d)
			if err == nil {
				saved.Add(1)
			} else if fault.Code(err) != "catalog.changed" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	now, err := k.service.OfShop(t.Context(), k.shop, p.ID)
	if err != nil || saved.Load() != 1 || now.Version != p.Version+1 || now.SKUs[0].Price != now.Price {
		t.Errorf("%d were saved: %+v, %v", saved.Load(), now, err)
	}
}

func TestEachLevelHasItsRate(t *testing.T) {
	t.Parallel()
	k := open(t)
	d := k.draft("壶", 100)
	d.Commission = commission.Levels{1000, 300, 50}
	if p := k.create(d); p.Commission != d.Commission {
		t.Errorf("stored as %v", p.Commission)
	}
	for _, bad := range []commission.Levels{{4000, 900, 101}, {0, 0, -1}, {math.MaxInt64, math.MaxInt64, 2}} {
		d.Commission = bad
		_, err := k.service.Create(t.Context(), k.shop, id.User{}, d)
		if fault.Code(err) != "catalog.bad_commission" {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
