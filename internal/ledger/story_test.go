package ledger_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// purse is what a naive book says of one who earns: a shop or a distributor.
type purse struct{ frozen, available, held, debt int64 }

// free takes what is earned out of the window, debts first.
func (p *purse) free(n int64) {
	p.frozen -= n
	pays := min(p.debt, n)
	p.debt, p.available = p.debt-pays, p.available+n-pays
}

// giveBack takes back from what is there, and makes the rest a debt.
func (p *purse) giveBack(n int64, matured bool) {
	if !matured {
		p.frozen -= n
		return
	}
	has := min(p.available-p.held, n)
	p.available, p.debt = p.available-has, p.debt+n-has
}

// sold is an order in the story, and what of it has not gone back.
type sold struct {
	ledger.PaidOrder
	matured bool
	gone    bool
}

// story tells random lives of orders in two currencies to the books, each fact twice,
// and to a naive book beside them.
type story struct {
	rt     *rapid.T
	t      *testing.T
	db     *sqldb.DB
	c      money.Currency
	shop   id.Shop
	users  []id.User
	buyer  id.User
	orders []*sold
	owed   map[id.Refund]int64
	outs   []out
	purses map[ledger.Account]*purse // by their account of what is available
	wallet int64
}

type out struct {
	ledger.Payout
	hold id.Transfer
}

// TestTheStoryOfMoney: whatever happens to orders, refunds and payouts in whatever
// order, told once or twice, everybody has what a naive book says, and each currency
// sums to zero.
func TestTheStoryOfMoney(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	used := map[money.Currency]bool{} // a server is tried a few times only, which may all draw one currency
	rapid.Check(t, func(rt *rapid.T) {
		s := &story{
			rt: rt, t: t, db: db, c: rapid.SampledFrom([]money.Currency{"CNY", "JPY"}).Draw(rt, "currency"),
			shop: id.Make[id.Shop](db), buyer: id.Make[id.User](db), owed: map[id.Refund]int64{},
			purses: map[ledger.Account]*purse{},
		}
		s.purses[ledger.ShopAvailable(s.shop, s.c)] = &purse{}
		for range 2 {
			u := id.Make[id.User](db)
			s.users = append(s.users, u)
			s.purses[ledger.CommissionAvailable(u, s.c)] = &purse{}
		}
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			s.step(rapid.SampledFrom([]string{
				"sell", "sell", "window", "window", "return", "ended", "request", "request", "resolve",
			}).Draw(rt, "what"))
		}
		if len(s.orders) > 0 {
			used[s.c] = true
		}
		s.check()
	})
	wantClean(t, db)
	all, err := ledger.TrialBalance(t.Context(), db.Reader())
	if err != nil || len(all) != len(used) || len(used) == 0 {
		t.Fatalf("%d currencies of %d, %v", len(all), len(used), err)
	}
	for _, c := range all {
		if !c.Balanced() {
			t.Errorf("%s: %d debits, %d credits", c.Currency, c.Debits, c.Credits)
		}
	}
}

// twice tells a fact as a line that breaks does.
func (s *story) twice(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	for range 2 {
		if err := s.db.Update(s.t.Context(), fn); err != nil {
			s.rt.Fatal(err)
		}
	}
}

func (s *story) step(what string) {
	switch what {
	case "sell":
		s.sell()
	case "window":
		for _, o := range s.orders {
			if !o.matured && !o.gone {
				s.window(o)
				return
			}
		}
	case "return":
		if len(s.orders) > 0 {
			s.back(s.orders[rapid.IntRange(0, len(s.orders)-1).Draw(s.rt, "order")])
		}
	case "ended":
		s.ended()
	case "request":
		s.request()
	case "resolve":
		s.resolve()
	}
}

func (s *story) sell() {
	shop, fee := rapid.Int64Range(0, 900).Draw(s.rt, "shop"), rapid.Int64Range(0, 50).Draw(s.rt, "fee")
	p := ledger.PaidOrder{
		Order: id.Make[id.Order](s.db), Shop: s.shop, Buyer: s.buyer, Currency: s.c, Provider: "sandbox",
		ShopAmount: shop + 1, Fee: fee, Cash: shop + 1 + fee,
	}
	for i := range rapid.IntRange(0, 3).Draw(s.rt, "levels") { // one person may stand at two levels
		k := ledger.Commission{User: s.users[i%2], Level: i + 1, Amount: rapid.Int64Range(0, 80).Draw(s.rt,
			"commission")}
		p.Commissions, p.Cash = append(p.Commissions, k), p.Cash+k.Amount
		s.purses[ledger.CommissionAvailable(k.User, s.c)].frozen += k.Amount
	}
	s.purses[ledger.ShopAvailable(s.shop, s.c)].frozen += p.ShopAmount
	if p.Wallet = min(s.wallet, rapid.Int64Range(0, p.Cash).Draw(s.rt, "wallet")); p.Wallet > 0 {
		p.Cash, s.wallet = p.Cash-p.Wallet, s.wallet-p.Wallet
	}
	s.twice(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.OrderPaid(ctx, tx, p)
		return err
	})
	s.orders = append(s.orders, &sold{PaidOrder: p})
}

// each goes through who earns on an order, a person once.
func (s *story) each(o *sold, fn func(p *purse, n int64)) {
	fn(s.purses[ledger.ShopAvailable(s.shop, s.c)], o.ShopAmount)
	sums := map[id.User]int64{}
	for _, k := range o.Commissions {
		sums[k.User] += k.Amount
	}
	for u, n := range sums {
		fn(s.purses[ledger.CommissionAvailable(u, s.c)], n)
	}
}

func (s *story) window(o *sold) {
	s.each(o, func(p *purse, n int64) { p.free(n) })
	o.matured = true
	s.twice(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.WindowOver(ctx, tx, ledger.EndedWindow{
			Order: o.Order, Shop: o.Shop, Currency: s.c, ShopAmount: o.ShopAmount, Fee: o.Fee,
			Commissions: o.Commissions,
		})
		return err
	})
}

func (s *story) back(o *sold) {
	if o.gone {
		return
	}
	o.gone = true
	r := ledger.Refund{
		Refund: id.Make[id.Refund](s.db), Order: o.Order, Shop: s.shop, Buyer: s.buyer, Currency: s.c,
		Provider: "sandbox",
		Matured:  o.matured, Cash: o.Cash, Wallet: o.Wallet, ShopAmount: o.ShopAmount, Fee: o.Fee,
		Commissions: o.Commissions,
	}
	s.each(o, func(p *purse, n int64) { p.giveBack(n, o.matured) })
	s.wallet += o.Wallet
	if o.Cash > 0 {
		s.owed[r.Refund] = o.Cash
	}
	s.twice(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.RefundAccepted(ctx, tx, r)
		return err
	})
}

// ended lets a refund be paid out by the provider, or come into the wallet.
func (s *story) ended() {
	failed := rapid.Bool().Draw(s.rt, "failed")
	for refund, n := range s.owed {
		amount := money.Of(n, s.c)
		confirm := func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := ledger.RefundConfirmed(ctx, tx, refund, "sandbox", amount)
			return err
		}
		fail := func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := ledger.RefundFailed(ctx, tx, ledger.FailedRefund{
				Refund: refund, Provider: "sandbox", Buyer: s.buyer, Amount: amount,
			})
			return err
		}
		if failed {
			s.wallet, confirm, fail = s.wallet+n, fail, confirm
		}
		s.twice(confirm)
		if err := s.db.Update(s.t.Context(), fail); fault.Code(err) != ledger.CodeKeyReused {
			s.rt.Fatalf("a refund ended both ways: %v", err)
		}
		delete(s.owed, refund)
		return
	}
}

func (s *story) request() {
	from := ledger.ShopAvailable(s.shop, s.c)
	if i := rapid.IntRange(0, 2).Draw(s.rt, "from"); i < 2 {
		from = ledger.CommissionAvailable(s.users[i], s.c)
	}
	p, n := s.purses[from], rapid.Int64Range(10, 400).Draw(s.rt, "amount")
	o := out{Payout: ledger.Payout{
		Payout: id.Make[id.Payout](s.db), From: from, Channel: "bank", Bank: "main", Amount: n, Fee: n / 10,
		Tax: n / 20,
	}}
	err := s.db.Update(s.t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
		o.hold, err = ledger.PayoutRequested(ctx, tx, o.Payout)
		return err
	})
	if n > p.available-p.held {
		if fault.Code(err) != ledger.CodeInsufficientFunds {
			s.rt.Fatalf("%d of %+v: %v", n, *p, err)
		}
		return
	}
	if err != nil {
		s.rt.Fatal(err)
	}
	p.held += n
	s.outs = append(s.outs, o)
}

func (s *story) resolve() {
	if len(s.outs) == 0 {
		return
	}
	o, p := s.outs[0], s.purses[s.outs[0].From]
	s.outs, p.held = s.outs[1:], p.held-o.Amount
	done := func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutDone(ctx, tx, o.Payout, o.hold) }
	refused := func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutRefused(ctx, tx, o.Payout, o.hold) }
	if rapid.Bool().Draw(s.rt, "refused") {
		done, refused = refused, done
	} else {
		p.available -= o.Amount
	}
	s.twice(done)
	if err := s.db.Update(s.t.Context(), refused); fault.Code(err) != ledger.CodeAlreadyResolved {
		s.rt.Fatalf("a payout ended both ways: %v", err)
	}
}

func (s *story) check() {
	want := map[ledger.Account]int64{
		ledger.ShopFrozen(s.shop, s.c): s.purses[ledger.ShopAvailable(s.shop, s.c)].frozen,
		ledger.ShopDebt(s.shop, s.c):   s.purses[ledger.ShopAvailable(s.shop, s.c)].debt,
		ledger.Wallet(s.buyer, s.c):    s.wallet, ledger.OrderControl(s.shop, s.c): 0,
	}
	for _, u := range s.users {
		p := s.purses[ledger.CommissionAvailable(u, s.c)]
		want[ledger.CommissionFrozen(u, s.c)], want[ledger.DistributorDebt(u, s.c)] = p.frozen, p.debt
		got, err := ledger.CommissionOf(s.t.Context(), s.db.Reader(), u, s.c)
		if err != nil || got.Frozen != p.frozen || got.Available != p.available || got.Held != p.held ||
			got.Debt != p.debt {
			s.rt.Fatalf("%s stands at %+v, %v; want %+v", u, got, err, *p)
		}
	}
	for a, p := range s.purses {
		b, err := ledger.BalanceOf(s.t.Context(), s.db.Reader(), a)
		if err != nil || b.Posted != p.available || b.Held != p.held {
			s.rt.Fatalf("%s is %+v, %v; want %+v", a.Code(), b, err, *p)
		}
	}
	for a, n := range want {
		if b, err := ledger.BalanceOf(s.t.Context(), s.db.Reader(), a); err != nil || b.Posted != n {
			s.rt.Fatalf("%s is %d, %v; want %d", a.Code(), b.Posted, err, n)
		}
	}
}
