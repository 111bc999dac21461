package luckybag_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/coupon"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// fair is a market that draws lots.
type fair struct {
	*checkouttest.Market
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	bus    *events.Bus
	orders *order.Service
	tools  *coupon.Service
	bags   *luckybag.Service
	shop   id.Shop
	room   id.Room

	mu        sync.Mutex
	followers map[id.User]bool

	gate httpapi.Authorizer // of the door, where there is one
}

// Check implements luckybag.Gate.
func (f *fair) Check(
	ctx context.Context, access httpapi.Access, actor httpapi.Actor, s httpapi.Subject,
) (httpapi.Pass, error) {
	return f.gate.Check(ctx, access, actor, s)
}

func must[T any](t *testing.T) func(v T, err error) T { return checkouttest.Must[T](t) }

func (f *fair) Follows(_ context.Context, user id.User, _ id.Shop) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.followers[user], nil
}

func open(t *testing.T) *fair {
	t.Helper()
	m := checkouttest.New(t)
	f := &fair{
		Market: m, t: t, db: m.DB, clock: m.Clock, orders: m.Orders, shop: m.Shop, room: m.Room,
		followers: map[id.User]bool{},
	}
	f.tools = coupon.New(coupon.Deps{
		DB: m.DB, Log: m.Log, Catalog: m.Products, Shops: m, Rooms: m, News: m,
		Currency: "CNY",
	})
	f.bags = luckybag.New(luckybag.Deps{
		DB: m.DB, Box: m.Box, Log: m.Log, Orders: m.Checkout, Rooms: m, Follows: f,
		Names: m, News: m, Notices: m, Gate: f, Currency: "CNY",
	})
	f.bus = m.Carry(f.bags.Module())
	return f
}

func (f *fair) last() map[string]any { f.t.Helper(); return f.Last("bag") }

func (f *fair) product(stock int64) catalog.Product { f.t.Helper(); return f.Product(5000, stock) }

func (f *fair) key() idem.Key { return f.NextKey() }

func (f *fair) user() id.User { return f.User() }

func (f *fair) create(b luckybag.Bag) (luckybag.Bag, error) {
	b.Shop, b.Room = f.shop, f.room
	return f.bags.Create(f.t.Context(), f.key(), b, time.Minute)
}

func (f *fair) sweep() {
	f.t.Helper()
	if err := f.bags.Sweep(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fair) draw() {
	f.t.Helper()
	f.clock.Advance(time.Minute)
	f.sweep()
}

func (f *fair) wantStock(p catalog.Product, available, reserved, allotted int64) {
	f.t.Helper()
	f.WantStock(p, available, reserved, allotted, checkouttest.Any)
}

// TestVector was computed by another program (Python's hashlib and hmac).
func TestVector(t *testing.T) {
	t.Parallel()
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(i)
	}
	aliases := []string{"delta", "alpha", "echo", "bravo", "charlie"}
	winners := luckybag.Draw("bag_0000000000007", seed, aliases, 3)
	p := luckybag.Proof{
		Bag: id.FromInt[id.Bag](7), Seed: fmt.Sprintf("%x", seed),
		SeedHash: "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
		ListHash: "08a01e2fad0e1dc2ef5d185007932ed3fd0b1f41876e656761cd0d1e5f4019c6",
		Entrants: slices.Sorted(slices.Values(aliases)), Winners: []string{"charlie", "echo", "bravo"},
	}
	if !slices.Equal(winners, p.Winners) {
		t.Errorf("drew %v, want %v", winners, p.Winners)
	}
	if err := luckybag.Verify(p); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(p *luckybag.Proof){
		"another seed":    func(p *luckybag.Proof) { p.Seed = "00" + p.Seed[2:] + "00" },
		"another entrant": func(p *luckybag.Proof) { p.Entrants = append(slices.Clone(p.Entrants), "zulu") },
		"another winner":  func(p *luckybag.Proof) { p.Winners = []string{p.Winners[1], p.Winners[0], p.Winners[2]} },
		"another bag":     func(p *luckybag.Proof) { p.Bag = id.FromInt[id.Bag](8) },
	} {
		forged := p
		if change(&forged); luckybag.Verify(forged) == nil {
			t.Errorf("%s: the proof holds", name)
		}
	}
}

func TestADrawIsFairWhateverTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		aliases := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{1,8}`), 0, 30, rapid.ID[string]).Draw(rt,
			"aliases")
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "seed")
		n := rapid.Int64Range(1, 40).Draw(rt, "winners")
		winners := luckybag.Draw("bag", seed, aliases, n)
		if len(winners) != min(int(n), len(aliases)) {
			rt.Fatalf("%d winners of %d entrants, %d wanted", len(winners), len(aliases), n)
		}
		seen := map[string]bool{}
		for _, w := range winners {
			if seen[w] || !slices.Contains(aliases, w) {
				rt.Fatalf("%s won twice, or never entered", w)
			}
			seen[w] = true
		}
		slices.Reverse(aliases)
		if !slices.Equal(luckybag.Draw("bag", seed, aliases, n), winners) {
			rt.Fatal("the order of entering matters")
		}
	})
}

func TestWhoSaysTheWordMayWinAUnit(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(10)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 3, Word: "我 想要"}))
	f.wantStock(p, 7, 0, 3)
	if v := f.last(); v["state"] != "open" || v["seed"] != "" || len(v["seed_hash"].(string)) != 64 {
		t.Errorf("the room saw %v", v)
	}
	silent := f.user()
	if err := f.bags.Enter(ctx, f.room, b.ID, silent); fault.Code(err) != "luckybag.say_first" {
		t.Errorf("entered without a word: %v", err)
	}
	users := []id.User{f.user(), f.user(), f.user(), f.user(), f.user()}
	for _, u := range users {
		for _, text := range []string{"hello", " 我  想要 ", "我 想要"} { // twice is once
			if err := f.bags.Said(ctx, f.room, u, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.bags.Proof(ctx, b.ID); fault.Code(err) != "luckybag.not_drawn" {
		t.Errorf("proof before the draw: %v", err)
	}
	f.bags.FlushNews(ctx)
	if v := f.last(); v["entrants"] != 5.0 {
		t.Errorf("the room saw %v", v)
	}
	f.draw()
	if err := f.bags.Said(ctx, f.room, silent, "我 想要"); err != nil {
		t.Errorf("saying it later: %v", err)
	}
	if err := f.bags.Enter(ctx, f.room, b.ID, users[0]); err != nil {
		t.Errorf("entering again is the same: %v", err)
	}
	proof := must[luckybag.Proof](t)(f.bags.Proof(ctx, b.ID))
	if err := luckybag.Verify(proof); err != nil || len(proof.Entrants) != 5 || len(proof.Winners) != 3 ||
		proof.SeedHash != b.SeedHash {
		t.Errorf("%v: %+v", err, proof)
	}
	if v := f.last(); v["state"] != "drawn" || v["seed"] != proof.Seed || len(v["winners"].([]any)) != 3 ||
		v["winners"].([]any)[0].(map[string]any)["name"] != "王**" {
		t.Errorf("the room saw %v", v)
	}
	var orders []id.Order
	var winners []id.User
	for _, u := range users {
		r, err := f.bags.Claim(ctx, f.key(), b.ID, u, id.Address{})
		if fault.Code(err) == "luckybag.not_a_winner" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Payable != 800 {
			t.Errorf("the prize costs %d, want the shipping", r.Payable)
		}
		orders, winners = append(orders, r.Orders[0]), append(winners, u)
	}
	if len(orders) != 3 {
		t.Fatalf("%d could claim", len(orders))
	}
	if _, err := f.bags.Claim(ctx, f.key(), b.ID, winners[0], id.Address{}); fault.Code(err) != "luckybag.claimed" {
		t.Errorf("claimed twice: %v", err)
	}
	f.wantStock(p, 7, 3, 0)
	f.clock.Advance(16 * time.Minute)
	must[int](t)(f.orders.Sweep(ctx, 10)) // nobody paid the shipping
	if err := f.bus.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	f.wantStock(p, 7, 0, 3)
	must[checkout.Result](t)(f.bags.Claim(ctx, f.key(), b.ID, winners[0], id.Address{}))
	f.clock.Advance(24 * time.Hour)
	f.sweep()
	f.wantStock(p, 9, 1, 0)
	if _, err := f.bags.Claim(ctx, f.key(), b.ID, winners[1], id.Address{}); fault.Code(err) != "luckybag.claim_over" {
		t.Errorf("claimed too late: %v", err)
	}
}

// Money that comes after the order of a prize closed revives it, unless its winner
// has claimed again meanwhile; never both.
func TestAPrizeIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p, winner := t.Context(), f.product(10), f.user()
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 1, Word: "要"}))
	if err := f.bags.Said(ctx, f.room, winner, "要"); err != nil {
		t.Fatal(err)
	}
	f.draw()
	claim := func() (id.Order, error) {
		r, err := f.bags.Claim(ctx, f.key(), b.ID, winner, id.Address{})
		if err != nil {
			return id.Order{}, err
		}
		return r.Orders[0], nil
	}
	lapse := func() {
		f.clock.Advance(16 * time.Minute)
		must[int](t)(f.orders.Sweep(ctx, 10))
	}
	find := func(o id.Order) order.Order { return must[order.Order](t)(f.orders.Find(ctx, f.db.Reader(), o)) }
	revive := func(o id.Order) error {
		return f.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := f.orders.Reopen(ctx, tx, find(o))
			return err
		})
	}
	can := func(o id.Order, want bool) {
		t.Helper()
		if got := must[bool](t)(f.orders.CanReopen(ctx, f.db.Reader(), find(o))); got != want {
			t.Errorf("late money may revive the order of the prize: %v, want %v", got, want)
		}
	}
	first := must[id.Order](t)(claim())
	lapse()
	can(first, true)
	second := must[id.Order](t)(claim()) // there is time: they may claim again
	can(first, false)
	if err := revive(first); fault.Code(err) != "luckybag.claimed" {
		t.Errorf("the first order is revived beside the second: %v", err)
	}
	lapse()
	can(first, false)
	can(second, true)
	if err := revive(second); err != nil {
		t.Fatal(err)
	}
	if _, err := claim(); fault.Code(err) != "luckybag.claimed" {
		t.Errorf("claimed again beside the revived order: %v", err)
	}
	f.wantStock(p, 9, 1, 0)
}

func TestFollowersWinCoupons(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := t.Context()
	c := must[coupon.Coupon](t)(f.tools.Add(ctx, f.key(), coupon.Coupon{
		Shop: f.shop, Name: lang.Text{lang.Chinese: "券"}, Kind: coupon.AmountOff, Value: 100,
		Scope: coupon.ScopeAll, Total: 5, PerUser: 1,
		To: f.clock.Now().Add(time.Hour),
	}))
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{Coupon: c.ID, Winners: 4, Word: "hi", Follow: true}))
	if err := f.tools.Take(ctx, f.key(), f.user(), c.ID); err != nil {
		t.Error(err)
	}
	if err := f.tools.Take(ctx, f.key(), f.user(), c.ID); fault.Code(err) != "promotion.coupon_gone" {
		t.Errorf("four are held: %v", err)
	}
	one, two := f.user(), f.user()
	f.followers[one] = true
	for _, u := range []id.User{one, two} {
		if err := f.bags.Said(ctx, f.room, u, "HI"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.bags.Enter(ctx, f.room, b.ID, two); fault.Code(err) != "luckybag.follow_first" {
		t.Errorf("said it, follows not: %v", err)
	}
	f.followers[two] = true
	if err := f.bags.Enter(ctx, f.room, b.ID, two); err != nil {
		t.Error(err)
	}
	f.draw()
	if told := f.Noticed(); len(told) != 2 || !strings.HasPrefix(told[0], "luckybag.coupon ") {
		t.Errorf("told of their coupons: %q", told)
	}
	for _, u := range []id.User{one, two} {
		if w := must[page.Page[coupon.Claim]](t)(f.tools.Wallet(ctx, u, coupon.ClaimUsable, page.Request{})); len(
			w.Items) != 1 {
			t.Errorf("the wallet holds %+v", w.Items)
		}
	}
	if c := must[coupon.Coupon](t)(coupon.Find(ctx, f.db.Reader(), c.ID)); c.Claimed != 3 {
		t.Errorf("%d are counted as claimed, want 3", c.Claimed)
	}
}

func TestManyEnterAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx, p := t.Context(), f.product(10)
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: p.SKUs[0].ID, Winners: 5, Follow: true}))
	users := make([]id.User, 30)
	for i := range users {
		users[i] = f.user()
		f.followers[users[i]] = true
	}
	var wg sync.WaitGroup
	for _, u := range users {
		for range 3 {
			wg.Go(func() {
				if err := f.bags.Enter(ctx, f.room, b.ID, u); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	f.draw()
	got, proof := must[luckybag.Bag](t)(f.bags.Find(ctx, b.ID)), must[luckybag.Proof](t)(f.bags.Proof(ctx, b.ID))
	told := f.Noticed()
	if len(told) != 5 || len(slices.Compact(told)) != 5 || !strings.HasPrefix(told[0], "luckybag.won "+b.ID.String()+
		" to ") {
		t.Errorf("told of their prizes: %q", told)
	}
	if got.Entrants != 30 || len(proof.Entrants) != 30 || len(proof.Winners) != 5 || luckybag.Verify(proof) != nil {
		t.Errorf("%d counted, %+v", got.Entrants, proof)
	}
}

func TestWhatIsNoBag(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := f.product(10)
	sku := p.SKUs[0].ID
	for name, c := range map[string]struct {
		bag  luckybag.Bag
		code string
	}{
		"no prize": {luckybag.Bag{Winners: 1, Follow: true}, "luckybag.bad_bag"},
		"two prizes": {
			luckybag.Bag{SKU: sku, Coupon: id.Make[id.Coupon](f.db), Winners: 1, Follow: true},
			"luckybag.bad_bag",
		},
		"no gate":     {luckybag.Bag{SKU: sku, Winners: 1, Word: "  "}, "luckybag.bad_bag"},
		"no winner":   {luckybag.Bag{SKU: sku, Follow: true}, "luckybag.bad_bag"},
		"no such SKU": {luckybag.Bag{SKU: id.Make[id.SKU](f.db), Winners: 1, Follow: true}, "luckybag.bad_bag"},
		"no coupon": {
			luckybag.Bag{Coupon: id.Make[id.Coupon](f.db), Winners: 1, Follow: true},
			"promotion.no_such_coupon",
		},
		"too many": {luckybag.Bag{SKU: sku, Winners: 11, Follow: true}, "inventory.insufficient_stock"},
	} {
		if _, err := f.create(c.bag); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	b := must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: sku, Winners: 2, Follow: true}))
	if _, err := f.bags.Cancel(t.Context(), id.Make[id.Shop](f.db), f.room,
		b.ID); fault.Code(err) != "luckybag.not_found" {
		t.Errorf("cancelled by another shop: %v", err)
	}
	must[luckybag.Bag](t)(f.bags.Cancel(t.Context(), f.shop, f.room, b.ID))
	f.wantStock(p, 10, 0, 0)
	b = must[luckybag.Bag](t)(f.create(luckybag.Bag{SKU: sku, Winners: 2, Follow: true}))
	f.draw() // nobody came
	f.wantStock(p, 10, 0, 0)
	if proof := must[luckybag.Proof](t)(f.bags.Proof(t.Context(), b.ID)); luckybag.Verify(proof) != nil ||
		len(proof.Winners) != 0 {
		t.Errorf("%+v", proof)
	}
}
