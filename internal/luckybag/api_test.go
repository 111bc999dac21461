package luckybag_test

import (
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
)

type body = map[string]any

type word string

func (w word) String() string { return string(w) }

func (f *fair) door() (d *httpapitest.Door, host id.User) {
	f.t.Helper()
	d, host = httpapitest.Open(f.t, f.clock, f.bags.Module()), f.user()
	f.gate = httpapi.Authorizer{Staff: d, Rooms: d}
	d.Hire(host, f.shop)
	d.Room(f.room, httpapi.RoomDoor{Shop: f.shop, Mode: httpapi.RoomOpen})
	d.Name("shop", f.shop)
	d.Name("room", f.room)
	d.Name("id", f.room)
	return d, host
}

const (
	bags  = "/merchant/{shop}/rooms/{room}/bags"
	enter = "POST /live/rooms/{id}/bags/{bag}/entries"
)

// A bag whose room is behind the curtain is for its staff, by each of its addresses.
func TestABagBehindTheCurtain(t *testing.T) {
	t.Parallel()
	f := open(t)
	d, host := f.door()
	wanted := body{"prize": body{"sku_id": f.product(5).SKUs[0].ID}, "winners": 2, "follow": true, "draw_seconds": 60}
	d.Name("bag", word(d.Call(host, 201, "POST "+bags, wanted).Text("id")))
	guest := id.User{}
	for _, c := range []struct {
		mode   string
		status int
	}{
		{httpapi.RoomOpen, 200}, {httpapi.RoomRehearsal, 404}, {httpapi.RoomWarmUp, 404}, {httpapi.RoomOpen, 200},
	} {
		d.Room(f.room, httpapi.RoomDoor{Shop: f.shop, Mode: c.mode})
		for _, target := range []string{"GET /live/bags/{bag}", "GET /live/rooms/{id}/bags"} {
			for _, who := range []id.User{guest, f.user()} {
				if got := d.Do(who, target, nil); got.Status != c.status {
					t.Errorf("%s: %s answers %d %s", c.mode, target, got.Status, got.Body)
				}
			}
			if got := d.Do(host, target, nil); got.Status != 200 {
				t.Errorf("%s: the host's %s answers %d", c.mode, target, got.Status)
			}
		}
		proof := d.Do(guest, "GET /live/bags/{bag}/proof", nil)
		if hidden := c.status == 404; hidden != strings.Contains(string(proof.Body), "live.not_found") {
			t.Errorf("%s: the proof answers %d %s", c.mode, proof.Status, proof.Body)
		}
	}
}

func TestABagFromTheTableToTheProof(t *testing.T) {
	t.Parallel()
	f := open(t)
	d, host := f.door()
	d.Strangers()
	p, ann, bob, eve := f.product(5), f.user(), f.user(), f.user()
	wanted := body{"prize": body{"sku_id": p.SKUs[0].ID}, "winners": 2, "follow": true, "draw_seconds": 60}
	made := d.Call(host, 201, "POST "+bags, wanted, "Idempotency-Key", "filled-once")
	if again := d.Call(host, 201, "POST "+bags, wanted, "Idempotency-Key",
		"filled-once"); again.Text("id") != made.Text("id") {
		t.Errorf("filled twice: %v", again)
	}
	f.wantStock(p, 3, 0, 2)
	d.Name("bag", word(made.Text("id")))
	if got := made.Show("state", "winners_count", "entrants", "seed", "winners"); got != "open 2 0  []" {
		t.Errorf("filled: %s", got)
	}
	d.Refuse(ann, 409, "luckybag.follow_first", enter, nil)
	f.mu.Lock()
	f.followers[ann], f.followers[bob], f.followers[eve] = true, true, true
	f.mu.Unlock()
	for range 2 {
		if got := d.Call(ann, 200, enter, nil); got.Show("mine.entered", "entrants") != "true 1" {
			t.Errorf("entered: %v", got)
		}
	}
	d.Call(bob, 200, enter, nil)
	d.Refuse(id.User{}, 401, "auth.sign_in_required", enter, nil)
	if got := d.Call(id.User{}, 200, "GET /live/rooms/{id}/bags", nil); got.Show("items.0.entrants", "items.0.mine",
		"items.0.seed") != "2 <nil> " {
		t.Errorf("a visitor sees %v", got)
	}
	d.Refuse(id.User{}, 409, "luckybag.not_drawn", "GET /live/bags/{bag}/proof", nil)
	d.Refuse(ann, 403, "luckybag.not_a_winner", "POST /live/bags/{bag}/claim",
		body{"address_id": id.FromInt[id.Address](1)})
	f.draw()
	proof := d.Call(id.User{}, 200, "GET /live/bags/{bag}/proof", nil)
	if n := len(proof.At("winners").([]any)); n != 2 || proof.Text("seed") == "" ||
		strings.Contains(proof.Show("entrants", "winners"), ann.String()) {
		t.Errorf("the proof: %v", proof)
	}
	claim := func(who id.User, key string) httpapitest.Object {
		t.Helper()
		return d.Call(who, 201, "POST /live/bags/{bag}/claim", body{"address_id": id.FromInt[id.Address](1)},
			"Idempotency-Key", key)
	}
	first := claim(ann, "claimed-once")
	if again := claim(ann, "claimed-once"); again.Text("order_id") != first.Text("order_id") {
		t.Errorf("claimed twice: %v and %v", first, again)
	}
	f.wantStock(p, 3, 1, 1)
	if got := d.Call(bob, 200, "GET /live/bags/{bag}", nil); got.At("mine.won") != true {
		t.Errorf("he won: %v", got)
	}
	d.Refuse(eve, 403, "luckybag.not_a_winner", "POST /live/bags/{bag}/claim",
		body{"address_id": id.FromInt[id.Address](1)})
	d.Refuse(eve, 409, "luckybag.over", enter, nil)
	if list := d.Call(host, 200, "GET "+bags, nil); list.Show("items.0.state", "items.1") != "drawn <nil>" {
		t.Errorf("the host's list: %v", list)
	}
}

// A bag that is taken off the table before the draw gives its prizes back, and nobody
// wins; one of another shop is not there.
func TestABagIsTakenOffTheTable(t *testing.T) {
	t.Parallel()
	f := open(t)
	d, host := f.door()
	p, ann := f.product(5), f.user()
	made := d.Call(host, 201, "POST "+bags, body{
		"prize": body{"sku_id": p.SKUs[0].ID}, "winners": 3, "draw_seconds": 60,
		"word": "好茶",
	})
	d.Name("bag", word(made.Text("id")))
	f.wantStock(p, 2, 0, 3)
	d.Refuse(ann, 409, "luckybag.say_first", enter, nil)
	rival, theirs := f.user(), id.Make[id.Shop](f.db)
	d.Hire(rival, theirs)
	d.Refuse(rival, 404, "luckybag.not_found", "POST /merchant/"+theirs.String()+"/rooms/{room}/bags/{bag}/cancel", nil)
	if list := d.Call(rival, 200, "GET /merchant/"+theirs.String()+"/rooms/{room}/bags",
		nil); len(list.List("items")) != 0 {
		t.Errorf("another shop sees %v", list)
	}
	if got := d.Call(host, 200, "POST "+bags+"/{bag}/cancel", nil); got.Text("state") != "cancelled" {
		t.Errorf("taken off: %v", got)
	}
	f.wantStock(p, 5, 0, 0)
	if got := d.Do(host, "POST "+bags+"/{bag}/cancel", nil); got.Status/100 == 5 {
		t.Errorf("twice: %d %s", got.Status, got.Body)
	}
	f.draw()
	f.wantStock(p, 5, 0, 0)
	f.clock.Advance(time.Hour)
	if got := d.Call(id.User{}, 200, "GET /live/rooms/{id}/bags", nil); len(got.List("items")) != 0 {
		t.Errorf("an old bag is still on the table: %v", got)
	}
	for _, bad := range []body{
		{"prize": body{}, "winners": 1, "draw_seconds": 60},
		{"prize": body{"sku_id": id.Make[id.SKU](f.db)}, "winners": 1, "draw_seconds": 60},
		{"prize": body{"sku_id": p.SKUs[0].ID}, "winners": 0, "draw_seconds": 60},
		{"prize": body{"sku_id": p.SKUs[0].ID}, "winners": 6, "draw_seconds": 60},
		{"prize": body{"sku_id": p.SKUs[0].ID}, "winners": 1, "draw_seconds": 29},
	} {
		if got := d.Do(host, "POST "+bags, bad); got.Status/100 != 4 {
			t.Errorf("%v answers %d: %s", bad, got.Status, got.Body)
		}
	}
	f.wantStock(p, 5, 0, 0)
}
