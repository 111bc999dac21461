// Package api_test calls the real program as its clients do: each door as
// everybody who may not, bad input of every kind, and commands sent twice.
package api_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hawker/test/kit"
)

const (
	mug  = "马克杯"
	lamp = "吊灯"
)

const refundsPayable = 2400 // in the chart of accounts

func approve() url.Values { return url.Values{"decision": {"approve"}} }

func TestSomeoneElsesThingsAreNotThere(t *testing.T) {
	m := kit.Start(t)
	shopper, other := m.SignIn("shopper"), m.Register("other")
	o := shopper.Place(t, shopper.Find(t, mug).SKUs[0].ID, 1)
	other.Get("/orders/"+o.ID).WantProblem(t, http.StatusNotFound, "order.not_found")
	for _, verb := range []string{"cancel", "confirm"} {
		other.Post("/orders/"+o.ID+"/"+verb, nil).WantProblem(t, http.StatusNotFound, "order.not_found")
	}
	other.Post("/orders/"+o.ID+"/pay", map[string]string{"provider": "sandbox", "return_url": "/"}).WantProblem(t,
		http.StatusNotFound, "order.not_found")
	other.Do("DELETE", "/me/addresses/"+shopper.Address(t), "", nil).WantProblem(t, http.StatusNotFound,
		"account.no_address")
	other.Post("/orders", kit.Wish(other.Find(t, mug).SKUs[0].ID, shopper.Address(t), 1)).WantProblem(t,
		http.StatusNotFound, "account.no_address")
	if got := shopper.Order(t, o.ID); got.Status != "pending_payment" {
		t.Errorf("the order was touched: %+v", got)
	}
}

func TestBadInputIsAClearProblem(t *testing.T) {
	m := kit.Start(t)
	shopper := m.SignIn("shopper")
	shopper.Lang = "en"
	sku, address := shopper.Find(t, mug).SKUs[0].ID, shopper.Address(t)
	for _, c := range []struct {
		name   string
		answer kit.Answer
		status int
		code   string
	}{
		{"no JSON", shopper.Post("/checkout/quote", []byte("{")), 400, "request.malformed"},
		{
			"unknown field", shopper.Post("/checkout/quote", map[string]any{"items": []any{}, "free": true}), 422,
			"request.invalid",
		},
		{
			"a body of 2 MiB", shopper.Post("/checkout/quote", bytes.Repeat([]byte(" "), 2<<20)), 413,
			"request.too_large",
		},
		{"no idempotency key", shopper.Do("POST", "/orders", "", kit.Wish(sku, address, 1)), 422, "request.invalid"},
		{"an id of another kind", shopper.Get("/orders/" + sku), 422, "request.invalid"},
		{"an order that never was", shopper.Get("/orders/ord_0000000000001"), 404, "order.not_found"},
		{
			"more than there are", shopper.Post("/orders", kit.Wish(sku, address, 999)), 409,
			"inventory.insufficient_stock",
		},
		{"a minus quantity", shopper.Post("/orders", kit.Wish(sku, address, -1)), 422, "request.invalid"},
		{
			"a way back to elsewhere", shopper.Post("/orders/ord_0000000000001/pay",
				map[string]string{"provider": "sandbox", "return_url": "https://elsewhere.example/"}), 422,
			"payment.bad_return_url",
		},
		{"a torn cursor", shopper.Get("/products?cursor=!!"), 422, "request.bad_cursor"},
		{"a path that is not there", shopper.Get("/nothing"), 404, "request.no_such_path"},
		{"a method that is not there", shopper.Do("DELETE", "/products", "", nil), 405, "request.method_not_allowed"},
		{"a short password", m.Visitor().Post("/auth/register", map[string]string{
			"email":    "a@b.example",
			"password": "short", "display_name": "x",
		}), 422, "account.weak_password"},
		{"a taken e-mail", m.Visitor().Post("/auth/register", map[string]string{
			"email":    "SHOPPER@hawker.demo",
			"password": "long enough", "display_name": "x",
		}), 409, "account.email_taken"},
		{"a wrong password", m.Visitor().Post("/auth/login", map[string]string{
			"email":    "shopper@hawker.demo",
			"password": "wrong wrong",
		}), 401, "account.wrong_password"},
		{"nobody's e-mail", m.Visitor().Post("/auth/login", map[string]string{
			"email":    "nobody@hawker.demo",
			"password": "wrong wrong",
		}), 401, "account.wrong_password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.answer.WantProblem(t, c.status, c.code)
			var p struct{ Detail string }
			c.answer.Into(t, &p)
			if p.Detail == "" || p.Detail == c.code {
				t.Errorf("the problem is not explained: %s", c.answer.Body)
			}
			if bytes.Contains(c.answer.Body, []byte("wrong wrong")) || bytes.Contains(c.answer.Body,
				[]byte(`"short"`)) {
				t.Errorf("the answer repeats a password: %s", c.answer.Body)
			}
		})
	}
}

func TestProblemsSpeakTheCallersLanguage(t *testing.T) {
	m := kit.Start(t)
	for tag, want := range map[string]string{"en-GB,en;q=0.9": "Sign in first.", "zh-CN": "请先登录。"} {
		v := m.Visitor()
		v.Lang = tag
		if a := v.Get("/orders"); !strings.Contains(string(a.Body), want) {
			t.Errorf("%s: %s", tag, a.Body)
		}
	}
}

func TestACommandSentTwiceHappensOnce(t *testing.T) {
	m := kit.Start(t)
	shopper := m.SignIn("shopper")
	p := shopper.Find(t, mug)
	wish := kit.Wish(p.SKUs[0].ID, shopper.Address(t), 2)
	var first, second struct {
		Checkout string `json:"checkout_id"`
	}
	shopper.Do("POST", "/orders", "the-same-key", wish).Want(t, 201).Into(t, &first)
	shopper.Do("POST", "/orders", "the-same-key", wish).Want(t, 201).Into(t, &second)
	if first != second || first.Checkout == "" {
		t.Errorf("two answers: %+v and %+v", first, second)
	}
	if left := shopper.Find(t, mug).SKUs[0].Available; left != p.SKUs[0].Available-2 {
		t.Errorf("%d left of %d", left, p.SKUs[0].Available)
	}
	shopper.Do("POST", "/orders", "the-same-key", kit.Wish(p.SKUs[0].ID, shopper.Address(t), 3)).WantProblem(t, 409,
		"request.idempotency_key_reused")
	m.Register("other").Do("POST", "/orders", "the-same-key", wish).WantProblem(t, 404,
		"account.no_address") // keys of two people never meet
}

func TestFromOrderToCommission(t *testing.T) {
	m := kit.Start(t, "HAWKER_DISTRIBUTION_AFTER_SALE=1s")
	shopper, merchant, promoter := m.SignIn("shopper"), m.SignIn("merchant"), m.SignIn("promoter")
	shop := merchant.Shop(t)
	before := shopper.Find(t, lamp)
	o := shopper.Place(t, before.SKUs[0].ID, 1)
	m.Decide(t, shopper.PayURL(t, o.ID), approve())
	shopper.Becomes(t, o.ID, "paid")
	if after := shopper.Find(t, lamp); after.SKUs[0].Available != before.SKUs[0].Available-1 {
		t.Errorf("stock went from %d to %d", before.SKUs[0].Available, after.SKUs[0].Available)
	}
	type earnings struct{ Frozen, Available kit.Money }
	earned := func() (e earnings) { promoter.Get("/distribution/me").Want(t, 200).Into(t, &e); return e }
	if e := earned(); e.Frozen.Amount != 25900*12/100 || e.Available.Amount != 0 {
		t.Errorf("after payment: %+v", e)
	}
	parcel := map[string]string{"order_id": o.ID, "carrier": "SF", "tracking_number": "1"}
	merchant.Post("/merchant/"+shop+"/shipments", parcel).Want(t, 200)
	merchant.Post("/merchant/"+shop+"/shipments", parcel).WantProblem(t, 409, "order.wrong_status")
	shopper.Post("/orders/"+o.ID+"/cancel", nil).WantProblem(t, 409, "order.wrong_status")
	shopper.Post("/orders/"+o.ID+"/confirm", nil).Want(t, 200)
	m.Eventually("the commission is free", func() bool {
		e := earned()
		return e.Frozen.Amount == 0 &&
			e.Available.Amount == 25900*12/100
	})
	m.Doctor()
}

func TestUnpaidOrdersCloseAndGiveTheirStockBack(t *testing.T) {
	m := kit.Start(t, "HAWKER_ORDER_PAY_WITHIN=1s")
	shopper := m.SignIn("shopper")
	before := shopper.Find(t, mug).SKUs[0]
	o := shopper.Place(t, before.ID, 3)
	shopper.Becomes(t, o.ID, "closed")
	if got := shopper.Order(t, o.ID); got.CloseReason != "unpaid" {
		t.Errorf("closed for %q", got.CloseReason)
	}
	if after := shopper.Find(t, mug).SKUs[0]; after.Available != before.Available {
		t.Errorf("stock went from %d to %d", before.Available, after.Available)
	}
	m.Doctor()
}

func TestLateMoneyTakesTheGoodsIfAnyAreLeft(t *testing.T) {
	m := kit.Start(t, "HAWKER_ORDER_PAY_WITHIN=2s")
	shopper := m.SignIn("shopper")
	o := shopper.Place(t, shopper.Find(t, mug).SKUs[0].ID, 1)
	pay := shopper.PayURL(t, o.ID)
	shopper.Becomes(t, o.ID, "closed")
	m.Decide(t, pay, url.Values{"decision": {"late"}})
	shopper.Becomes(t, o.ID, "paid")
	m.Doctor()
}

func TestLateMoneyForGoodsThatAreGoneGoesBack(t *testing.T) {
	m := kit.Start(t, "HAWKER_ORDER_PAY_WITHIN=2s")
	shopper, other := m.SignIn("shopper"), m.Register("other")
	sku := shopper.Find(t, lamp).SKUs[0]
	o := shopper.Place(t, sku.ID, 1)
	pay := shopper.PayURL(t, o.ID)
	shopper.Becomes(t, o.ID, "closed")
	all := other.Place(t, sku.ID, int(sku.Available))
	m.Decide(t, other.PayURL(t, all.ID), approve())
	other.Becomes(t, all.ID, "paid")
	m.Decide(t, pay, url.Values{"decision": {"late"}})
	operator := m.SignIn("operator")
	m.Eventually("the bank has the money back", func() bool {
		var books struct {
			Balanced   bool
			Currencies []struct {
				Accounts []struct {
					Code            int
					Debits, Credits int64
				}
			}
		}
		operator.Get("/admin/ledger").Want(t, 200).Into(t, &books)
		for _, a := range books.Currencies[0].Accounts {
			if a.Code == refundsPayable {
				return books.Balanced && a.Credits == sku.Price.Amount && a.Debits == a.Credits
			}
		}
		return false
	})
	if got := shopper.Order(t, o.ID); got.Status != "closed" {
		t.Errorf("the order is %s", got.Status)
	}
	m.Doctor()
}
