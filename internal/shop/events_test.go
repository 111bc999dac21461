package shop_test

import (
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/shop"
)

func TestAShopTellsWhoWorksThere(t *testing.T) {
	db := sqltest.New(t)
	s := shop.New(db)
	owner, worker, other := id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db)
	sh, err := s.Open(t.Context(), lang.Text{lang.Chinese: "茶铺"}, "", owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{
		s.Hire(t.Context(), sh.ID, worker, shop.Host),
		s.Appoint(t.Context(), sh.ID, owner, worker, shop.Host), // as before
		s.Appoint(t.Context(), sh.ID, owner, worker, shop.Support),
		s.Dismiss(t.Context(), sh.ID, owner, worker),
		s.Dismiss(t.Context(), sh.ID, owner, worker),
		s.Appoint(t.Context(), sh.ID, owner, other, shop.Manager),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if s.Dismiss(t.Context(), sh.ID, other, owner) == nil {
		t.Error("the owner was dismissed")
	}
	staff := func(user id.User, roles string) string {
		return `shop.staff_changed {"shop":"` + sh.ID.String() + `","user":"` + user.String() + `",` + roles + "}"
	}
	eventstest.Want(t, eventstest.Heard(t, db, shop.EventOpened, shop.EventStaffChanged),
		`shop.opened {"shop":"`+sh.ID.String()+`","owner":"`+owner.String()+`"}`,
		staff(worker, `"to":"host"`), staff(worker, `"from":"host","to":"support"`), staff(worker, `"from":"support"`),
		staff(other, `"to":"manager"`))
}
