package studio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

// everything asks for each operation of the control room that a room has, and writes
// how each is answered.
func (k *control) everything(who id.User) string {
	k.T.Helper()
	out := ""
	for _, x := range []struct {
		name, target string
		body         any
	}{
		{"list", "GET /merchant/{shop}/rooms", nil},
		{"get", desk, nil},
		{"health", desk + "/health", nil},
		{"unpaid", desk + "/unpaid", nil},
		{"update", "PATCH /merchant/{shop}/rooms/{room}", body{"slow_seconds": 1}},
		{"create", "POST /merchant/{shop}/rooms", body{"title": "x", "product_ids": []id.Product{}}},
		{"mode", "POST /merchant/{shop}/rooms/{room}/mode", body{"mode": "open"}},
		{"key", "POST /merchant/{shop}/rooms/{room}/key", nil},
		{"kick", "POST /merchant/{shop}/rooms/{room}/kick", nil},
		{"end", "POST /merchant/{shop}/rooms/{room}/end", nil},
		{"cancel", "POST /merchant/{shop}/rooms/{room}/cancel", nil},
		{"see", seen, nil},
	} {
		out += fmt.Sprintf("%s %d, ", x.name, k.door.Do(who, x.target, x.body).Status)
	}
	return out
}

// Who may do what with a room: a visitor, a buyer, a moderator, a host and another
// shop's owner.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const (
		nobody = "list 403, get 403, health 403, unpaid 403, update 403, create 403, mode 403, key 403, kick 403, " +
			"end 403, cancel 403, see 200, "
		run = "list 200, get 200, health 200, unpaid 200, update 200, create 201, mode 200, key 200, kick 204, " +
			"end 200, cancel 409, see 200, "
		moderate = "list 200, get 200, health 200, unpaid 200, update 403, create 403, mode 403, key 403, kick 403, " +
			"end 403, cancel 403, see 200, "
	)
	k := open(t)
	rival := id.Make[id.User](k.DB)
	k.door.Hire(rival, id.Make[id.Shop](k.DB))
	for _, c := range []struct {
		what string
		who  id.User
		want string
	}{
		{"a visitor", id.User{}, strings.ReplaceAll(nobody, "403", "401")},
		{"a buyer", id.Make[id.User](k.DB), nobody},
		{"another shop's owner", rival, nobody},
		{"a moderator", k.mod, moderate},
		{"a host", k.Host, run},
	} {
		r := k.Room()
		k.Publish(r)
		k.door = k.again()
		k.known(r)
		if got := k.everything(c.who); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.what, got, c.want)
		}
		if st := k.Standing(r); c.who != k.Host && (st.State() != show.Live || st.Slow != 0) {
			t.Errorf("%s has changed the room: %+v", c.what, st)
		}
	}
}

// Staff who are dismissed while the show runs are outside at once.
func TestDismissedDuringTheShow(t *testing.T) {
	t.Parallel()
	k := open(t)
	r := k.Room()
	k.known(r)
	k.Must(k.Mode(r, room.Rehearsal))
	k.Publish(r)
	k.known(r)
	host := id.Make[id.User](k.DB)
	k.door.Hire(host, k.Shop)
	key := k.door.Call(host, 200, desk, nil).Text("stream.key")
	if key == "" {
		t.Fatal("the host does not see the key")
	}
	k.door.Dismiss(host, k.Shop)
	for _, target := range []string{desk, desk + "/health", desk + "/unpaid"} {
		k.door.Refuse(host, 403, "shop.not_staff", target, nil)
	}
	k.door.Refuse(host, 403, "shop.not_staff", "POST /merchant/{shop}/rooms/{room}/end", nil)
	k.door.Refuse(host, 404, "live.not_found", seen, nil)
	if a := k.door.Do(host, seen, nil); strings.Contains(string(a.Body), key) {
		t.Error("who was dismissed is told the key")
	}
	k.Want(r, show.Live)
}

// A viewer's page of a room has nothing that only the staff are to see, in any of the
// room's states.
func TestNothingPrivateIsOnTheViewersPage(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea, cup := k.Product(k.Shop, "公开的茶"), k.Product(k.Shop, "秘密的杯")
	hide, notes := true, "底价不要说"
	ann := id.Make[id.User](k.DB)
	k.People[ann] = account.User{ID: ann, DisplayName: "安"}
	_, err := k.Words.AddWord(t.Context(), moderation.Word{Shop: k.Shop, Text: "敏感", Action: moderation.Hold})
	k.Must(err)
	for what, turn := range map[string]func(r id.Room){
		"before": func(id.Room) {},
		"warm-up": func(r id.Room) {
			k.Must(k.Mode(r, room.WarmUp))
			k.Publish(r)
		},
		"on air": func(r id.Room) { k.Publish(r) },
		"over":   func(r id.Room) { k.Publish(r); k.End(r) },
	} {
		r := k.Room(tea, cup)
		k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, cup.ID, shelf.Edit{Hidden: &hide, Notes: &notes}))
		k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, tea.ID, shelf.Edit{Notes: &notes}))
		turn(r)
		if k.Standing(r).State() != show.Ended {
			k.Pin(r, tea.ID)
			if m, code := k.Speak(r, ann, "敏感的话"); code != "" || !m.At.Equal(k.Clock.Now()) {
				t.Fatal(code)
			}
		}
		d := k.again()
		door, err := k.Rooms.Door(t.Context(), r)
		k.Must(err)
		d.Room(r, door)
		for _, who := range []id.User{{}, ann} {
			page := string(d.Do(who, "GET /live/rooms/"+r.String(), nil).Body)
			for _, secret := range []string{k.Key(r), notes, "秘密的杯", "敏感的话", "rtmp", "bitrate", "numbers"} {
				if strings.Contains(page, secret) {
					t.Errorf("%s, a viewer is told %q", what, secret)
				}
			}
			if !strings.Contains(page, r.String()) {
				t.Errorf("%s, the page is %s", what, page)
			}
		}
	}
}

// The numbers of a show that has not begun are nothing, whatever the room sold in the
// one before.
func TestANewShowHasSoldNothing(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea := k.Product(k.Shop, "茶")
	r := k.Room(tea)
	k.known(r)
	numbers := func(want string) {
		t.Helper()
		got := k.door.Call(k.mod, 200, desk+"/health", nil)
		if text := got.Show("numbers.orders", "numbers.revenue.amount", "numbers.likes"); text != want {
			t.Errorf("a room that is %s has %s, want %s", k.Standing(r).State(), text, want)
		}
	}
	k.Publish(r)
	o := sell(k, r, tea, 2)
	k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return k.orders.MarkPaid(ctx, tx, o)
	}))
	_, err := k.Audience.Like(t.Context(), r, 3)
	k.Must(err)
	k.Tally()
	numbers("1 200 3")
	k.End(r)
	numbers("1 200 3")
	k.Clock.Advance(2 * time.Minute)
	for _, mode := range []room.Mode{room.WarmUp, room.Rehearsal} {
		k.Must(k.Mode(r, mode))
		numbers("0 0 0")
	}
	k.Must(k.Mode(r, room.Open))
	numbers("1 200 3") // the newest show is the one that is over
	k.Publish(r)
	numbers("0 0 0")
}

// A picture at a server in front is played from there, by the one kind of player that
// it serves; our own again when it comes to us.
func TestWhereAPictureIsPlayed(t *testing.T) {
	t.Parallel()
	k := open(t)
	r := k.Room()
	k.known(r)
	playback := func() string {
		t.Helper()
		return k.door.Call(id.User{}, 200, seen, nil).Show("state", "playback.hls", "playback.flv", "playback.whep")
	}
	own := "/live/" + r.String() + "/index.m3u8 /live/" + r.String() + "/live.flv /whep/" + r.String()
	if got := playback(); got != "scheduled "+own {
		t.Errorf("before: %s", got)
	}
	const front = "https://edge.example/x.m3u8"
	k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{URL: front, ID: "srs:1"}))
	if got := playback(); got != "live "+front+"  " {
		t.Errorf("in front: %s", got)
	}
	k.Must(k.Stage.Hung(t.Context(), r, "srs:1"))
	if got := playback(); got != "paused "+front+"  " {
		t.Errorf("gone for a moment: %s", got)
	}
	k.Engine.Set(r.String(), stream.Health{Live: true, Clock: k.Clock.Now()})
	k.Ingest.OnPublish(r.String(), 1)
	if got := playback(); got != "live "+own {
		t.Errorf("back with us: %s", got)
	}
}

// The door of a room holds for every page of it, in the language that is asked for, and
// what is said of money is in the mall's currency.
func TestAPageInEveryLanguage(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea := k.Product(k.Shop, "茶")
	k.Break(`UPDATE product SET title = '{"zh-CN":"茶","en":"Tea"}' WHERE id = ?`, tea.ID)
	r := k.Room(tea)
	k.known(r)
	k.Publish(r)
	k.Pin(r, tea.ID)
	for tag, want := range map[string]string{
		"zh-CN": "茶", "en": "Tea", "de": "茶", "": "茶", "en-GB;q=0.5, zh;q=0.1": "Tea", "*": "茶",
	} {
		k.door.Language = tag
		for _, path := range []string{seen, desk} {
			got := k.door.Call(k.mod, 200, path, nil)
			if text := got.Show("pinned.item.title", "pinned.item.titles.en", "pinned.item.price.currency"); text !=
				want+" Tea CNY" {
				t.Errorf("%q, %s: %s", tag, path, text)
			}
		}
	}
}

// A list that is asked for in no way in which it can be is refused, and says so.
func TestListsThatCannotBe(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.Room()
	for _, query := range []string{
		"limit=-1", "limit=x", "limit=100000", "cursor=torn", "state=cancelled",
		"state=paused",
	} {
		for who, path := range map[id.User]string{{}: "/live/rooms", k.mod: "/merchant/{shop}/rooms"} {
			a := k.door.Do(who, "GET "+path+"?"+query, nil)
			staff := strings.HasPrefix(path, "/merchant")
			if strings.HasPrefix(query, "state") && staff { // which knows of no states
				continue
			}
			if a.Status != 422 && a.Status != 400 {
				t.Errorf("%s?%s is answered %d: %.200s", path, query, a.Status, a.Body)
			}
		}
	}
}
