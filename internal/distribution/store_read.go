package distribution

import (
	"context"
	"encoding/json"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/platform/sqldb"
)

// estimated adds up what orders would bring that wait for money.
func estimated(ctx context.Context, q sqldb.Querier, user id.User, c money.Currency) (d dayRow, err error) {
	err = q.QueryRow(ctx, `SELECT COUNT(DISTINCT order_id), COALESCE(SUM(kept), 0) FROM commission_entry
		WHERE user_id = ? AND currency = ? AND state = ?`, user, c, StateEstimated).Scan(&d.orders, &d.amount)
	return d, err
}

// commissionQuery asks for a user's entries older than before (0: from the
// newest) in a state ("": any).
type commissionQuery struct {
	user   id.User
	state  string
	before int64
	limit  int
}

// commissionsOf leaves out orders that were never paid: those were estimates.
func commissionsOf(ctx context.Context, q sqldb.Querier, c commissionQuery) ([]Commission, error) {
	query, args := `SELECT e.id, e.order_id, o.order_number, a.title, e.level, e.currency, e.base, e.rate_bp, e.amount,
		e.kept, e.state,
		e.available_at, o.mature_at, e.created_at FROM commission_entry e JOIN commission_order o
		ON o.order_id = e.order_id
		JOIN order_line_attribution a ON a.line_id = e.line_id
		WHERE e.user_id = ? AND o.state IN ('frozen', 'available')`, []any{c.user}
	if c.state != "" {
		query, args = query+` AND e.state = ?`, append(args, c.state)
	}
	if c.before > 0 {
		query, args = query+` AND e.id < ?`, append(args, c.before)
	}
	rows, err := q.Query(ctx, query+` ORDER BY e.id DESC LIMIT ?`, append(args, c.limit)...)
	return sqldb.Collect(rows, err, scanCommission)
}

func scanCommission(s sqldb.Scanner) (c Commission, err error) {
	var title string
	var available, mature, created int64
	err = s.Scan(&c.ID, &c.Order, &c.OrderNumber, &title, &c.Level, &c.Currency, &c.Base, &c.Rate, &c.Amount, &c.Kept,
		&c.State,
		&available, &mature, &created)
	if err != nil {
		return c, err
	}
	if available == 0 {
		available = mature
	}
	c.AvailableAt, c.CreatedAt = sqldb.FromMillis(available), sqldb.FromMillis(created)
	return c, json.Unmarshal([]byte(title), &c.Title)
}

type keptSum struct {
	user     id.User
	currency money.Currency
}

// keptByUser adds up the kept commissions in a state.
func keptByUser(ctx context.Context, q sqldb.Querier, state string) (map[keptSum]int64, error) {
	type row struct {
		key    keptSum
		amount int64
	}
	rows, err := q.Query(ctx,
		`SELECT user_id, currency, SUM(kept) FROM commission_entry WHERE state = ? GROUP BY user_id, currency`, state)
	all, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (r row, err error) {
		return r, s.Scan(&r.key.user, &r.key.currency, &r.amount)
	})
	out := make(map[keptSum]int64, len(all))
	for _, r := range all {
		out[r.key] = r.amount
	}
	return out, err
}

// checkedLine is a stored line with what its entries say.
type checkedLine struct {
	lineRow
	order        id.Order
	state        string
	amount, kept int64 // of its entries
}

// eachLine walks all lines in steps, so that a proof of a large book needs little memory.
func eachLine(ctx context.Context, q sqldb.Querier, visit func(checkedLine)) error {
	for last := int64(-1); ; {
		rows, err := q.Query(ctx,
			`SELECT a.line_id, a.order_id, o.state, a.snapshot, k.cash, k.units, k.anchor_cash, k.anchor_units,
				k.allowed,
			(SELECT COALESCE(SUM(e.amount), 0) FROM commission_entry e WHERE e.line_id = a.line_id),
			(SELECT COALESCE(SUM(e.kept), 0) FROM commission_entry e WHERE e.line_id = a.line_id)
			FROM order_line_attribution a JOIN order_line_retained k ON k.line_id = a.line_id JOIN commission_order o
			ON o.order_id = a.order_id
			WHERE a.line_id > ? ORDER BY a.line_id LIMIT ?`, last, checkStep)
		found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (c checkedLine, err error) {
			var body string
			k := &c.lineRow.kept
			err = s.Scan(&last, &c.order, &c.state, &body, &k.Cash, &k.Units, &k.AnchorCash, &k.AnchorUnits, &k.Allowed,
				&c.amount, &c.kept)
			if err != nil {
				return c, err
			}
			if err := json.Unmarshal([]byte(body), &c.snapshot); err != nil {
				return c, fmt.Errorf("stored snapshot of line %d: %w", last, err)
			}
			return c, nil
		})
		if err != nil || len(found) == 0 {
			return err
		}
		for _, c := range found {
			visit(c)
		}
	}
}

const checkStep = 500

// reversalsOff lists entries whose reversals do not explain what is kept.
func reversalsOff(ctx context.Context, q sqldb.Querier) ([]id.Commission, error) {
	rows, err := q.Query(ctx, `SELECT e.id FROM commission_entry e
		LEFT JOIN (SELECT entry_id, SUM(amount) AS back FROM commission_reversal GROUP BY entry_id) r
		ON r.entry_id = e.id
		WHERE e.kept <> e.amount - COALESCE(r.back, 0) LIMIT 20`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c id.Commission, err error) { return c, s.Scan(&c) })
}
