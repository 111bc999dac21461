package coupon_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/coupon"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
)

type body = map[string]any

const (
	mine   = "/merchant/{shop}/coupons"
	pinned = "/merchant/{shop}/rooms/{room}/coupons"
)

// behind opens the module's door with somebody who may do everything in the shop.
func behind(t *testing.T) (m *mall, d *httpapitest.Door, host id.User) {
	t.Helper()
	m = open(t)
	d, host = httpapitest.Open(t, m.clock, m.coupons.Module()), m.buyer()
	d.Hire(host, m.shop)
	d.Room(m.room, httpapi.RoomDoor{Shop: m.shop, Mode: httpapi.RoomOpen})
	d.Name("shop", m.shop)
	d.Name("room", m.room)
	d.Name("id", m.room)
	return m, d, host
}

// offer is what the form of a coupon sends, 5.00 off from 20.00 on.
func (m *mall) offer(change body) body {
	out := body{
		"name": body{"zh-CN": "减五", "en": "5 off"}, "kind": "amount", "value": 500, "min_spend": 2000, "total": 10,
		"valid_to": m.clock.Now().Add(time.Hour),
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}

func TestACouponFromItsFormToAWallet(t *testing.T) {
	t.Parallel()
	m, d, host := behind(t)
	d.Name("coupon", id.Make[id.Coupon](m.db))
	d.Strangers()
	buyer := m.buyer()
	made := d.Call(host, 201, "POST "+mine, m.offer(nil))
	one := "/coupons/" + made.Text("id")
	d.Call(host, 200, "POST "+pinned+"/"+made.Text("id")+"/pin", nil)
	shown := d.Call(buyer, 200, "GET /live/rooms/{id}/coupons", nil)
	if got := shown.Show("items.0.claimable", "items.0.name", "items.0.mine",
		"items.0.left"); got != "true 5 off 0 10" {
		t.Errorf("pinned: %s", got)
	}
	for range 2 { // a second press is the same claim
		claimed := d.Call(buyer, 200, "POST "+one+"/claim", nil)
		if got := claimed.Show("mine", "left", "claimable"); got != "1 9 false" {
			t.Errorf("claimed: %s", got)
		}
	}
	if got := d.Call(buyer, 200, "GET /me/coupons", nil).Show("items.0.state", "items.0.coupon.shop.name"); got !=
		"usable 店" {
		t.Errorf("wallet: %s", got)
	}
	if got := d.Call(m.buyer(), 200, "GET /me/coupons", nil).List("items"); len(got) != 0 {
		t.Errorf("somebody else's wallet: %v", got)
	}
	d.Call(host, 200, "PATCH /merchant/{shop}"+one, body{"active": false})
	d.Refuse(m.buyer(), 409, "promotion.coupon_gone", "POST "+one+"/claim", nil)
	d.Call(buyer, 200, "POST "+one+"/claim", nil) // who has it keeps it
	if got := d.Call(host, 200, "GET "+mine, nil).Show("items.0.claimed", "items.0.active"); got != "1 false" {
		t.Errorf("the shop sees %s", got)
	}
	d.Call(host, 204, "POST "+pinned+"/"+made.Text("id")+"/unpin", nil)
	if got := d.Call(id.User{}, 200, "GET /live/rooms/{id}/coupons", nil).List("items"); len(got) != 0 {
		t.Errorf("unpinned and shown: %v", got)
	}
}

// What is no coupon is refused with the field that is wrong, and nothing is kept.
func TestWhatIsNoCoupon(t *testing.T) {
	t.Parallel()
	m, d, host := behind(t)
	now, foreign := m.clock.Now(), m.productOf(id.Make[id.Shop](m.db), 100, 1)
	long := strings.Repeat("长", coupon.NameMax)
	many := make([]id.Product, coupon.ProductsMax+1)
	for i := range many {
		many[i] = id.Make[id.Product](m.db)
	}
	for name, v := range map[string]struct {
		change body
		code   string
	}{
		"no name":             {body{"name": body{}}, "promotion.bad_coupon"},
		"blanks for a name":   {body{"name": body{"zh-CN": " \u3000"}}, "promotion.bad_coupon"},
		"too long":            {body{"name": body{"zh-CN": long + "长"}}, "promotion.bad_coupon"},
		"too long in English": {body{"name": body{"zh-CN": "券", "en": long + "x"}}, "promotion.bad_coupon"},
		"in another language": {
			body{"name": body{"zh-CN": "券", "fr": strings.Repeat("x", 100_000)}},
			"promotion.bad_coupon",
		},
		"two lines":             {body{"name": body{"zh-CN": "券\n满减"}}, "promotion.bad_coupon"},
		"written backwards":     {body{"name": body{"zh-CN": "券", "en": "\u202efdp.exe"}}, "promotion.bad_coupon"},
		"more than all":         {body{"kind": "percent", "value": 10_001}, "promotion.bad_coupon"},
		"beyond any price":      {body{"value": int64(1) << 60}, "promotion.bad_coupon"},
		"a cap on an amount":    {body{"cap": 5}, "promotion.bad_coupon"},
		"listed without a list": {body{"scope": "listed"}, "promotion.bad_coupon"},
		"a list and all":        {body{"product_ids": []id.Product{foreign.ID}}, "promotion.bad_coupon"},
		"another shop's product": {
			body{"scope": "listed", "product_ids": []id.Product{foreign.ID}},
			"promotion.bad_coupon",
		},
		"over already":          {body{"valid_to": now}, "promotion.bad_coupon"},
		"over before it begins": {body{"valid_from": now.Add(2 * time.Hour)}, "promotion.bad_coupon"},
		"for years":             {body{"valid_to": now.AddDate(2, 0, 0)}, "promotion.bad_coupon"},
		"another shop's room":   {body{"room_id": id.Make[id.Room](m.db)}, "promotion.no_such_room"},
		"too many products":     {body{"scope": "listed", "product_ids": many}, "request.invalid"},
		"an unknown kind":       {body{"kind": "half"}, "request.invalid"},
		"below nothing":         {body{"value": -1}, "request.invalid"},
		"none of them":          {body{"total": 0}, "request.invalid"},
		"more than a million":   {body{"total": 1_000_001}, "request.invalid"},
		"too many for one":      {body{"per_user": 21}, "request.invalid"},
	} {
		a := d.Do(host, "POST "+mine, m.offer(v.change))
		if a.Status < 400 || a.Status >= 500 || !strings.Contains(string(a.Body), v.code) {
			t.Errorf("%s: %d %.300s, want %s", name, a.Status, a.Body, v.code)
		}
	}
	if got := d.Call(host, 200, "GET "+mine, nil).List("items"); len(got) != 0 {
		t.Errorf("kept: %v", got)
	}
	d.Call(host, 201, "POST "+mine,
		m.offer(body{"name": body{"zh-CN": long, "en": strings.Repeat("x", coupon.NameMax)}}))
}

// A coupon that people hold keeps its worth; what may change does so within bounds.
func TestWhatMayChangeOfACoupon(t *testing.T) {
	t.Parallel()
	m, d, host := behind(t)
	c := m.coupon(func(c *coupon.Coupon) { c.Total = 3 })
	for range 2 {
		m.claim(m.buyer(), c)
	}
	target := "PATCH " + mine + "/" + c.ID.String()
	for name, v := range map[string]struct {
		change body
		field  string
	}{
		"fewer than were claimed": {body{"total": 1}, "total"},
		"an end that has passed":  {body{"valid_to": m.clock.Now()}, "valid_to"},
		"an end in years":         {body{"valid_to": m.clock.Now().AddDate(3, 0, 0)}, "valid_to"},
		"an unreadable name":      {body{"name": body{"en": "\u200b"}}, "name"},
		"a name in Klingon":       {body{"name": body{"zh-CN": "券", "tlh": "qo'"}}, "name"},
	} {
		got := d.Call(host, 422, target, v.change)
		if got.Text("code") != "promotion.bad_coupon" || got.Text("params.field") != v.field {
			t.Errorf("%s: %v", name, got)
		}
	}
	got := d.Call(host, 200, target, body{
		"name": body{"zh-CN": "新名"}, "total": 2, "valid_to": m.clock.Now().Add(2 * time.Hour),
	})
	if got.Show("name", "total", "left", "value", "min_spend.amount") != "新名 2 0 500 2000" {
		t.Errorf("changed: %v", got)
	}
	d.Refuse(m.buyer(), 409, "promotion.coupon_gone", "POST /coupons/"+c.ID.String()+"/claim", nil)
	m.clock.Advance(3 * time.Hour)
	d.Call(host, 200, target, body{"active": false}) // an old coupon is still switched off
	d.Refuse(m.buyer(), 409, "promotion.coupon_gone", "POST /coupons/"+c.ID.String()+"/claim", nil)
	d.Call(host, 200, target, body{"active": true, "total": 9})
	d.Refuse(m.buyer(), 409, "promotion.coupon_expired", "POST /coupons/"+c.ID.String()+"/claim", nil)
}

// Who may do what with whose coupon.
func TestACouponIsItsShopsAlone(t *testing.T) {
	t.Parallel()
	m, d, host := behind(t)
	reader, elsewhere, shop := m.buyer(), m.buyer(), id.Make[id.Shop](m.db)
	d.Hire(reader, m.shop, permission.CatalogRead)
	d.Hire(elsewhere, shop)
	c := m.coupon(nil)
	theirs := "/merchant/" + shop.String() + "/coupons/" + c.ID.String()
	inRoom := "/rooms/{room}/coupons/" + c.ID.String()
	nowhere := "/merchant/{shop}/rooms/" + id.Make[id.Room](m.db).String() + "/coupons/" + c.ID.String()
	for _, v := range []struct {
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		{reader, 403, "shop.not_staff", "POST " + mine, m.offer(nil)},
		{reader, 403, "shop.not_staff", "PATCH " + mine + "/" + c.ID.String(), body{"active": false}},
		{reader, 403, "shop.not_staff", "POST " + pinned + "/" + c.ID.String() + "/pin", nil},
		{elsewhere, 404, "promotion.no_such_coupon", "GET " + theirs, nil},
		{elsewhere, 404, "promotion.no_such_coupon", "PATCH " + theirs, body{"active": false}},
		{elsewhere, 404, "promotion.no_such_room", "POST /merchant/" + shop.String() + inRoom + "/pin", nil},
		{elsewhere, 404, "promotion.no_such_room", "POST /merchant/" + shop.String() + inRoom + "/unpin", nil},
		{host, 404, "promotion.no_such_room", "POST " + nowhere + "/pin", nil},
		{host, 404, "promotion.no_such_coupon", "GET " + mine + "/" + id.Make[id.Coupon](m.db).String(), nil},
		{host, 404, "promotion.no_such_coupon", "POST /coupons/" + id.Make[id.Coupon](m.db).String() + "/claim", nil},
	} {
		if got := d.Call(v.who, v.status, v.target, v.body); got.Text("code") != v.code {
			t.Errorf("%s: %v, want %s", v.target, got.Text("code"), v.code)
		}
	}
	d.Call(reader, 200, "GET "+mine+"/"+c.ID.String(), nil)
	if got := d.Call(id.User{}, 200, "GET /live/rooms/{id}/coupons", nil).List("items"); len(got) != 0 {
		t.Errorf("pinned by those who may not: %v", got)
	}
}

// Lists hold everything once, the newest first, whatever the size of their pages.
func TestPagesOfCouponsAndOfAWallet(t *testing.T) {
	t.Parallel()
	m, d, host := behind(t)
	buyer := m.buyer()
	var made, held []string
	for range 7 {
		c := m.coupon(func(c *coupon.Coupon) { c.PerUser = 2 })
		made = append([]string{c.ID.String()}, made...)
		for range 2 {
			m.claim(buyer, c)
			held = append([]string{c.ID.String()}, held...)
		}
	}
	for _, v := range []struct {
		who  id.User
		path string
		of   string
		want []string
	}{{host, mine, "id", made}, {buyer, "/me/coupons", "coupon.id", held}} {
		for _, limit := range []int{1, 3, 50} {
			var got []string
			for cursor, more := "", true; more; more = cursor != "" {
				p := d.Call(v.who, 200, fmt.Sprintf("GET %s?limit=%d&cursor=%s", v.path, limit, cursor), nil)
				for _, it := range p.List("items") {
					got = append(got, it.Text(v.of))
				}
				cursor = p.Text("next_cursor")
			}
			if fmt.Sprint(got) != fmt.Sprint(v.want) {
				t.Errorf("%s by %d: %v, want %v", v.path, limit, got, v.want)
			}
		}
		d.Refuse(v.who, 422, "request.bad_cursor", "GET "+v.path+"?cursor=%00", nil)
	}
}
