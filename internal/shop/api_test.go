package shop_test

import (
	"context"
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/shop"
)

type body = map[string]any

// people are known by e-mail.
type people map[string]id.User

func (p people) UserByEmail(_ context.Context, email string) (id.User, error) {
	if email == "broken@x" {
		return id.User{}, context.DeadlineExceeded
	}
	u, ok := p[email]
	if !ok {
		return u, fault.NotFound("account.not_found")
	}
	return u, nil
}

func (p people) DisplayNames(context.Context, []id.User) (map[id.User]string, error) {
	out := map[id.User]string{}
	for email, u := range p {
		out[u] = "name of " + email
	}
	return out, nil
}

// trade is that of all shops alike.
type trade struct{}

func (trade) TradeOf(_ context.Context, shops []id.Shop) (map[id.Shop]shop.Trade, error) {
	out := map[id.Shop]shop.Trade{}
	for i, s := range shops {
		out[s] = shop.Trade{OnSale: int64(i + 1), Orders: 7}
	}
	return out, nil
}

type stall struct {
	*httpapitest.Door
	db     *sqldb.DB
	shops  *shop.Service
	people people
	shop   id.Shop
}

func open(t *testing.T) *stall {
	t.Helper()
	db, clock := sqltest.NewManual(t)
	k := &stall{db: db, shops: shop.New(db), people: people{}}
	for _, email := range []string{"owner@x", "manager@x", "host@x", "new@x"} {
		k.people[email] = id.Make[id.User](db)
	}
	sh, err := k.shops.Open(t.Context(), lang.Text{lang.Chinese: "茶铺", lang.English: "Tea house"}, "/logo",
		k.people["owner@x"])
	if err != nil {
		t.Fatal(err)
	}
	k.shop = sh.ID
	k.Door = httpapitest.Open(t, clock, shop.API{Service: k.shops, People: k.people, Trades: trade{}}.Module())
	k.Name("shop", sh.ID)
	k.Hire(k.people["owner@x"], sh.ID)
	k.Hire(k.people["manager@x"], sh.ID)
	return k
}

func TestTheStaffBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.Strangers()
	owner, manager := k.people["owner@x"], k.people["manager@x"]
	appoint := func(who id.User, want int, email, role string) httpapitest.Object {
		t.Helper()
		return k.Call(who, want, "POST /merchant/{shop}/staff", body{"email": email, "role": role})
	}
	appoint(owner, 200, "manager@x", "manager")
	got := appoint(manager, 200, "host@x", "host")
	if text := got.Show("items.0.role", "items.0.me", "items.1.role", "items.1.me", "items.2.role", "items.2.name",
		"items.3"); text != "owner false manager true host name of host@x <nil>" {
		t.Errorf("the staff: %s", text)
	}
	if got := appoint(manager, 200, "host@x", "support"); got.Show("items.2.role", "items.3") != "support <nil>" {
		t.Errorf("another role: %v", got)
	}
	for _, c := range []struct {
		what, email, role string
		status            int
		code              string
	}{
		{"nobody", "nobody@x", "host", 404, "shop.no_such_person"},
		{"a second owner", "new@x", "owner", 422, "request.invalid"},
		{"a role that is not there", "new@x", "king", 422, "request.invalid"},
		{"a manager by a manager", "new@x", "manager", 409, "shop.owner_stays"},
		{"the owner lowered", "owner@x", "host", 409, "shop.owner_stays"},
		{"a database that fails", "broken@x", "host", 500, "internal"},
	} {
		if got := appoint(manager, c.status, c.email, c.role).Text("code"); got != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got, c.code)
		}
	}
	k.Refuse(manager, 409, "shop.owner_stays", "DELETE /merchant/{shop}/staff/"+owner.String(), nil)
	for range 2 {
		k.Call(manager, 204, "DELETE /merchant/{shop}/staff/"+k.people["host@x"].String(), nil)
	}
	if list := k.Call(owner, 200, "GET /merchant/{shop}/staff", nil); len(list.List("items")) != 2 {
		t.Errorf("left: %v", list)
	}
}

// The door was passed a moment before the owner took the role away: what is done
// then is judged by the role of that moment.
func TestWhoIsDismissedAppointsNobody(t *testing.T) {
	t.Parallel()
	k := open(t)
	owner, manager, host := k.people["owner@x"], k.people["manager@x"], k.people["host@x"]
	for _, c := range []struct {
		what string
		role shop.Role // "" for none
		code string
	}{
		{"a manager", shop.Manager, ""},
		{"lowered to host", shop.Host, "shop.not_staff"},
		{"dismissed", "", "shop.not_staff"},
	} {
		err := k.shops.Dismiss(t.Context(), k.shop, owner, manager)
		if c.role != "" {
			err = k.shops.Hire(t.Context(), k.shop, manager, c.role)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := k.shops.Appoint(t.Context(), k.shop, manager, host, shop.Support); fault.Code(err) != c.code ||
			(err == nil) != (c.code == "") {
			t.Errorf("%s appoints: %v, want %q", c.what, err, c.code)
		}
		if err := k.shops.Dismiss(t.Context(), k.shop, manager, host); fault.Code(err) != c.code ||
			(err == nil) != (c.code == "") {
			t.Errorf("%s dismisses: %v, want %q", c.what, err, c.code)
		}
	}
}

// The table of roles as the handbook has it: one letter a permission, in the order
// of permission.All.
func TestTheTableOfRoles(t *testing.T) {
	t.Parallel()
	for role, want := range map[shop.Role]string{
		//               read write stock orders ship run moderate video figures staff
		shop.Owner:     "rwsotlmvfp",
		shop.Manager:   "rwsotlmvfp",
		shop.Host:      "r--o-lmvf-",
		shop.Warehouse: "r-sot-----",
		shop.Support:   "r--o--m-f-",
		shop.Moderator: "r-----m---",
		"":             "----------",
		"king":         "----------",
	} {
		got := ""
		for i, p := range permission.All() {
			if role.Can(p) {
				got += "rwsotlmvfp"[i : i+1]
			} else {
				got += "-"
			}
		}
		if got != want {
			t.Errorf("%q may %s, want %s", role, got, want)
		}
	}
}

func TestShopsAreNamedToWhoeverReads(t *testing.T) {
	t.Parallel()
	k := open(t)
	gone := id.Make[id.Shop](k.db)
	for tag, want := range map[lang.Tag]string{lang.Chinese: "茶铺", lang.English: "Tea house"} {
		refs, err := k.shops.ShopRefs(t.Context(), []id.Shop{k.shop, gone, k.shop}, tag)
		if err != nil || len(refs) != 1 || refs[k.shop].Name != want {
			t.Errorf("in %s: %+v, %v", tag, refs, err)
		}
		works, err := k.shops.MembershipsOf(t.Context(), k.people["owner@x"], tag)
		if err != nil || len(works) != 1 || works[0] != (account.Membership{ID: k.shop, Name: want, Role: "owner"}) {
			t.Errorf("the owner works at %+v, %v", works, err)
		}
	}
	if err := k.shops.Exists(t.Context(), k.shop); err != nil {
		t.Errorf("the shop is not there: %v", err)
	}
	if err := k.shops.Exists(t.Context(), gone); fault.Code(err) != "shop.not_found" {
		t.Errorf("a shop that never was: %v", err)
	}
	if none, err := k.shops.Named(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("the names of none: %v, %v", none, err)
	}
}

// Operators find shops by what their names look like and by who owns them; page by page
// each is there once.
func TestTheListOfShops(t *testing.T) {
	t.Parallel()
	k := open(t)
	boss := id.Make[id.User](k.db)
	k.Appoint(boss)
	for _, name := range []string{"100% Silk", "Loom_1", "Kiln"} {
		owner := k.people["new@x"]
		if _, err := k.shops.Open(t.Context(), lang.Text{lang.English: name, lang.Chinese: name}, "", owner); err != nil {
			t.Fatal(err)
		}
	}
	names := func(query string) (out string) {
		t.Helper()
		for _, s := range k.Call(boss, 200, "GET /admin/shops"+query, nil).List("items") {
			out += s.Text("name") + ", "
		}
		return out
	}
	for query, want := range map[string]string{
		"": "Kiln, Loom_1, 100% Silk, Tea house, ", "?q=%20tea": "Tea house, ", "?q=house": "Tea house, ",
		"?q=%E8%8C%B6": "Tea house, ", "?q=KiIn": "Kiln, ", "?q=0%25": "100% Silk, ", "?q=m_1": "Loom_1, ",
		"?q=m%251": "", "?q=nothing": "", "?q=zh-CN": "", "?q=SILK": "100% Silk, ", "?q=owner@x": "Tea house, ", "?q=nobody@x": "",
	} {
		if got := names(query); got != want {
			t.Errorf("%q finds %s; want %s", query, got, want)
		}
	}
	first := k.Call(boss, 200, "GET /admin/shops?limit=3", nil)
	if got := first.Show("items.0.owner_name", "items.0.on_sale", "items.2.on_sale", "items.2.orders"); got !=
		"name of new@x 1 3 7" {
		t.Errorf("who owns it and what it does: %s", got)
	}
	if got := names("?limit=3&cursor=" + first.Text("next_cursor")); got != "Tea house, " {
		t.Errorf("the second page: %s", got)
	}
	k.Refuse(k.people["owner@x"], 403, "auth.operator_only", "GET /admin/shops", nil)
	if got := k.Call(boss, 500, "GET /admin/shops?q=broken@x", nil); got.Text("code") == "" {
		t.Errorf("a fault of ours: %v", got)
	}
}
