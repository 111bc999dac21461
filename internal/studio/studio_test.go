package studio_test

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
	"hawker/internal/media/ladder"
	"hawker/internal/media/stream"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/stage/stagetest"
	"hawker/internal/studio"
)

type body = map[string]any

// control is the control room of a shop and what viewers see of it.
type control struct {
	*stagetest.Kit
	door   *httpapitest.Door
	orders *order.Service
	module module.Module
	mod    id.User // may moderate and no more
	ladder map[string]ladder.Status
}

func open(t *testing.T) *control {
	t.Helper()
	k := &control{Kit: stagetest.Open(t), ladder: map[string]ladder.Status{}}
	k.mod = id.Make[id.User](k.DB)
	k.People[k.Host] = account.User{ID: k.Host, DisplayName: "主播", AvatarURL: "/a.jpg"}
	k.orders = order.New(k.DB, k.Box, order.Terms{PayWithin: 10 * time.Minute})
	news := room.News{Publisher: k.News, Log: slog.New(slog.DiscardHandler)}
	views := studio.Views{
		Clock: k.Clock, Rooms: k.Rooms, Shows: k.Shows, Shelf: shelf.Views{Service: k.Shelf, Currency: "CNY"},
		Chat: k.Chat, News: news, Follows: k.Follows, Words: k.Words, Shops: k, People: k.People, Picture: k.Engine,
		Promoters: k, Ladders: k, Currency: "CNY",
	}
	merchants := studio.MerchantAPI{
		Stage: k.Stage, Views: views, Orders: k.orders, IngestApp: "live", RTMPPort: func() string { return "1935" },
		EdgeRTMP: "rtmp://edge.example/in/", Staff: k,
	}
	k.module = studio.Module(studio.API{Views: views, Links: k}, merchants)
	k.door = k.again()
	return k
}

// again is another door before the same rooms.
func (k *control) again() *httpapitest.Door {
	d := httpapitest.Open(k.T, k.Clock, k.module)
	d.Hire(k.Host, k.Shop)
	d.Hire(k.mod, k.Shop, permission.LiveModerate)
	d.Name("shop", k.Shop)
	return d
}

// May implements httpapi.StaffRegister for the view of a room.
func (k *control) May(ctx context.Context, u id.User, s id.Shop, p permission.Permission) (bool, error) {
	return k.door.May(ctx, u, s, p)
}

// Status implements studio.Ladders.
func (k *control) Status(stream string) (ladder.Status, bool) {
	s, ok := k.ladder[stream]
	return s, ok
}

// ShopRefs implements catalog.ShopNames.
func (k *control) ShopRefs(context.Context, []id.Shop, lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	return map[id.Shop]catalog.ShopRef{k.Shop: {ID: k.Shop, Name: "茶铺"}}, nil
}

// PromoterName implements studio.Promoters: whoever comes by the link "wang" earns her something.
func (k *control) PromoterName(_ context.Context, code string, _ id.User) (string, bool, error) {
	return "王", code == "wang", nil
}

// RoomLink implements studio.Links.
func (k *control) RoomLink(_ context.Context, u id.User, r id.Room) (code, url string, err error) {
	return "c" + u.String(), "/s/" + r.String(), nil
}

// known opens the door of a room as the program would.
func (k *control) known(r id.Room) {
	k.T.Helper()
	d, err := k.Rooms.Door(context.Background(), r)
	k.Must(err)
	k.door.Room(r, d)
	k.door.Name("room", r)
}

const (
	seen = "GET /live/rooms/{room}"
	desk = "GET /merchant/{shop}/rooms/{room}"
)

func TestARoomIsOpenedAndChanged(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea := k.Product(k.Shop, "Tea")
	soon := k.Clock.Now().Add(2 * time.Hour)
	made := k.door.Call(k.Host, 201, "POST /merchant/{shop}/rooms", body{
		"title": "晚场", "product_ids": []id.Product{tea.ID}, "scheduled_at": soon,
	})
	var r id.Room
	k.Must(r.UnmarshalText([]byte(made.Text("id"))))
	k.known(r)
	if got := made.Show("title", "state", "mode", "host.name", "shop.name", "shelf_count", "scheduled_at",
		"may_run", "health.state", "numbers.orders"); got !=
		"晚场 scheduled open 主播 茶铺 1 "+soon.Format(time.RFC3339)+" true waiting 0" {
		t.Errorf("opened: %s", got)
	}
	key := k.Key(r)
	if got := made.Show("stream.key", "stream.rtmp_url", "stream.publish_url", "stream.edge_url"); got != key+
		" rtmp://127.0.0.1:1935/live rtmp://127.0.0.1:1935/live/"+key+" rtmp://edge.example/in/"+r.String()+"?key="+
		key {
		t.Errorf("where to send: %s", got)
	}
	changed := k.door.Call(k.Host, 200, "PATCH /merchant/{shop}/rooms/{room}", body{
		"title": "夜场", "slow_seconds": 5, "followers_only": true, "low_latency": true, "ladder": true,
	})
	if got := changed.Show("title", "chat.slow_seconds", "chat.followers_only", "low_latency", "ladder"); got !=
		"夜场 5 true true true" {
		t.Errorf("changed: %s", got)
	}
	if again := k.door.Call(k.Host, 200, "PATCH /merchant/{shop}/rooms/{room}", body{"slow_seconds": 0}); again.Show(
		"title",
		"chat.slow_seconds", "chat.followers_only", "low_latency") != "夜场 0 true true" {
		t.Errorf("one thing changed others: %v", again)
	}
	next := k.door.Call(k.Host, 200, "POST /merchant/{shop}/rooms/{room}/key", nil)
	if next.Text("stream.key") == key || next.Text("stream.key") != k.Key(r) {
		t.Errorf("the key is still %s", next.Text("stream.key"))
	}
	if off := k.door.Call(k.Host, 200, "POST /merchant/{shop}/rooms/{room}/cancel", nil); off.Show("state",
		"health.state") != "cancelled ended" {
		t.Errorf("called off: %v", off)
	}
	k.door.Refuse(k.Host, 422, "live.bad_title", "POST /merchant/{shop}/rooms",
		body{"title": " ", "product_ids": []id.Product{}})
}

// Who moderates sees the room and its alarms and neither its key nor a way to send.
func TestTheKeyIsForThoseWhoSend(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.door.Strangers()
	r := k.Room()
	k.known(r)
	for _, path := range []string{desk, desk + "/health", desk + "/unpaid"} {
		if raw := string(k.door.Do(k.mod, path, nil).Body); strings.Contains(raw, k.Key(r)) {
			t.Errorf("%s tells a moderator the key", path)
		}
		k.door.Call(k.mod, 200, path, nil)
	}
	if got := k.door.Call(k.mod, 200, desk, nil); got.Show("may_run", "stream") != "false <nil>" {
		t.Errorf("a moderator sees %v", got)
	}
	for _, do := range []string{"key", "kick", "end", "cancel"} {
		k.door.Refuse(k.mod, 403, "shop.not_staff", "POST /merchant/{shop}/rooms/{room}/"+do, nil)
	}
	k.door.Refuse(k.mod, 403, "shop.not_staff", "POST /merchant/{shop}/rooms/{room}/mode", body{"mode": "open"})
	rival, theirs := id.Make[id.User](k.DB), id.Make[id.Shop](k.DB)
	k.door.Hire(rival, theirs)
	k.door.Refuse(rival, 404, "live.not_found", "GET /merchant/"+theirs.String()+"/rooms/{room}", nil)
	if got := k.door.Call(id.User{}, 200, seen, nil); strings.Contains(got.Show("playback", "playback_url"), k.Key(r)) {
		t.Errorf("a viewer is told the key: %v", got)
	}
}

func TestAShowAsItsViewersSeeIt(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea, cup := k.Product(k.Shop, "茶"), k.Product(k.Shop, "杯")
	r := k.Room(tea, cup)
	k.known(r)
	ann := id.Make[id.User](k.DB)
	if got := k.door.Call(ann, 200, seen, nil); got.Show("state", "following", "followers", "reminded", "pinned",
		"promoter", "figures", "replay_url", "show_id", "shelf_count") !=
		"scheduled false 0 false <nil> <nil> <nil>  <nil> 2" {
		t.Errorf("before the show: %v", got)
	}
	k.Publish(r)
	k.Present(r, 12)
	k.Pin(r, cup.ID)
	_, err := k.Follows.Follow(t.Context(), ann, k.Shop, true, r)
	k.Must(err)
	_, code := k.Speak(r, ann, "多少钱")
	if code != "" {
		t.Fatal(code)
	}
	_, err = k.Audience.Like(t.Context(), r, 3)
	k.Must(err)
	k.Tally()
	x := k.Standing(r).Now.ID
	got := k.door.Call(ann, 200, seen, nil, "Cookie", "hawker_ref=wang")
	for what, want := range map[string]string{
		"state": "live", "viewers": "12", "likes": "3", "following": "true", "followers": "1", "show_id": x.String(),
		"pinned.item.titles.zh-CN": "杯", "pinned.item.pinned": "true", "channel": realtime.RoomChannel(r),
		"playback.hls": "/live/" + r.String() + "/index.m3u8", "playback.flv": "/live/" + r.String() + "/live.flv",
		"playback.whep": "/whep/" + r.String(), "chat.muted": "false", "host.avatar_url": "/a.jpg", "figures": "<nil>",
	} {
		if is := got.Show(what); is != want {
			t.Errorf("%s is %s, want %s", what, is, want)
		}
	}
	k.Pass(r, 90*time.Second)
	k.End(r)
	over := k.door.Call(id.User{}, 200, seen, nil)
	if got := over.Show("state", "viewers", "figures.seconds", "figures.likes", "figures.messages", "pinned",
		"following"); got != "ended 0 90 3 1 <nil> false" {
		t.Errorf("after its end: %s", got)
	}
	k.door.Refuse(id.User{}, 401, "auth.sign_in_required", "POST /live/rooms/{room}/share", nil)
	if link := k.door.Call(ann, 200, "POST /live/rooms/{room}/share", nil); link.Show("url", "code") != "/s/"+
		r.String()+
		" c"+ann.String() {
		t.Errorf("a link: %v", link)
	}
	k.door.Refuse(ann, 404, "live.not_found", "GET /live/rooms/"+id.Make[id.Room](k.DB).String(), nil)
}

// Lists hold each room once whatever the size of a page; what is private is the
// staff's.
func TestListsOfRooms(t *testing.T) {
	t.Parallel()
	k := open(t)
	var all, open []string
	for i := range 7 {
		r := k.Room()
		all = append(all, r.String())
		if i%3 == 0 {
			k.Must(k.Mode(r, room.Rehearsal))
			continue
		}
		open = append(open, r.String())
		if i == 1 {
			k.Publish(r)
			k.Present(r, 4)
		}
		k.Clock.Advance(time.Second)
	}
	slices.Reverse(all)
	slices.Reverse(open)
	walk := func(who id.User, path string) (ids []string) {
		t.Helper()
		for cursor, more := "", true; more; more = cursor != "" {
			p := k.door.Call(who, 200, "GET "+path+"limit=2&cursor="+cursor, nil)
			for _, card := range p.List("items") {
				ids = append(ids, card.Text("id"))
			}
			cursor = p.Text("next_cursor")
		}
		return ids
	}
	if got := walk(k.mod, "/merchant/{shop}/rooms?"); !slices.Equal(got, all) {
		t.Errorf("the staff see %v, want %v", got, all)
	}
	got := walk(id.User{}, "/live/rooms?")
	slices.Sort(got)
	slices.Sort(open)
	if !slices.Equal(got, open) {
		t.Errorf("viewers see %v, want %v", got, open)
	}
	if p := k.door.Call(id.User{}, 200, "GET /live/rooms?state=live", nil); len(p.List("items")) != 1 ||
		p.Int("items.0.viewers") != 4 {
		t.Errorf("on air: %v", p)
	}
	k.door.Refuse(id.User{}, 422, "request.invalid", "GET /live/rooms?state=secret", nil)
}

// What is wrong with the picture is said by its first cause, and ends with it.
func TestThePictureTellsItsFirstTrouble(t *testing.T) {
	t.Parallel()
	k := open(t)
	r := k.Room()
	k.known(r)
	good := stream.Health{
		Live: true, StreamID: r.String(), BitRate: 2_500_000, FPS: 30, KeyframeGap: 2 * time.Second, VideoCodec: "H264",
		AudioCodec: "AAC", Width: 720, Height: 1280, Protocol: "rtmp", Clock: k.Clock.Now(),
	}
	k.Publish(r)
	for _, c := range []struct {
		what   string
		change func(h *stream.Health)
		want   string // state, reason, first alarm
	}{
		{"all well", func(*stream.Health) {}, "receiving  <nil>"},
		{"no picture", func(h *stream.Health) { h.VideoCodec, h.Late = "", 3 }, "unstable no_video no_video"},
		{"a full disk", func(h *stream.Health) {
			h.Recording.Err = "no space"
		}, "unstable record_failed record_failed"},
		{"a disk without room", func(h *stream.Health) {
			h.Recording.Err, h.Recording.Full = "no space", true
		}, "unstable disk_low disk_low"},
		{"another codec", func(h *stream.Health) {
			h.VideoCodec, h.VideoTrouble = "", stream.Trouble{Cause: stream.CauseCodec, Codec: "VP9"}
		}, "unstable video_codec video_codec"},
		{"another codec of sound", func(h *stream.Health) {
			h.AudioCodec, h.AudioTrouble = "", stream.Trouble{Cause: stream.CauseCodec, Codec: "MP3"}
		}, "unstable audio_codec audio_codec"},
		{"no parameter sets", func(h *stream.Health) {
			h.VideoCodec, h.VideoTrouble = "", stream.Trouble{Cause: stream.CauseSets}
		}, "unstable parameter_sets parameter_sets"},
		{"a picture that is torn on its way", func(h *stream.Health) {
			h.VideoTrouble = stream.Trouble{Cause: stream.CauseBroken}
		}, "unstable broken_media broken_media"},
		{"sent away for its codec", func(h *stream.Health) {
			h.Live, h.VideoTrouble = false, stream.Trouble{Cause: stream.CauseCodec, Codec: "Sorenson H.263"}
		}, "waiting video_codec video_codec"},
		{"late frames", func(h *stream.Health) {
			h.Late = 1
			h.KeyframeGap = time.Minute
		}, "unstable late_frames late_frames"},
		{"rare key frames", func(h *stream.Health) {
			h.KeyframeGap = 5 * time.Second
		}, "unstable keyframe_gap keyframe_gap"},
		{"no sound", func(h *stream.Health) { h.AudioCodec = "" }, "unstable no_audio no_audio"},
		{"few bits", func(h *stream.Health) { h.BitRate = 299_999 }, "receiving  bitrate_low"},
		{"enough bits", func(h *stream.Health) { h.BitRate = 300_000 }, "receiving  <nil>"},
		{"nobody sends", func(h *stream.Health) { h.Live = false }, "waiting no_publisher no_publisher"},
	} {
		h := good
		c.change(&h)
		k.Engine.Set(r.String(), h)
		got := k.door.Call(k.mod, 200, desk+"/health", nil)
		if text := got.Show("health.state", "health.reason", "alarms.0.code"); text != c.want {
			t.Errorf("%s: %s, want %s", c.what, text, c.want)
		}
	}
	k.End(r)
	if got := k.door.Call(k.mod, 200, desk+"/health", nil); got.Show("health.state", "alarms") != "ended []" {
		t.Errorf("after the end: %v", got)
	}
}

func TestSmallerRenditionsAreSpokenOf(t *testing.T) {
	t.Parallel()
	k := open(t)
	r := k.Room()
	k.known(r)
	for _, c := range []struct {
		what   string
		wanted []int
		rate   int64
		status *ladder.Status
		want   string
	}{
		{"none are wanted", nil, 1, &ladder.Status{State: ladder.Running}, " "},
		{"not known yet", []int{360}, 0, nil, "starting "},
		{"too small a picture", []int{360}, 1, nil, "unfit "},
		{"they run", []int{360}, 1, &ladder.Status{State: ladder.Running}, "running "},
		{"they died", []int{360}, 1, &ladder.Status{State: ladder.Retrying, Reason: "slow"}, "retrying slow"},
	} {
		clear(k.ladder)
		if c.status != nil {
			k.ladder[r.String()] = *c.status
		}
		k.Engine.Set(r.String(), stream.Health{
			Live: true, StreamID: r.String(), VideoCodec: "H264", AudioCodec: "AAC", BitRate: c.rate, Ladder: c.wanted,
		})
		got := k.door.Call(k.mod, 200, desk+"/health", nil)
		if text := got.Show("health.ladder", "health.ladder_reason"); text != c.want {
			t.Errorf("%s: %s, want %s", c.what, text, c.want)
		}
	}
}

// A host is warned of what runs out while it can still be said, of nothing that is
// hidden, and of nothing while the room is not on air.
func TestAHostIsWarnedOfWhatRunsOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	few, none, hidden, many := k.Product(k.Shop, "a"), k.Product(k.Shop, "b"), k.Product(k.Shop, "c"),
		k.Product(k.Shop, "d")
	r := k.Room(few, none, hidden, many)
	k.known(r)
	k.Break("UPDATE product SET state = ?", catalog.OnSale)
	sell(k, r, few, 5)
	sell(k, r, none, 10)
	sell(k, r, hidden, 10)
	off := true
	k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, hidden.ID, shelf.Edit{Hidden: &off}))
	alarms := func() string {
		t.Helper()
		text := ""
		for _, a := range k.door.Call(k.mod, 200, desk+"/health", nil).List("alarms") {
			text += a.Show("code", "number", "left") + ", "
		}
		return text
	}
	if got := alarms(); got != "" {
		t.Errorf("before the show: %s", got)
	}
	k.Engine.Set(r.String(), stream.Health{Live: true, VideoCodec: "H264", AudioCodec: "AAC", Clock: k.Clock.Now()})
	k.Ingest.OnPublish(r.String(), 1)
	if got := alarms(); got != "stock_low 1 5, sold_out 2 0, " {
		t.Errorf("on air: %s", got)
	}
}

// sell lets somebody order units in a room, not paid.
func sell(k *control, r id.Room, p catalog.Product, units int64) order.Order {
	k.T.Helper()
	o := order.Order{
		User: id.Make[id.User](k.DB), Shop: k.Shop, Room: r, Payable: 100 * units, Currency: "CNY",
		Lines: []order.Line{{SKU: p.SKUs[0].ID, Product: p.ID, Title: p.Title, Quantity: units, Payable: 100 * units}},
	}
	k.People[o.User] = account.User{ID: o.User, DisplayName: "李小红"}
	k.Must(k.DB.Update(k.T.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return k.orders.Create(ctx, tx,
			&o)
	}))
	return o
}

// Who holds units that are not paid is shown with a masked name, and a paid order
// turns into a number of the show and a ring at the counter.
func TestWhoHoldsUnits(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea := k.Product(k.Shop, "茶")
	r := k.Room(tea)
	k.known(r)
	k.Publish(r)
	first, second := sell(k, r, tea, 1), sell(k, r, tea, 2)
	got := k.door.Call(k.mod, 200, desk+"/unpaid", nil)
	if n := len(got.List("items")); n != 2 {
		t.Fatalf("%d hold units: %v", n, got)
	}
	if text := got.Show("items.0.lines.0.title", "items.0.pay_by"); text != "茶 "+
		k.Clock.Now().Add(10*time.Minute).Format(time.RFC3339) || strings.Contains(got.Show("items"), "李小红") {
		t.Errorf("holds units: %v", got)
	}
	k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return k.orders.MarkPaid(ctx, tx,
			second)
	}))
	if got := k.door.Call(k.mod, 200, desk+"/unpaid", nil); len(got.List("items")) != 1 ||
		got.Text("items.0.order_id") != first.ID.String() {
		t.Errorf("after one has paid: %v", got)
	}
	if got := k.door.Call(k.mod, 200, desk+"/health", nil); got.Show("numbers.orders",
		"numbers.revenue.amount") != "1 200" {
		t.Errorf("the numbers: %v", got.At("numbers"))
	}
	bus := events.NewBus(k.DB, supervise.New(slog.New(slog.DiscardHandler), k.Clock), k.module.Subscriptions...)
	k.Must(bus.Drain(t.Context()))
	var rung []string
	for _, n := range k.News.Of(realtime.ShopChannel(k.Shop), "order") {
		rung = append(rung, n["status"].(string))
	}
	slices.Sort(rung)
	if !slices.Equal(rung, []string{"paid", "pending_payment", "pending_payment"}) {
		t.Errorf("the counter heard %v", rung)
	}
}

func TestAPictureThatIsSentAway(t *testing.T) {
	t.Parallel()
	k := open(t)
	r := k.Room()
	k.known(r)
	k.Publish(r)
	k.door.Call(k.Host, 204, "POST /merchant/{shop}/rooms/{room}/kick", nil)
	if got := k.door.Call(k.Host, 200, "POST /merchant/{shop}/rooms/{room}/end", nil); got.Text("state") != "ended" {
		t.Errorf("ended: %v", got)
	}
	if !slices.Contains(k.Engine.Closed, r.String()) {
		t.Error("the engine still takes the picture")
	}
	k.Unpublish(r)
	back := k.door.Call(k.Host, 200, "POST /merchant/{shop}/rooms/{room}/mode", body{"mode": "rehearsal"})
	k.known(r)
	if back.Text("mode") != "rehearsal" {
		t.Errorf("rehearses: %v", back)
	}
	k.door.Refuse(id.User{}, 404, "live.not_found", seen, nil)
	k.door.Refuse(id.Make[id.User](k.DB), 404, "live.not_found", seen, nil)
	k.door.Call(k.Host, 200, seen, nil)
}
