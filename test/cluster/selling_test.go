package cluster_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"hawker/test/kit"
)

// crowd registers people and answers each with the node at which they are.
func crowd(t *testing.T, n int, nodes ...*kit.Mall) (out []*kit.Person) {
	t.Helper()
	for i := range n {
		at := nodes[i%len(nodes)]
		who := nodes[(i+1)%len(nodes)].Register(fmt.Sprintf("buyer%d", i)) // and signed in at another
		who = at.As(who)
		who.Address(t)
		out = append(out, who)
	}
	return out
}

// all has everybody do something at once, and counts what they were answered.
func all(people []*kit.Person, do func(n int, who *kit.Person) kit.Answer) map[int]int {
	var mu sync.Mutex
	var group sync.WaitGroup
	out := map[int]int{}
	for n, who := range people {
		group.Go(func() {
			got := do(n, who)
			mu.Lock()
			defer mu.Unlock()
			out[got.Status]++
		})
	}
	group.Wait()
	return out
}

// TestSellingOverTwoNodes: whatever is little goes to no more people than there is of it, whichever
// node they ask: units of a flash deal, coupons, a lot, prizes.
func TestSellingOverTwoNodes(t *testing.T) {
	a, b := nodes(t)
	host := a.SignIn("merchant")
	shop := host.Shop(t)
	p := host.Find(t, mug)
	room := host.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}})
	a.Stream(t, room.Stream.PublishURL)
	base := "/merchant/" + shop + "/rooms/" + room.ID
	a.Eventually("the show is live", func() bool { return host.Room(t, room.ID).State == "live" })
	const buyers, few = 14, 5
	people := crowd(t, buyers, a, b)
	sku := p.SKUs[0]
	host.Post("/merchant/"+shop+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": 100, "reason": "enough",
	}).Want(t, http.StatusOK)

	var deal, coupon, lot, bag kit.Named
	b.As(host).Post(base+"/deals", map[string]any{
		"product_id": p.ID, "items": []map[string]any{{"sku_id": sku.ID, "price": 100, "quantity": few}},
		"countdown_seconds": 10, "run_seconds": 600, "limit_per_buyer": 1, "start": true,
	}).Want(t, http.StatusCreated).Into(t, &deal)
	host.Post("/merchant/"+shop+"/coupons", map[string]any{
		"name": map[string]string{"en": "Few"}, "kind": "amount", "value": 50, "total": few,
		"valid_to": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}).Want(t, http.StatusCreated).Into(t, &coupon)
	b.As(host).Post(base+"/auctions", map[string]any{
		"sku_id": p.SKUs[1].ID, "start_price": 100, "run_seconds": 30, "start": true,
	}).Want(t, http.StatusCreated).Into(t, &lot)
	host.Post(base+"/bags", map[string]any{
		"prize": map[string]any{"coupon_id": prizes(t, host, shop)}, "winners": few, "follow": true, "draw_seconds": 30,
	}).Want(t, http.StatusCreated).Into(t, &bag)

	got := all(people, func(_ int, who *kit.Person) kit.Answer {
		return who.Post("/coupons/"+coupon.ID+"/claim", nil)
	})
	if got[http.StatusOK] != few || got[http.StatusConflict] != buyers-few {
		t.Errorf("of %d coupons: %v", few, got)
	}
	bids := all(people, func(n int, who *kit.Person) kit.Answer {
		return who.Post("/live/rooms/"+room.ID+"/auctions/"+lot.ID+"/bids", map[string]any{
			"max_amount": 1000 * (n + 1), "address_id": who.Address(t),
		})
	})
	if bids[http.StatusOK]+bids[http.StatusCreated] == 0 {
		t.Errorf("of the bids: %v", bids)
	}
	all(people, func(_ int, who *kit.Person) kit.Answer {
		who.Post("/shops/"+shop+"/follow", nil)
		return who.Post("/live/rooms/"+room.ID+"/bags/"+bag.ID+"/entries", nil).Want(t, 0)
	})
	sold := &kit.List[struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}]{}
	b.Eventually("the deal runs", func() bool {
		b.Visitor().Get("/live/rooms/"+room.ID+"/deals").Want(t, http.StatusOK).Into(t, sold)
		return len(sold.Items) == 1 && sold.Items[0].State == "running"
	})
	orders := all(people, func(_ int, who *kit.Person) kit.Answer {
		wish := kit.Wish(sku.ID, who.Address(t), 1)
		wish["source"] = map[string]string{"room_id": room.ID}
		wish["deal_id"], wish["coupon_ids"] = deal.ID, []string{}
		return who.Post("/orders", wish)
	})
	if orders[http.StatusCreated] != few || orders[http.StatusConflict] != buyers-few {
		t.Errorf("of %d units of a deal: %v", few, orders)
	}
	drawn(t, a, b, people, bag.ID)
	won(t, a, people, room.ID)
	a.Doctor()
}

// prizes makes a coupon that a lucky bag gives away.
func prizes(t *testing.T, host *kit.Person, shop string) string {
	t.Helper()
	var made kit.Named
	host.Post("/merchant/"+shop+"/coupons", map[string]any{
		"name": map[string]string{"en": "Prize"}, "kind": "amount", "value": 70, "total": 100,
		"valid_to": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}).Want(t, http.StatusCreated).Into(t, &made)
	return made.ID
}

// drawn waits for the draw; both nodes tell the same winners, each once.
func drawn(t *testing.T, a, b *kit.Mall, people []*kit.Person, bag string) {
	t.Helper()
	type view struct {
		State   string `json:"state"`
		Count   int    `json:"winners_count"`
		Winners []struct {
			Alias string `json:"alias"`
		} `json:"winners"`
		Mine struct {
			Won bool `json:"won"`
		} `json:"mine"`
	}
	var here, there view
	a.Eventually("the bag is drawn", func() bool {
		people[0].Get("/live/bags/"+bag).Want(t, http.StatusOK).Into(t, &here)
		return here.State == "drawn"
	})
	b.As(people[0]).Get("/live/bags/"+bag).Want(t, http.StatusOK).Into(t, &there)
	if fmt.Sprint(here.Winners) != fmt.Sprint(there.Winners) || len(here.Winners) != here.Count {
		t.Errorf("winners at one node %v, at the other %v, of %d", here.Winners, there.Winners, here.Count)
	}
	have := 0
	for _, who := range people {
		var mine view
		if who.Get("/live/bags/"+bag).Want(t, http.StatusOK).Into(t, &mine); mine.Mine.Won {
			have++
		}
	}
	if have != here.Count {
		t.Errorf("%d people won %d prizes", have, here.Count)
	}
}

// won waits for the hammer: the highest bidder has the one order, a step above the second.
func won(t *testing.T, a *kit.Mall, people []*kit.Person, room string) {
	t.Helper()
	type view struct {
		Auction struct {
			State string    `json:"state"`
			Price kit.Money `json:"price"`
			Mine  *struct {
				Leading bool   `json:"leading"`
				Order   string `json:"order_id"`
			} `json:"mine"`
		} `json:"auction"`
	}
	var v view
	a.Eventually("the lot is won", func() bool {
		people[0].Get("/live/rooms/"+room+"/auction").Want(t, http.StatusOK).Into(t, &v)
		return v.Auction.State == "won"
	})
	winners := 0
	for n, who := range people {
		var mine view
		who.Get("/live/rooms/"+room+"/auction").Want(t, http.StatusOK).Into(t, &mine)
		if m := mine.Auction.Mine; m != nil && m.Order != "" {
			winners++
			if n != len(people)-1 {
				t.Errorf("bidder %d of %d won", n, len(people))
			}
		}
	}
	if second := int64(1000 * (len(people) - 1)); winners != 1 || v.Auction.Price.Amount > second+second/2 {
		t.Errorf("%d won, for %d; the second bid %d", winners, v.Auction.Price.Amount, second)
	}
}
