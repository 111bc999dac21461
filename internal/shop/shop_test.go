package shop_test

import (
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/shop"
)

func TestARoleMayWhatItsWorkNeeds(t *testing.T) {
	db := sqltest.New(t)
	s := shop.New(db)
	owner, worker := id.Make[id.User](db), id.Make[id.User](db)
	sh, err := s.Open(t.Context(), lang.Text{lang.Chinese: "茶铺"}, "", owner)
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Open(t.Context(), lang.Text{lang.Chinese: "别家"}, "", id.Make[id.User](db))
	if err != nil {
		t.Fatal(err)
	}
	want := func(user id.User, at id.Shop, permission string, may bool) {
		t.Helper()
		if got, err := s.May(t.Context(), user, at, permission); got != may || err != nil {
			t.Errorf("%s at %s: %v, %v", permission, at, got, err)
		}
	}
	want(owner, sh.ID, shop.WriteCatalog, true)
	want(owner, other.ID, shop.ReadOrders, false)
	want(worker, sh.ID, shop.ReadCatalog, false)
	want(id.User{}, sh.ID, shop.ReadCatalog, false)
	for _, c := range []struct {
		role    shop.Role
		may     string
		mayNot  []string
		members int
	}{
		{shop.Host, shop.RunLive, []string{shop.WriteCatalog, shop.WriteStock, shop.Ship}, 1},
		{shop.Warehouse, shop.Ship, []string{shop.WriteCatalog, shop.RunLive, shop.ReadFigures}, 1},
		{shop.Support, shop.ReadOrders, []string{shop.Ship, shop.WriteStock, shop.RunLive}, 1},
		{"stranger", "", []string{shop.ReadCatalog, shop.ReadOrders}, 1},
	} {
		if err := s.Hire(t.Context(), sh.ID, worker, c.role); err != nil { // replaces the role before
			t.Fatal(err)
		}
		if c.may != "" {
			want(worker, sh.ID, c.may, true)
		}
		for _, p := range c.mayNot {
			want(worker, sh.ID, p, false)
		}
		if m, err := s.MembersOf(t.Context(), worker); err != nil || len(m) != c.members || m[0].Role != c.role || m[0].Shop.ID != sh.ID {
			t.Errorf("works at %+v, %v", m, err)
		}
	}
	if _, err := s.ByID(t.Context(), id.Make[id.Shop](db)); fault.Code(err) != "shop.not_found" {
		t.Errorf("a shop that is not there: %v", err)
	}
}
