package coupon_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/checkout"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// coupon is 500 off from 2000 on, valid for an hour.
func (m *mall) coupon(change func(c *coupon.Coupon)) coupon.Coupon {
	m.t.Helper()
	c := coupon.Coupon{
		Shop: m.shop, Name: lang.Text{lang.Chinese: "满减"}, Kind: coupon.AmountOff, Value: 500, MinSpend: 2000,
		Scope: coupon.ScopeAll,
		Total: 100, PerUser: 1, To: m.clock.Now().Add(time.Hour),
	}
	if change != nil {
		change(&c)
	}
	return must[coupon.Coupon](m.t)(m.coupons.Add(m.t.Context(), m.nextKey(), c))
}

func (m *mall) claim(user id.User, c coupon.Coupon) {
	m.t.Helper()
	if err := m.coupons.Take(m.t.Context(), m.nextKey(), user, c.ID); err != nil {
		m.t.Fatal(err)
	}
}

func TestTwoHundredClaimTwenty(t *testing.T) {
	t.Parallel()
	m := open(t)
	c := m.coupon(func(c *coupon.Coupon) { c.Total = 20 })
	var wg sync.WaitGroup
	var taken, refused atomic.Int64
	for i := range 200 {
		user := m.buyer()
		wg.Go(func() {
			err := m.coupons.Take(t.Context(), m.key(fmt.Sprint("claim ", i)), user, c.ID)
			switch {
			case err == nil:
				taken.Add(1)
			case fault.Code(err) == "promotion.coupon_gone":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := must[coupon.Coupon](t)(coupon.Find(t.Context(), m.db.Reader(), c.ID)); taken.Load() != 20 ||
		refused.Load() != 180 || got.Claimed != 20 {
		t.Errorf("%d taken, %d refused, %d counted", taken.Load(), refused.Load(), got.Claimed)
	}
}

func TestOnePersonAtOnceClaimsWhatOneMay(t *testing.T) {
	t.Parallel()
	m := open(t)
	c := m.coupon(func(c *coupon.Coupon) { c.PerUser = 2 })
	user := m.buyer()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := m.coupons.Take(t.Context(), m.key(fmt.Sprint("again ", i)), user, c.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	mine := must[map[id.Coupon]int64](t)(m.coupons.Mine(t.Context(), user, []id.Coupon{c.ID}))
	if got := must[coupon.Coupon](t)(coupon.Find(t.Context(), m.db.Reader(), c.ID)); mine[c.ID] != 2 ||
		got.Claimed != 2 {
		t.Errorf("%d in the wallet, %d counted", mine[c.ID], got.Claimed)
	}
}

func TestTheBestCouponIsTakenByItselfAndOnce(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	small, big := m.coupon(nil), m.coupon(func(c *coupon.Coupon) {
		c.Kind, c.Value, c.Cap, c.MinSpend = coupon.PercentOff, 3000, 800, 2500
	})
	user := m.buyer()
	m.claim(user, small)
	m.claim(user, big)
	q := must[checkout.Quote](t)(m.checkout.Quote(t.Context(), buy(user, id.Room{}, p, 2)))
	o := q.Groups[0].Coupons
	if q.Discount != 500 || len(o) != 2 || o[0].Coupon != small.ID || !o[0].Applied || o[1].Applied {
		t.Fatalf("quoted %+v", q)
	}
	if f := o[1].Ineligible; f == nil || f.Code != "promotion.coupon_min_spend" || f.Params["short"] != "¥5" {
		t.Errorf("the other does not apply because %v", f)
	}
	none := buy(user, id.Room{}, p, 2)
	none.Coupons = []id.Coupon{}
	if q := must[checkout.Quote](t)(m.checkout.Quote(t.Context(), none)); q.Discount != 0 {
		t.Errorf("none was wanted: %+v", q)
	}
	first := must[order.Order](t)(m.place(buy(user, id.Room{}, p, 3)))
	if first.DiscountTotal != 800 || first.Payable != 3000-800+shipping {
		t.Errorf("30 %% of 30.00, 8.00 at most: %+v", first)
	}
	again := buy(user, id.Room{}, p, 3)
	again.Coupons = []id.Coupon{big.ID}
	if _, err := m.place(again); fault.Code(err) != "promotion.coupon_used" {
		t.Errorf("used twice: %v", err)
	}
	if w := must[page.Page[coupon.Claim]](t)(m.coupons.Wallet(t.Context(), user, coupon.ClaimUsed,
		page.Request{})); len(w.Items) != 1 || w.Items[0].Order != first.ID {
		t.Errorf("the wallet says %+v", w)
	}
	m.clock.Advance(16 * time.Minute)
	m.closeUnpaid()
	if o := must[order.Order](t)(m.place(again)); o.DiscountTotal != 800 {
		t.Errorf("given back, and used: %+v", o)
	}
	if odd := must[[]string](t)(coupon.Check(t.Context(), m.db.Reader())); len(odd) > 0 {
		t.Errorf("promotion does not add up: %v", odd)
	}
	m.clock.Advance(time.Hour)
	for state, want := range map[string]int{
		coupon.ClaimUsable: 0, coupon.ClaimUsed: 1,
		coupon.ClaimExpired: 1,
	} {
		if w := must[page.Page[coupon.Claim]](t)(m.coupons.Wallet(t.Context(), user, state, page.Request{})); len(
			w.Items) != want {
			t.Errorf("%s: %+v", state, w.Items)
		}
	}
}

// TestLateMoneyAndItsCoupon: an order that closed is revived with its coupon, and
// not when the coupon has gone elsewhere.
func TestLateMoneyAndItsCoupon(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	c := m.coupon(nil)
	user := m.buyer()
	m.claim(user, c)
	late := must[order.Order](t)(m.place(buy(user, id.Room{}, p, 2)))
	m.clock.Advance(16 * time.Minute)
	m.closeUnpaid()
	can := func(want bool) order.Order {
		t.Helper()
		o := must[order.Order](t)(m.orders.Find(t.Context(), m.db.Reader(), late.ID))
		if ok := must[bool](t)(m.orders.CanReopen(t.Context(), m.db.Reader(), o)); ok != want {
			t.Errorf("may be revived: %v, want %v", ok, want)
		}
		return o
	}
	can(true)
	other := must[order.Order](t)(m.place(buy(user, id.Room{}, p, 2)))
	can(false)
	m.clock.Advance(16 * time.Minute)
	m.closeUnpaid() // the other one too
	o := can(true)
	err := m.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		o, err := m.orders.Reopen(ctx, tx, o)
		if err != nil {
			return err
		}
		return m.orders.MarkPaid(ctx, tx, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	w := must[page.Page[coupon.Claim]](t)(m.coupons.Wallet(t.Context(), user, coupon.ClaimUsed, page.Request{}))
	if len(w.Items) != 1 || w.Items[0].Order != late.ID || other.DiscountTotal != 500 {
		t.Errorf("the wallet says %+v", w.Items)
	}
	m.wantStock(p, 98, 0, 0, 2)
}

func TestOneCouponInTwoOrdersAtOnce(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	c := m.coupon(nil)
	user := m.buyer()
	m.claim(user, c)
	want := buy(user, id.Room{}, p, 2)
	want.Coupons = []id.Coupon{c.ID}
	var wg sync.WaitGroup
	var used, refused atomic.Int64
	for i := range 10 {
		wg.Go(func() {
			_, err := m.checkout.Place(t.Context(), m.key(fmt.Sprint("order ", i)), want)
			switch {
			case err == nil:
				used.Add(1)
			case fault.Code(err) == "promotion.coupon_used":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 || refused.Load() != 9 {
		t.Errorf("used %d times, refused %d", used.Load(), refused.Load())
	}
}

// Nobody asked for the coupon: the orders that come too late for it cost the
// price without it.
func TestTheBestCouponInTwoOrdersAtOnce(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	user := m.buyer()
	best := m.coupon(func(c *coupon.Coupon) { c.Value = 700 })
	m.claim(user, m.coupon(nil))
	m.claim(user, best)
	var wg sync.WaitGroup
	var mu sync.Mutex
	off := map[int64]int{}
	for i := range 6 {
		wg.Go(func() {
			r, err := m.checkout.Place(t.Context(), m.key(fmt.Sprint("order ", i)), buy(user, id.Room{}, p, 2))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			off[2000+shipping-r.Payable]++
		})
	}
	wg.Wait()
	if want := map[int64]int{700: 1, 500: 1, 0: 4}; !maps.Equal(off, want) {
		t.Errorf("discounts %v, want %v", off, want)
	}
}

func TestWhyACouponDoesNotApply(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, other := m.product(1000, 100), m.product(5000, 100)
	foreign := m.productOf(id.Make[id.Shop](m.db), 100, 10)
	user := m.buyer()
	held := func(change func(c *coupon.Coupon)) id.Coupon {
		c := m.coupon(change)
		m.claim(user, c)
		return c.ID
	}
	foreignCoupon := m.coupon(func(c *coupon.Coupon) { c.Shop = foreign.Shop })
	m.claim(user, foreignCoupon)
	room := id.Make[id.Room](m.db)
	for code, coupons := range map[string][]id.Coupon{
		"promotion.coupon_not_yet": {held(func(c *coupon.Coupon) {
			c.From = m.clock.Now().
				Add(time.Minute)
		})},
		"promotion.coupon_other_products": {held(func(c *coupon.Coupon) {
			c.Scope, c.Products = coupon.ScopeListed, []id.Product{other.ID}
		})},
		"promotion.coupon_other_room":   {held(func(c *coupon.Coupon) { c.Room = m.room })},
		"promotion.coupon_min_spend":    {held(func(c *coupon.Coupon) { c.MinSpend = 2001 })},
		"promotion.coupon_not_claimed":  {m.coupon(nil).ID},
		"promotion.coupon_other_shop":   {foreignCoupon.ID},
		"promotion.no_such_coupon":      {id.Make[id.Coupon](m.db)},
		"promotion.one_coupon_per_shop": {held(nil), held(nil)},
	} {
		c := buy(user, room, p, 2)
		c.Coupons = coupons
		if _, err := m.place(c); fault.Code(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	for field, change := range map[string]func(c *coupon.Coupon){
		"name": func(c *coupon.Coupon) { c.Name = nil }, "kind": func(c *coupon.Coupon) { c.Kind = "half" },
		"value": func(c *coupon.Coupon) {
			c.Kind, c.Value = coupon.PercentOff, 10001
		}, "total": func(c *coupon.Coupon) { c.Total = 0 },
		"valid_to": func(c *coupon.Coupon) {
			c.To = m.clock.Now()
		}, "per_user": func(c *coupon.Coupon) { c.PerUser = 0 },
		"product_ids": func(c *coupon.Coupon) {
			c.Scope, c.Products = coupon.ScopeListed,
				[]id.Product{foreign.ID}
		},
	} {
		c := coupon.Coupon{
			Shop: m.shop, Name: lang.Text{lang.Chinese: "x"}, Kind: coupon.AmountOff, Value: 1,
			Scope: coupon.ScopeAll, Total: 1, PerUser: 1, To: m.clock.Now().Add(time.Hour),
		}
		change(&c)
		if _, err := m.coupons.Add(t.Context(), m.nextKey(), c); fault.Code(err) != "promotion.bad_coupon" ||
			fault.As(err).Params["field"] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestPinnedCouponsAreShown(t *testing.T) {
	t.Parallel()
	m := open(t)
	c := m.coupon(nil)
	if _, err := m.coupons.Pin(t.Context(), id.Make[id.Shop](m.db), m.room,
		c.ID); fault.Code(err) != "promotion.no_such_room" {
		t.Errorf("pinned by another shop: %v", err)
	}
	must[coupon.Coupon](t)(m.coupons.Pin(t.Context(), m.shop, m.room, c.ID))
	if n := m.heard(); len(n) != 1 || n[0]["type"] != "coupon" || n[0]["coupon"].(map[string]any)["left"] != 100.0 {
		t.Errorf("the room heard %v", n)
	}
	if list := must[[]coupon.Coupon](t)(m.coupons.Pinned(t.Context(), m.room)); len(list) != 1 {
		t.Errorf("pinned %+v", list)
	}
	if err := m.coupons.Unpin(t.Context(), m.shop, m.room, c.ID); err != nil {
		t.Fatal(err)
	}
	if n := m.heard(); len(n) != 1 || n[0]["coupon"] != nil || n[0]["coupon_id"] != c.ID.String() {
		t.Errorf("the room heard %v", n)
	}
}
