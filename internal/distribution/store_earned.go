package distribution

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// EarnedBucket is the stretch of one row of a promoter's figures. Every zone's day begins at one.
const EarnedBucket = 15 * time.Minute

// dayRow is what some orders brought.
type dayRow struct{ orders, amount int64 }

// countEarned adds what an order that was paid brings to the figures of who earns on it, at the moment of
// placing it, or with sign -1 takes it off.
func (s store) countEarned(ctx context.Context, order id.Order, sign int64) error {
	rows, err := s.tx.Query(ctx, `SELECT user_id, currency, created_at, SUM(kept) FROM commission_entry
		WHERE order_id = ? AND state IN (?, ?) GROUP BY user_id, currency, created_at ORDER BY user_id`,
		order, StateFrozen, StateAvailable)
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) ([]any, error) {
		var user id.User
		var c money.Currency
		var placed, amount int64
		err := s.Scan(&user, &c, &placed, &amount)
		return []any{user, c, placed - placed%EarnedBucket.Milliseconds(), sign, sign * amount}, err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return s.tx.Put(ctx, sqldb.Row{
		Table: "promoter_figure", Keys: []string{"user_id", "currency", "since"}, Add: []string{"orders", "amount"},
	}, slices.Concat(list...)...)
}

// earnedSince are a promoter's figures from a time on, by when their orders were placed.
func earnedSince(ctx context.Context, q sqldb.Querier, user id.User, c money.Currency, from time.Time,
	each func(placed time.Time, d dayRow),
) error {
	rows, err := q.Query(ctx, "SELECT since, orders, amount FROM promoter_figure WHERE user_id = ? AND currency = ? "+
		"AND since >= ?", user, c, sqldb.Millis(from))
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (_ struct{}, err error) {
		var since int64
		var d dayRow
		err = s.Scan(&since, &d.orders, &d.amount)
		each(sqldb.FromMillis(since), d)
		return struct{}{}, err
	})
	return err
}

// checkEarned proves that figures are what the commissions add up to.
func checkEarned(ctx context.Context, q sqldb.Querier) (out []ledger.Violation, err error) {
	rows, err := q.Query(ctx, `SELECT user_id, currency, SUM(orders), SUM(amount) FROM (
		SELECT user_id, currency, orders, amount FROM promoter_figure
		UNION ALL SELECT user_id, currency, -COUNT(DISTINCT order_id), -SUM(kept) FROM commission_entry
		WHERE state IN (?, ?) GROUP BY user_id, currency
	) both_sides GROUP BY user_id, currency HAVING SUM(orders) <> 0 OR SUM(amount) <> 0`, StateFrozen, StateAvailable)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (v ledger.Violation, err error) {
		var user id.User
		var c money.Currency
		var d dayRow
		err = s.Scan(&user, &c, &d.orders, &d.amount)
		v.Code, v.Detail = "I9", fmt.Sprintf("figures of %s in %s are off by %+v", user, c, d)
		return v, err
	})
}
