package ledger

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// Violation is a broken invariant, by its number in docs/books.md.
type Violation struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Check proves the books: I1 to I8. No answer means nothing is wrong. Beside
// running writers pass a transaction, so that all of it is seen at one instant.
func Check(ctx context.Context, q sqldb.Querier) ([]Violation, error) {
	var out []Violation
	for _, i := range invariants() {
		found, err := violations(ctx, q, i)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", i.code, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// CurrencyBooks is the trial balance of one currency.
type CurrencyBooks struct {
	Currency money.Currency
	Accounts []AccountTotal
	Debits   int64
	Credits  int64
}

// Balanced tells whether the currency sums to zero.
func (c CurrencyBooks) Balanced() bool { return c.Debits == c.Credits }

// AccountTotal adds up all accounts of one kind. Balance is counted on the side
// the kind grows on.
type AccountTotal struct {
	Kind    Kind
	Debits  int64
	Credits int64
	Balance int64
}

// TrialBalance adds up the books by currency and kind.
func TrialBalance(ctx context.Context, q sqldb.Querier) ([]CurrencyBooks, error) {
	rows, err := totals(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	var out []CurrencyBooks
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Currency != r.currency {
			out = append(out, CurrencyBooks{Currency: r.currency})
		}
		books := &out[len(out)-1]
		books.Debits += r.Debits
		books.Credits += r.Credits
		r.Balance = r.Credits - r.Debits
		if r.Kind.Side() == Debit {
			r.Balance = -r.Balance
		}
		books.Accounts = append(books.Accounts, r.AccountTotal)
	}
	return out, nil
}

// CommissionStanding is where a distributor's commission stands.
type CommissionStanding struct {
	User      id.User
	Currency  money.Currency
	Frozen    int64
	Available int64 // includes Held
	Held      int64 // on its way out
	PaidOut   int64
	Debt      int64
}

// CommissionOf reads one distributor's standing in a currency.
func CommissionOf(ctx context.Context, q sqldb.Querier, user id.User, c money.Currency) (CommissionStanding, error) {
	all, err := commissionRows(ctx, q, user.String())
	for _, one := range all {
		if one.Currency == c {
			return one, err
		}
	}
	return CommissionStanding{User: user, Currency: c}, err
}

// Commissions reads the standing of every distributor, for proofs.
func Commissions(ctx context.Context, q sqldb.Querier) ([]CommissionStanding, error) {
	return commissionRows(ctx, q, "")
}
