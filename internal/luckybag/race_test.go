package luckybag_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/checkout"
	"hawker/internal/coupon"
	"hawker/internal/luckybag"
	"hawker/internal/platform/secret"
)

// another is a second node's service over the same database.
func (f *fair) another(box *secret.Box) *luckybag.Service {
	return luckybag.New(luckybag.Deps{
		DB: f.db, Box: box, Log: f.Log, Orders: f.Checkout, Rooms: f.Market, Follows: f, Names: f.Market,
		News: f.Market, Notices: f.Market, Currency: "CNY",
	})
}

func (f *fair) followed(n int) (out []id.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		u := f.user()
		f.followers[u] = true
		out = append(out, u)
	}
	return out
}

// Three nodes look at the same moment: one of them draws, and who had won stays so
// when the program comes back.
func TestABagIsDrawnOnceByManyNodes(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(10)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 3, Follow: true}))
	for _, u := range f.followed(9) {
		if err := f.bags.Enter(ctx, f.room, b.ID, u); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.Advance(time.Minute)
	var wg sync.WaitGroup
	for range 3 {
		node := f.another(f.Box)
		wg.Go(func() {
			for range 2 {
				if err := node.Sweep(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	first := must[luckybag.Proof](t)(f.bags.Proof(ctx, b.ID))
	if told := f.Noticed(); len(told) != 3 || luckybag.Verify(first) != nil {
		t.Errorf("%d were told, %+v", len(told), first)
	}
	again := f.another(f.Box)
	f.clock.Advance(time.Hour)
	if err := again.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if second := must[luckybag.Proof](t)(again.Proof(ctx, b.ID)); fmt.Sprint(second) != fmt.Sprint(first) {
		t.Errorf("drawn again: %+v, was %+v", second, first)
	}
	f.wantStock(p, 7, 0, 3)
}

// A bag whose seed cannot be opened any more is not drawn by another, and does not
// keep the others from being drawn.
func TestALostKeyHoldsUpOneBagAlone(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(10)
	key := make([]byte, secret.KeySize)
	key[0] = 1
	other := f.another(must[*secret.Box](t)(secret.NewBox(key)))
	lost := must[luckybag.Bag](t)(other.Create(ctx, f.key(), luckybag.Bag{
		Shop: f.shop, Room: f.room, SKU: p.SKUs[0].ID, Winners: 1, Follow: true,
	}, 30*time.Second))
	fine := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Follow: true}))
	f.clock.Advance(time.Minute)
	if err := f.bags.Sweep(ctx); err == nil {
		t.Error("nobody hears of the seed that cannot be opened")
	}
	for bag, want := range map[id.Bag]luckybag.State{lost.ID: luckybag.Open, fine.ID: luckybag.Drawn} {
		if got := must[luckybag.Bag](t)(f.bags.Find(ctx, bag)); got.State != want {
			t.Errorf("%s is %s, want %s", bag, got.State, want)
		}
	}
}

// A winner who presses twice, on two devices, has one order.
func TestOnePrizeClaimedAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p, winner := t.Context(), f.product(3), f.followed(1)[0]
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 2, Follow: true}))
	if err := f.bags.Enter(ctx, f.room, b.ID, winner); err != nil {
		t.Fatal(err)
	}
	f.draw()
	var wg sync.WaitGroup
	var made, refused atomic.Int64
	for range 6 {
		key := f.key()
		wg.Go(func() {
			switch _, err := f.bags.Claim(ctx, key, b.ID, winner, id.Address{}); {
			case err == nil:
				made.Add(1)
			case fault.Code(err) == "luckybag.claimed":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d orders of one prize, %d refused", made.Load(), refused.Load())
	}
	f.wantStock(p, 1, 1, 1)
}

// Entries race the end of a bag: who was let in is in the list that is drawn from.
func TestEntriesRaceTheDraw(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p, people := t.Context(), f.product(3), f.followed(24)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Follow: true}))
	f.clock.Advance(time.Minute - time.Millisecond)
	var in atomic.Int64
	var wg sync.WaitGroup
	for i, u := range people {
		wg.Go(func() {
			if i == len(people)/2 {
				f.clock.Advance(time.Millisecond)
				if err := f.bags.Sweep(ctx); err != nil {
					t.Error(err)
				}
			}
			switch err := f.bags.Enter(ctx, f.room, b.ID, u); {
			case err == nil:
				in.Add(1)
			case fault.Code(err) != "luckybag.over":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f.sweep()
	proof := must[luckybag.Proof](t)(f.bags.Proof(ctx, b.ID))
	if len(proof.Entrants) != int(in.Load()) || luckybag.Verify(proof) != nil {
		t.Errorf("%d were let in, the draw was among %d", in.Load(), len(proof.Entrants))
	}
}

// The word may be typed in any of the ways in which people type it.
func TestAWordIsHeardHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(9)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Word: "  Happy   普洱 "}))
	if b.Word != "happy 普洱" {
		t.Errorf("the word is kept as %q", b.Word)
	}
	in := int64(0)
	for said, enters := range map[string]bool{
		"happy 普洱": true, "HAPPY 普洱": true, "\tHappy\u3000普洱\n": true, "happy  普洱  ": true,
		"happy普洱": false, "happy 普洱!": false, "so happy 普洱": false, "": false, strings.Repeat("happy 普洱 ", 500): false,
	} {
		if err := f.bags.Said(ctx, f.room, f.user(), said); err != nil {
			t.Fatal(err)
		}
		if enters {
			in++
		}
		if got := must[luckybag.Bag](t)(f.bags.Find(ctx, b.ID)); got.Entrants != in {
			t.Fatalf("%.40q: %d are in, want %d", said, got.Entrants, in)
		}
	}
	if err := f.bags.Said(ctx, id.Make[id.Room](f.db), f.user(), "happy 普洱"); err != nil {
		t.Fatal(err)
	}
	if got := must[luckybag.Bag](t)(f.bags.Find(ctx, b.ID)); got.Entrants != in {
		t.Error("said in another room, entered in this one")
	}
}

// Coupons are held from the moment on which the bag is opened: what is promised to
// winners can be neither claimed by others nor promised again.
func TestCouponsOfABagAreHeld(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, people := t.Context(), f.followed(2)
	c := must[coupon.Coupon](t)(f.tools.Add(ctx, f.key(), coupon.Coupon{
		Shop: f.shop, Name: lang.Text{lang.Chinese: "券"}, Kind: coupon.AmountOff, Value: 100, Scope: coupon.ScopeAll,
		Total: 5, PerUser: 1, To: f.clock.Now().Add(time.Hour),
	}))
	bag := func(n int64) luckybag.Bag { return luckybag.Bag{Coupon: c.ID, Winners: n, Follow: true} }
	b := must[luckybag.Bag](t)(f.create(bag(4)))
	if _, err := f.create(bag(2)); fault.Code(err) != "promotion.coupon_gone" {
		t.Errorf("promised twice: %v", err)
	}
	if err := f.bags.Enter(ctx, f.room, b.ID, people[0]); err != nil {
		t.Fatal(err)
	}
	f.draw()
	if got := must[coupon.Coupon](t)(coupon.Find(ctx, f.db.Reader(), c.ID)); got.Claimed != 1 {
		t.Errorf("%d are claimed after one winner of four", got.Claimed)
	}
	if _, err := f.bags.Claim(ctx, f.key(), b.ID, people[0], id.Address{}); fault.Code(err) != "luckybag.not_a_winner" {
		t.Errorf("a coupon is ordered: %v", err)
	}
	second := must[luckybag.Bag](t)(f.create(bag(4)))
	must[luckybag.Bag](t)(f.bags.Cancel(ctx, f.shop, f.room, second.ID))
	if got := must[coupon.Coupon](t)(coupon.Find(ctx, f.db.Reader(), c.ID)); got.Claimed != 1 {
		t.Errorf("%d are claimed after a bag was called off", got.Claimed)
	}
	f.clock.Advance(2 * time.Hour)
	if _, err := f.create(bag(1)); fault.Code(err) != "promotion.coupon_gone" {
		t.Errorf("an expired coupon is a prize: %v", err)
	}
}

// A prize of a shop without freight still costs a cent: no provider takes nothing.
func TestAPrizeWithoutFreightCostsACent(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p, winner := context.Background(), f.product(3), f.followed(1)[0]
	free := checkout.New(checkout.Options{
		DB: f.db, Orders: f.orders, Addresses: f.Market, Attribution: f.Market,
		Prices: checkout.Prices{Currency: "CNY"},
	})
	f.bags.Orders = free
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Follow: true}))
	if err := f.bags.Enter(ctx, f.room, b.ID, winner); err != nil {
		t.Fatal(err)
	}
	f.draw()
	if r := must[checkout.Result](t)(f.bags.Claim(ctx, f.key(), b.ID, winner, id.Address{})); r.Payable != 1 {
		t.Errorf("the prize costs %d", r.Payable)
	}
}
