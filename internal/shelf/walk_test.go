package shelf_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/platform/realtime"
	"hawker/internal/shelf"
	"hawker/internal/stage/stagetest"
)

// line is an item as a model keeps it.
type line struct {
	product id.Product
	hidden  bool
	notes   string
	sold    int64
}

// counter is a shelf beside a naive idea of it.
type counter struct {
	*stagetest.Kit
	rt    *rapid.T
	room  id.Room
	goods []catalog.Product
	lines []line
	pin   id.Product // explained now
	live  bool
	since time.Time // of the picture, where it is explained
	marks int       // of the show
	clips int       // stretches that were told of
}

func (c *counter) at(p id.Product) int {
	return slices.IndexFunc(c.lines, func(l line) bool { return l.product == p })
}

func (c *counter) good(t *rapid.T) id.Product { return rapid.SampledFrom(c.goods).Draw(t, "good").ID }

// clock is the picture's.
func (c *counter) clock() time.Time { return c.Shelf.Clock(c.room) }

func (c *counter) close() {
	if !c.pin.IsZero() && !c.since.IsZero() && c.clock().Sub(c.since) >= 5*time.Second {
		c.clips++
	}
	c.pin, c.since = id.Product{}, time.Time{}
}

func (c *counter) set(t *rapid.T) {
	var want []id.Product
	for _, p := range rapid.Permutation(c.goods).Draw(t, "order")[:rapid.IntRange(0, len(c.goods)).Draw(t, "n")] {
		want = append(want, p.ID)
	}
	c.Must(c.Shelf.Set(c.T.Context(), c.Shop, c.room, want))
	var lines []line
	for _, p := range want {
		l := line{product: p}
		if i := c.at(p); i >= 0 {
			l = c.lines[i]
		}
		lines = append(lines, l)
	}
	c.lines = lines
	if c.at(c.pin) < 0 {
		c.close()
	}
}

func (c *counter) edit(t *rapid.T) {
	p := c.good(t)
	var e shelf.Edit
	if rapid.Bool().Draw(t, "hides") {
		hidden := rapid.Bool().Draw(t, "hidden")
		e.Hidden = &hidden
	}
	if rapid.Bool().Draw(t, "notes it") {
		notes := rapid.SampledFrom([]string{"", "说", strings.Repeat("长", shelf.NotesMax)}).Draw(t, "notes")
		e.Notes = &notes
	}
	err, i := c.Shelf.Edit(c.T.Context(), c.Shop, c.room, p, e), c.at(p)
	if i < 0 {
		if fault.Code(err) != "live.not_on_shelf" {
			c.rt.Fatalf("editing what is not there: %v", err)
		}
		return
	}
	c.Must(err)
	if e.Notes != nil {
		c.lines[i].notes = *e.Notes
	}
	if e.Hidden != nil {
		if c.lines[i].hidden = *e.Hidden; *e.Hidden && c.pin == p {
			c.close()
		}
	}
}

func (c *counter) explain(t *rapid.T) {
	p := c.good(t)
	_, err := c.Shelf.Pin(c.T.Context(), c.Shop, c.room, p, c.Host)
	switch i := c.at(p); {
	case i < 0 && fault.Code(err) == "live.not_on_shelf", i >= 0 && c.lines[i].hidden &&
		fault.Code(err) == "live.item_hidden":
	case i < 0, c.lines[i].hidden, err != nil:
		c.rt.Fatalf("explaining what stands at %d of %+v: %v", i, c.lines, err)
	default:
		c.close()
		if c.pin, c.since = p, c.clock(); c.live {
			c.marks++
		}
	}
}

func (c *counter) unpin(*rapid.T) {
	c.Must(c.Shelf.Unpin(c.T.Context(), c.Shop, c.room))
	c.close()
}

func (c *counter) sell(t *rapid.T) {
	p := c.good(t)
	c.Record(c.Paid(c.room, c.Host, p))
	if i := c.at(p); i >= 0 {
		c.lines[i].sold++
	}
}

func (c *counter) begin(*rapid.T) {
	if c.live {
		return
	}
	c.Publish(c.room)
	if c.live = true; !c.pin.IsZero() {
		c.since = c.clock()
		c.marks++
	}
}

func (c *counter) pass(t *rapid.T) {
	d := time.Duration(rapid.SampledFrom([]int{1, 4, 5, 60}).Draw(t, "seconds")) * time.Second
	if c.live {
		c.Pass(c.room, d)
	} else {
		c.Clock.Advance(d)
	}
}

func (c *counter) check(*rapid.T) {
	items, err := c.Shelf.Items(c.T.Context(), c.room)
	c.Must(err)
	var want []shelf.Item
	shown := 0
	for i, l := range c.lines {
		want = append(want, shelf.Item{
			Product: l.product, Position: i + 1, Sold: l.sold, Hidden: l.hidden, Notes: l.notes,
		})
		if !l.hidden {
			shown++
		}
	}
	if !slices.Equal(items, want) {
		c.rt.Fatalf("the shelf is %+v, want %+v", items, want)
	}
	p, on, err := c.Shelf.Pinned(c.T.Context(), c.room)
	if err != nil || on == c.pin.IsZero() || p.Product != c.pin || !p.StreamAt.Equal(c.since) {
		c.rt.Fatalf("explained is %+v, want %s since %s, %v", p, c.pin, c.since, err)
	}
	views := shelf.Views{Service: c.Shelf, Currency: "CNY"}
	seen, err := views.Items(c.T.Context(), c.room, shelf.Reader{})
	c.Must(err)
	pin, err := views.Pinned(c.T.Context(), c.room, seen)
	if err != nil || len(seen) != shown || (pin == nil) != c.pin.IsZero() {
		c.rt.Fatalf("viewers see %d of %d and the pin %+v, %v", len(seen), shown, pin, err)
	}
	for _, i := range seen {
		if i.Hidden || i.Notes != "" || i.Pinned != (i.Product == c.pin) {
			c.rt.Fatalf("viewers see %+v", i)
		}
	}
	marks, err := c.Shelf.Marks(c.T.Context(), c.Standing(c.room).Now.ID)
	if err != nil || len(marks) != c.marks {
		c.rt.Fatalf("%d marks, want %d, %v", len(marks), c.marks, err)
	}
}

// Whatever hosts do to a shelf in whatever order, it is what they made of it: at most
// one thing is explained, which viewers see, and each long stretch is told of once.
func TestAShelfThroughWhateverHappens(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	var goods []catalog.Product
	for _, title := range []string{"a", "b", "c", "d"} {
		goods = append(goods, k.Product(k.Shop, title))
	}
	stagetest.Walk(t, func(rt *rapid.T) {
		c := &counter{Kit: k, rt: rt, room: k.Room(goods[:2]...), goods: goods}
		c.lines = []line{{product: goods[0].ID}, {product: goods[1].ID}}
		rt.Repeat(map[string]func(*rapid.T){
			"set": c.set, "edit": c.edit, "explain": c.explain, "unpin": c.unpin, "sell": c.sell, "begin": c.begin,
			"pass": c.pass, "": c.check,
		})
	})
}

// Each stretch of five seconds and more is told of, with the picture's own clock.
func TestLongStretchesAreTold(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	tea := k.Product(k.Shop, "Tea")
	r := k.Room(tea)
	told := stagetest.Hear[shelf.Explained](k, shelf.EventExplained)
	k.Publish(r)
	want := 0
	for _, c := range []struct {
		seconds time.Duration
		end     func()
		told    int
	}{
		{4, func() { k.Must(k.Shelf.Unpin(t.Context(), k.Shop, r)) }, 0},
		{5, func() { k.Must(k.Shelf.Unpin(t.Context(), k.Shop, r)) }, 1},
		{60, func() { k.Pin(r, tea.ID) }, 1}, // again, of the same
		{60, func() { k.Must(k.Shelf.Set(t.Context(), k.Shop, r, nil)) }, 1},
	} {
		if _, on, err := k.Shelf.Pinned(t.Context(), r); err == nil && !on {
			k.Pin(r, tea.ID)
		}
		k.Pass(r, c.seconds*time.Second)
		c.end()
		want += c.told
		if got := told(); len(got) != want {
			t.Fatalf("after %d s, %d stretches were told of, want %d", c.seconds, len(got), want)
		}
	}
	for _, e := range told() {
		if e.Until.Sub(e.From) < 5*time.Second || e.Product != tea.ID || e.Room != r {
			t.Errorf("told of %+v", e)
		}
	}
}

// Hands that sort the shelf at once leave one of their orders, whole; one that takes
// away what another explains leaves nothing explained that is not there.
func TestHandsAtOneShelf(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	a, b, c := k.Product(k.Shop, "a").ID, k.Product(k.Shop, "b").ID, k.Product(k.Shop, "c").ID
	r := k.Room()
	orders := [][]id.Product{{a, b, c}, {c, b, a}, {b}, {c, a}}
	k.Must(k.Shelf.Set(t.Context(), k.Shop, r, orders[0]))
	for range 8 {
		var all sync.WaitGroup
		for _, o := range orders {
			all.Go(func() { k.Must(k.Shelf.Set(t.Context(), k.Shop, r, o)) })
			all.Go(func() {
				if _, err := k.Shelf.Pin(t.Context(), k.Shop, r, a, k.Host); fault.Code(err) != "live.not_on_shelf" {
					k.Must(err)
				}
			})
		}
		all.Wait()
		items, err := k.Shelf.Items(t.Context(), r)
		k.Must(err)
		var got []id.Product
		for i, x := range items {
			if got = append(got, x.Product); x.Position != i+1 {
				t.Errorf("number %d stands at %d", x.Position, i+1)
			}
		}
		if !slices.ContainsFunc(orders, func(o []id.Product) bool { return slices.Equal(o, got) }) {
			t.Errorf("the shelf is a mixture: %v", got)
		}
		p, on, err := k.Shelf.Pinned(t.Context(), r)
		if err != nil || on && !slices.Contains(got, p.Product) {
			t.Errorf("explained is %+v, on the shelf are %v, %v", p, got, err)
		}
	}
	if n := len(k.News.Of(realtime.RoomChannel(r), "shelf")); n != 8*len(orders)+1 {
		t.Errorf("screens were asked %d times to read the shelf", n)
	}
}
