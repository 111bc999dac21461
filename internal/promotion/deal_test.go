package promotion_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

func TestADealIsSoldAtItsPriceWhileItRuns(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 50)
	d := must[promotion.Deal](t)(m.tools.PlanDeal(t.Context(), m.nextKey(), m.deal(p, 600, 20, 2), false))
	m.wantStock(p, 50, 0, 0, 0)
	d = must[promotion.Deal](t)(m.tools.StartDeal(t.Context(), m.shop, m.room, d.ID))
	m.wantStock(p, 30, 0, 20, 0)
	if _, err := m.tools.StartDeal(t.Context(), m.shop, m.room, d.ID); fault.Code(err) != "promotion.wrong_deal_state" {
		t.Errorf("started twice: %v", err)
	}
	if o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 1))); o.Payable != 1000+shipping {
		t.Errorf("during the countdown it costs %d", o.Payable)
	}
	seen := buy(m.buyer(), m.room, p, 1)
	seen.Deal = d.ID
	if _, err := m.place(seen); fault.Code(err) != "promotion.deal_over" {
		t.Errorf("too early for the deal: %v", err)
	}
	m.clock.Advance(10 * time.Second)
	o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 2)))
	if o.Payable != 1200+shipping || o.GoodsTotal != 2000 || o.DiscountTotal != 800 ||
		o.DueAt.Sub(m.clock.Now()) != 3*time.Minute {
		t.Errorf("ordered in the deal: %+v", o)
	}
	if a := o.Lines[0].Adjustments; len(a) != 1 || a[0].Kind != order.AdjustDeal || a[0].Amount != -800 {
		t.Errorf("explained as %+v", a)
	}
	if other := must[order.Order](t)(m.place(buy(m.buyer(), id.Room{}, p, 1))); other.Payable != 1000+shipping {
		t.Errorf("outside the room it costs %d", other.Payable)
	}
	m.wantStock(p, 28, 4, 18, 0)
	m.clock.Advance(5 * time.Minute) // nobody has swept
	if o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 1))); o.Payable != 1000+shipping {
		t.Errorf("after its end it costs %d", o.Payable)
	}
	if err := m.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE deal_buyer SET taken = taken + 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if odd := must[[]string](t)(promotion.Check(t.Context(), m.db.Reader())); len(odd) != 1 {
		t.Errorf("a false count is not found: %v", odd)
	}
	if err := m.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE deal_buyer SET taken = taken - 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	m.sweep()
	m.closeUnpaid()
	m.wantStock(p, 47, 3, 0, 0) // the deal's order closed after 3 minutes, the others live on
}

func TestTwoHundredBuyersOfADealOfTwenty(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	d := m.running(p, 600, 20, 1)
	var wg sync.WaitGroup
	var sold, refused atomic.Int64
	for i := range 200 {
		c := buy(m.buyer(), m.room, p, 1)
		c.Deal = d.ID
		wg.Go(func() {
			_, err := m.checkout.Place(t.Context(), m.key(fmt.Sprint("buyer ", i)), c)
			switch {
			case err == nil:
				sold.Add(1)
			case fault.Code(err) == "promotion.deal_sold_out":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sold.Load() != 20 || refused.Load() != 180 {
		t.Errorf("%d sold and %d refused, want 20 and 180", sold.Load(), refused.Load())
	}
	m.wantStock(p, 80, 20, 0, 0)
}

func TestOneBuyerAtOnceTakesNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 100)
	d := m.running(p, 600, 50, 3)
	user := m.buyer()
	var wg sync.WaitGroup
	var sold, refused atomic.Int64
	for i := range 20 {
		c := buy(user, m.room, p, 1)
		c.Deal = d.ID
		wg.Go(func() {
			_, err := m.checkout.Place(t.Context(), m.key(fmt.Sprint("try ", i)), c)
			switch {
			case err == nil:
				sold.Add(1)
			case fault.Code(err) == "promotion.limit_reached":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sold.Load() != 3 || refused.Load() != 17 {
		t.Errorf("%d sold and %d refused, want 3 and 17", sold.Load(), refused.Load())
	}
	m.clock.Advance(3*time.Minute + 6*time.Second)
	m.closeUnpaid()
	m.wantStock(p, 50, 0, 50, 0) // back in the slice, and the buyer may take them anew
	if _, err := m.place(buy(user, m.room, p, 4)); fault.Code(err) != "promotion.limit_reached" ||
		fault.As(err).Params["left"] != "3" {
		t.Errorf("four of three: %v", err)
	}
	if o := must[order.Order](t)(m.place(buy(user, m.room, p, 3))); o.Payable != 1800+shipping {
		t.Errorf("after giving back: %+v", o)
	}
}

func TestTheEndsOfADeal(t *testing.T) {
	t.Parallel()
	m := open(t)
	view := func(p promotion.Deal) map[string]any {
		t.Helper()
		var last map[string]any
		for _, n := range m.heard() {
			if n["type"] == "deal" && n["deal"].(map[string]any)["id"] == p.ID.String() {
				last = n["deal"].(map[string]any)
			}
		}
		if last == nil {
			t.Fatal("the room was told nothing of the deal")
		}
		return last
	}
	gone := m.product(1000, 10)
	d := m.running(gone, 600, 2, 2)
	m.sweep()
	if v := view(d); v["state"] != "running" || v["left"] != 2.0 || v["titles"].(map[string]any)["zh-CN"] != "茶" {
		t.Errorf("running: %v", v)
	}
	o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, gone, 2)))
	if err := m.bus.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.tools.FlushNews(t.Context())
	if v := view(d); v["left"] != 0.0 || v["sold"] != 2.0 || v["state"] != "running" {
		t.Errorf("all of it waits for money: %v", v)
	}
	m.pay(o)
	m.sweep()
	if v := view(d); v["state"] != "ended" || v["reason"] != "sold_out" {
		t.Errorf("all of it paid: %v", v)
	}
	m.wantStock(gone, 8, 0, 0, 2)

	stopped := m.product(1000, 10)
	d = m.running(stopped, 600, 5, 2)
	if _, err := m.tools.PlanDeal(t.Context(), m.nextKey(), m.deal(stopped, 500, 1, 1),
		true); fault.Code(err) != "promotion.deal_overlap" {
		t.Errorf("two deals of one product: %v", err)
	}
	must[promotion.Deal](t)(m.tools.StopDeal(t.Context(), m.shop, m.room, d.ID))
	if v := view(d); v["state"] != "ended" || v["reason"] != "stopped" {
		t.Errorf("stopped: %v", v)
	}
	m.wantStock(stopped, 10, 0, 0, 0)

	left := m.product(1000, 10)
	d = m.running(left, 600, 5, 2)
	m.LeaveAir()
	if o := must[order.Order](t)(m.place(buy(m.buyer(), m.room, left, 1))); o.Payable != 1000+shipping {
		t.Errorf("off the air it costs %d", o.Payable)
	}
	m.sweep()
	m.wantStock(left, 9, 1, 0, 0)
	if _, err := m.tools.PlanDeal(t.Context(), m.nextKey(), m.deal(left, 500, 1, 1),
		true); fault.Code(err) != "promotion.room_not_on_air" {
		t.Errorf("started off the air: %v", err)
	}
}

// TestLateMoneyTakesFromTheDealAgain walks an order that closed and was paid then.
func TestLateMoneyTakesFromTheDealAgain(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 10)
	m.running(p, 600, 10, 1) // everything is in the slice
	late := must[order.Order](t)(m.place(buy(m.buyer(), m.room, p, 1)))
	m.clock.Advance(3*time.Minute + 6*time.Second)
	m.closeUnpaid()
	revive := func(want bool) {
		t.Helper()
		err := m.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			o, err := m.orders.Find(ctx, tx, late.ID)
			if err != nil {
				return err
			}
			ok, err := m.orders.CanReopen(ctx, tx, o)
			if ok != want || err != nil || !ok {
				if ok != want {
					t.Errorf("may be revived: %v, want %v", ok, want)
				}
				return err
			}
			if o, err = m.orders.Reopen(ctx, tx, o); err != nil {
				return err
			}
			return m.orders.MarkPaid(ctx, tx, o)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	revive(true)
	m.wantStock(p, 0, 0, 9, 1)
	user := late.User
	if _, err := m.place(buy(user, m.room, p, 1)); fault.Code(err) != "promotion.limit_reached" {
		t.Errorf("the revived order counts: %v", err)
	}
	revive(false) // it is paid
}

func TestWhatIsNoDeal(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, foreign := m.product(1000, 50), m.productOf(id.Make[id.Shop](m.db), 1000, 10)
	for name, c := range map[string]struct {
		change func(d *promotion.Deal)
		code   string
	}{
		"not cheaper":    {func(d *promotion.Deal) { d.Items[0].Price = 1000 }, "promotion.bad_deal"},
		"no price":       {func(d *promotion.Deal) { d.Items[0].Price = 0 }, "promotion.bad_deal"},
		"no countdown":   {func(d *promotion.Deal) { d.Countdown = 9 * time.Second }, "promotion.bad_deal"},
		"too long":       {func(d *promotion.Deal) { d.Run = 21 * time.Minute }, "promotion.bad_deal"},
		"no limit":       {func(d *promotion.Deal) { d.Limit = 0 }, "promotion.bad_deal"},
		"nothing":        {func(d *promotion.Deal) { d.Items = nil }, "promotion.bad_deal"},
		"twice the SKU":  {func(d *promotion.Deal) { d.Items = append(d.Items, d.Items[0]) }, "promotion.bad_deal"},
		"a foreign SKU":  {func(d *promotion.Deal) { d.Items[0].SKU = foreign.SKUs[0].ID }, "promotion.no_such_sku"},
		"other product":  {func(d *promotion.Deal) { d.Product = foreign.ID }, "promotion.no_such_sku"},
		"foreign room":   {func(d *promotion.Deal) { d.Room = id.Make[id.Room](m.db) }, "promotion.no_such_room"},
		"more than left": {func(d *promotion.Deal) { d.Items[0].Quantity = 51 }, "inventory.insufficient_stock"},
	} {
		d := m.deal(p, 600, 5, 1)
		c.change(&d)
		if _, err := m.tools.PlanDeal(t.Context(), m.nextKey(), d, true); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	m.wantStock(p, 50, 0, 0, 0)
}

func TestTheLowestPriceMakesTheUnit(t *testing.T) {
	t.Parallel()
	m := open(t)
	p := m.product(1000, 50)
	set := func(price int64) {
		t.Helper()
		if err := m.tools.SetRoomPrices(t.Context(), m.shop, m.room,
			[]promotion.RoomPrice{{SKU: p.SKUs[0].ID, Price: price}}); err != nil {
			t.Fatal(err)
		}
	}
	wantPrice := func(room id.Room, price int64, kind string) {
		t.Helper()
		q := must[checkout.Quote](t)(m.checkout.Quote(t.Context(), buy(m.buyer(), room, p, 3)))
		l := q.Groups[0].Lines[0]
		got := ""
		if len(l.Adjustments) == 1 {
			got = l.Adjustments[0].Kind
		}
		if l.Payable != 3*price || got != kind || q.Payable != 3*price+shipping || q.Goods-q.Discount != 3*price {
			t.Errorf("costs %d by %q, want %d by %q (%+v)", l.Payable, got, 3*price, kind, q)
		}
	}
	set(900)
	wantPrice(m.room, 900, order.AdjustRoomPrice)
	wantPrice(id.Room{}, 1000, "")
	if list := must[map[id.Product]int64](t)(m.tools.RoomPrices(t.Context(), m.room, []id.Product{p.ID})); list[p.ID] !=
		900 {
		t.Errorf("the shelf shows %v", list)
	}
	set(1100)
	if list := must[map[id.Product]int64](t)(m.tools.RoomPrices(t.Context(), m.room, []id.Product{p.ID})); len(
		list) != 0 {
		t.Errorf("the shelf shows %v", list)
	}
	wantPrice(m.room, 1000, "")
	m.running(p, 600, 10, 9)
	wantPrice(m.room, 600, order.AdjustDeal)
	set(500)
	wantPrice(m.room, 500, order.AdjustRoomPrice)
	set(0)
	wantPrice(m.room, 600, order.AdjustDeal)
	if err := m.tools.SetRoomPrices(t.Context(), id.Make[id.Shop](m.db), m.room,
		nil); fault.Code(err) != "promotion.no_such_room" {
		t.Errorf("another shop sets prices: %v", err)
	}
}
