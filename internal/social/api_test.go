package social_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/social"
)

func TestFollowingBehindTheDoor(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	shop := id.Make[id.Shop](db)
	d := httpapitest.Open(t, clock, social.API{Service: social.New(db, shops{shop: true})}.Module())
	d.Name("shop", shop)
	d.Strangers()
	ann, bob := id.Make[id.User](db), id.Make[id.User](db)
	const path = "/shops/{shop}/follow"
	for _, c := range []struct {
		what   string
		who    id.User
		method string
		want   string
	}{
		{"a visitor looks", id.User{}, "GET", "false 0"},
		{"she follows", ann, "POST", "true 1"},
		{"again", ann, "POST", "true 1"},
		{"he looks", bob, "GET", "false 1"},
		{"he leaves what he never followed", bob, "DELETE", "false 1"},
		{"he follows", bob, "POST", "true 2"},
		{"she leaves", ann, "DELETE", "false 1"},
		{"and leaves", ann, "DELETE", "false 1"},
		{"a visitor looks again", id.User{}, "GET", "false 1"},
	} {
		if c.method == "DELETE" { // answers nothing; what it did is seen by looking
			d.Call(c.who, 204, "DELETE "+path, nil)
			c.method = "GET"
		}
		if got := d.Call(c.who, 200, c.method+" "+path, nil).Show("following", "followers"); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	d.Refuse(ann, 404, "shop.not_found", "POST /shops/"+id.Make[id.Shop](db).String()+"/follow", nil)
	d.Refuse(ann, 422, "request.invalid", "POST /shops/x/follow", nil)
	refused := 0
	for range 40 {
		if d.Do(bob, "POST "+path, nil).Status == 429 {
			refused++
		}
	}
	if refused == 0 || refused == 40 {
		t.Errorf("%d of 40 at once were refused", refused)
	}
}

// A follow is told once, with the room in which the button was; leaving tells nobody.
func TestAFollowIsToldOnce(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	shop, room, ann := id.Make[id.Shop](db), id.Make[id.Room](db), id.Make[id.User](db)
	s := social.New(db, shops{shop: true})
	var mu sync.Mutex
	var heard []social.Followed
	bus := events.NewBus(db, supervise.New(slog.New(slog.DiscardHandler), clock), events.Subscription{
		Consumer: "test", Event: social.EventFollowed, Notify: func(_ context.Context, env event.Envelope) error {
			f, err := event.Decode[social.Followed](env)
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, f)
			return err
		},
	})
	for _, follow := range []bool{true, true, false, false, true} {
		if _, err := s.Follow(t.Context(), ann, shop, follow, room); err != nil {
			t.Fatal(err)
		}
	}
	if err := bus.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := social.Followed{User: ann, Shop: shop, Room: room}
	if !slices.Equal(heard, []social.Followed{want, want}) {
		t.Errorf("told of %+v", heard)
	}
}

// Many press the button at the same time, some twice: the count is that of people.
func TestManyFollowAtOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	shop := id.Make[id.Shop](db)
	s := social.New(db, shops{shop: true})
	var group sync.WaitGroup
	for range 8 {
		u := id.Make[id.User](db)
		for range 2 {
			group.Go(func() {
				if _, err := s.Follow(t.Context(), u, shop, true, id.Room{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	all, err := s.FollowersAfter(t.Context(), shop, id.User{}, 100)
	if got, err2 := s.Standing(t.Context(), id.User{}, shop); err != nil || err2 != nil || got.Followers != 8 ||
		len(all) != 8 {
		t.Errorf("%d counted, %d listed, %v, %v", got.Followers, len(all), err, err2)
	}
}

// Whoever follows and leaves in whatever order, the count is that of the list, and
// its pages hold each follower once.
func TestTheCountIsThatOfTheList(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	known := shops{}
	s := social.New(db, known)
	rapid.Check(t, func(rt *rapid.T) {
		shop := id.Make[id.Shop](db)
		known[shop] = true
		crowd := make([]id.User, 5)
		for i := range crowd {
			crowd[i] = id.Make[id.User](db)
		}
		want := map[id.User]bool{}
		for range rapid.IntRange(0, 12).Draw(rt, "steps") {
			u, follow := rapid.SampledFrom(crowd).Draw(rt, "who"), rapid.Bool().Draw(rt, "follows")
			want[u] = follow
			after, err := s.Follow(t.Context(), u, shop, follow, id.Room{})
			if err != nil || after.Following != follow {
				rt.Fatalf("%+v, %v", after, err)
			}
		}
		var got []id.User
		for size, after := rapid.IntRange(1, 3).Draw(rt, "size"), (id.User{}); ; {
			page, err := s.FollowersAfter(t.Context(), shop, after, size)
			if err != nil {
				rt.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got, after = append(got, page...), page[len(page)-1]
		}
		n := 0
		for _, u := range crowd {
			follows, err := s.Follows(t.Context(), u, shop)
			if err != nil || follows != want[u] || slices.Contains(got, u) != want[u] {
				rt.Fatalf("%s: %v, listed in %v, want %v, %v", u, follows, got, want[u], err)
			}
			if follows {
				n++
			}
		}
		if st, err := s.Standing(t.Context(), id.User{}, shop); err != nil || st.Followers != int64(n) ||
			len(got) != n {
			rt.Fatalf("counted %d, listed %d, follow %d, %v", st.Followers, len(got), n, err)
		}
	})
}
