package ledger

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// Commission is what one level of an order earns or gives back.
type Commission struct {
	User   id.User
	Level  int
	Amount int64
}

// PaidOrder is one order whose money has come in. What was paid (Cash, Wallet,
// Points, PlatformCoupon) equals what it was for (ShopAmount with shipping, Fee,
// Commissions).
type PaidOrder struct {
	Order          id.Order
	Shop           id.Shop
	Buyer          id.User
	Currency       money.Currency
	Provider       string // whose clearing account holds the cash
	Cash           int64
	Wallet         int64
	Points         int64
	PlatformCoupon int64
	ShopAmount     int64
	Fee            int64
	Commissions    []Commission
}

// OrderPaid brings the money in and divides it, frozen until the after-sale
// window closes. Once for each order. Faults: ledger.insufficient_funds when
// the wallet holds less than it pays.
func OrderPaid(ctx context.Context, tx *sqldb.Tx, p PaidOrder) (id.LedgerTx, error) {
	in := []int64{p.Cash, p.Wallet, p.Points, p.PlatformCoupon}
	out := amounts(p.Commissions, p.ShopAmount, p.Fee)
	if err := balanced("order "+p.Order.String()+" paid", in, out); err != nil {
		return id.LedgerTx{}, err
	}
	c, control := p.Currency, OrderControl(p.Shop, p.Currency)
	legs := []Leg{
		Move(PSPClearing(p.Provider, c), control, p.Cash),
		Move(Wallet(p.Buyer, c), control, p.Wallet),
		Move(PointsLiability(c), control, p.Points),
		Move(PlatformCoupons(c), control, p.PlatformCoupon),
		Move(control, ShopFrozen(p.Shop, c), p.ShopAmount),
		Move(control, FeeDeferred(c), p.Fee),
	}
	for _, k := range earning(p.Commissions) {
		legs = append(legs, Move(control, CommissionFrozen(k.User, c), k.Amount))
	}
	return post(ctx, tx, orderEntry(p.Order, "paid", legs))
}

// LatePaid records money for an order that is closed or was paid already: it is
// owed back to the payer from the first moment.
func LatePaid(ctx context.Context, tx *sqldb.Tx, payment id.Payment, provider string, amount money.Money) (id.LedgerTx,
	error,
) {
	c := amount.Currency
	return post(ctx, tx, Entry{
		Key: "payment:" + payment.String() + ":late", Kind: "payment.late", RefType: "payment", RefID: payment.String(),
		Legs: []Leg{Move(PSPClearing(provider, c), RefundsPayable(provider, c), amount.Amount)},
	})
}

func orderEntry(order id.Order, what string, legs []Leg) Entry {
	return Entry{
		Key: "order:" + order.String() + ":" + what, Kind: "order." + what, RefType: "order", RefID: order.String(),
		Legs: legs,
	}
}

func post(ctx context.Context, tx *sqldb.Tx, e Entry) (id.LedgerTx, error) {
	r, err := Post(ctx, tx, e)
	return r.Tx, err
}

// earning leaves out the levels that earn nothing; they may have no user.
func earning(all []Commission) []Commission {
	var out []Commission
	for _, k := range all {
		if k.Amount != 0 {
			out = append(out, k)
		}
	}
	return out
}

func amounts(commissions []Commission, more ...int64) []int64 {
	for _, k := range commissions {
		more = append(more, k.Amount)
	}
	return more
}

// balanced refuses amounts that do not explain each other: a bug of the caller.
func balanced(what string, in, out []int64) error {
	a, err := money.Sum(in...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	b, err := money.Sum(out...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if a != b {
		return fmt.Errorf("ledger: %s does not balance: %d came in, %d is explained", what, a, b)
	}
	return nil
}
