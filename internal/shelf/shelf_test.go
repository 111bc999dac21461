package shelf_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

func TestOnePinAtATimeOnTheStreamsClock(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea, pot, loose := k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Pot"), k.Product(k.Shop, "Loose")
	r := k.Room(tea, pot)
	if p := k.Pin(r, tea.ID); !p.StreamAt.IsZero() || !p.Show.IsZero() {
		t.Errorf("a pin without a picture has its clock or its show: %+v", p)
	}
	k.Publish(r)
	k.Pin(r, pot.ID)
	p, on, err := k.Shelf.Pinned(t.Context(), r)
	if err != nil || !on || p.Product != pot.ID || !p.StreamAt.Equal(k.Clock.Now().Add(-2*time.Second)) {
		t.Errorf("pinned is %+v %v %v", p, on, err)
	}
	_, err = k.Shelf.Pin(t.Context(), k.Shop, r, loose.ID, k.Host)
	if fault.Code(err) != "live.not_on_shelf" {
		t.Errorf("a product that is not on the shelf: %v", err)
	}
	_, err = k.Shelf.Pin(t.Context(), id.Make[id.Shop](k.DB), r, tea.ID, k.Host)
	if fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
	k.Must(k.Shelf.Set(t.Context(), k.Shop, r, []id.Product{tea.ID}))
	if _, on, _ := k.Shelf.Pinned(t.Context(), r); on {
		t.Error("what left the shelf, or what was replaced, is still pinned")
	}
}

// Two hands that pin at once leave one pin open.
func TestTwoPinsAtOnceLeaveOne(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea, pot := k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Pot")
	r := k.Room(tea, pot)
	k.Publish(r)
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() { k.Pin(r, tea.ID) })
		both.Go(func() { k.Pin(r, pot.ID) })
	}
	both.Wait()
	pins, err := k.Shelf.Marks(t.Context(), k.Standing(r).Now.ID)
	k.Must(err)
	open := 0
	for _, p := range pins {
		if p.UnpinnedAt.IsZero() {
			open++
		}
	}
	if len(pins) != 8 || open != 1 {
		t.Errorf("%d pins, %d of them open", len(pins), open)
	}
}

func TestTheShelfIsTheShopsOwn(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	own, other := k.Product(k.Shop, "Own"), k.Product(id.Make[id.Shop](k.DB), "Other")
	r := k.Room(own)
	for name, products := range map[string][]id.Product{
		"another shop's": {own.ID, other.ID},
		"twice":          {own.ID, own.ID},
		"nowhere":        {id.Make[id.Product](k.DB)},
	} {
		if err := k.Shelf.Set(t.Context(), k.Shop, r, products); fault.Code(err) != "live.bad_shelf" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if items, err := k.Shelf.Items(t.Context(), r); err != nil || len(items) != 1 {
		t.Errorf("the shelf was touched: %v %v", items, err)
	}
}

func TestWhatIsNotedOfAnItemStays(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea, pot := k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Pot")
	r := k.Room(tea, pot)
	hide, notes, long := true, "say it slowly", strings.Repeat("好", shelf.NotesMax+1)
	k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, tea.ID, shelf.Edit{Hidden: &hide}))
	k.Must(k.Shelf.Edit(t.Context(), k.Shop, r, tea.ID, shelf.Edit{Notes: &notes}))
	k.Record(k.Paid(r, k.Host, tea.ID))
	k.Must(k.Shelf.Set(t.Context(), k.Shop, r, []id.Product{pot.ID, tea.ID}))
	items, err := k.Shelf.Items(t.Context(), r)
	if err != nil || len(items) != 2 || items[1] != (shelf.Item{
		Product: tea.ID, Position: 2, Sold: 1, Hidden: true, Notes: notes,
	}) {
		t.Errorf("the shelf holds %+v, %v", items, err)
	}
	for code, c := range map[string]shelf.Edit{"live.bad_notes": {Notes: &long}, "live.not_on_shelf": {Hidden: &hide}} {
		if err := k.Shelf.Edit(t.Context(), k.Shop, r, id.Make[id.Product](k.DB), c); fault.Code(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	views := shelf.Views{Service: k.Shelf, Currency: "CNY"}
	seen, err := views.Items(t.Context(), r, shelf.Reader{})
	k.Must(err)
	staff, err := views.Items(t.Context(), r, shelf.Reader{Staff: true})
	if err != nil || len(seen) != 1 || seen[0].Notes != "" || len(staff) != 2 || staff[1].Notes != notes {
		t.Errorf("viewers see %+v, staff %+v, %v", seen, staff, err)
	}
}

// The second line of an order is told, though no room shows the first.
func TestStockIsToldOfEveryLine(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	unseen, tea, pot := k.Product(k.Shop, "Unseen"), k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Pot")
	r, other, private := k.Room(tea), k.Room(pot, tea), k.Room(tea)
	k.Must(k.Mode(private, room.Rehearsal))
	for _, x := range []id.Room{r, other, private} {
		k.Publish(x)
	}
	k.Record(order.Placed{Payload: order.Payload{Shop: k.Shop, Lines: []order.PayloadLine{
		{Product: unseen.ID, Quantity: 1}, {Product: tea.ID, Quantity: 1}, {Product: pot.ID, Quantity: 1},
	}}})
	for x, want := range map[id.Room]int{r: 1, other: 2, private: 0} {
		told := k.News.Of(realtime.RoomChannel(x), "stock")
		if len(told) != want {
			t.Errorf("a room was told %d times, want %d", len(told), want)
		}
		for _, n := range told {
			if n["available"] != 10.0 {
				t.Errorf("told: %v", n)
			}
		}
	}
	if where, err := k.Shelf.RoomShowing(t.Context(), pot.ID); err != nil || where != other {
		t.Errorf("the pot is shown in %s, %v", where, err)
	}
	if where, err := k.Shelf.RoomShowing(t.Context(), unseen.ID); err != nil || !where.IsZero() {
		t.Errorf("what is shown nowhere is shown in %s, %v", where, err)
	}
}

func TestAnOrderMovesTheShelf(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "普洱茶")
	r := k.Room(tea)
	k.Publish(r)
	orders := order.New(k.DB, k.Box, order.Terms{PayWithin: time.Minute})
	o := order.Order{
		User: k.Host, Shop: k.Shop, Room: r, Payable: 300, Currency: "CNY",
		Lines: []order.Line{{SKU: tea.SKUs[0].ID, Product: tea.ID, Quantity: 3}},
	}
	k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		o.ID, o.Lines[0].ID = id.Order{}, id.OrderLine{}
		return orders.Create(ctx, tx, &o)
	}))
	k.Drain()
	channel := realtime.RoomChannel(r)
	if stock := k.News.Of(channel, "stock"); len(stock) != 1 || stock[0]["available"] != 7.0 ||
		stock[0]["sold"] != 0.0 {
		t.Errorf("after placing, viewers saw the stock as %v", stock)
	}
	k.Must(k.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return orders.MarkPaid(ctx, tx,
			o)
	}))
	k.Drain()
	if items, err := k.Shelf.Items(t.Context(), r); err != nil || items[0].Sold != 3 {
		t.Errorf("the shelf says %+v, %v", items, err)
	}
}

func TestAStretchThatWasExplainedIsToldWithTheStreamsClock(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea, mug := k.Product(k.Shop, "Tea"), k.Product(k.Shop, "Mug")
	r := k.Room(tea, mug)
	k.Publish(r)
	told := stagetest.Hear[shelf.Explained](k, shelf.EventExplained)
	at := func() time.Time { return k.Engine.Health[r.String()].Clock }
	from := at()
	k.Pin(r, tea.ID)
	k.Pass(r, 8*time.Second)
	until := at()
	k.Pin(r, mug.ID) // the next one ends the one before
	k.Pass(r, 4*time.Second)
	k.Must(k.Shelf.Unpin(t.Context(), k.Shop, r)) // too short
	k.Pin(r, tea.ID)
	k.Pass(r, 6*time.Second)
	k.End(r) // the end of the show ends it too
	x := k.Want(r, show.Ended).Now.ID
	all := told()
	if len(all) != 2 || all[0].Product != tea.ID || !all[0].From.Equal(from) || !all[0].Until.Equal(until) ||
		all[0].Show != x {
		t.Errorf("told: %+v", all)
	}
	pins, err := k.Shelf.Marks(t.Context(), x)
	if err != nil || len(pins) != 3 || !pins[0].StreamUntil.Equal(until) {
		t.Errorf("marks: %+v, %v", pins, err)
	}
	m := k.Engine.Marks
	if len(m) < 3 || !m[0].Start.Equal(from) || !m[0].End.IsZero() || !m[1].End.Equal(until) || m[1].ID != m[0].ID {
		t.Errorf("the picture was marked %+v", m)
	}
	shown, err := shelf.ShownIn(t.Context(), k.DB.Reader(), r, []id.Product{tea.ID, mug.ID})
	if err != nil || len(shown) != 2 || shown[0].Show != x {
		t.Errorf("shown: %+v, %v", shown, err)
	}
	k.Engine.Marks = nil
	k.Publish(r)
	k.Ingest.OnPublish(r.String(), 2) // the server was started again, or the publisher is back
	if len(k.Engine.Marks) != 0 {
		t.Errorf("a new show has the old one's marks: %+v", k.Engine.Marks)
	}
	if shown, err := shelf.ShownIn(t.Context(), k.DB.Reader(), r, []id.Product{tea.ID}); err != nil || len(shown) != 0 {
		t.Errorf("an order in the second show points into the first: %+v, %v", shown, err)
	}
	k.Pin(r, tea.ID)
	k.Pin(r, mug.ID)
	k.Engine.Marks = nil
	k.Ingest.OnPublish(r.String(), 3)
	var ids []string
	for _, mark := range k.Engine.Marks {
		ids = append(ids, mark.Attrs["PRODUCT-ID"])
	}
	if !slices.Equal(ids, []string{tea.ID.String(), mug.ID.String()}) {
		t.Errorf("a publisher that comes back finds the marks %v", ids)
	}
}

// What the host explains while the room waits is the first thing of the show.
func TestAPinThatWaitedBelongsToTheShow(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	k.Must(k.Mode(r, room.WarmUp))
	k.Publish(r)
	k.Pin(r, tea.ID)
	k.Pass(r, time.Minute)
	k.Must(k.Mode(r, room.Open))
	now := k.Engine.Health[r.String()].Clock
	pins, err := k.Shelf.Marks(t.Context(), k.Want(r, show.Live).Now.ID)
	if err != nil || len(pins) != 1 || !pins[0].StreamAt.Equal(now) || !pins[0].PinnedAt.Equal(k.Clock.Now()) {
		t.Errorf("pins of the show: %+v, %v; the picture was at %v", pins, err, now)
	}
}
