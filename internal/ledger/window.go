package ledger

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// EndedWindow is what is still kept of an order when its after-sale window closes.
type EndedWindow struct {
	Order       id.Order
	Shop        id.Shop
	Currency    money.Currency
	ShopAmount  int64
	Fee         int64
	Commissions []Commission
}

// WindowOver frees an order's money: shop and distributors may have it paid
// out, the fee becomes income. Debts are paid first. Once for each order.
func WindowOver(ctx context.Context, tx *sqldb.Tx, w EndedWindow) (id.LedgerTx, error) {
	c, commissions := w.Currency, byUser(w.Commissions)
	locks := []Account{ShopDebt(w.Shop, c), ShopAvailable(w.Shop, c)}
	for _, k := range commissions {
		locks = append(locks, DistributorDebt(k.User, c), CommissionAvailable(k.User, c))
	}
	if err := (store{tx}).lock(ctx, locks...); err != nil {
		return id.LedgerTx{}, err
	}
	legs := []Leg{
		Move(ShopFrozen(w.Shop, c), ShopAvailable(w.Shop, c), w.ShopAmount),
		Move(FeeDeferred(c), FeeIncome(c), w.Fee),
	}
	pay, err := payDebt(ctx, tx, ShopAvailable(w.Shop, c), ShopDebt(w.Shop, c), w.ShopAmount)
	if err != nil {
		return id.LedgerTx{}, err
	}
	legs = append(legs, pay)
	for _, k := range commissions {
		legs = append(legs, Move(CommissionFrozen(k.User, c), CommissionAvailable(k.User, c), k.Amount))
		pay, err := payDebt(ctx, tx, CommissionAvailable(k.User, c), DistributorDebt(k.User, c), k.Amount)
		if err != nil {
			return id.LedgerTx{}, err
		}
		legs = append(legs, pay)
	}
	e := orderEntry(w.Order, "window", legs)
	e.Inputs = w // the legs depend on debts
	return post(ctx, tx, e)
}

// payDebt uses earnings for what is owed, before anything else.
func payDebt(ctx context.Context, tx *sqldb.Tx, available, debt Account, earned int64) (Leg, error) {
	owed, err := BalanceOf(ctx, tx, debt)
	return Move(available, debt, min(owed.Posted, earned)), err
}

// byUser adds up what a user has over the lines and levels of an order, so that
// his debt is looked at once.
func byUser(all []Commission) []Commission {
	var out []Commission
	at := map[id.User]int{}
	for _, k := range earning(all) {
		i, seen := at[k.User]
		if !seen {
			at[k.User] = len(out)
			out = append(out, k)
			continue
		}
		out[i].Amount += k.Amount
	}
	return out
}
