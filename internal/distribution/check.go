package distribution

import (
	"context"
	"errors"
	"fmt"

	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// Check proves that what people were promised is what the ledger holds for them (I9) and that each
// order explains itself (I10). No answer means nothing is wrong. Beside running writers pass a
// transaction, so that all of it is seen at one instant.
func Check(ctx context.Context, q sqldb.Querier) ([]ledger.Violation, error) {
	out, err := checkBalances(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("check I9: %w", err)
	}
	err = eachLine(ctx, q, func(c checkedLine) {
		if what := c.wrong(); what != "" {
			out = append(out, ledger.Violation{Code: "I10", Detail: fmt.Sprintf("line %s of order %s: %s",
				c.snapshot.Line, c.order, what)})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("check I10: %w", err)
	}
	off, err := reversalsOff(ctx, q)
	for _, entry := range off {
		out = append(out, ledger.Violation{
			Code:   "I10",
			Detail: fmt.Sprintf("commission %s: reversals do not explain what is kept", entry),
		})
	}
	figures, more := checkEarned(ctx, q)
	return append(out, figures...), errors.Join(err, more)
}

func checkBalances(ctx context.Context, q sqldb.Querier) ([]ledger.Violation, error) {
	frozen, err := keptByUser(ctx, q, StateFrozen)
	if err != nil {
		return nil, err
	}
	matured, err := keptByUser(ctx, q, StateAvailable)
	if err != nil {
		return nil, err
	}
	standings, err := ledger.Commissions(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []ledger.Violation
	differ := func(k keptSum, what string, entries, books int64) {
		if entries != books {
			out = append(out, ledger.Violation{
				Code: "I9",
				Detail: fmt.Sprintf("%s %s %s: entries say %d, the ledger %d", k.user, k.currency, what, entries,
					books),
			})
		}
	}
	for _, s := range standings {
		k := keptSum{s.User, s.Currency}
		differ(k, "frozen", frozen[k], s.Frozen)
		differ(k, "matured", matured[k], s.Available+s.PaidOut-s.Debt)
		delete(frozen, k)
		delete(matured, k)
	}
	for k, amount := range frozen {
		differ(k, "frozen", amount, 0)
	}
	for k, amount := range matured {
		differ(k, "matured", amount, 0)
	}
	return out, nil
}

// wrong tells what does not add up on a line, "" for nothing.
func (c checkedLine) wrong() string {
	s := c.snapshot
	kept := int64(0)
	for _, amount := range s.KeptShares(c.lineRow.kept) {
		kept += amount
	}
	switch {
	case s.Cash+s.PlatformCoupon+s.Points != s.ShopAmount()+s.Fee+s.Commission():
		return "what was paid is not what was shared out"
	case c.amount != s.Commission():
		return fmt.Sprintf("entries hold %d of a commission of %d", c.amount, s.Commission())
	case c.kept != kept:
		return fmt.Sprintf("entries keep %d, the refunds leave %d", c.kept, kept)
	}
	return ""
}
