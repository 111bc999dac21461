package shelf_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/stage/stagetest"
)

type body = map[string]any

// stall is a room with its shelf behind the door.
type stall struct {
	*stagetest.Kit
	door   *httpapitest.Door
	room   id.Room
	mod    id.User
	goods  []catalog.Product
	cheap  map[id.Product]int64
	viewer id.User
}

// RoomPrices implements shelf.RoomPrices.
func (s *stall) RoomPrices(context.Context, id.Room, []id.Product) (map[id.Product]int64, error) {
	return s.cheap, nil
}

func enter(t *testing.T) *stall {
	t.Helper()
	s := &stall{Kit: stagetest.Open(t), cheap: map[id.Product]int64{}}
	s.mod, s.viewer = id.Make[id.User](s.DB), id.Make[id.User](s.DB)
	for _, title := range []string{"茶", "杯", "壶"} {
		s.goods = append(s.goods, s.Product(s.Shop, title))
	}
	s.Break("UPDATE product SET state = ?", catalog.OnSale)
	s.room = s.Room(s.goods...)
	s.door = httpapitest.Open(t, s.Clock, s.Shelf.Module(shelf.Views{Service: s.Shelf, Prices: s, Currency: "CNY"},
		s.Shows))
	s.door.Hire(s.Host, s.Shop)
	s.door.Hire(s.mod, s.Shop, permission.LiveModerate)
	s.door.Name("shop", s.Shop)
	s.door.Name("room", s.room)
	s.known()
	return s
}

func (s *stall) known() {
	s.T.Helper()
	d, err := s.Rooms.Door(context.Background(), s.room)
	s.Must(err)
	s.door.Room(s.room, d)
}

const (
	seen = "GET /live/rooms/{room}/shelf"
	desk = "/merchant/{shop}/rooms/{room}"
)

// lines are a shelf as "number title available", one after another.
func lines(o httpapitest.Object) string {
	var out []string
	for _, i := range o.List("items") {
		out = append(out, i.Show("number", "titles.zh-CN", "available"))
	}
	return strings.Join(out, ", ")
}

func TestAShelfFromBothSides(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.door.Strangers()
	s.cheap[s.goods[1].ID] = 80
	got := s.door.Call(id.User{}, 200, seen, nil)
	if text := lines(got); text != "1 茶 10, 2 杯 10, 3 壶 10" {
		t.Errorf("the shelf: %s", text)
	}
	if text := got.Show("items.0.room_price", "items.1.room_price.amount",
		"items.1.price.amount"); text != "<nil> 80 100" {
		t.Errorf("its prices: %s", text)
	}
	item := "PATCH " + desk + "/shelf/" + s.goods[0].ID.String()
	s.door.Call(s.Host, 200, item, body{"hidden": true, "notes": "先讲产地"})
	if got := s.door.Call(s.viewer, 200, seen, nil); lines(got) != "2 杯 10, 3 壶 10" ||
		strings.Contains(got.Show("items"), "产地") {
		t.Errorf("viewers see %v", got)
	}
	if got := s.door.Call(s.mod, 200, "GET "+desk+"/shelf", nil); got.Show("items.0.hidden",
		"items.0.notes") != "true 先讲产地" {
		t.Errorf("the staff see %v", got)
	}
	order := []id.Product{s.goods[2].ID, s.goods[0].ID}
	if got := s.door.Call(s.Host, 200, "PUT "+desk+"/shelf", body{"product_ids": order}); lines(
		got) != "1 壶 10, 2 茶 10" ||
		got.Show("items.1.hidden", "items.1.notes") != "true 先讲产地" {
		t.Errorf("in a new order: %v", got)
	}
	foreign := s.Product(id.Make[id.Shop](s.DB), "别家")
	for _, c := range []struct {
		what, target, code string
		who                id.User
		status             int
		body               any
	}{
		{
			"another shop's", "PUT " + desk + "/shelf", "live.bad_shelf", s.Host, 422,
			body{"product_ids": []id.Product{foreign.ID}},
		},
		{
			"twice the same", "PUT " + desk + "/shelf", "live.bad_shelf", s.Host, 422,
			body{"product_ids": []id.Product{order[0], order[0]}},
		},
		{
			"what is not there", "PATCH " + desk + "/shelf/" + foreign.ID.String(), "live.not_on_shelf", s.Host, 404,
			body{"hidden": true},
		},
		{"long notes", item, "live.bad_notes", s.Host, 422, body{"notes": strings.Repeat("讲", 801)}},
		{"by a moderator", "PUT " + desk + "/shelf", "shop.not_staff", s.mod, 403, body{"product_ids": order}},
		{"pinned by a moderator", "POST " + desk + "/pin", "shop.not_staff", s.mod, 403, body{"product_id": order[0]}},
	} {
		if got := s.door.Call(c.who, c.status, c.target, c.body).Text("code"); got != c.code {
			t.Errorf("%s: refused as %s, want %s", c.what, got, c.code)
		}
	}
	if got := s.door.Call(s.viewer, 200, seen, nil); lines(got) != "1 壶 10" {
		t.Errorf("after what was refused: %v", got)
	}
}

func TestExplainingLeavesMarks(t *testing.T) {
	t.Parallel()
	s := enter(t)
	pin := func(p catalog.Product) httpapitest.Object {
		t.Helper()
		return s.door.Call(s.Host, 200, "POST "+desk+"/pin", body{"product_id": p.ID})
	}
	marks := func(query string) (out []string) {
		t.Helper()
		for _, m := range s.door.Call(s.viewer, 200, "GET /live/rooms/{room}/marks"+query, nil).List("items") {
			until := "open"
			if m.At("until") != nil {
				until = "closed"
			}
			out = append(out, m.Text("item.titles.zh-CN")+" "+until)
		}
		return out
	}
	s.Publish(s.room)
	first := s.Standing(s.room).Now.ID
	picture := s.Clock.Now().Add(-2 * time.Second) // the stream's own clock
	if got := pin(s.goods[0]); got.Show("item.pinned", "stream_time") != "true "+picture.Format(time.RFC3339) {
		t.Errorf("explained: %v", got)
	}
	s.Pass(s.room, 10*time.Second)
	pin(s.goods[1])
	if got := marks(""); !slices.Equal(got, []string{"茶 closed", "杯 open"}) {
		t.Errorf("marks: %q", got)
	}
	if got := s.door.Call(s.viewer, 200, seen, nil); got.Show("items.0.pinned", "items.1.pinned") != "false true" {
		t.Errorf("on the shelf: %v", got)
	}
	s.Pass(s.room, 10*time.Second)
	for range 2 {
		s.door.Call(s.Host, 204, "POST "+desk+"/unpin", nil)
	}
	hide := true
	s.Must(s.Shelf.Edit(t.Context(), s.Shop, s.room, s.goods[1].ID, shelf.Edit{Hidden: &hide}))
	if got := marks(""); !slices.Equal(got, []string{"茶 closed"}) {
		t.Errorf("marks of what is hidden now: %q", got)
	}
	s.End(s.room)
	s.Clock.Advance(2 * time.Minute)
	s.Publish(s.room)
	if got := marks(""); len(got) != 0 {
		t.Errorf("a new show begins with %q", got)
	}
	if got := marks("?show=" + first.String()); !slices.Equal(got, []string{"茶 closed"}) {
		t.Errorf("marks of the first show: %q", got)
	}
	s.door.Refuse(s.viewer, 404, "live.no_such_show", "GET /live/rooms/{room}/marks?show="+
		id.Make[id.Show](s.DB).String(), nil)
	foreign := s.Product(s.Shop, "不在架上")
	s.door.Refuse(s.Host, 404, "live.not_on_shelf", "POST "+desk+"/pin", body{"product_id": foreign.ID})
}

// What is private has a shelf for nobody but its staff.
func TestAPrivateShelf(t *testing.T) {
	t.Parallel()
	s := enter(t)
	s.Must(s.Mode(s.room, room.Rehearsal))
	s.known()
	for _, path := range []string{seen, "GET /live/rooms/{room}/marks"} {
		s.door.Refuse(id.User{}, 404, "live.not_found", path, nil)
		s.door.Refuse(s.viewer, 404, "live.not_found", path, nil)
		s.door.Call(s.mod, 200, path, nil)
	}
}
