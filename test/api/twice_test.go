package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"hawker/test/kit"
)

// TestWhatIsMadeTwiceUnderOneKeyIsThereOnce presses every button that makes
// something twice.
func TestWhatIsMadeTwiceUnderOneKeyIsThereOnce(t *testing.T) {
	m := kit.Start(t)
	shopper, merchant := m.SignIn("shopper"), m.SignIn("merchant")
	base := "/merchant/" + merchant.Shop(t)
	var like struct {
		Category string `json:"category_id"`
	}
	p := shopper.Find(t, mug)
	merchant.Get(base+"/products/"+p.ID).Want(t, http.StatusOK).Into(t, &like)
	name := map[string]string{"zh-CN": "一次", "en": "Once"}
	room := merchant.OpenRoom(t, map[string]any{})
	price := map[string]any{"amount": 100, "currency": p.SKUs[0].Price.Currency}
	for path, body := range map[string]map[string]any{
		base + "/products": {
			"title": name, "category_id": like.Category, "pictures": []string{}, "options": []any{},
			"skus": []any{map[string]any{"values": []int{}, "price": price, "initial_stock": 3}},
		},
		base + "/coupons": {
			"name": name, "kind": "amount", "value": 100, "total": 10, "valid_to": time.Now().Add(time.Hour),
		},
		base + "/rooms": {"title": "Once", "product_ids": []string{}},
		base + "/rooms/" + room.ID + "/restreams": {"url": "rtmp://live.example/app/key"},
		"/me/addresses": {"name": "A", "phone": "13800000000", "region": "R", "detail": "D"},
		"/cart/items":   {"sku_id": p.SKUs[0].ID, "quantity": 1},
	} {
		who := merchant
		if path[1] != 'm' || path == "/me/addresses" {
			who = shopper
		}
		var first, again struct {
			ID       string `json:"id"`
			Quantity int    `json:"quantity"`
		}
		who.Do("POST", path, "pressed-twice", body).Want(t, http.StatusCreated).Into(t, &first)
		who.Do("POST", path, "pressed-twice", body).Want(t, http.StatusCreated).Into(t, &again)
		if first != again || first.ID == "" {
			t.Errorf("%s made %v and %v under one key", path, first, again)
		}
		who.Do("POST", path, "", body).WantProblem(t, http.StatusUnprocessableEntity, "request.invalid")
		if got := fmt.Sprint(first.Quantity); path == "/cart/items" && got != "1" {
			t.Errorf("the cart holds %s of what was added once", got)
		}
	}
}
