package shop_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/shop"
)

func TestARoleMayWhatItsWorkNeeds(t *testing.T) {
	t.Parallel()
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
	want := func(user id.User, at id.Shop, p permission.Permission, may bool) {
		t.Helper()
		if got, err := s.May(t.Context(), user, at, p); got != may || err != nil {
			t.Errorf("%s at %s: %v, %v", p, at, got, err)
		}
	}
	want(owner, sh.ID, permission.CatalogWrite, true)
	want(owner, other.ID, permission.OrdersRead, false)
	want(worker, sh.ID, permission.CatalogRead, false)
	want(id.User{}, sh.ID, permission.CatalogRead, false)
	for _, c := range []struct {
		role    shop.Role
		may     permission.Permission
		mayNot  []permission.Permission
		members int
	}{
		{shop.Host, permission.LiveRun, []permission.Permission{
			permission.CatalogWrite, permission.StockWrite,
			permission.OrdersShip,
		}, 1},
		{shop.Warehouse, permission.OrdersShip, []permission.Permission{
			permission.CatalogWrite, permission.LiveRun,
			permission.FiguresRead,
		}, 1},
		{shop.Support, permission.OrdersRead, []permission.Permission{
			permission.OrdersShip, permission.StockWrite,
			permission.LiveRun,
		}, 1},
		{"stranger", "", []permission.Permission{permission.CatalogRead, permission.OrdersRead}, 1},
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
		if m, err := s.MembersOf(t.Context(), worker); err != nil || len(m) != c.members || m[0].Role != c.role ||
			m[0].Shop.ID != sh.ID {
			t.Errorf("works at %+v, %v", m, err)
		}
	}
	if _, err := s.ByID(t.Context(), id.Make[id.Shop](db)); fault.Code(err) != "shop.not_found" {
		t.Errorf("a shop that is not there: %v", err)
	}
}

func TestNobodyUnmakesTheOwner(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := shop.New(db)
	owner, manager, host, other := id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db),
		id.Make[id.User](db)
	sh, err := s.Open(t.Context(), lang.Text{lang.Chinese: "茶铺"}, "", owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what     string
		by, user id.User
		role     shop.Role
		code     string
	}{
		{"the owner makes a manager", owner, manager, shop.Manager, ""},
		{"a manager makes a host", manager, host, shop.Host, ""},
		{"and makes him a moderator", manager, host, shop.Moderator, ""},
		{"a manager makes a manager", manager, other, shop.Manager, "shop.owner_stays"},
		{"a manager lowers the owner", manager, owner, shop.Host, "shop.owner_stays"},
		{"the owner lowers himself", owner, owner, shop.Host, "shop.owner_stays"},
		{"a second owner", owner, other, shop.Owner, "shop.bad_role"},
		{"a role that is not there", owner, other, "king", "shop.bad_role"},
		{"a manager is dismissed by a manager", manager, manager, "", "shop.owner_stays"},
		{"the owner dismisses him", owner, manager, "", ""},
	} {
		var err error
		if c.role == "" {
			err = s.Dismiss(t.Context(), sh.ID, c.by, c.user)
		} else {
			err = s.Appoint(t.Context(), sh.ID, c.by, c.user, c.role)
		}
		if fault.Code(err) != c.code || (err == nil) != (c.code == "") {
			t.Errorf("%s: %v, want %q", c.what, err, c.code)
		}
	}
	staff, err := s.Staff(t.Context(), sh.ID)
	if err != nil || len(staff) != 2 || staff[0].Role != shop.Owner || staff[1].Role != shop.Moderator {
		t.Errorf("staff: %+v, %v", staff, err)
	}
}

// Two who manage the staff appoint at once while one place is left.
func TestAShopsStaffIsNeverTooMany(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := shop.New(db)
	owner := id.Make[id.User](db)
	sh, err := s.Open(t.Context(), lang.Text{lang.Chinese: "茶铺"}, "", owner)
	if err != nil {
		t.Fatal(err)
	}
	var last id.User
	for range shop.StaffMax - 3 { // the owner is one
		last = id.Make[id.User](db)
		if err := s.Hire(t.Context(), sh.ID, last, shop.Host); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	var full atomic.Int64
	for range 8 {
		user := id.Make[id.User](db)
		group.Go(func() {
			err := s.Appoint(t.Context(), sh.ID, owner, user, shop.Host)
			if fault.Code(err) == "shop.staff_full" {
				full.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	staff, err := s.Staff(t.Context(), sh.ID)
	if err != nil || len(staff) != shop.StaffMax || full.Load() != 6 {
		t.Errorf("%d work there, %d refused, %v", len(staff), full.Load(), err)
	}
	if err := s.Appoint(t.Context(), sh.ID, owner, last, shop.Support); err != nil {
		t.Errorf("another role for a colleague of a full shop: %v", err)
	}
}
