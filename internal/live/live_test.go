package live_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/live"
	"hawker/internal/media/stream"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

func TestOnlyTheKeyOpensTheRoom(t *testing.T) {
	k := open(t)
	r := k.room()
	key := k.key(r)
	for name, c := range map[string]struct {
		request stream.PublishRequest
		want    error
	}{
		"by name":       {stream.PublishRequest{App: "live", Name: key}, nil},
		"by query":      {stream.PublishRequest{App: "live", Name: "anything", Query: url.Values{"key": {key}}}, nil},
		"no key":        {stream.PublishRequest{App: "live"}, live.ErrWrongKey},
		"the room's id": {stream.PublishRequest{App: "live", Name: r.ID.String()}, live.ErrWrongKey},
		"half a key":    {stream.PublishRequest{App: "live", Name: key[:len(key)-1]}, live.ErrWrongKey},
		"other case":    {stream.PublishRequest{App: "live", Name: strings.ToUpper(key)}, live.ErrWrongKey},
		"other app":     {stream.PublishRequest{App: "vod", Name: key}, live.ErrWrongKey},
	} {
		g, err := k.service.Admit(t.Context(), c.request)
		if !errors.Is(err, c.want) || (err == nil) != (g.StreamID == r.ID.String()) {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
	if err := k.service.ResetKey(t.Context(), k.shop, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := k.admit(key); !errors.Is(err, live.ErrWrongKey) {
		t.Errorf("the old key: %v", err)
	}
	if _, err := k.admit(k.key(r)); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if len(k.engine.closed) != 1 {
		t.Errorf("the publisher with the old key was not sent away: %v", k.engine.closed)
	}
}

func TestAKeyIsNobodyElses(t *testing.T) {
	k := open(t)
	_, err := k.service.Create(t.Context(), live.Plan{Shop: k.shop, Title: "Two", Key: k.key(k.room())})
	if fault.Code(err) != "live.key_taken" {
		t.Errorf("a second room with the same key: %v", err)
	}
}

func TestALifeOnAir(t *testing.T) {
	k := open(t)
	r := k.room()
	k.publish(r)
	began := k.wantState(r, live.Live).StartedAt
	k.clock.Advance(time.Minute)
	k.unpublish(r)
	k.wantState(r, live.Paused)
	k.clock.Advance(59 * time.Second)
	k.sweep()
	k.wantState(r, live.Paused)
	k.publish(r) // back in time: the same show
	if got := k.wantState(r, live.Live).StartedAt; !got.Equal(began) {
		t.Errorf("the show began anew at %v", got)
	}
	k.unpublish(r)
	k.clock.Advance(time.Minute)
	k.sweep()
	if got := k.wantState(r, live.Ended); !got.EndedAt.Equal(k.clock.Now()) {
		t.Errorf("ended at %v", got.EndedAt)
	}
	var told []any
	for _, n := range k.news.of(realtime.RoomChannel(r.ID), "state") {
		told = append(told, n["state"])
	}
	if len(told) != 5 || told[0] != "live" || told[1] != "paused" || told[4] != "ended" {
		t.Errorf("viewers heard %v", told)
	}
	k.publish(r) // a show that ended by a cut may go on air again, as a new one
	if got := k.wantState(r, live.Live); !got.StartedAt.Equal(k.clock.Now()) || !got.EndedAt.IsZero() {
		t.Errorf("the new show: %+v", got)
	}
}

func TestATakeoverDoesNotPause(t *testing.T) {
	k := open(t)
	r := k.room()
	k.publish(r)
	k.service.OnUnpublish(r.ID.String(), 1, nil) // the older publisher goes, the newer one is on air
	k.wantState(r, live.Live)
}

func TestTheHostEndsTheShow(t *testing.T) {
	k := open(t)
	p := k.product(k.shop, "Tea")
	r := k.room(p)
	if err := k.service.End(t.Context(), k.shop, r.ID); fault.Code(err) != "live.not_on_air" {
		t.Errorf("ending what has not begun: %v", err)
	}
	k.publish(r)
	k.pin(r, p.ID)
	if err := k.service.End(t.Context(), id.Make[id.Shop](k.db), r.ID); fault.Code(err) != "live.not_found" {
		t.Errorf("another shop ends it: %v", err)
	}
	k.wantState(r, live.Live)
	if err := k.service.End(t.Context(), k.shop, r.ID); err != nil {
		t.Fatal(err)
	}
	k.unpublish(r)
	k.wantState(r, live.Ended)
	if len(k.engine.closed) != 1 {
		t.Errorf("the publisher was not sent away: %v", k.engine.closed)
	}
	if _, on, err := k.service.Pinned(t.Context(), r.ID); on || err != nil {
		t.Errorf("something is still pinned: %v", err)
	}
	if _, err := k.admit(k.key(r)); !errors.Is(err, live.ErrEnded) {
		t.Errorf("the encoder that reconnects by itself: %v", err)
	}
	k.clock.Advance(time.Minute)
	if _, err := k.admit(k.key(r)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func (k *studio) pin(r live.Room, product id.Product) live.Pin {
	k.t.Helper()
	p, err := k.service.PinProduct(k.t.Context(), k.shop, r.ID, product, k.host)
	if err != nil {
		k.t.Fatal(err)
	}
	return p
}

func TestOnePinAtATimeOnTheStreamsClock(t *testing.T) {
	k := open(t)
	tea, pot, loose := k.product(k.shop, "Tea"), k.product(k.shop, "Pot"), k.product(k.shop, "Loose")
	r := k.room(tea, pot)
	if p := k.pin(r, tea.ID); !p.StreamAt.IsZero() {
		t.Errorf("a pin without a picture has its clock: %v", p.StreamAt)
	}
	k.publish(r)
	k.pin(r, pot.ID)
	p, on, err := k.service.Pinned(t.Context(), r.ID)
	if err != nil || !on || p.Product != pot.ID || !p.StreamAt.Equal(k.clock.Now().Add(-2*time.Second)) {
		t.Errorf("pinned is %+v %v %v", p, on, err)
	}
	if _, err := k.service.PinProduct(t.Context(), k.shop, r.ID, loose.ID, k.host); fault.Code(err) != "live.not_on_shelf" {
		t.Errorf("a product that is not on the shelf: %v", err)
	}
	if err := k.service.SetShelf(t.Context(), k.shop, r.ID, []id.Product{tea.ID}); err != nil {
		t.Fatal(err)
	}
	if _, on, _ := k.service.Pinned(t.Context(), r.ID); on {
		t.Error("what left the shelf, or what was replaced, is still pinned")
	}
}

func TestTheShelfIsTheShopsOwn(t *testing.T) {
	k := open(t)
	own, other := k.product(k.shop, "Own"), k.product(id.Make[id.Shop](k.db), "Other")
	r := k.room(own)
	for name, shelf := range map[string][]id.Product{
		"another shop's": {own.ID, other.ID},
		"twice":          {own.ID, own.ID},
		"nowhere":        {id.Make[id.Product](k.db)},
	} {
		if err := k.service.SetShelf(t.Context(), k.shop, r.ID, shelf); fault.Code(err) != "live.bad_shelf" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if items, err := k.service.Shelf(t.Context(), r.ID); err != nil || len(items) != 1 {
		t.Errorf("the shelf was touched: %v %v", items, err)
	}
}

func TestChatIsOneCleanLine(t *testing.T) {
	k := open(t)
	r := k.room()
	for text, want := range map[string]string{
		" a\n\n\tb \x00 c ":      "a b c",
		"<b>bold</b>":            "<b>bold</b>", // escaped where it is shown
		strings.Repeat("好", 200): strings.Repeat("好", 200),
		"a\u2028b":               "a b",
		"\u202egnp.exe\u202c":    "gnp.exe", // an override would turn the lines after it around
		"👩\u200d👧":               "👩\u200d👧",
	} {
		m, err := k.service.Say(t.Context(), live.Message{Room: r.ID, Text: text, Kind: live.FromViewer})
		if err != nil || m.Text != want {
			t.Errorf("%q became %q, %v", text, m.Text, err)
		}
	}
	for _, text := range []string{"", " \n ", "\u200b\u200b", strings.Repeat("好", 201)} {
		if _, err := k.service.Say(t.Context(), live.Message{Room: r.ID, Text: text}); fault.Code(err) != "live.bad_text" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := k.service.Say(t.Context(), live.Message{Room: id.Make[id.Room](k.db), Text: "x"}); fault.Code(err) != "live.not_found" {
		t.Errorf("in a room that is not there: %v", err)
	}
	if got := k.wantState(r, live.Scheduled); got.Messages != 6 || len(k.news.of(realtime.RoomChannel(r.ID), "message")) != 6 {
		t.Errorf("%d messages counted", got.Messages)
	}
}

func TestAfterACrashRoomsWaitForTheirPublishers(t *testing.T) {
	k := open(t)
	on, off := k.room(), k.room()
	k.publish(on)
	err := k.service.Recover(t.Context(), func(room id.Room) bool { return room == on.ID })
	if err != nil {
		t.Fatal(err)
	}
	if got := k.wantState(on, live.Paused); !got.Replay {
		t.Error("the recording of the crashed show cannot be played")
	}
	k.wantState(off, live.Scheduled)
	k.clock.Advance(time.Minute)
	k.sweep()
	k.wantState(on, live.Ended)
}

func TestAPaidOrderCountsOnTheShelfAndIsSaid(t *testing.T) {
	k := open(t)
	tea := k.product(k.shop, "普洱茶")
	r := k.room(tea)
	k.publish(r)
	buyer := id.Make[id.User](k.db)
	bus := events.NewBus(k.db, slog.New(slog.DiscardHandler))
	k.service.Subscribe(bus, names{buyer: account.User{DisplayName: "王小明"}})
	orders := order.New(k.db, k.box, order.Terms{PayWithin: time.Minute})
	o := order.Order{User: buyer, Shop: k.shop, Room: r.ID, Payable: 300, Currency: "CNY", Lines: []order.Line{{SKU: tea.SKUs[0].ID, Product: tea.ID, Quantity: 3}}}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return orders.Create(ctx, tx, &o) }, bus)
	room, counter := realtime.RoomChannel(r.ID), realtime.ShopChannel(k.shop)
	if stock := k.news.of(room, "stock"); len(stock) != 1 || stock[0]["available"] != 7.0 || stock[0]["sold"] != 0.0 {
		t.Errorf("after placing, viewers saw the stock as %v", stock)
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return orders.MarkPaid(ctx, tx, o) }, bus)
	if items, err := k.service.Shelf(t.Context(), r.ID); err != nil || items[0].Sold != 3 {
		t.Errorf("the shelf says %+v, %v", items, err)
	}
	k.tally()
	said := k.news.of(room, "message")
	if len(said) != 1 {
		t.Fatalf("said: %v", said)
	}
	if m := said[0]["message"].(map[string]any); m["kind"] != "order" || m["user_name"] != "王**" || m["text"] != "普洱茶 × 3" {
		t.Errorf("said: %v", m)
	}
	if rung := k.news.of(counter, "order"); len(rung) != 2 || rung[1]["status"] != "paid" {
		t.Errorf("the counter heard %v", rung)
	}
}

// update changes something and lets the facts of it arrive.
func (k *studio) update(fn func(ctx context.Context, tx *sqldb.Tx) error, bus *events.Bus) {
	k.t.Helper()
	if err := k.db.Update(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
	if err := bus.Drain(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

// onlyStaff lets one person read the orders of one shop.
type onlyStaff struct {
	user id.User
	shop id.Shop
}

func (s onlyStaff) May(_ context.Context, user id.User, shop id.Shop, permission string) (bool, error) {
	return user == s.user && shop == s.shop && (permission == "orders.read" || permission == "live.moderate"), nil
}

func TestWhoHearsWhat(t *testing.T) {
	k := open(t)
	r := k.room()
	gate := live.Gate{Service: k.service, Staff: onlyStaff{k.host, k.shop}}
	for _, c := range []struct {
		user    id.User
		channel string
		want    realtime.Entry
	}{
		{id.User{}, realtime.RoomChannel(r.ID), realtime.Counted},
		{id.Make[id.User](k.db), realtime.RoomChannel(r.ID), realtime.Counted},
		{k.host, realtime.RoomChannel(r.ID), realtime.Uncounted},
		{id.User{}, realtime.RoomChannel(id.Make[id.Room](k.db)), realtime.Refused},
		{id.User{}, "room:", realtime.Refused},
		{id.User{}, "anything", realtime.Refused},
		{id.User{}, realtime.ShopChannel(k.shop), realtime.Refused},
		{id.Make[id.User](k.db), realtime.ShopChannel(k.shop), realtime.Refused},
		{k.host, realtime.ShopChannel(k.shop), realtime.Counted},
		{k.host, realtime.ShopChannel(id.Make[id.Shop](k.db)), realtime.Refused},
	} {
		if may, err := gate.MayListen(t.Context(), httpapi.Actor{User: c.user}, c.channel); may != c.want || err != nil {
			t.Errorf("%s may listen to %s: %v, %v", c.user, c.channel, may, err)
		}
	}
}
