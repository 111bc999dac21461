package luckybag_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/inventory"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
)

// table is what a walk knows of one bag by itself.
type table struct {
	bag       luckybag.Bag
	said      map[id.User]bool
	entered   map[id.User]bool
	cancelled bool
	drawn     bool
	orders    map[id.User]id.Order // of claimed prizes that wait for money or are paid
}

// walk goes at random through the lives of bags, beside a naive model of them.
type walk struct {
	*fair
	door    *httpapitest.Door
	rt      *rapid.T
	product catalog.Product
	stock   int64
	people  []id.User
	tables  []*table
	paid    int64
}

// TestBagsUnderAnything: whatever people do in whatever order, those who may are in
// and nobody else, each draw can be recomputed, a prize goes to its winner once, and
// every unit is somewhere.
func TestBagsUnderAnything(t *testing.T) {
	t.Parallel()
	f := open(t)
	d, _ := f.door()
	rapid.Check(t, func(rt *rapid.T) {
		const stock = 12
		w := &walk{fair: f, door: d, rt: rt, product: f.product(stock), stock: stock}
		for range 4 {
			w.people = append(w.people, f.user())
		}
		for range rapid.IntRange(4, 14).Draw(rt, "steps") {
			w.step(rapid.SampledFrom([]string{
				"create", "enter", "enter", "say", "say", "follow", "wait", "sweep", "cancel", "claim", "claim", "pay",
			}).Draw(rt, "step"))
			w.addsUp()
		}
		w.end()
	})
}

func (w *walk) person() id.User {
	return w.people[rapid.IntRange(0, len(w.people)-1).Draw(w.rt, "who")]
}

func (w *walk) any() *table {
	if len(w.tables) == 0 {
		return nil
	}
	return w.tables[rapid.IntRange(0, len(w.tables)-1).Draw(w.rt, "bag")]
}

// may reports whether a bag takes entries by the model.
func (w *walk) may(b *table) bool {
	return !b.cancelled && !b.drawn && w.clock.Now().Before(b.bag.DrawsAt)
}

func (w *walk) follows(u id.User) bool { ok, _ := w.Follows(w.t.Context(), u, w.shop); return ok }

func (w *walk) want(what string, err error, code string) {
	w.t.Helper()
	if fault.Code(err) != code || (code == "" && err != nil) {
		w.rt.Fatalf("%s: %v, want %q", what, err, code)
	}
}

func (w *walk) step(what string) {
	b := w.any()
	if b == nil && what != "create" && what != "wait" && what != "follow" {
		return
	}
	switch what {
	case "create":
		w.create()
	case "enter":
		w.enter(b, w.person())
	case "say":
		w.say(b, w.person())
	case "follow":
		w.mu.Lock()
		w.followers[w.person()] = true
		w.mu.Unlock()
	case "wait":
		w.clock.Advance(rapid.SampledFrom([]time.Duration{
			time.Second, 20 * time.Second, time.Minute, 16 * time.Minute, 23 * time.Hour,
		}).Draw(w.rt, "for"))
	case "sweep":
		w.sweepAll()
	case "cancel":
		_, err := w.bags.Cancel(w.t.Context(), w.shop, w.room, b.bag.ID)
		if !w.may(b) {
			w.want("cancel", err, "luckybag.over")
			return
		}
		w.want("cancel", err, "")
		b.cancelled = true
	case "claim":
		w.claim(b, w.person())
	case "pay":
		w.pay(b)
	}
}

func (w *walk) create() {
	b := luckybag.Bag{
		SKU: w.product.SKUs[0].ID, Winners: rapid.Int64Range(1, 5).Draw(w.rt, "winners"),
		Follow: rapid.Bool().Draw(w.rt, "follow"),
	}
	if !b.Follow || rapid.Bool().Draw(w.rt, "word") {
		b.Word = w.user().String() // its own: a line in the chat enters one bag
	}
	left := w.level().Available
	made, err := w.fair.create(b)
	if b.Winners > left {
		w.want("create", err, "inventory.insufficient_stock")
		return
	}
	w.want("create", err, "")
	w.tables = append(w.tables, &table{
		bag: made, said: map[id.User]bool{}, entered: map[id.User]bool{}, orders: map[id.User]id.Order{},
	})
}

func (w *walk) enter(b *table, u id.User) {
	err := w.bags.Enter(w.t.Context(), w.room, b.bag.ID, u)
	switch {
	case b.bag.Follow && !w.follows(u):
		w.want("enter", err, "luckybag.follow_first")
	case b.entered[u]:
		w.want("enter again", err, "")
	case b.bag.Word != "" && !b.said[u]:
		w.want("enter", err, "luckybag.say_first")
	case !w.may(b):
		w.want("enter late", err, "luckybag.over")
	default:
		w.want("enter", err, "")
		b.entered[u] = true
	}
}

func (w *walk) say(b *table, u id.User) {
	w.want("say", w.bags.Said(w.t.Context(), w.room, u, "  "+b.bag.Word+" "), "")
	if b.bag.Word == "" || !w.may(b) {
		return
	}
	b.said[u] = true
	if !b.bag.Follow || w.follows(u) {
		b.entered[u] = true
	}
}

func (w *walk) sweepAll() {
	w.sweep()
	for _, b := range w.tables {
		b.drawn = b.drawn || (!b.cancelled && !w.clock.Now().Before(b.bag.DrawsAt))
	}
	must[int](w.t)(w.orders.Sweep(w.t.Context(), 100))
	for _, b := range w.tables {
		for u, o := range b.orders {
			if w.find(o).Status == order.StatusClosed {
				delete(b.orders, u)
			}
		}
	}
}

func (w *walk) find(o id.Order) order.Order {
	return must[order.Order](w.t)(w.orders.Find(w.t.Context(), w.db.Reader(), o))
}

func (w *walk) claim(b *table, u id.User) {
	r, err := w.bags.Claim(w.t.Context(), w.key(), b.bag.ID, u, id.Address{})
	got := must[luckybag.Bag](w.t)(w.bags.Find(w.t.Context(), b.bag.ID))
	switch {
	case !b.drawn || !slices.Contains(w.winners(b), u):
		w.want("claim", err, "luckybag.not_a_winner")
	case !b.orders[u].IsZero():
		w.want("claim again", err, "luckybag.claimed")
	case !w.clock.Now().Before(got.ClaimBy):
		w.want("claim late", err, "luckybag.claim_over")
	default:
		w.want("claim", err, "")
		b.orders[u] = must[checkout.Result](w.t)(r, err).Orders[0]
	}
}

// winners are those whose view says that they have won.
func (w *walk) winners(b *table) (out []id.User) {
	for _, u := range w.people {
		if w.door.Call(u, 200, "GET /live/bags/"+b.bag.ID.String(), nil).Show("mine.won") == "true" {
			out = append(out, u)
		}
	}
	return out
}

func (w *walk) pay(b *table) {
	for _, o := range b.orders {
		if now := w.find(o); now.Status == order.StatusPendingPayment {
			err := w.db.Update(w.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return w.orders.MarkPaid(ctx, tx, now)
			})
			w.want("pay", err, "")
			w.paid++
			return
		}
	}
}

func (w *walk) level() inventory.Level {
	sku := w.product.SKUs[0].ID
	return must[map[id.SKU]inventory.Level](w.t)(
		inventory.Levels(w.t.Context(), w.db.Reader(), []id.SKU{sku}))[sku]
}

// addsUp proves stock and entries after each step.
func (w *walk) addsUp() {
	if l := w.level(); l.Available+l.Reserved+l.Allotted+l.Sold != w.stock || l.Sold != w.paid {
		w.rt.Fatalf("of %d units there are %+v, %d are paid", w.stock, l, w.paid)
	}
	for _, b := range w.tables {
		got := must[luckybag.Bag](w.t)(w.bags.Find(w.t.Context(), b.bag.ID))
		if got.Entrants != int64(len(b.entered)) || (got.State == luckybag.Drawn) != b.drawn {
			w.rt.Fatalf("bag %+v, want %d entered, drawn %v", got, len(b.entered), b.drawn)
		}
		if !b.drawn {
			continue
		}
		p := must[luckybag.Proof](w.t)(w.bags.Proof(w.t.Context(), b.bag.ID))
		if err := luckybag.Verify(p); err != nil || len(p.Entrants) != len(b.entered) ||
			len(p.Winners) != min(int(b.bag.Winners), len(b.entered)) {
			w.rt.Fatalf("%v: %+v", err, p)
		}
	}
}

// end lets all time pass: what was not paid is for sale again.
func (w *walk) end() {
	for range 3 {
		w.clock.Advance(25 * time.Hour)
		w.sweepAll()
	}
	if l := w.level(); l.Available != w.stock-w.paid || l.Reserved+l.Allotted != 0 {
		w.rt.Fatalf("at the end %+v, %d paid", l, w.paid)
	}
}
