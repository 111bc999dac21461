package promotion_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/auction"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/checkout"
	"hawker/internal/counter"
	"hawker/internal/coupon"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// door knows sessions (a token is the id of its user) and one member of staff.
type door struct{ staff id.User }

func (door) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	var u id.User
	if err := u.UnmarshalText([]byte(token)); err != nil || u.IsZero() {
		return httpapi.Actor{}, fault.Unauthorized("auth.no_session")
	}
	return httpapi.Actor{User: u}, nil
}

func (d door) May(_ context.Context, user id.User, _ id.Shop, _ permission.Permission) (bool, error) {
	return user == d.staff, nil
}

// Door opens every room.
func (door) Door(context.Context, id.Room) (httpapi.RoomDoor, error) {
	return httpapi.RoomDoor{Mode: httpapi.RoomOpen}, nil
}

func (door) ObserveRequest(string, int, float64) {}

// The rest of what the doors ask.

func (m *mall) PaymentViews(context.Context, []id.Checkout) (map[id.Checkout]counter.PaymentView, error) {
	return nil, nil
}

func (m *mall) ShipmentViews(context.Context, []id.Order) (map[id.Order][]counter.ShipmentView, error) {
	return nil, nil
}

func (m *mall) ReplayURLs(_ context.Context, shows []id.Show) (map[id.Show]string, error) {
	return map[id.Show]string{shows[0]: "/replay/x"}, nil
}

func (m *mall) Addresses(context.Context, id.User) ([]account.SavedAddress, error) {
	return []account.SavedAddress{{ID: id.FromInt[id.Address](1)}}, nil
}

func (m *mall) DisplayNames(context.Context, []id.User) (map[id.User]string, error) { return nil, nil }

func (m *mall) Follows(context.Context, id.User, id.Shop) (bool, error) { return true, nil }

// For says that everything was explained from 12:00 on.
func (m *mall) For(_ context.Context, _ sqldb.Querier, room id.Room, products []id.Product) ([]order.Shown, error) {
	var out []order.Shown
	for _, p := range products {
		out = append(out, order.Shown{Product: p, Room: room, From: m.clock.Now().Add(-time.Minute)})
	}
	return out, nil
}

// stand is the API of the selling tools on a server.
type stand struct {
	*mall
	api  *httpapi.API
	http *httptest.Server
	host id.User
	bags *luckybag.Service
	sale *auction.Service
}

func serve(t *testing.T) *stand {
	m := open(t)
	c := &stand{mall: m, host: m.buyer()}
	d, log := door{c.host}, slog.New(slog.DiscardHandler)
	m.checkout = m.CheckoutWith(checkout.Tools{Promotions: m.tools, HoldDeal: m.tools.Terms.HoldDeal, Evidence: m})
	c.sale = auction.New(auction.Deps{
		DB: m.db, Log: log, Orders: m.checkout, Rooms: m, Staff: d, Addresses: m, Names: m,
		News: m, Currency: "CNY",
	})
	box := must[*secret.Box](t)(secret.NewBox(make([]byte, secret.KeySize)))
	c.bags = luckybag.New(luckybag.Deps{
		DB: m.db, Box: box, Log: log, Orders: m.checkout, Rooms: m, Follows: m, Names: m,
		News: m, Gate: httpapi.Authorizer{Staff: d, Rooms: d}, Currency: "CNY",
	})
	c.api = httpapi.New(httpapi.Deps{
		Log: log, Clock: m.clock, Limiter: cache.NewMemoryLimiter(m.clock), Sign: d,
		Staff: d, Rooms: d, Metrics: d,
	})
	views := counter.Views{Service: m.orders, Shops: m, Payments: m, Shipments: m, Replays: m}
	promotion.API{Service: m.tools}.Register(c.api)
	promotion.MerchantAPI{Service: m.tools}.Register(c.api)
	coupon.API{Service: m.coupons}.Register(c.api)
	coupon.MerchantAPI{Service: m.coupons}.Register(c.api)
	auction.API{Service: c.sale}.Register(c.api)
	luckybag.API{Service: c.bags}.Register(c.api)
	checkout.API{Service: m.checkout, DB: m.db, Orders: m.orders, Views: views, Shops: m}.Register(c.api)
	c.http = httptest.NewServer(c.api)
	t.Cleanup(c.http.Close)
	return c
}

type object = map[string]any

// call sends a request as somebody; {room}, {id} and {shop} stand for the mall's.
func (c *stand) call(who id.User, want int, target string, body any) object {
	c.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	target = strings.NewReplacer("{room}", c.room.String(), "{id}", c.room.String(), "{shop}", c.shop.String()).
		Replace(target)
	method, path, _ := strings.Cut(target, " ")
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.http.URL+httpapi.Prefix+path,
		strings.NewReader(string(raw)))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == "GET" || body == nil {
		req.Body, req.ContentLength = nil, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Idempotency-Key", c.nextKey().Value)
	req.Header.Set("Accept-Language", "en")
	if !who.IsZero() {
		req.Header.Set("Authorization", "Bearer "+who.String())
	}
	res, err := c.http.Client().Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	out := object{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && res.StatusCode != http.StatusNoContent {
		c.t.Fatalf("%s: %v", target, err)
	}
	if res.StatusCode != want {
		c.t.Fatalf("%s answered %d, want %d: %v", target, res.StatusCode, want, out)
	}
	return out
}

func first(o object, key string) object { return o[key].([]any)[0].(object) }

func amount(v any) float64 { return v.(object)["amount"].(float64) }

func TestNobodyElseMayCall(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, op := range c.api.Operations() {
		path := strings.NewReplacer("{deal}", id.Make[id.Deal](c.db).String(), "{coupon}", id.Make[id.Coupon](c.db).
			String(),
			"{auction}", id.Make[id.Auction](c.db).String(), "{bag}", id.Make[id.Bag](c.db).String()).Replace(op.Path)
		if op.Access.NeedsAccount() {
			c.call(id.User{}, http.StatusUnauthorized, op.Method+" "+path, nil)
		}
		if op.Access.ForStaff() {
			c.call(c.buyer(), http.StatusForbidden, op.Method+" "+path, nil)
		}
	}
}

func TestADealOverTheAPI(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.product(1000, 10), c.buyer()
	sku := p.SKUs[0].ID
	prices := c.call(c.host, 200, "PUT /merchant/{shop}/rooms/{room}/prices",
		object{"items": []object{{"sku_id": sku, "price": 900}}})
	if v := first(prices, "items"); amount(v["price"]) != 900 || amount(v["normal_price"]) != 1000 {
		t.Errorf("prices: %v", prices)
	}
	d := c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/deals", object{
		"product_id": p.ID, "items": []object{{"sku_id": sku, "price": 600, "quantity": 5}}, "countdown_seconds": 10,
		"run_seconds": 60, "limit_per_buyer": 2, "start": true,
	})
	c.clock.Advance(10 * time.Second)
	seen := first(c.call(buyer, 200, "GET /live/rooms/{id}/deals", nil), "items")
	if seen["id"] != d["id"] || seen["state"] != "running" || seen["left"] != 5.0 || seen["mine_left"] != 2.0 {
		t.Errorf("the viewer sees %v", seen)
	}
	wish := object{
		"items": []object{{"sku_id": sku, "quantity": 2}}, "source": object{"room_id": c.room},
		"deal_id": d["id"], "address_id": id.FromInt[id.Address](1),
	}
	q := c.call(buyer, 200, "POST /checkout/quote", wish)
	line := first(first(q, "groups"), "lines")
	if a := first(line, "adjustments"); a["kind"] != "deal" || a["label"] != "Flash deal" ||
		amount(a["amount"]) != -800 || q["pay_within_seconds"] != 180.0 {
		t.Errorf("quoted %v", q)
	}
	o := first(c.call(buyer, 201, "POST /orders", wish), "orders")
	if e := first(o, "evidence"); e["room_id"] != c.room.String() || amount(e["price"]) != 600 ||
		e["replay_url"] != "/replay/x" || e["stream_to"] != nil {
		t.Errorf("evidence %v", e)
	}
	if v := c.call(buyer, 409, "POST /orders", wish); v["code"] != "promotion.limit_reached" ||
		v["detail"] != "You may take 0 more at this price." {
		t.Errorf("refused: %v", v)
	}
	if v := c.call(c.host, 200, "POST /merchant/{shop}/rooms/{room}/deals/"+d["id"].(string)+"/stop",
		nil); v["state"] != "ended" || v["reason"] != "stopped" {
		t.Errorf("stopped: %v", v)
	}
	c.call(c.host, 200, "GET /merchant/{shop}/rooms/{room}/deals", nil)
}

// The button said one price; the merchant has made it another since.
func TestAnotherPriceThanTheOneShownIsRefused(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.product(1000, 10), c.buyer()
	wish := object{
		"items": []object{{"sku_id": p.SKUs[0].ID, "quantity": 1}}, "address_id": id.FromInt[id.Address](1),
		"expected_total": object{"amount": 1000 + shipping, "currency": "CNY"},
	}
	c.call(c.host, 200, "PUT /merchant/{shop}/rooms/{room}/prices",
		object{"items": []object{{"sku_id": p.SKUs[0].ID, "price": 900}}})
	wish["source"] = object{"room_id": c.room}
	v := c.call(buyer, http.StatusConflict, "POST /orders", wish)
	if v["code"] != "checkout.price_changed" || v["params"].(object)["amount"] != fmt.Sprint(900+shipping) ||
		v["detail"] != "The price has changed: it is ¥17 now. Look again, then place the order." {
		t.Errorf("refused as %v", v)
	}
	c.wantStock(p, 10, 0, 0, 0)
	wish["expected_total"] = object{"amount": 900 + shipping, "currency": "USD"}
	if v := c.call(buyer, 422, "POST /orders", wish); v["code"] != "request.wrong_currency" {
		t.Errorf("another currency: %v", v)
	}
	wish["expected_total"] = object{"amount": 900 + shipping, "currency": "CNY"}
	if v := c.call(buyer, 201, "POST /orders", wish); amount(v["payable"]) != 900+shipping {
		t.Errorf("placed as %v", v)
	}
}

func TestACouponOverTheAPI(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.product(1000, 10), c.buyer()
	made := c.call(c.host, 201, "POST /merchant/{shop}/coupons", object{
		"name": object{"zh-CN": "减五", "en": "5 off"}, "kind": "amount", "value": 500, "min_spend": 2000, "total": 10,
		"valid_to": c.clock.Now().Add(time.Hour),
	})
	path := "/merchant/{shop}/rooms/{room}/coupons/" + made["id"].(string)
	c.call(c.host, 200, "POST "+path+"/pin", nil)
	if v := first(c.call(buyer, 200, "GET /live/rooms/{id}/coupons", nil), "items"); v["claimable"] != true ||
		v["name"] != "5 off" || v["mine"] != 0.0 {
		t.Errorf("pinned: %v", v)
	}
	for range 2 {
		if v := c.call(buyer, 200, "POST /coupons/"+made["id"].(string)+"/claim", nil); v["mine"] != 1.0 ||
			v["left"] != 9.0 || v["claimable"] != false {
			t.Errorf("claimed: %v", v)
		}
	}
	if v := first(c.call(buyer, 200, "GET /me/coupons", nil), "items"); v["state"] != "usable" {
		t.Errorf("wallet: %v", v)
	}
	q := c.call(buyer, 200, "POST /checkout/quote", object{"items": []object{{"sku_id": p.SKUs[0].ID, "quantity": 1}}})
	if o := first(first(q, "groups"), "coupons"); o["applicable"] != false ||
		o["ineligible"].(object)["text"] != "Add ¥10 more to use it." {
		t.Errorf("quoted %v", o)
	}
	q = c.call(buyer, 200, "POST /checkout/quote", object{"items": []object{{"sku_id": p.SKUs[0].ID, "quantity": 2}}})
	if amount(q["discount_total"]) != 500 {
		t.Errorf("quoted %v", q)
	}
	q = c.call(buyer, 200, "POST /checkout/quote", object{
		"items":      []object{{"sku_id": p.SKUs[0].ID, "quantity": 2}},
		"coupon_ids": []string{},
	})
	if amount(q["discount_total"]) != 0 {
		t.Errorf("none was wanted: %v", q)
	}
	c.call(c.host, 200, "PATCH /merchant/{shop}/coupons/"+made["id"].(string), object{"active": false})
	c.call(c.host, 200, "GET /merchant/{shop}/coupons", nil)
	c.call(c.host, 204, "POST "+path+"/unpin", nil)
}

func TestAnAuctionAndABagOverTheAPI(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.product(1000, 10), c.buyer()
	lot := c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/auctions", object{
		"sku_id":      p.SKUs[0].ID,
		"start_price": 100, "run_seconds": 30, "start": true,
	})
	bids := "POST /live/rooms/{id}/auctions/" + lot["id"].(string) + "/bids"
	if v := c.call(c.host, 403, bids, object{"max_amount": 500}); v["code"] != "auction.host_cannot_bid" {
		t.Errorf("the host bids: %v", v)
	}
	if v := c.call(buyer, 200, bids, object{"max_amount": 500}); v["mine"].(object)["leading"] != true ||
		amount(v["price"]) != 100 {
		t.Errorf("bid: %v", v)
	}
	c.clock.Advance(time.Minute)
	if err := c.sale.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := c.call(buyer, 200, "GET /live/rooms/{id}/auction", nil)["auction"].(object)
	if v["state"] != "won" || !strings.HasPrefix(v["mine"].(object)["order_id"].(string), "ord_") {
		t.Errorf("won: %v", v)
	}
	if v := c.call(id.User{}, 200, "GET /live/rooms/{id}/auction", nil)["auction"].(object); v["mine"] != nil {
		t.Errorf("a visitor sees %v", v)
	}
	c.call(c.host, 200, "GET /merchant/{shop}/rooms/{room}/auctions", nil)

	bag := c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/bags",
		object{"prize": object{"sku_id": p.SKUs[0].ID}, "winners": 1, "follow": true, "draw_seconds": 30})
	name := bag["id"].(string)
	if v := c.call(buyer, 200, "POST /live/rooms/{id}/bags/"+name+"/entries",
		nil); v["mine"].(object)["entered"] != true || v["entrants"] != 1.0 || v["seed"] != "" {
		t.Errorf("entered: %v", v)
	}
	c.call(id.User{}, 409, "GET /live/bags/"+name+"/proof", nil)
	c.clock.Advance(time.Minute)
	if err := c.bags.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof := c.call(id.User{}, 200, "GET /live/bags/"+name+"/proof", nil)
	mine := first(c.call(buyer, 200, "GET /live/rooms/{id}/bags", nil), "items")["mine"].(object)
	if mine["won"] != true || proof["winners"].([]any)[0] != mine["alias"] || strings.Contains(fmt.Sprint(proof),
		buyer.String()) {
		t.Errorf("won: %v by %v", mine, proof)
	}
	if v := c.call(buyer, 201, "POST /live/bags/"+name+"/claim",
		object{"address_id": id.FromInt[id.Address](1)}); amount(v["payable"]) != shipping {
		t.Errorf("claimed: %v", v)
	}
	c.call(c.host, 200, "GET /merchant/{shop}/rooms/{room}/bags", nil)
}
