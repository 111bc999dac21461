package ledger_test

import (
	"context"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

type books struct {
	t           *testing.T
	db          *sqldb.DB
	shop        id.Shop
	buyer       id.User
	distributor id.User
}

func newBooks(t *testing.T) *books {
	db := sqltest.New(t)
	return &books{
		t, db, id.FromInt[id.Shop](db.NextID()), id.FromInt[id.User](db.NextID()),
		id.FromInt[id.User](db.NextID()),
	}
}

func (b *books) do(fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	b.t.Helper()
	return b.db.Update(b.t.Context(), fn)
}

func (b *books) must(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	b.t.Helper()
	if err := b.do(fn); err != nil {
		b.t.Fatal(err)
	}
}

// paid posts an order of cash with a fee of 5 % and a commission.
func (b *books) paid(cash, commission int64) ledger.PaidOrder {
	b.t.Helper()
	fee := cash / 20
	p := ledger.PaidOrder{
		Order: id.FromInt[id.Order](b.db.NextID()), Shop: b.shop, Buyer: b.buyer, Currency: cny, Provider: "sandbox",
		Cash: cash, ShopAmount: cash - fee - commission, Fee: fee,
		Commissions: []ledger.Commission{{User: b.distributor, Level: 1, Amount: commission}, {Level: 2}},
	}
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.OrderPaid(ctx, tx, p)
		return err
	})
	return p
}

func (b *books) windowOver(p ledger.PaidOrder) {
	b.t.Helper()
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.WindowOver(ctx, tx, ledger.EndedWindow{
			Order: p.Order, Shop: p.Shop, Currency: p.Currency, ShopAmount: p.ShopAmount, Fee: p.Fee,
			Commissions: p.Commissions,
		})
		return err
	})
}

func (b *books) refund(p ledger.PaidOrder, matured bool) id.Refund {
	b.t.Helper()
	r := ledger.Refund{
		Refund: id.FromInt[id.Refund](b.db.NextID()), Order: p.Order, Shop: p.Shop, Buyer: p.Buyer, Currency: cny,
		Provider: p.Provider,
		Matured:  matured, Cash: p.Cash, ShopAmount: p.ShopAmount, Fee: p.Fee, Commissions: p.Commissions,
	}
	for range 2 { // accepted twice counts once
		b.must(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := ledger.RefundAccepted(ctx, tx, r)
			return err
		})
	}
	return r.Refund
}

func (b *books) payout(amount int64) error {
	p := ledger.Payout{
		Payout: id.FromInt[id.Payout](b.db.NextID()), From: ledger.CommissionAvailable(b.distributor, cny),
		Channel: "bank", Bank: "main", Amount: amount, Fee: 4, Tax: 6,
	}
	var hold id.Transfer
	err := b.do(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		hold, err = ledger.PayoutRequested(ctx, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return b.do(func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutDone(ctx, tx, p, hold) })
}

func (b *books) wants(standing map[ledger.Account]int64) {
	b.t.Helper()
	for a, want := range standing {
		wantBalance(b.t, b.db, a, want)
	}
	wantClean(b.t, b.db)
}

func TestOrderPaidThenWindowOver(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	p := b.paid(10_000, 1000)
	b.wants(map[ledger.Account]int64{
		ledger.PSPClearing("sandbox", cny): 10_000, ledger.ShopFrozen(b.shop, cny): 8500, ledger.FeeDeferred(cny): 500,
		ledger.CommissionFrozen(b.distributor, cny): 1000, ledger.OrderControl(b.shop, cny): 0,
	})
	b.windowOver(p)
	b.windowOver(p)
	b.wants(map[ledger.Account]int64{
		ledger.ShopFrozen(b.shop, cny): 0, ledger.ShopAvailable(b.shop, cny): 8500, ledger.FeeIncome(cny): 500,
		ledger.CommissionFrozen(b.distributor, cny): 0, ledger.CommissionAvailable(b.distributor, cny): 1000,
	})
}

func TestPaidMustExplainItself(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	err := b.do(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.OrderPaid(ctx, tx, ledger.PaidOrder{
			Order: id.FromInt[id.Order](1), Shop: b.shop, Buyer: b.buyer, Currency: cny, Provider: "sandbox", Cash: 100,
			ShopAmount: 99,
		})
		return err
	})
	if err == nil {
		t.Fatal("a cent got lost unseen")
	}
	b.wants(map[ledger.Account]int64{ledger.PSPClearing("sandbox", cny): 0})
}

func TestRefundWhileFrozen(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.refund(b.paid(10_000, 1000), false)
	b.wants(map[ledger.Account]int64{
		ledger.ShopFrozen(b.shop, cny): 0, ledger.FeeDeferred(cny): 0, ledger.CommissionFrozen(b.distributor, cny): 0,
		ledger.RefundsPayable("sandbox", cny): 10_000,
	})
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.RefundConfirmed(ctx, tx, refund, "sandbox", money.Of(10_000, cny))
		return err
	})
	b.wants(map[ledger.Account]int64{ledger.RefundsPayable("sandbox", cny): 0, ledger.PSPClearing("sandbox", cny): 0})
	err := b.do(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.RefundFailed(ctx, tx, ledger.FailedRefund{
			Refund: refund, Provider: "sandbox", Buyer: b.buyer,
			Amount: money.Of(10_000, cny),
		})
		return err
	})
	wantCode(t, err, ledger.CodeKeyReused)
}

// V43 and V44 of the worked examples, with the books themselves: what was paid
// out comes back as a debt, and later earnings pay the debt first.
func TestClawBackAfterPayoutBecomesDebt(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	p := b.paid(10_000, 1000)
	b.windowOver(p)
	if err := b.payout(800); err != nil {
		t.Fatal(err)
	}
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 200, ledger.WithdrawalsInTransit("bank", cny): 0,
		ledger.Bank("main", cny): -790, ledger.WithdrawalFeeIncome(cny): 4, ledger.TaxWithheld("bank", cny): 6,
	})
	b.refund(p, true)
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 0, ledger.DistributorDebt(b.distributor, cny): 800,
		ledger.ShopAvailable(b.shop, cny): 0, ledger.ShopDebt(b.shop, cny): 0, ledger.FeeIncome(cny): 0,
	})
	b.windowOver(b.paid(5000, 500))
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 0, ledger.DistributorDebt(b.distributor, cny): 300,
	})
	b.windowOver(b.paid(4500, 450))
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 150, ledger.DistributorDebt(b.distributor, cny): 0,
	})
	wantCode(t, b.payout(151), ledger.CodeInsufficientFunds)
}

// What is held for a payout is not there to be taken back.
func TestClawBackLeavesHeldMoney(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	p := b.paid(10_000, 1000)
	b.windowOver(p)
	pay := ledger.Payout{
		Payout: id.FromInt[id.Payout](b.db.NextID()), From: ledger.CommissionAvailable(b.distributor, cny),
		Channel: "bank", Bank: "main", Amount: 700,
	}
	var hold id.Transfer
	b.must(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		hold, err = ledger.PayoutRequested(ctx, tx, pay)
		return err
	})
	b.refund(p, true)
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 700, ledger.DistributorDebt(b.distributor, cny): 700,
	})
	b.must(func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutDone(ctx, tx, pay, hold) })
	b.wants(map[ledger.Account]int64{ledger.CommissionAvailable(b.distributor, cny): 0, ledger.Bank("main", cny): -700})
}

// On a tiny allowance fee and shares can round down by more than the refund.
func TestRefundMayLeaveTheShopMore(t *testing.T) {
	t.Parallel()
	for _, matured := range []bool{false, true} {
		b := newBooks(t)
		p := b.paid(10_000, 1000)
		if matured {
			b.windowOver(p)
		}
		b.must(func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := ledger.RefundAccepted(ctx, tx, ledger.Refund{
				Refund: id.FromInt[id.Refund](b.db.NextID()), Order: p.Order, Shop: p.Shop, Buyer: p.Buyer,
				Currency: cny, Provider: p.Provider,
				Matured: matured, Cash: 1, ShopAmount: -1, Fee: 1,
				Commissions: []ledger.Commission{{User: b.distributor, Level: 1, Amount: 1}},
			})
			return err
		})
		account := ledger.ShopFrozen(b.shop, cny)
		if matured {
			account = ledger.ShopAvailable(b.shop, cny)
		}
		b.wants(map[ledger.Account]int64{account: 8501})
	}
}

func TestEveryTenderAndLateMoney(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := ledger.Post(ctx, tx, entry("seed",
			ledger.Move(ledger.Bank("main", cny), ledger.Wallet(b.buyer, cny), 300),
			ledger.Move(ledger.PointsIssued(cny), ledger.PointsLiability(cny), 200))); err != nil {
			return err
		}
		_, err := ledger.OrderPaid(ctx, tx, ledger.PaidOrder{
			Order: id.FromInt[id.Order](b.db.NextID()), Shop: b.shop, Buyer: b.buyer, Currency: cny,
			Provider: "sandbox",
			Cash:     500, Wallet: 300, Points: 150, PlatformCoupon: 50, ShopAmount: 1000,
		})
		if err != nil {
			return err
		}
		_, err = ledger.LatePaid(ctx, tx, id.FromInt[id.Payment](b.db.NextID()), "sandbox", money.Of(77, cny))
		return err
	})
	b.wants(map[ledger.Account]int64{
		ledger.Wallet(b.buyer, cny): 0, ledger.PointsLiability(cny): 50, ledger.PlatformCoupons(cny): 50,
		ledger.PSPClearing("sandbox", cny): 577, ledger.RefundsPayable("sandbox", cny): 77, ledger.ShopFrozen(b.shop,
			cny): 1000,
	})
	trial, err := ledger.TrialBalance(t.Context(), b.db.Reader())
	if err != nil {
		t.Fatal(err)
	}
	if len(trial) != 1 || trial[0].Currency != cny || !trial[0].Balanced() || trial[0].Debits == 0 {
		t.Errorf("trial balance %+v", trial)
	}
}

func TestRefundThatTheProviderCannotPay(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.refund(b.paid(10_000, 1000), false)
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.RefundFailed(ctx, tx, ledger.FailedRefund{
			Refund: refund, Provider: "sandbox", Buyer: b.buyer,
			Amount: money.Of(10_000, cny),
		})
		return err
	})
	b.wants(map[ledger.Account]int64{
		ledger.RefundsPayable("sandbox", cny): 0, ledger.Wallet(b.buyer, cny): 10_000, ledger.PSPClearing("sandbox",
			cny): 10_000,
	})
}

func TestPayoutRefusedAndProviderSettled(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.windowOver(b.paid(10_000, 1000))
	p := ledger.Payout{
		Payout: id.FromInt[id.Payout](b.db.NextID()), From: ledger.CommissionAvailable(b.distributor, cny),
		Channel: "bank", Bank: "main", Amount: 900,
	}
	var hold id.Transfer
	b.must(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		hold, err = ledger.PayoutRequested(ctx, tx, p)
		return err
	})
	wantCode(t, b.payout(101), ledger.CodeInsufficientFunds) // 900 of 1000 are held
	b.must(func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutRefused(ctx, tx, p, hold) })
	wantCode(t, b.do(func(ctx context.Context, tx *sqldb.Tx) error { return ledger.PayoutDone(ctx, tx, p, hold) }),
		ledger.CodeAlreadyResolved)
	b.must(func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := ledger.ProviderSettled(ctx, tx, ledger.Settlement{
			Provider: "sandbox", Reference: "2026-11-22", Bank: "main", Currency: cny, Arrived: 9940, Fees: 60,
		})
		return err
	})
	b.wants(map[ledger.Account]int64{
		ledger.CommissionAvailable(b.distributor, cny): 1000, ledger.PSPClearing("sandbox", cny): 0,
		ledger.Bank("main", cny): 9940, ledger.PSPFees(cny): 60,
	})
}
