package coupon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// wallet is what a walk knows of one person by themself: how many claims are free,
// and in which orders the others went.
type wallet struct {
	free   int64
	orders []id.Order
}

// walk lets people claim, use, lose and regain one coupon at random, beside a naive
// count of it.
type walk struct {
	*mall
	rt      *rapid.T
	product catalog.Product
	coupon  coupon.Coupon
	people  []id.User
	wallets map[id.User]*wallet
	held    int64 // by a draw that is still to come
}

// TestOneCouponUnderAnything: what is claimed, held, used and given back is counted
// exactly, whatever happens in whatever order, and nobody uses what they have not.
func TestOneCouponUnderAnything(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 1_000_000)
	rapid.Check(t, func(rt *rapid.T) {
		w := &walk{mall: m, rt: rt, product: p, wallets: map[id.User]*wallet{}}
		w.coupon = m.coupon(func(c *coupon.Coupon) {
			c.Total, c.PerUser = rapid.Int64Range(1, 6).Draw(rt, "total"), rapid.Int64Range(1, 3).Draw(rt, "each")
			c.To = m.clock.Now().Add(48 * time.Hour)
		})
		for range 3 {
			u := m.buyer()
			w.people, w.wallets[u] = append(w.people, u), &wallet{}
		}
		for range rapid.IntRange(4, 14).Draw(rt, "steps") {
			w.step(rapid.SampledFrom([]string{"claim", "claim", "buy", "buy", "close", "revive", "hold", "grant"}).
				Draw(rt, "step"))
			w.addsUp()
		}
	})
}

func (w *walk) claimed() (n int64) {
	n = w.held
	for _, x := range w.wallets {
		n += x.free + int64(len(x.orders))
	}
	return n
}

func (w *walk) want(what string, err error, code string) {
	if fault.Code(err) != code || (code == "" && err != nil) {
		w.rt.Fatalf("%s: %v, want %q", what, err, code)
	}
}

func (w *walk) update(fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	return w.db.Update(w.t.Context(), fn)
}

func (w *walk) step(what string) {
	u := w.people[rapid.IntRange(0, len(w.people)-1).Draw(w.rt, "who")]
	x := w.wallets[u]
	switch what {
	case "claim":
		err := w.coupons.Take(w.t.Context(), w.nextKey(), u, w.coupon.ID)
		switch has := x.free + int64(len(x.orders)); {
		case has >= w.coupon.PerUser:
			w.want("claim again", err, "")
		case w.claimed() >= w.coupon.Total:
			w.want("claim", err, "promotion.coupon_gone")
		default:
			w.want("claim", err, "")
			x.free++
		}
	case "buy":
		w.buy(u, x)
	case "close":
		w.clock.Advance(16 * time.Minute)
		w.closeUnpaid()
		for _, x := range w.wallets {
			before := len(x.orders)
			x.orders = slices.DeleteFunc(x.orders, func(o id.Order) bool { return w.status(o) == order.StatusClosed })
			x.free += int64(before - len(x.orders))
		}
	case "revive":
		w.revive()
	case "hold":
		n := rapid.Int64Range(1, 3).Draw(w.rt, "n")
		err := w.update(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := coupon.Hold(ctx, tx, w.shop, w.coupon.ID, n)
			return err
		})
		if w.claimed()+n > w.coupon.Total {
			w.want("hold", err, "promotion.coupon_gone")
			return
		}
		w.want("hold", err, "")
		w.held += n
	case "grant":
		winners := w.people[:min(w.held, int64(len(w.people)), rapid.Int64Range(0, 2).Draw(w.rt, "winners"))]
		w.want("grant", w.update(func(ctx context.Context, tx *sqldb.Tx) error {
			return coupon.Grant(ctx, tx, w.coupon.ID, w.held, winners)
		}), "")
		w.held = 0
		for _, u := range winners { // over and above what one may claim
			w.wallets[u].free++
		}
	}
}

func (w *walk) status(o id.Order) order.Status {
	return must[order.Order](w.t)(w.orders.Find(w.t.Context(), w.db.Reader(), o)).Status
}

func (w *walk) buy(u id.User, x *wallet) {
	c := buy(u, id.Room{}, w.product, 2)
	c.Coupons = []id.Coupon{w.coupon.ID}
	o, err := w.place(c)
	switch {
	case x.free > 0:
		w.want("buy", err, "")
		if o.DiscountTotal != 500 {
			w.rt.Fatalf("a coupon of 500 took off %d", o.DiscountTotal)
		}
		x.free--
		x.orders = append(x.orders, o.ID)
	case len(x.orders) > 0:
		w.want("buy with what is used", err, "promotion.coupon_used")
	default:
		w.want("buy with nothing", err, "promotion.coupon_not_claimed")
	}
}

// revive brings money for an order that closed: its very claim must be free.
func (w *walk) revive() {
	p := must[page.Page[order.Order]](w.t)(w.orders.List(w.t.Context(), order.Filter{
		User: w.people[0], Status: order.StatusClosed,
	}, page.Request{Limit: 1}))
	if len(p.Items) == 0 {
		return
	}
	o, x := p.Items[0], w.wallets[w.people[0]]
	can := must[bool](w.t)(w.orders.CanReopen(w.t.Context(), w.db.Reader(), o))
	if can != (x.free > 0) && len(x.orders) == 0 {
		w.rt.Fatalf("may be revived: %v with %d free", can, x.free)
	}
	if !can {
		return
	}
	w.want("revive", w.update(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := w.orders.Reopen(ctx, tx, o)
		return err
	}), "")
	x.free--
	x.orders = append(x.orders, o.ID)
}

func (w *walk) addsUp() {
	c := must[coupon.Coupon](w.t)(coupon.Find(w.t.Context(), w.db.Reader(), w.coupon.ID))
	used := int64(0)
	for u, x := range w.wallets {
		used += int64(len(x.orders))
		free := must[map[id.Coupon]coupon.Wanted](w.t)(
			w.coupons.Wanted(w.t.Context(), w.db.Reader(), u, []id.Coupon{c.ID}))[c.ID]
		if (free.Missing == nil) != (x.free > 0) {
			w.rt.Fatalf("%d free claims, and %v", x.free, free.Missing)
		}
	}
	if c.Claimed != w.claimed() || c.Used != used {
		w.rt.Fatalf("counts %d claimed and %d used, want %d and %d", c.Claimed, c.Used, w.claimed(), used)
	}
	if odd := must[[]string](w.t)(coupon.Check(w.t.Context(), w.db.Reader())); len(odd) > 0 {
		w.rt.Fatalf("does not add up: %v", odd)
	}
}

// Doctor finds what somebody changed behind the program's back.
func TestCheckFindsWhatIsMiscounted(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"used twice":          "UPDATE coupon SET used = used + 1",
		"claims that are not": "UPDATE coupon SET claimed = 0",
		"a use without order": "UPDATE coupon_claim SET order_id = 7",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := open(t)
			c := m.coupon(nil)
			m.claim(m.buyer(), c)
			if odd := must[[]string](t)(coupon.Check(t.Context(), m.db.Reader())); len(odd) > 0 {
				t.Fatalf("before: %v", odd)
			}
			if err := m.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, damage)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			odd := must[[]string](t)(coupon.Check(t.Context(), m.db.Reader()))
			if len(odd) != 1 || !strings.Contains(odd[0], c.ID.String()) {
				t.Errorf("found %v", odd)
			}
		})
	}
}

// A shop makes its coupon smaller while people claim it: whoever is first, there are
// never more claims than there are coupons.
func TestAShrinkingCouponAndItsClaims(t *testing.T) {
	t.Parallel()
	m := open(t)
	c := m.coupon(func(c *coupon.Coupon) { c.Total = 20 })
	var wg sync.WaitGroup
	var taken, shrunk atomic.Int64
	for i := range 30 {
		user := m.buyer()
		wg.Go(func() {
			if i%5 == 0 {
				total := int64(20 - i/3)
				_, err := m.coupons.Change(t.Context(), m.shop, c.ID, coupon.Change{Total: total})
				if err == nil {
					shrunk.Add(1)
				} else if fault.Code(err) != "promotion.bad_coupon" {
					t.Error(err)
				}
				return
			}
			err := m.coupons.Take(t.Context(), m.key(fmt.Sprint("shrink ", i)), user, c.ID)
			if err == nil {
				taken.Add(1)
			} else if fault.Code(err) != "promotion.coupon_gone" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := must[coupon.Coupon](t)(coupon.Find(t.Context(), m.db.Reader(), c.ID))
	if got.Claimed != taken.Load() || got.Claimed > got.Total || shrunk.Load() == 0 {
		t.Errorf("%d of %d are claimed, %d people have one, changed %d times", got.Claimed, got.Total, taken.Load(),
			shrunk.Load())
	}
}

// The same intent, sent again after the coupon has gone, is answered as it was.
func TestAClaimIsAnsweredAgainAsItWas(t *testing.T) {
	t.Parallel()
	m := open(t)
	c := m.coupon(func(c *coupon.Coupon) { c.Total = 1 })
	first := m.buyer()
	for range 3 {
		if err := m.coupons.Take(t.Context(), m.key("mine"), first, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	err := m.coupons.Take(t.Context(), m.key("theirs"), m.buyer(), c.ID)
	if fault.Code(err) != "promotion.coupon_gone" {
		t.Errorf("the second of one: %v", err)
	}
}
