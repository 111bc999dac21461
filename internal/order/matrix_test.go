package order_test

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
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// steps are all that can be done to an order, by name.
func (k *desk) steps() map[string]func(o order.Order) error {
	in := func(fn func(ctx context.Context, tx *sqldb.Tx, o order.Order) error) func(o order.Order) error {
		return func(o order.Order) error {
			return k.db.Update(k.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return fn(ctx, tx, o) })
		}
	}
	return map[string]func(o order.Order) error{
		"pay": in(k.orders.MarkPaid),
		"ship": in(func(ctx context.Context, tx *sqldb.Tx, o order.Order) error {
			return k.orders.MarkShipped(ctx, tx, o, order.Staff(k.buyer))
		}),
		"cancel":  func(o order.Order) error { return k.orders.Cancel(k.t.Context(), k.key(), o.User, o.ID) },
		"confirm": func(o order.Order) error { return k.orders.Confirm(k.t.Context(), k.key(), o.User, o.ID) },
		"close": in(func(ctx context.Context, tx *sqldb.Tx, o order.Order) error {
			return k.orders.Close(ctx, tx, o, order.ReasonUnpaid, order.System())
		}),
		"reopen": in(func(ctx context.Context, tx *sqldb.Tx, o order.Order) error {
			_, err := k.orders.Reopen(ctx, tx, o)
			return err
		}),
	}
}

// facts counts what an order has left in the database.
func (k *desk) facts(o order.Order) string {
	k.t.Helper()
	now := k.find(o)
	lines, err := k.orders.Timeline(k.t.Context(), []id.Order{o.ID})
	if err != nil {
		k.t.Fatal(err)
	}
	var told, moved int
	for table, into := range map[string]*int{"outbox": &told, "stock_movement": &moved} {
		err := k.db.Reader().QueryRow(k.t.Context(), "SELECT COUNT(*) FROM "+table).Scan(into)
		if err != nil {
			k.t.Fatal(err)
		}
	}
	return fmt.Sprint(now.Status, now.CloseReason, now.Revived, now.DueAt, lines[o.ID], told, moved)
}

// TestEachStepFromEachStatus: what may be done where, and that what is refused leaves
// nothing behind: no line of history, no event, no movement of stock.
func TestEachStepFromEachStatus(t *testing.T) {
	t.Parallel()
	ways := map[string][]string{ // how an order comes to a status
		"pending_payment": nil, "paid": {"pay"}, "shipped": {"pay", "ship"}, "completed": {"pay", "ship", "confirm"},
		"closed": {"close"}, "cancelled": {"cancel"}, "revived": {"close", "reopen"},
	}
	may := map[string]string{
		"pending_payment": "pay cancel close", "paid": "ship", "shipped": "confirm", "completed": "",
		"closed": "reopen", "cancelled": "reopen", "revived": "pay cancel close",
	}
	for status, way := range ways {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			k := open(t)
			for what, step := range k.steps() {
				o := k.place()
				for _, s := range way {
					if err := k.steps()[s](k.find(o)); err != nil {
						t.Fatalf("%s on the way to %s: %v", s, status, err)
					}
				}
				before := k.facts(o)
				err := step(k.find(o))
				switch allowed := slices.Contains(strings.Fields(may[status]), what); {
				case allowed && err != nil:
					t.Errorf("%s: %v", what, err)
				case !allowed && fault.Code(err) != "order.wrong_status":
					t.Errorf("%s answers %v", what, err)
				case !allowed && k.facts(o) != before:
					t.Errorf("%s was refused and left %s, was %s", what, k.facts(o), before)
				case allowed && k.facts(o) == before:
					t.Errorf("%s left nothing", what)
				}
			}
			if odd, err := order.UnmatchedReservations(t.Context(), k.db.Reader()); err != nil || len(odd) > 0 {
				t.Errorf("promises that no order waits for: %+v, %v", odd, err)
			}
		})
	}
}

// Money, the buyer and the clock meet at an unpaid order: one of them has it, and its
// unit is sold or free, never both.
func TestMoneyBuyerAndClockAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	var paid, closed int64
	for range 12 {
		o := k.place()
		var won atomic.Int64
		var wg sync.WaitGroup
		steps := k.steps()
		for _, what := range []string{"pay", "close", "pay", "close"} {
			wg.Go(func() {
				switch err := steps[what](o); {
				case err == nil:
					won.Add(1)
				case fault.Code(err) != "order.wrong_status":
					t.Error(err)
				}
			})
		}
		key := k.key()
		wg.Go(func() {
			if err := k.orders.Cancel(t.Context(), key, k.buyer, o.ID); err == nil {
				won.Add(1)
			} else if fault.Code(err) != "order.wrong_status" {
				t.Error(err)
			}
		})
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of them had the order", won.Load())
		}
		if k.find(o).Status == order.StatusPaid {
			paid++
		} else {
			closed++
		}
	}
	k.wantStock(100-paid, 0, paid)
}

// ledgerOf is somebody who promises things to orders, and counts who has them.
type ledgerOf struct {
	mu   sync.Mutex
	has  map[id.Order]int
	full bool
}

func (b *ledgerOf) add(o id.Order, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.has[o] += n
	return nil
}

func (b *ledgerOf) Release(_ context.Context, _ *sqldb.Tx, o id.Order) error { return b.add(o, -1) }

func (b *ledgerOf) CanReacquire(context.Context, sqldb.Querier, id.Order) (bool, error) {
	return !b.full, nil
}

func (b *ledgerOf) Reacquire(_ context.Context, _ *sqldb.Tx, o id.Order) error { return b.add(o, 1) }

// What an order was promised by others is given back when it closes and taken again
// when it is revived, by those alone who promised it something.
func TestWhatOthersPromisedComesAndGoes(t *testing.T) {
	t.Parallel()
	k := open(t, func(o *sqldb.Options) { o.Twice = false }) // the books here are no part of a transaction
	coupons, deals := &ledgerOf{has: map[id.Order]int{}}, &ledgerOf{has: map[id.Order]int{}}
	k.orders = order.New(k.db, k.box, order.Terms{PayWithin: payWithin, ReceiveWithin: receiveWithin},
		order.Book{Of: coupons, Kinds: []string{order.AdjustCoupon}},
		order.Book{Of: deals, Kinds: []string{order.AdjustDeal, order.AdjustLuckyBag}})
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{
			order.AdjustCoupon, order.AdjustDeal, order.AdjustLuckyBag, order.AdjustRoomPrice,
		}), 0, 4).Draw(rt, "kinds")
		o := order.Order{User: k.buyer, Shop: k.shop, Payable: 1, Currency: "CNY", Lines: []order.Line{{
			SKU: k.sku, Quantity: 1, Payable: 1,
		}}}
		for _, kind := range kinds {
			o.Lines[0].Adjustments = append(o.Lines[0].Adjustments, order.Adjustment{Kind: kind})
		}
		k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &o) })
		want := map[*ledgerOf]bool{
			coupons: slices.Contains(kinds, order.AdjustCoupon),
			deals:   slices.Contains(kinds, order.AdjustDeal) || slices.Contains(kinds, order.AdjustLuckyBag),
		}
		for range rapid.IntRange(1, 3).Draw(rt, "times") {
			if err := k.steps()["close"](k.find(o)); err != nil {
				rt.Fatal(err)
			}
			for b, is := range want {
				if got := b.has[o.ID]; got != map[bool]int{true: -1}[is] {
					rt.Fatalf("closed: %d of a book that promised something: %v", got, is)
				}
				b.full = true
				can, err := k.orders.CanReopen(t.Context(), k.db.Reader(), k.find(o))
				if b.full = false; err != nil || can == is {
					rt.Fatalf("revived though what it was promised is gone: %v, %v", can, err)
				}
			}
			if err := k.steps()["reopen"](k.find(o)); err != nil {
				rt.Fatal(err)
			}
			if coupons.has[o.ID] != 0 || deals.has[o.ID] != 0 {
				rt.Fatalf("revived with %d and %d", coupons.has[o.ID], deals.has[o.ID])
			}
		}
		if err := k.steps()["close"](k.find(o)); err != nil {
			rt.Fatal(err)
		}
	})
}

// A press that is sent again is answered as it was; the same key for another order is
// refused.
func TestAPressIsTakenOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	o, other := k.place(), k.place()
	press := func(o order.Order) error {
		key, err := idem.NewKey("order-cancel", k.buyer.String(), "pressed-once", o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return k.orders.Cancel(t.Context(), key, k.buyer, o.ID)
	}
	for range 3 {
		if err := press(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := press(other); err == nil || k.find(other).Status != order.StatusPendingPayment {
		t.Errorf("another order under the same key: %v", err)
	}
	steps, err := k.orders.Timeline(t.Context(), []id.Order{o.ID})
	if err != nil || len(steps[o.ID]) != 2 {
		t.Errorf("its history is %+v, %v", steps[o.ID], err)
	}
	k.wantStock(99, 1, 0)
	k.clock.Advance(payWithin + time.Minute)
	k.sweep(1)
	k.wantStock(100, 0, 0)
}
