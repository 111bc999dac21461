package catalog_test

import (
	"strconv"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/platform/events/eventstest"
)

func TestAProductTellsThatItChanged(t *testing.T) {
	k := open(t)
	d := k.draft("茶", 1000)
	p := k.create(d)
	d.SKUs[0].ID = p.SKUs[0].ID
	d.SKUs[0].Price = 900
	if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d); err != nil {
		t.Fatal(err)
	}
	d.Version = 1
	if _, err := k.service.Change(t.Context(), k.shop, id.User{}, p.ID, d); fault.Code(err) != "catalog.changed" {
		t.Errorf("an old version: %v", err)
	}
	for range 2 { // the second changes nothing
		if _, err := k.service.SetState(t.Context(), k.shop, p.ID, catalog.OffSale); err != nil {
			t.Fatal(err)
		}
	}
	is := func(version int, what string) string {
		return `catalog.product_changed {"product":"` + p.ID.String() + `","shop":"` + k.shop.String() +
			`","version":` + strconv.Itoa(version) + `,"what":"` + what + `"}`
	}
	eventstest.Want(t, eventstest.Heard(t, k.db, catalog.EventProductChanged),
		is(1, "created"), is(2, "updated"), is(2, "state"))
}
