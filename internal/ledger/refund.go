package ledger

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// Refund is one accepted refund of an order. What goes back to the buyer (Cash,
// Wallet, Points, PlatformCoupon) equals what is taken back (ShopAmount with
// shipping, Fee, Commissions). ShopAmount may be negative by a unit or two,
// where fee and shares round down more than the refund takes.
type Refund struct {
	Refund         id.Refund
	Order          id.Order
	Shop           id.Shop
	Buyer          id.User
	Currency       money.Currency
	Provider       string
	Matured        bool // the after-sale window was over: the money is no longer frozen
	Cash           int64
	Wallet         int64
	Points         int64
	PlatformCoupon int64
	ShopAmount     int64
	Fee            int64
	Commissions    []Commission
}

// RefundAccepted takes the shares back and owes the buyer. What is frozen comes
// back from there; after maturity it comes from what is available, and what is
// missing becomes a debt. Once for each refund.
func RefundAccepted(ctx context.Context, tx *sqldb.Tx, r Refund) (id.LedgerTx, error) {
	in := []int64{r.Cash, r.Wallet, r.Points, r.PlatformCoupon}
	if err := balanced("refund "+r.Refund.String(), in, amounts(r.Commissions, r.ShopAmount, r.Fee)); err != nil {
		return id.LedgerTx{}, err
	}
	legs, err := takeBack(ctx, tx, r)
	if err != nil {
		return id.LedgerTx{}, err
	}
	c, control := r.Currency, OrderControl(r.Shop, r.Currency)
	legs = append(legs,
		Move(control, RefundsPayable(r.Provider, c), r.Cash),
		Move(control, Wallet(r.Buyer, c), r.Wallet),
		Move(control, PointsLiability(c), r.Points),
		Move(control, PlatformCoupons(c), r.PlatformCoupon),
	)
	e := refundEntry(r.Refund, "accepted", legs...)
	e.Inputs = r // the legs depend on balances
	return post(ctx, tx, e)
}

func takeBack(ctx context.Context, tx *sqldb.Tx, r Refund) ([]Leg, error) {
	c, control, commissions := r.Currency, OrderControl(r.Shop, r.Currency), byUser(r.Commissions)
	if !r.Matured {
		legs := []Leg{signed(ShopFrozen(r.Shop, c), control, r.ShopAmount), Move(FeeDeferred(c), control, r.Fee)}
		for _, k := range commissions {
			legs = append(legs, Move(CommissionFrozen(k.User, c), control, k.Amount))
		}
		return legs, nil
	}
	locks := []Account{ShopAvailable(r.Shop, c), ShopDebt(r.Shop, c)}
	for _, k := range commissions {
		locks = append(locks, CommissionAvailable(k.User, c), DistributorDebt(k.User, c))
	}
	if err := (store{tx}).lock(ctx, locks...); err != nil {
		return nil, err
	}
	legs := []Leg{Move(FeeIncome(c), control, r.Fee)}
	back, err := clawBack{ShopAvailable(r.Shop, c), ShopDebt(r.Shop, c), control}.legs(ctx, tx, r.ShopAmount)
	if err != nil {
		return nil, err
	}
	legs = append(legs, back...)
	for _, k := range commissions {
		back, err := clawBack{CommissionAvailable(k.User, c), DistributorDebt(k.User, c), control}.legs(ctx, tx,
			k.Amount)
		if err != nil {
			return nil, err
		}
		legs = append(legs, back...)
	}
	return legs, nil
}

// clawBack takes what is available and makes the rest a debt.
type clawBack struct{ available, debt, control Account }

func (b clawBack) legs(ctx context.Context, tx *sqldb.Tx, amount int64) ([]Leg, error) {
	if amount <= 0 {
		return []Leg{signed(b.available, b.control, amount)}, nil
	}
	has, err := BalanceOf(ctx, tx, b.available)
	if err != nil {
		return nil, err
	}
	taken := min(max(has.Available(), 0), amount)
	return []Leg{Move(b.available, b.control, taken), Move(b.debt, b.control, amount-taken)}, nil
}

// signed moves a negative amount the other way.
func signed(debit, credit Account, amount int64) Leg {
	if amount < 0 {
		return Move(credit, debit, -amount)
	}
	return Move(debit, credit, amount)
}

// RefundConfirmed records that the provider has paid the refund out. A refund
// ends once: confirmed or failed; the other is refused as ledger.key_reused.
func RefundConfirmed(ctx context.Context, tx *sqldb.Tx, refund id.Refund, provider string,
	amount money.Money,
) (id.LedgerTx, error) {
	c := amount.Currency
	return post(ctx, tx, refundEntry(refund, "ended", Move(RefundsPayable(provider, c), PSPClearing(provider, c),
		amount.Amount)))
}

// FailedRefund is a refund that the provider cannot pay.
type FailedRefund struct {
	Refund   id.Refund
	Provider string
	Buyer    id.User
	Amount   money.Money
}

// RefundFailed gives the money to the buyer's wallet instead.
func RefundFailed(ctx context.Context, tx *sqldb.Tx, f FailedRefund) (id.LedgerTx, error) {
	c := f.Amount.Currency
	return post(ctx, tx, refundEntry(f.Refund, "ended", Move(RefundsPayable(f.Provider, c), Wallet(f.Buyer, c),
		f.Amount.Amount)))
}

func refundEntry(refund id.Refund, what string, legs ...Leg) Entry {
	return Entry{
		Key: "refund:" + refund.String() + ":" + what, Kind: "refund." + what, RefType: "refund",
		RefID: refund.String(), Legs: legs,
	}
}
