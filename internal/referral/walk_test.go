package referral_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/referral"
)

// bond is what a walk knows of who brought somebody.
type bond struct {
	to    id.User
	until time.Time
}

// TestATreeUnderAnything: whoever comes by whose link in whatever order, the first
// binding holds until it ends, nobody is above themselves, and each sees their own team.
func TestATreeUnderAnything(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	rapid.Check(t, func(rt *rapid.T) {
		people := make([]id.User, 6)
		for i := range people {
			people[i] = m.user(fmt.Sprint(i))
			m.code(people[i])
		}
		bonds := map[id.User]bond{}
		someone := func(what string) id.User { return people[rapid.IntRange(0, 5).Draw(rt, what)] }
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "wait") == 0 {
				m.clock.Advance(rapid.SampledFrom([]time.Duration{time.Hour, bindFor / 2, bindFor}).Draw(rt, "for"))
			}
			u, p := someone("who"), someone("by")
			code := ""
			switch now := m.clock.Now(); {
			case u == p:
				code = referral.CodeSelfBind
			case now.Before(bonds[u].until):
				code = referral.CodeAlreadyBound
			case above(bonds, p, u):
				code = referral.CodeBindLoop
			}
			if err := m.bind(u, p); fault.Code(err) != code || (code == "" && err != nil) {
				rt.Fatalf("%v, want %q", err, code)
			}
			if code == "" {
				bonds[u] = bond{p, m.clock.Now().Add(bindFor)}
			}
		}
		m.wantTree(rt, people, bonds)
	})
}

// above reports whether a user stands anywhere above another, ended bindings included.
func above(bonds map[id.User]bond, from, user id.User) bool {
	for !from.IsZero() && from != user {
		from = bonds[from].to
	}
	return from == user
}

func (m *mall) wantTree(rt *rapid.T, people []id.User, bonds map[id.User]bond) {
	now := m.clock.Now()
	held := func(u id.User) id.User {
		if b := bonds[u]; now.Before(b.until) {
			return b.to
		}
		return id.User{}
	}
	for _, u := range people {
		if got := m.parent(u); got != held(u) {
			rt.Fatalf("%s is %s's, want %s", u, got, held(u))
		}
		name, err := m.people.ParentName(m.t.Context(), u, now)
		if want := referral.Mask(m.names[held(u)]); err != nil || (held(u).IsZero() && name != "") ||
			(!held(u).IsZero() && name != want) {
			rt.Fatalf("%s was brought by %q, %v", u, name, err)
		}
		want := map[int]int{}
		for _, other := range people {
			if held(other) == u {
				want[1]++
			}
			if b := held(other); !b.IsZero() && held(b) == u {
				want[2]++
			}
		}
		team, err := m.people.TeamOf(m.t.Context(), u, now)
		for _, one := range team {
			want[one.Level]--
		}
		if err != nil || want[1] != 0 || want[2] != 0 || len(want) > 2 {
			rt.Fatalf("the team of %s is %+v, %v; off by %v", u, team, err, want)
		}
	}
}

// Each target has its page and a link of its own, also when many ask at once.
func TestLinksLeadWhereTheyShould(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	u := m.user("u")
	product, room, video := id.Make[id.Product](m.db), id.Make[id.Room](m.db), id.Make[id.Video](m.db)
	codes := map[string]bool{}
	for path, target := range map[string]referral.Target{
		"/": {}, "/p/" + product.String(): {Product: product}, "/live/" + room.String(): {Room: room},
		"/v/" + video.String(): {Video: video},
	} {
		var group sync.WaitGroup
		got := make([]referral.Link, 6)
		for i := range got {
			group.Go(func() {
				l, err := m.people.LinkTo(t.Context(), u, target)
				if err != nil {
					t.Error(err)
				}
				got[i] = l
			})
		}
		group.Wait()
		for _, l := range got {
			if l != got[0] || len(l.Code) != 8 || l.URL != "https://mall.example/s/"+l.Code {
				t.Errorf("%s has the links %v", path, got)
			}
		}
		codes[got[0].Code] = true
		if to, known, err := m.people.Visit(t.Context(), got[0].Code); err != nil || !known || to != path ||
			target.Path() != to {
			t.Errorf("%s leads to %s, %v, %v", got[0].Code, to, known, err)
		}
	}
	if len(codes) != 4 {
		t.Errorf("%d codes for 4 targets", len(codes))
	}
	for _, code := range []string{
		"", "x", strings.Repeat("x", 17), strings.Repeat("x", 10_000), "%", "' OR 1=1",
		"\x00", "王",
	} {
		if to, known, err := m.people.Visit(t.Context(), code); err != nil || known || to != "/" {
			t.Errorf("%.20q leads to %s, %v, %v", code, to, known, err)
		}
		if name, ok, err := m.people.PromoterName(t.Context(), code, m.user("v")); err != nil || ok || name != "" {
			t.Errorf("%.20q earns for %q, %v, %v", code, name, ok, err)
		}
	}
}

// A visitor is told who earns: the owner of the link by which they came, else whom they
// are bound to, and nobody where it would be themselves.
func TestWhoEarnsIsSaid(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	owner, promoter, buyer := m.user("Owner"), m.user("Promo"), m.user("Buyer")
	m.mustBind(buyer, promoter)
	for name, c := range map[string]struct {
		code    string
		visitor id.User
		want    string
	}{
		"by a link":              {m.code(owner), buyer, "Owner"},
		"by a link, a visitor":   {m.code(owner), id.User{}, "Owner"},
		"by none":                {"", buyer, "Promo"},
		"by a link of nobody's":  {"nosuchcd", buyer, "Promo"},
		"by none, a visitor":     {"", id.User{}, ""},
		"by their own link":      {m.code(buyer), buyer, ""},
		"by none, bound to none": {"", owner, ""},
	} {
		if got, ok, err := m.people.PromoterName(t.Context(), c.code, c.visitor); err != nil || got != c.want ||
			ok != (c.want != "") {
			t.Errorf("%s: %q, %v, %v; want %q", name, got, ok, err, c.want)
		}
	}
	m.clock.Advance(bindFor)
	if got, ok, err := m.people.PromoterName(t.Context(), "", buyer); err != nil || ok {
		t.Errorf("after the binding's end: %q, %v", got, err)
	}
}

// A name is told by its first letter, whatever letters it has.
func TestMaskedNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "**", "A": "A**", "王小明": "王**", "🙂 smile": "🙂**", "\xff": "\ufffd**", strings.Repeat("长", 1000): "长**",
	} {
		if got := referral.Mask(name); got != want {
			t.Errorf("%.10q is shown as %q, want %q", name, got, want)
		}
	}
}

// Each visit is counted, is kept by nobody on the way, and is remembered by the browser.
func TestVisitsAreCounted(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	code := m.code(m.user("u"))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := func() *http.Response {
		t.Helper()
		res, err := client.Get(s.URL + "/s/" + code)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for range 3 {
		if res := visit(); res.StatusCode != http.StatusFound || res.Header.Get("Cache-Control") != "no-store" ||
			len(res.Cookies()) != 1 || res.Cookies()[0].Name != httpapi.RefCookie {
			t.Errorf("%d %v", res.StatusCode, res.Header)
		}
	}
	visits := func() (n int) {
		t.Helper()
		if err := m.db.Reader().QueryRow(t.Context(), "SELECT SUM(visits) FROM share_link").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if visits() != 3 {
		t.Errorf("%d visits are counted", visits())
	}
}
