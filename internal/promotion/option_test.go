package promotion_test

import (
	"net/http"
	"testing"
	"time"

	"hawker/internal/base/id"
)

// Each selling tool holds a SKU whose option its merchant then takes out in an
// ordinary edit: what was begun goes on and names the goods as they were.
func TestADealOfARemovedOptionGoesOn(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.Colours(3, 1000, 9), c.buyer()
	gone, kept := p.SKUs[2].ID, p.SKUs[0].ID
	c.call(c.host, 200, "PUT /merchant/{shop}/rooms/{room}/prices",
		object{"items": []object{{"sku_id": gone, "price": 900}}})
	c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/deals", object{
		"product_id": p.ID, "countdown_seconds": 10, "run_seconds": 60, "limit_per_buyer": 2, "start": true,
		"items": []object{{"sku_id": gone, "price": 500, "quantity": 3}, {"sku_id": kept, "price": 600, "quantity": 4}},
	})
	c.DropColour(p)
	c.clock.Advance(10 * time.Second)
	c.sweep() // its countdown is over: the room is told
	deal := first(c.call(buyer, 200, "GET /live/rooms/{id}/deals", nil), "items")
	for _, v := range deal["items"].([]any) {
		it := v.(object)
		text, left := "色0", 4.0
		if it["sku_id"] == gone.String() {
			text, left = "色2", 0.0
		}
		if it["options_text"] != text || it["left"] != left {
			t.Errorf("the deal shows %v, want %q with %v left", it, text, left)
		}
	}
	prices := c.call(c.host, 200, "GET /merchant/{shop}/rooms/{room}/prices", nil)
	if v := first(prices, "items"); v["options_text"] != "色2" {
		t.Errorf("the room's prices show %v", v)
	}
	wish := func(sku id.SKU) object {
		return object{
			"items": []object{{"sku_id": sku, "quantity": 1}}, "source": object{"room_id": c.room},
			"address_id": id.FromInt[id.Address](1),
		}
	}
	if v := c.call(buyer, http.StatusConflict, "POST /orders", wish(gone)); v["code"] != "checkout.not_for_sale" {
		t.Errorf("buying what is gone: %v", v)
	}
	if v := first(c.call(buyer, 201, "POST /orders", wish(kept)), "orders"); amount(v["goods_total"]) != 1000 ||
		amount(v["discount_total"]) != 400 {
		t.Errorf("the other colour: %v", v)
	}
	c.clock.Advance(2 * time.Minute)
	c.sweep()
	if v := c.call(c.host, 200, "GET /merchant/{shop}/rooms/{room}/deals", nil); first(v, "items")["state"] != "ended" {
		t.Errorf("the deal did not end: %v", v)
	}
}

func TestAWinnerGetsWhatWasSoldThoughItsOptionWasRemoved(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p, buyer := c.Colours(3, 1000, 9), c.buyer()
	sku := p.SKUs[2].ID
	lot := c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/auctions", object{
		"sku_id": sku, "start_price": 100, "run_seconds": 30, "start": true,
	})
	c.call(buyer, 200, "POST /live/rooms/{id}/auctions/"+lot["id"].(string)+"/bids", object{"max_amount": 500})
	bag := c.call(c.host, 201, "POST /merchant/{shop}/rooms/{room}/bags",
		object{"prize": object{"sku_id": sku}, "winners": 1, "follow": true, "draw_seconds": 30})
	name := bag["id"].(string)
	c.call(buyer, 200, "POST /live/rooms/{id}/bags/"+name+"/entries", nil)
	c.DropColour(p)
	if v := c.call(buyer, 200, "GET /live/rooms/{id}/auction", nil)["auction"].(object); v["options_text"] != "色2" {
		t.Errorf("the lot shows %v", v)
	}
	c.clock.Advance(time.Minute)
	if err := c.sale.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	won := c.call(buyer, 200, "GET /live/rooms/{id}/auction", nil)["auction"].(object)
	if won["state"] != "won" || won["mine"].(object)["order_id"] == "" {
		t.Errorf("the lot ended as %v", won)
	}
	if err := c.bags.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.call(buyer, 200, "GET /live/rooms/{id}/bags", nil)
	prize := c.call(buyer, 201, "POST /live/bags/"+name+"/claim", object{"address_id": id.FromInt[id.Address](1)})
	if amount(prize["payable"]) != shipping {
		t.Errorf("the prize: %v", prize)
	}
}
