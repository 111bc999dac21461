package social_test

import (
	"context"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/social"
)

type shops map[id.Shop]bool

func (s shops) Exists(_ context.Context, shop id.Shop) error {
	if !s[shop] {
		return fault.NotFound("shop.not_found")
	}
	return nil
}

func TestAFollowCountsOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	shop := id.Make[id.Shop](db)
	s := social.New(db, shops{shop: true})
	a, b := id.Make[id.User](db), id.Make[id.User](db)
	for _, c := range []struct {
		user   id.User
		follow bool
		want   social.Standing
	}{
		{a, true, social.Standing{Following: true, Followers: 1}},
		{a, true, social.Standing{Following: true, Followers: 1}},
		{b, true, social.Standing{Following: true, Followers: 2}},
		{a, false, social.Standing{Followers: 1}},
		{a, false, social.Standing{Followers: 1}},
		{a, true, social.Standing{Following: true, Followers: 2}},
	} {
		if got, err := s.Follow(t.Context(), c.user, shop, c.follow, id.Room{}); err != nil || got != c.want {
			t.Errorf("follow %v: %+v, %v; want %+v", c.follow, got, err, c.want)
		}
	}
	if got, err := s.Standing(t.Context(), id.User{}, shop); err != nil || got.Following || got.Followers != 2 {
		t.Errorf("a visitor sees %+v, %v", got, err)
	}
	first, err := s.FollowersAfter(t.Context(), shop, id.User{}, 1)
	if err != nil || len(first) != 1 || first[0] != a {
		t.Fatalf("%v, %v", first, err)
	}
	rest, err := s.FollowersAfter(t.Context(), shop, first[0], 10)
	if err != nil || len(rest) != 1 || rest[0] != b {
		t.Errorf("%v, %v", rest, err)
	}
	if _, err := s.Follow(t.Context(), a, id.Make[id.Shop](db), true, id.Room{}); fault.Code(err) != "shop.not_found" {
		t.Errorf("a shop that is not there: %v", err)
	}
}
