package operator_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/operator"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/keyring"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/shop"
	"hawker/internal/signin"
)

const password = "a long password"

type kit struct {
	*operator.Service
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	people *account.Service
	shops  *shop.Service
	signin *signin.Service
	door   *httpapitest.Door
}

type nobody struct{}

func (nobody) CameBy(context.Context, id.User, string) error { return nil }

func open(t *testing.T) *kit {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box, err := keyring.Ring{Path: t.TempDir() + "/master.key"}.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, db: db, clock: c, shops: shop.New(db)}
	k.people = account.New(account.Options{DB: db, Box: box, Protected: k.shops})
	k.signin = signin.New(signin.Options{
		DB: db, Box: box, Log: slog.New(slog.DiscardHandler), People: k.people, Owners: k.shops,
		Limiter: cache.NewMemoryLimiter(c), Idle: time.Hour, Max: time.Hour,
	})
	k.Service = operator.New(operator.Options{DB: db, People: k.people, Sessions: k.signin, Shops: k.shops})
	k.door = httpapitest.Open(t, c, operator.API{Service: k.Service, Door: signin.API{
		Service: k.signin, People: account.API{Service: k.people, Shops: k.shops}, Came: nobody{},
	}}.Module())
	k.door.Sign = k.signin
	return k
}

func (k *kit) begin(email, shop string) (account.User, error) {
	return k.Begin(k.t.Context(), operator.Beginning{
		Email: email, Password: password, Name: "掌柜", Shop: shop, Locale: lang.Chinese,
	})
}

func TestAnEmptyMallIsSetUpOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, c := range []struct{ password, shop, want string }{
		{"12345678", "青窑", "account.common_password"},
		{"Blue-Kiln-1", "Blue Kiln", "account.common_password"},
		{password, " ", "shop.bad_name"},
		{password, "a\u202eb", "shop.bad_name"},
		{"short", "青窑", "account.weak_password"},
	} {
		_, err := k.Begin(t.Context(), operator.Beginning{
			Email: "boss@example.com", Password: c.password, Name: "掌柜", Shop: c.shop, Locale: lang.Chinese,
		})
		if fault.Code(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	u, err := k.begin("boss@example.com", "青窑")
	if err != nil || !u.Operator {
		t.Fatal(u, err)
	}
	if list, err := k.shops.MembersOf(t.Context(), u.ID); err != nil || len(list) != 1 || list[0].Role != shop.Owner ||
		list[0].Shop.Name.In(lang.English) != "青窑" {
		t.Errorf("the shop: %+v, %v", list, err)
	}
	if _, err := k.begin("thief@example.com", "x"); fault.Code(err) != "operator.exists" {
		t.Errorf("once more: %v", err)
	}
	if code, err := k.Code(t.Context()); code != "" || err != nil {
		t.Errorf("the code counts still: %q, %v", code, err)
	}
	name := "青 窑"
	if _, err := k.people.Register(t.Context(), account.Registration{
		Email: "fake@example.com", Password: password, DisplayName: name,
	}); fault.Code(err) != "account.name_not_yours" {
		t.Errorf("a shopper is called like the shop: %v", err)
	}
	if _, err := k.people.Register(t.Context(), account.Registration{
		Email: "fake@example.com", Password: password, DisplayName: "掌柜",
	}); fault.Code(err) != "account.name_not_yours" {
		t.Errorf("a shopper is called like the owner: %v", err)
	}
	if _, err := k.shops.Open(t.Context(), lang.Text{lang.English: "Kiln", lang.Chinese: name}, "", u.ID); fault.Code(
		err) != "shop.name_taken" {
		t.Errorf("a second shop of that name: %v", err)
	}
}

// Many who begin at once: one runs the mall.
func TestASetUpAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	var begun atomic.Int64
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			letter := string(rune('a' + i))
			_, err := k.begin(letter+"@example.com", "Shop "+strings.Repeat(letter, 3))
			if err == nil {
				begun.Add(1)
			} else if fault.Code(err) != "operator.exists" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n, err := k.people.Operators(t.Context(), k.db.Reader()); begun.Load() != 1 || n != 1 || err != nil {
		t.Errorf("%d begun, %d operators, %v", begun.Load(), n, err)
	}
}

// The first page is for who sits at the machine, or has the code that was printed.
func TestTheFirstPage(t *testing.T) {
	t.Parallel()
	k := open(t)
	code, err := k.Code(t.Context())
	if err != nil || len(code) < 16 {
		t.Fatal(code, err)
	}
	form := map[string]any{
		"email": "boss@example.com", "password": password, "display_name": "掌柜", "shop_name": "青窑",
	}
	for name, head := range map[string][]string{
		"by a proxy": {"X-Forwarded-For", "203.0.113.9"}, "by a proxy of the standard": {
			"Forwarded",
			"for=203.0.113.9",
		},
		"by another name": {"Host", "mall.example"},
	} {
		if got := k.door.Do(id.User{}, "GET /setup", nil, head...); !strings.Contains(string(got.Body),
			`"code_needed":true`) {
			t.Errorf("%s: %s", name, got.Body)
		}
		if got := k.door.Do(id.User{}, "POST /setup", form, head...); got.Status != 403 {
			t.Errorf("%s without a code: %d %s", name, got.Status, got.Body)
		}
	}
	if got := k.door.Call(id.User{}, 200, "GET /setup", nil); got.Show("needed", "code_needed") != "true false" {
		t.Errorf("at the machine: %v", got)
	}
	form["code"] = " " + strings.ToUpper(code)
	got := k.door.Do(id.User{}, "POST /setup", form, "X-Forwarded-For", "203.0.113.9")
	if got.Status != 201 || !strings.Contains(string(got.Body), `"operator"`) || got.Header.Get("Set-Cookie") == "" {
		t.Errorf("with the code: %d %s", got.Status, got.Body)
	}
	k.door.Refuse(id.User{}, 409, "operator.exists", "POST /setup", form)
	if got := k.door.Call(id.User{}, 200, "GET /setup", nil); got.Show("needed", "code_needed") != "false false" {
		t.Errorf("afterwards: %v", got)
	}
}

func TestCodesOfTheFirstPageAreNotGuessed(t *testing.T) {
	t.Parallel()
	k := open(t)
	form := map[string]any{"email": "a@example.com", "password": password, "display_name": "x", "shop_name": "y"}
	form["code"] = "guess"
	last := 0
	for range 12 {
		last = k.door.Do(id.User{}, "POST /setup", form, "Host", "mall.example").Status
	}
	if last != 429 {
		t.Errorf("the twelfth guess of a minute: %d", last)
	}
}

func TestWhatAnOperatorDoesWithPeople(t *testing.T) {
	t.Parallel()
	k := open(t)
	boss, err := k.begin("boss@example.com", "青窑")
	if err != nil {
		t.Fatal(err)
	}
	wang, err := k.people.Register(t.Context(), account.Registration{
		Email: "wang@example.com", Password: password, DisplayName: "小王",
	})
	if err != nil {
		t.Fatal(err)
	}
	k.door.Appoint(boss.ID)
	k.door.Name("wang", wang.ID)
	k.door.Name("boss", boss.ID)
	enter := func() signin.Session {
		t.Helper()
		s, err := k.signin.Open(t.Context(), wang.ID, signin.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	gone := func(s signin.Session) bool {
		_, err := k.signin.Authenticate(t.Context(), s.Token)
		return fault.Code(err) == "auth.session_expired"
	}
	in := enter()
	k.door.Call(boss.ID, 204, "DELETE /admin/users/{wang}/sessions", nil)
	if !gone(in) {
		t.Error("their session is left")
	}
	in = enter()
	off := k.door.Call(boss.ID, 200, "PATCH /admin/users/{wang}", map[string]any{"disabled": true})
	if !gone(in) || off.Text("disabled_at") == "" {
		t.Errorf("disabled: %v", off)
	}
	if _, err := k.signin.Open(t.Context(), wang.ID, signin.Caller{}); err == nil {
		t.Error("they come in")
	}
	k.door.Call(boss.ID, 200, "PATCH /admin/users/{wang}", map[string]any{"disabled": false, "operator": true})
	in = enter()
	if a, err := k.signin.Authenticate(t.Context(), in.Token); err != nil || !a.Operator {
		t.Errorf("%+v, %v", a, err)
	}
	k.door.Call(boss.ID, 200, "PATCH /admin/users/{wang}", map[string]any{"operator": false})
	k.door.Refuse(boss.ID, 409, "account.last_operator", "PATCH /admin/users/{boss}", map[string]any{"operator": false})
	k.door.Refuse(boss.ID, 409, "account.last_operator", "PATCH /admin/users/{boss}", map[string]any{"disabled": true})
	k.door.Refuse(boss.ID, 404, "account.not_found", "PATCH /admin/users/usr_0000000000001",
		map[string]any{"disabled": true})
	k.door.Call(boss.ID, 204, "DELETE /admin/users/{wang}/second-factor", nil)
	list := k.door.Call(boss.ID, 200, "GET /admin/users?q=WANG@example.com", nil)
	if list.Show("items.0.display_name", "items.0.operator") != "小王 false" || len(list.List("items")) != 1 {
		t.Errorf("found: %v", list)
	}
	if err := k.SetPassword(t.Context(), wang.ID, "another password"); err != nil {
		t.Error(err)
	}
	if _, err := k.signin.SignIn(t.Context(), "wang@example.com", "another password", signin.Caller{}); err != nil {
		t.Error(err)
	}
}

// Two operators who unmake each other at once: one stays.
func TestTheLastOperatorStays(t *testing.T) {
	t.Parallel()
	k := open(t)
	a, err := k.begin("a@example.com", "青窑")
	if err != nil {
		t.Fatal(err)
	}
	b, err := k.Add(t.Context(), account.Registration{
		Email: "b@example.com", Password: password, DisplayName: "b", Operator: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	no := false
	var group sync.WaitGroup
	for _, u := range []id.User{a.ID, b.ID} {
		group.Go(func() {
			if err := k.Set(t.Context(), u, operator.Change{Operator: &no}); err != nil &&
				fault.Code(err) != "account.last_operator" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n, err := k.people.Operators(t.Context(), k.db.Reader()); n != 1 || err != nil {
		t.Errorf("%d operators, %v", n, err)
	}
}

func TestInvitationsAtTheDoor(t *testing.T) {
	t.Parallel()
	k := open(t)
	boss := id.FromInt[id.User](9)
	k.door.Appoint(boss)
	k.door.Refuse(boss, 422, "request.invalid", "POST /admin/invitations", map[string]any{
		"uses": 0, "expires_at": k.clock.Now().Add(time.Hour),
	})
	made := k.door.Call(boss, 201, "POST /admin/invitations", map[string]any{
		"uses": 3, "note": "朋友", "expires_at": k.clock.Now().Add(time.Hour),
	})
	list := k.door.Call(boss, 200, "GET /admin/invitations", nil)
	if made.Text("code") == "" || list.Show("items.0.note", "items.0.uses_left") != "朋友 3" ||
		strings.Contains(list.Show("items.0"), made.Text("code")) {
		t.Errorf("made %v, listed %v", made, list)
	}
	k.door.Call(boss, 204, "DELETE /admin/invitations/"+made.Text("id"), nil)
	if list := k.door.Call(boss, 200, "GET /admin/invitations", nil); len(list.List("items")) != 0 {
		t.Errorf("taken back: %v", list)
	}
}
