package api_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"hawker/internal/base/id"
	"hawker/test/kit"
)

// rival is the owner of a second shop of the mall. Shops are opened one an installation so far, so that it is written
// into the database.
func rival(t *testing.T, m *kit.Mall) (owner *kit.Person, shop string) {
	t.Helper()
	owner = m.Register("rival")
	var who id.User
	if err := who.UnmarshalText([]byte(owner.ID(t))); err != nil {
		t.Fatal(err)
	}
	m.Stop()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(m.Dir, "hawker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"INSERT INTO shop (id, name, logo_url, owner_id, created_at) SELECT id + 1, name, '', ?, created_at FROM shop",
		`INSERT INTO shop_staff (shop_id, user_id, role, created_at) SELECT id, ?, 'owner', 0 FROM shop
			WHERE logo_url = ''` +
			" ORDER BY id DESC LIMIT 1",
	} {
		if _, err := db.Exec(statement, who.Int()); err != nil {
			t.Fatal(err)
		}
	}
	m.Boot()
	return owner, owner.Shop(t)
}

// TestThingsOfOthersByTheirIDs has the owner of another shop name a shop's things below their own shop's address, where
// they may do everything, and in bodies.
func TestThingsOfOthersByTheirIDs(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") != "" {
		t.Skip("a second shop is written into the database of the data folder")
	}
	m := kit.Start(t)
	them, own := rival(t, m)
	merchant, shopper := m.SignIn("merchant"), m.SignIn("shopper")
	shop, p := merchant.Shop(t), shopper.Find(t, mug)
	base := "/merchant/" + shop
	room := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}})
	made := func(path string, body any) string {
		t.Helper()
		var n kit.Named
		merchant.Post(base+path, body).Want(t, 0).Into(t, &n)
		return n.ID
	}
	sku, soon := p.SKUs[0].ID, time.Now().Add(time.Hour)
	off := map[string]any{
		"name": map[string]string{"zh-CN": "券", "en": "Off"}, "kind": "amount", "value": 100, "total": 10,
		"per_user": 1,
		"valid_to": soon,
	}
	deal := map[string]any{
		"product_id": p.ID, "items": []map[string]any{{"sku_id": sku, "price": 100, "quantity": 2}},
		"countdown_seconds": 10, "run_seconds": 60, "limit_per_buyer": 1,
	}
	things := map[string]string{
		"{room}": room.ID, "{product}": p.ID, "{sku}": sku, "{coupon}": made("/coupons", off),
		"{order}": shopper.Place(t, sku, 1).ID, "{restream}": made("/rooms/"+room.ID+"/restreams",
			map[string]string{"url": "rtmp://example.com/live/key"}),
		"{deal}": made("/rooms/"+room.ID+"/deals", deal), "{word}": made("/words", map[string]string{
			"word": "notthis", "action": "hold",
		}),
		"{user}": merchant.ID(t),
	}
	bodies := map[string]any{
		"merchant-stock-adjust": map[string]any{"delta": 5, "reason": "count"},
		"merchant-coupon-update": map[string]any{
			"active": false,
		},
		"merchant-room-pin": map[string]string{"product_id": p.ID}, "merchant-shelf-set": map[string]any{
			"product_ids": []string{p.ID},
		},
		"merchant-restream-update": map[string]any{"enabled": false}, "merchant-deal-create": deal,
		"merchant-room-mode-set": map[string]string{"mode": "rehearsal"}, "merchant-room-update": map[string]string{
			"title": "Mine now",
		},
		"merchant-message-create": map[string]string{"text": "from the other shop"},
		"merchant-room-price-set": map[string]any{"items": []map[string]any{{"sku_id": sku, "price": 1}}},
		"merchant-auction-create": map[string]any{"sku_id": sku, "start_price": 100, "run_seconds": 60},
		"merchant-shipment-create": map[string]any{
			"carrier": "sf", "tracking_number": "SF1234567890",
			"order_id": things["{order}"],
		},
	}
	// What is not there is not there any more; a room without any has an empty list.
	nothing := []string{"merchant-word-delete", "merchant-staff-delete", "merchant-clip-list", "merchant-bag-list"}
	param := regexp.MustCompile(`\{\w+\}`)
	asked := 0
	for _, op := range operations(t, m) {
		if !op.forStaff() || strings.Count(op.path, "{") < 2 || strings.Contains(op.path, "/silenced/") {
			continue // who is silenced is each shop's own affair
		}
		path := strings.Replace(op.path, "{shop}", own, 1)
		ids := things["{room}"]
		switch {
		case strings.Contains(op.path, "/products/{id}"):
			ids = p.ID
		case strings.Contains(op.path, "/orders/{id}"):
			ids = things["{order}"]
		}
		path = strings.ReplaceAll(path, "{id}", ids)
		for name, value := range things {
			path = strings.ReplaceAll(path, name, value)
		}
		if param.MatchString(path) {
			continue
		}
		asked++
		a := them.Do(op.method, path, "some-key-1", bodies[op.ID])
		if body := strings.TrimSpace(string(a.Body)); a.Status/100 == 2 && (!slices.Contains(nothing, op.ID) ||
			body != "" && body != `{"items":[]}`) {
			t.Errorf("%s below their own shop answers %d: %.200s", op.ID, a.Status, body)
		}
	}
	if asked < 30 {
		t.Errorf("only %d operations were asked", asked)
	}
	mine := them.OpenRoom(t, nil)
	for path, body := range map[string]any{
		"/rooms/" + mine.ID + "/deals":    deal,
		"/rooms/" + mine.ID + "/auctions": bodies["merchant-auction-create"],
		"/rooms":                          map[string]any{"title": "Theirs", "product_ids": []string{p.ID}},
		"/coupons": map[string]any{
			"name": off["name"], "kind": "amount", "value": 100, "total": 10, "per_user": 1, "valid_to": soon,
			"scope": "products", "product_ids": []string{p.ID},
		},
	} {
		if a := them.Post("/merchant/"+own+path, body); a.Status/100 == 2 {
			t.Errorf("a thing of another shop is taken by %s: %d %.300s", path, a.Status, a.Body)
		}
	}
	for _, put := range []struct {
		path, of string
	}{{"/shelf", "merchant-shelf-set"}, {"/prices", "merchant-room-price-set"}} {
		if a := them.Do("PUT", "/merchant/"+own+"/rooms/"+mine.ID+put.path, "", bodies[put.of]); a.Status/100 == 2 {
			t.Errorf("a thing of another shop is taken by %s: %d %.300s", put.path, a.Status, a.Body)
		}
	}
	if now := merchant.Room(t, room.ID); now.State != room.State { // and the merchant is still staff
		t.Errorf("the room was touched: %+v", now)
	}
	if a := merchant.Get(base + "/words"); !strings.Contains(string(a.Body), things["{word}"]) {
		t.Errorf("a word is gone: %d %s", a.Status, a.Body)
	}
}
