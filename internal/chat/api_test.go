package chat_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

type body = map[string]any

// hall is a room with its chat behind the door.
type hall struct {
	*stagetest.Kit
	door *httpapitest.Door
	room id.Room
	mod  id.User
	ann  id.User
}

// ShopRefs implements catalog.ShopNames.
func (h *hall) ShopRefs(context.Context, []id.Shop, lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	return map[id.Shop]catalog.ShopRef{h.Shop: {ID: h.Shop, Name: "茶铺"}}, nil
}

func enter(t *testing.T) *hall {
	t.Helper()
	h := &hall{Kit: stagetest.Open(t)}
	h.mod, h.ann = id.Make[id.User](h.DB), id.Make[id.User](h.DB)
	h.People[h.ann] = account.User{ID: h.ann, DisplayName: "小安"}
	h.room = h.Room()
	speech := chat.New(chat.Options{
		DB: h.DB, Log: quiet(), Shows: h.Shows, Catalog: h.Products, Shops: h, Staff: h, Words: h.Words,
		Follows: h.Follows,
		News:    room.News{Publisher: h.News, Log: quiet()}, Limiter: cache.NewMemoryLimiter(h.Clock), People: h.People,
		Sockets: h.Sockets,
	})
	h.door = httpapitest.Open(t, h.Clock, speech.Module())
	h.door.Hire(h.mod, h.Shop, permission.LiveModerate)
	h.door.Name("shop", h.Shop)
	h.door.Name("room", h.room)
	h.door.Name("id", h.room)
	h.known()
	return h
}

// May implements chat.Staff: who is hired at the door works for the shop.
func (h *hall) May(ctx context.Context, user id.User, shop id.Shop, _ permission.Permission) (bool, error) {
	return h.door.May(ctx, user, shop, permission.LiveModerate)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (h *hall) known() {
	h.T.Helper()
	d, err := h.Rooms.Door(context.Background(), h.room)
	h.Must(err)
	h.door.Room(h.room, d)
}

const (
	said  = "GET /live/rooms/{id}/messages"
	say   = "POST /live/rooms/{id}/messages"
	staff = "/merchant/{shop}/rooms/{room}/messages"
)

// texts are what a list of messages says, in its order.
func texts(o httpapitest.Object) (out []string) {
	for _, m := range o.List("items") {
		out = append(out, m.Text("text"))
	}
	return out
}

func (h *hall) say(who id.User, text string) httpapitest.Object {
	h.T.Helper()
	return h.door.Call(who, 201, say, body{"text": text})
}

func TestWhatIsSaidIsRead(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.door.Strangers()
	h.Publish(h.room)
	if m := h.say(h.ann, " 你好 "); m.Show("text", "kind", "user_name", "held") != "你好 chat 小安 <nil>" {
		t.Errorf("said: %v", m)
	}
	first := h.Clock.Now()
	h.Clock.Advance(time.Minute)
	second := h.say(h.ann, "多少钱")
	h.Clock.Advance(time.Minute)
	shop := h.door.Call(h.mod, 201, "POST "+staff, body{"text": "欢迎"})
	if shop.Show("kind", "user_name") != "host 茶铺" {
		t.Errorf("the shop says %v", shop)
	}
	h.People[h.mod] = account.User{ID: h.mod, DisplayName: "小莫"}
	own := h.say(h.mod, "我看看") // by the name that viewers could have too, so the server says whose it is
	if own.Show("kind", "user_name") != "staff 小莫" {
		t.Errorf("who works there says %v", own)
	}
	h.door.Call(h.mod, 204, "POST "+staff+"/"+own.Text("id")+"/remove", nil)
	at := func(d time.Duration) string { return first.Add(d).Format("2006-01-02T15:04:05Z") }
	for query, want := range map[string][]string{
		"":                                      {"你好", "多少钱", "欢迎"},
		"?after=" + second.Text("id"):           {"欢迎"},
		"?after=" + shop.Text("id"):             nil,
		"?from=" + at(0) + "&until=" + at(90e9): {"你好", "多少钱"},
		"?from=" + at(30*time.Second) + "&until=" + at(90e9): {"多少钱"},
		"?from=" + at(-time.Hour) + "&until=" + at(time.Hour): {
			"你好", "多少钱",
			"欢迎",
		}, // too long a stretch: the newest
		"?from=" + at(time.Minute) + "&until=" + at(-2*time.Minute):  {"你好", "多少钱", "欢迎"},
		"?from=" + at(-2*time.Minute) + "&until=" + at(-time.Minute): nil,
	} {
		if got := texts(h.door.Call(id.User{}, 200, said+query, nil)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	if got := texts(h.door.Call(h.mod, 200, "GET "+staff+"?filter=questions", nil)); !slices.Equal(got,
		[]string{"多少钱"}) {
		t.Errorf("questions: %q", got)
	}
}

func TestWhoMayNotSpeak(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.Publish(h.room)
	h.door.Refuse(id.User{}, 401, "auth.sign_in_required", say, body{"text": "x"})
	h.door.Refuse(h.ann, 422, "live.bad_text", say, body{"text": "  "})
	h.door.Refuse(h.ann, 422, "request.invalid", say, body{"text": strings.Repeat("x", 801)})
	h.door.Refuse(h.ann, 403, "shop.not_staff", "POST "+staff, body{"text": "I am the shop"})
	h.door.Refuse(h.ann, 403, "shop.not_staff", "GET "+staff, nil)
	refused := 0
	for range 25 {
		if h.door.Do(h.ann, say, body{"text": "刷屏"}).Status == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nobody stops who says 25 things at once")
	}
	h.End(h.room)
	h.Must(h.Mode(h.room, room.Rehearsal))
	h.known()
	h.door.Refuse(h.ann, 404, "live.not_found", say, body{"text": "x"})
	h.door.Refuse(id.User{}, 404, "live.not_found", said, nil)
	h.door.Call(h.mod, 200, said, nil)
}

// A moderator looks at what was held, shows it or takes it away, and takes away what
// everybody sees; viewers see neither what waits nor what is gone.
func TestAModeratorDecides(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.Publish(h.room)
	_, err := h.Words.AddWord(t.Context(), moderation.Word{Shop: h.Shop, Text: "odd", Action: moderation.Hold})
	h.Must(err)
	held, gone, open := h.say(h.ann, "odd one"), h.say(h.ann, "odd two"), h.say(h.ann, "fine")
	if held.At("held") != true {
		t.Fatalf("not held: %v", held)
	}
	list := func(filter string) []string {
		t.Helper()
		return texts(h.door.Call(h.mod, 200, "GET "+staff+"?filter="+filter, nil))
	}
	seen := func() []string { t.Helper(); return texts(h.door.Call(id.User{}, 200, said, nil)) }
	if got := seen(); !slices.Equal(got, []string{"fine"}) {
		t.Errorf("before a moderator came: %q", got)
	}
	if got := list("held"); len(got) != 2 {
		t.Errorf("held: %q", got)
	}
	h.door.Call(h.mod, 204, "POST "+staff+"/"+held.Text("id")+"/show", nil)
	h.door.Call(h.mod, 204, "POST "+staff+"/"+gone.Text("id")+"/remove", nil)
	if got := seen(); !slices.Equal(got, []string{"odd one", "fine"}) {
		t.Errorf("after the decisions: %q", got)
	}
	h.door.Call(h.mod, 204, "PUT /merchant/{shop}/rooms/{room}/pinned-message", body{"message_id": open.Text("id")})
	if st := h.Standing(h.room); st.PinnedMessage.String() != open.Text("id") {
		t.Errorf("pinned is %s", st.PinnedMessage)
	}
	for range 2 {
		h.door.Call(h.mod, 204, "POST "+staff+"/"+open.Text("id")+"/remove", nil)
	}
	if got := seen(); !slices.Equal(got, []string{"odd one"}) {
		t.Errorf("in the end: %q", got)
	}
	if got := list("held"); len(got) != 0 {
		t.Errorf("still held: %q", got)
	}
	h.door.Refuse(h.mod, 404, "live.no_such_message", "POST "+staff+"/"+id.Make[id.Message](h.DB).String()+"/show", nil)
	other := h.Room()
	h.door.Refuse(h.mod, 404, "live.not_found",
		"POST /merchant/{shop}/rooms/"+other.String()+"/messages/"+held.Text("id")+"/remove", nil)
}

// Who is muted from the desk of one message stays silent for the time that was said,
// who is banned is asked at the socket again.
func TestWhoWroteIsSilenced(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.Publish(h.room)
	m := h.say(h.ann, "hm")
	silence := "POST " + staff + "/" + m.Text("id") + "/silence"
	h.door.Call(h.mod, 204, silence, body{"kind": "mute", "minutes": 5})
	h.door.Refuse(h.ann, 403, "live.muted", say, body{"text": "x"})
	h.Clock.Advance(5 * time.Minute)
	h.say(h.ann, "again")
	h.door.Call(h.mod, 204, silence, body{"kind": "ban"})
	h.door.Refuse(h.ann, 403, "live.banned", say, body{"text": "x"})
	if !slices.Equal(h.Sockets.Users, []id.User{h.ann}) {
		t.Errorf("asked again: %v", h.Sockets.Users)
	}
	if h.Enter(h.room, h.ann) != realtime.Refused {
		t.Error("who is banned listens")
	}
	h.door.Refuse(h.mod, 422, "request.invalid", silence, body{"kind": "exile"})
	h.door.Refuse(h.ann, 403, "shop.not_staff", silence, body{"kind": "mute"})
}
