package account_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

type body = map[string]any

// around is what the module asks of others.
type around struct{ came []string }

func (*around) MembershipsOf(_ context.Context, u id.User, tag lang.Tag) ([]account.Membership, error) {
	return []account.Membership{{Name: string(tag), Role: "owner"}}, nil
}

func (a *around) CameBy(_ context.Context, u id.User, code string) error {
	a.came = append(a.came, code)
	return nil
}

func behind(t *testing.T, secure bool) (*httpapitest.Door, *account.Service, *around) {
	t.Helper()
	s, _, c := open(t)
	a := &around{}
	d := httpapitest.Open(t, c, account.API{
		Service: s, Shops: a, Came: a, Cookies: httpapi.CookiePolicy{Secure: secure},
	}.Module())
	return d, s, a
}

func TestComingIn(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		d, s, a := behind(t, secure)
		d.Strangers()
		answer := d.Do(id.User{}, "POST /auth/register", body{
			"email": "wang@example.com", "password": password, "display_name": "小王",
		}, "Cookie", "hawker_ref=abc123")
		if answer.Status != 201 {
			t.Fatalf("registering answers %d: %s", answer.Status, answer.Body)
		}
		cookie, err := http.ParseSetCookie(answer.Header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		if !cookie.HttpOnly || cookie.Secure != secure || cookie.SameSite != http.SameSiteLaxMode ||
			cookie.Path != "/" ||
			cookie.Domain != "" || strings.HasPrefix(cookie.Name, "__Host-") != secure {
			t.Errorf("secure %v: the cookie is %s", secure, cookie)
		}
		if !slices.Equal(a.came, []string{"abc123"}) {
			t.Errorf("came by %q", a.came)
		}
		actor, err := s.Authenticate(t.Context(), cookie.Value)
		if err != nil || actor.User.IsZero() || actor.Operator {
			t.Errorf("the cookie is of %+v, %v", actor, err)
		}
		in := d.Call(id.User{}, 200, "POST /auth/login", body{"email": " WANG@example.com ", "password": password})
		if got := in.Show("user.display_name", "user.email", "user.locale", "user.roles", "user.shops.0.name"); got !=
			"小王 wang@example.com en [shopper creator] en" || in.Text("token") == cookie.Value {
			t.Errorf("signed in: %s", got)
		}
		for _, c := range []struct {
			email, password string
			status          int
			code            string
		}{
			{"wang@example.com", "not the password", 401, "account.wrong_password"},
			{"nobody@example.com", password, 401, "account.wrong_password"},
			{"no address", password, 422, "account.bad_email"},
			{"wang@example.com", strings.Repeat("x", 257), 422, "request.invalid"},
		} {
			d.Refuse(id.User{}, c.status, c.code, "POST /auth/login", body{"email": c.email, "password": c.password})
		}
		d.Refuse(id.User{}, 409, "account.email_taken", "POST /auth/register", body{
			"email": "Wang@Example.com", "password": password, "display_name": "x",
		})
	}
}

func TestMyAccountAndMyBook(t *testing.T) {
	t.Parallel()
	d, s, _ := behind(t, false)
	wang, li := register(t, s, "wang@example.com"), register(t, s, "li@example.com")
	if me := d.Call(wang.ID, 200, "PATCH /me", body{"display_name": " 老王 ", "locale": "en"}); me.Show("display_name",
		"locale", "email") != "老王 en wang@example.com" {
		t.Errorf("changed: %v", me)
	}
	d.Refuse(wang.ID, 422, "account.bad_name", "PATCH /me", body{"display_name": "\u202e"})
	d.Refuse(wang.ID, 422, "request.invalid", "PATCH /me", body{"locale": "fr"})
	if me := d.Call(wang.ID, 200, "GET /me", nil); me.Show("display_name", "locale") != "老王 en" {
		t.Errorf("a refused change was kept: %v", me)
	}
	home := body{"name": "王", "phone": "１３８００００００００", "region": "云南", "detail": "1 号"}
	first := d.Call(wang.ID, 201, "POST /me/addresses", home)
	if got := first.Show("is_default", "phone"); got != "true 13800000000" {
		t.Errorf("the first address: %s", got)
	}
	d.Name("first", word(first.Text("id")))
	home["is_default"], home["detail"] = true, "2 号"
	d.Call(wang.ID, 201, "POST /me/addresses", home)
	if list := d.Call(wang.ID, 200, "GET /me/addresses", nil); list.Show("items.0.detail", "items.0.is_default",
		"items.1.detail", "items.1.is_default") != "2 号 true 1 号 false" {
		t.Errorf("the book: %v", list)
	}
	d.Refuse(li.ID, 404, "account.no_address", "PATCH /me/addresses/{first}", home)
	d.Refuse(li.ID, 404, "account.no_address", "DELETE /me/addresses/{first}", nil)
	d.Refuse(wang.ID, 422, "account.bad_phone", "PATCH /me/addresses/{first}",
		body{"name": "王", "phone": "call me", "region": "云南", "detail": "1 号"})
	d.Call(wang.ID, 204, "DELETE /me/addresses/{first}", nil)
	d.Refuse(wang.ID, 404, "account.no_address", "DELETE /me/addresses/{first}", nil)
}

type word string

func (w word) String() string { return string(w) }

func TestTheOperatorSeesEverybodyOnce(t *testing.T) {
	t.Parallel()
	d, s, _ := behind(t, false)
	var want []string
	for i := range 5 {
		want = append(want, register(t, s, fmt.Sprintf("u%d@example.com", i)).Email)
	}
	slices.Reverse(want)
	boss := id.FromInt[id.User](99)
	d.Appoint(boss)
	var got []string
	for cursor, more := "", true; more; more = cursor != "" {
		p := d.Call(boss, 200, "GET /admin/users?limit=2&cursor="+cursor, nil)
		for _, u := range p.List("items") {
			got = append(got, u.Text("email"))
		}
		cursor = p.Text("next_cursor")
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages hold %v, want %v", got, want)
	}
}

// What lies in the database tells a thief neither a password nor a session nor where
// somebody lives.
func TestAThiefOfTheDatabaseLearnsNothing(t *testing.T) {
	t.Parallel()
	s, db, _ := open(t)
	u := register(t, s, "wang@example.com")
	in, err := s.SignIn(t.Context(), "wang@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveAddress(t.Context(), u.ID, account.SavedAddress{
		Address: account.Address{Name: "王大明", Phone: "13812345678", Region: "云南昆明", Detail: "翠湖路 1 号"},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, table := range []string{"account_user", "account_session", "account_address"} {
		all += dump(t, db, table)
	}
	for _, secret := range []string{"wang@example.com", password, in.Token, "王大明", "13812345678", "昆明", "翠湖路"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q lies open in the database", secret)
		}
	}
	if !strings.Contains(all, "$argon2id$") {
		t.Errorf("no password hash is there: the dump is of the wrong tables: %.300s", all)
	}
}

func dump(t *testing.T, db *sqldb.DB, table string) (text string) {
	t.Helper()
	rows, err := db.Reader().Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	list, err := sqldb.Collect(rows, nil, func(s sqldb.Scanner) (string, error) {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		err := s.Scan(to...)
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				values[i] = string(raw)
			}
		}
		return fmt.Sprintln(values...), err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d rows, %v", table, len(list), err)
	}
	return strings.Join(list, "")
}

// Whoever signs in and out in whatever order, a session holds from its opening to its
// end and not a moment longer, and the ends of others do not touch it.
func TestSessionsHoldUntilTheirEnd(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := account.New(db, box, cache.NewMemoryLimiter(c))
	people := []account.User{register(t, s, "a@example.com"), register(t, s, "b@example.com")}
	type held struct {
		account.Session
		out bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		var all []held
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"in", "in", "out", "days", "sweep"}).Draw(rt, "what") {
			case "in":
				in, err := s.Open(t.Context(), rapid.SampledFrom(people).Draw(rt, "who"))
				if err != nil {
					rt.Fatal(err)
				}
				all = append(all, held{Session: in})
			case "out":
				if len(all) == 0 {
					continue
				}
				x := &all[rapid.IntRange(0, len(all)-1).Draw(rt, "which")]
				actor, err := account.New(db, box, cache.NewMemoryLimiter(c)).Authenticate(t.Context(), x.Token)
				if err == nil {
					err = s.SignOut(t.Context(), actor.Session)
					x.out = true
				}
				if err != nil && fault.Code(err) != "auth.session_expired" {
					rt.Fatal(err)
				}
			case "days":
				c.Advance(time.Duration(rapid.IntRange(1, 20).Draw(rt, "n")) * 24 * time.Hour)
			case "sweep":
				if err := s.SweepSessions(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		fresh := account.New(db, box, cache.NewMemoryLimiter(c)) // another node, which remembers nothing
		for _, x := range all {
			actor, err := fresh.Authenticate(t.Context(), x.Token)
			if x.out || !c.Now().Before(x.ExpiresAt) {
				if fault.Code(err) != "auth.session_expired" {
					rt.Fatalf("what has ended is still %+v, %v", actor, err)
				}
			} else if err != nil || actor.User != x.User.ID {
				rt.Fatalf("a session of %s is %+v, %v", x.User.ID, actor, err)
			}
		}
	})
}
