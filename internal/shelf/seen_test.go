package shelf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

// What the host reads while explaining goes to no viewer: not by the shelf, not by the
// news of a pin.
func TestNotesReachNoViewer(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.Publish(s.room)
	s.door.Call(s.Host, 200, "PATCH "+desk+"/shelf/"+s.goods[0].ID.String(), body{"notes": "成本八块"})
	if got := s.door.Call(s.Host, 200, "POST "+desk+"/pin", body{"product_id": s.goods[0].ID}); got.Text(
		"item.notes") != "成本八块" {
		t.Errorf("the host does not see the notes: %v", got)
	}
	told := s.News.Of(realtime.RoomChannel(s.room), "pin")
	if len(told) != 1 || strings.Contains(fmt.Sprint(told), "成本") {
		t.Errorf("viewers heard %v", told)
	}
	for _, path := range []string{seen, "GET /live/rooms/{room}/marks"} {
		if a := s.door.Do(s.viewer, path, nil); a.Status != 200 || strings.Contains(string(a.Body), "成本") {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
}

// What viewers are not to see yet is neither explained to them, nor are they told of
// its stock, nor does its page lead into the room.
func TestWhatIsHiddenIsNotSpokenOf(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.Publish(s.room)
	product := s.goods[0].ID
	item := "PATCH " + desk + "/shelf/" + product.String()
	pin := func(status int) { s.door.Call(s.Host, status, "POST "+desk+"/pin", body{"product_id": product}) }
	pin(200)
	s.door.Call(s.Host, 200, item, body{"hidden": true})
	if _, on, err := s.Shelf.Pinned(t.Context(), s.room); on || err != nil {
		t.Errorf("what was hidden is still explained, %v", err)
	}
	told := s.News.Of(realtime.RoomChannel(s.room), "pin")
	if len(told) != 2 || told[1]["pin"] != nil {
		t.Errorf("viewers heard of the pin %v", told)
	}
	s.door.Refuse(s.Host, 409, "live.item_hidden", "POST "+desk+"/pin", body{"product_id": product})
	s.Record(order.Placed{Payload: order.Payload{
		Shop: s.Shop, Lines: []order.PayloadLine{{Product: product, Quantity: 1}},
	}})
	if told := s.News.Of(realtime.RoomChannel(s.room), "stock"); len(told) != 0 {
		t.Errorf("viewers heard of its stock: %v", told)
	}
	if where, err := s.Shelf.RoomShowing(t.Context(), product); err != nil || !where.IsZero() {
		t.Errorf("its page leads into %s, %v", where, err)
	}
	s.door.Call(s.Host, 200, item, body{"hidden": false})
	pin(200)
	if where, err := s.Shelf.RoomShowing(t.Context(), product); err != nil || where != s.room {
		t.Errorf("shown again, its page leads into %s, %v", where, err)
	}
}

// News of the stock say what the shelf says: nothing is left of what is off sale.
func TestNewsOfStockSayWhatTheShelfSays(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.Publish(s.room)
	placed := order.Placed{Payload: order.Payload{Shop: s.Shop}}
	for _, g := range s.goods {
		placed.Lines = append(placed.Lines, order.PayloadLine{Product: g.ID, Quantity: 1})
	}
	s.Sale(s.goods[1], catalog.Draft)
	s.Record(placed)
	left := map[string]float64{}
	for _, n := range s.News.Of(realtime.RoomChannel(s.room), "stock") {
		left[n["product_id"].(string)] = n["available"].(float64)
	}
	for _, i := range s.door.Call(s.viewer, 200, seen, nil).List("items") {
		if told := left[i.Text("product_id")]; int64(told) != i.Int("available") {
			t.Errorf("of %s the news say %v, the shelf %d", i.Text("titles.zh-CN"), told, i.Int("available"))
		}
	}
	if len(left) != 3 || left[s.goods[1].ID.String()] != 0 || left[s.goods[0].ID.String()] != 10 {
		t.Errorf("told: %v", left)
	}
}

// A shelf holds as many as may be and not one more; what is refused changes nothing.
func TestHowMuchAShelfHolds(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	var goods []id.Product
	for i := range shelf.ItemsMax + 1 {
		goods = append(goods, k.Product(k.Shop, fmt.Sprint("p", i)).ID)
	}
	r, foreign := k.Room(), k.Product(id.Make[id.Shop](k.DB), "foreign").ID
	full := goods[:shelf.ItemsMax]
	k.Must(k.Shelf.Set(t.Context(), k.Shop, r, full))
	for what, c := range map[string]struct {
		shop id.Shop
		list []id.Product
		code string
	}{
		"one too many":       {k.Shop, goods, "live.bad_shelf"},
		"twice the same":     {k.Shop, []id.Product{goods[0], goods[1], goods[0]}, "live.bad_shelf"},
		"another shop's":     {k.Shop, []id.Product{foreign}, "live.bad_shelf"},
		"nothing at all":     {k.Shop, []id.Product{{}}, "live.bad_shelf"},
		"another shop's own": {id.Make[id.Shop](k.DB), nil, "live.not_found"},
	} {
		if err := k.Shelf.Set(t.Context(), c.shop, r, c.list); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	items, err := k.Shelf.Items(t.Context(), r)
	if err != nil || len(items) != shelf.ItemsMax || items[shelf.ItemsMax-1].Product != full[shelf.ItemsMax-1] {
		t.Errorf("the shelf holds %d, %v", len(items), err)
	}
	if err := k.Shelf.Unpin(t.Context(), id.Make[id.Shop](k.DB), r); fault.Code(err) != "live.not_found" {
		t.Errorf("unpinned by another shop: %v", err)
	}
	if err := k.Shelf.Edit(t.Context(), id.Make[id.Shop](k.DB), r, full[0], shelf.Edit{}); fault.Code(
		err) != "live.not_found" {
		t.Errorf("edited by another shop: %v", err)
	}
}

// The picture of a room without one of its own is that of what it shows first.
func TestARoomLooksLikeWhatItShowsFirst(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	a, b := k.Product(k.Shop, "a"), k.Product(k.Shop, "b")
	for p, url := range map[id.Product]string{a.ID: "/media/a.jpg", b.ID: "/media/b.jpg"} {
		k.Break("UPDATE product SET pictures = ? WHERE id = ?", `[{"url":"`+url+`"}]`, p)
	}
	both, one, none, hidden := k.Room(a, b), k.Room(b), k.Room(), k.Room(a)
	hide := true
	for _, r := range []id.Room{both, hidden} {
		k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, a.ID, shelf.Edit{Hidden: &hide}))
	}
	got, err := k.Shelf.Covers(t.Context(), []id.Room{both, one, none, hidden})
	if err != nil || len(got) != 2 || got[both] != "/media/b.jpg" || got[one] != "/media/b.jpg" {
		t.Errorf("the rooms look like %v, %v", got, err)
	}
	if got, err := k.Shelf.Covers(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no rooms look like %v, %v", got, err)
	}
}

// An order carries when its goods were explained last in the newest show, on the
// picture's clock, and nothing of what was not or behind the curtain.
func TestWhatAnOrderMayLookAtAgain(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	a, b, c := k.Product(k.Shop, "a"), k.Product(k.Shop, "b"), k.Product(k.Shop, "c")
	r := k.Room(a, b, c)
	of := func() string {
		t.Helper()
		list, err := shelf.Evidence{}.For(t.Context(), k.DB.Reader(), r, []id.Product{a.ID, b.ID, c.ID})
		k.Must(err)
		text := ""
		for _, s := range list {
			until := "now"
			if !s.Until.IsZero() {
				until = s.Until.Sub(s.From).String()
			}
			text += map[id.Product]string{a.ID: "a", b.ID: "b", c.ID: "c"}[s.Product] + " " + until + ", "
		}
		return text
	}
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	k.Pin(r, a.ID)
	if got := of(); got != "" {
		t.Errorf("in a rehearsal: %s", got)
	}
	k.End(r)
	k.Must(k.Mode(r, room.Open))
	k.Clock.Advance(2 * time.Minute)
	k.Publish(r)
	k.Pin(r, a.ID)
	k.Pass(r, 3*time.Second)
	k.Pin(r, b.ID)
	k.Pass(r, 4*time.Second)
	k.Pin(r, a.ID)
	if got := of(); got != "b 4s, a now, " && got != "a now, b 4s, " {
		t.Errorf("on air: %s", got)
	}
	k.Pass(r, time.Second)
	k.End(r)
	k.Want(r, show.Ended)
	if got := of(); got != "b 4s, a 1s, " && got != "a 1s, b 4s, " {
		t.Errorf("after the end: %s", got)
	}
	if _, err := (shelf.Evidence{}).For(t.Context(), k.DB.Reader(), id.Make[id.Room](k.DB),
		[]id.Product{a.ID}); fault.Code(err) != "live.not_found" {
		t.Errorf("in a room that is not there: %v", err)
	}
}
