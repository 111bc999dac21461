package distribution

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/commission"
	"hawker/internal/platform/sqldb"
)

type store struct{ tx *sqldb.Tx }

type orderRow struct {
	order                  id.Order
	shop                   id.Shop
	buyer                  id.User
	currency               money.Currency
	state                  string
	shipping, shippingKept int64
}

type lineRow struct {
	snapshot commission.Snapshot
	kept     commission.Kept
}

func (s store) insertOrder(ctx context.Context, o OrderRecord, source string) error {
	_, err := s.tx.Exec(ctx,
		`INSERT INTO commission_order (order_id, order_number, shop_id, buyer_id, currency, attr_source, shipping,
		shipping_kept, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.Order, o.Number, o.Shop, o.Buyer, o.Currency, source, o.Shipping, o.Shipping, StateEstimated,
		sqldb.Millis(s.tx.Now()))
	return err
}

func (s store) insertLine(ctx context.Context, o OrderRecord, snap commission.Snapshot) error {
	body, err := json.Marshal(snap)
	if err != nil {
		return err
	}
	title, err := json.Marshal(o.Titles[snap.Line])
	if err != nil {
		return err
	}
	_, err = s.tx.Exec(ctx, `INSERT INTO order_line_attribution (line_id, order_id, title, snapshot, created_at)
		VALUES (?, ?, ?, ?, ?)`,
		snap.Line, o.Order, string(title), string(body), sqldb.Millis(s.tx.Now()))
	if err != nil {
		return err
	}
	k := snap.Whole()
	_, err = s.tx.Exec(ctx, `INSERT INTO order_line_retained (line_id, cash, units, anchor_cash, anchor_units, allowed)
		VALUES (?, ?, ?, ?, ?, 0)`,
		snap.Line, k.Cash, k.Units, k.AnchorCash, k.AnchorUnits)
	return err
}

func (s store) insertEntry(ctx context.Context, o OrderRecord, snap commission.Snapshot, share commission.Share) error {
	_, err := s.tx.Exec(ctx,
		`INSERT INTO commission_entry (id, order_id, line_id, level, user_id, currency, base, rate_bp, amount, kept,
			state, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id.Make[id.Commission](s.tx), o.Order, snap.Line, share.Level, share.User, o.Currency, snap.Base,
		int64(snap.Rule.Rate(share.Level)), share.Amount, share.Amount, StateEstimated, sqldb.Millis(s.tx.Now()))
	return err
}

func (s store) order(ctx context.Context, order id.Order) (o orderRow, err error) {
	o.order = order
	err = s.tx.QueryRow(ctx,
		`SELECT shop_id, buyer_id, currency, state, shipping, shipping_kept FROM commission_order WHERE order_id = ?`,
		order).
		Scan(&o.shop, &o.buyer, &o.currency, &o.state, &o.shipping, &o.shippingKept)
	if errors.Is(err, sql.ErrNoRows) {
		return o, fault.NotFound(CodeNoSuchOrder)
	}
	return o, err
}

func (s store) lines(ctx context.Context, order id.Order) ([]lineRow, error) {
	rows, err := s.tx.Query(ctx, `SELECT a.snapshot, k.cash, k.units, k.anchor_cash, k.anchor_units, k.allowed
		FROM order_line_attribution a JOIN order_line_retained k ON k.line_id = a.line_id WHERE a.order_id = ?
		ORDER BY a.line_id`, order)
	return sqldb.Collect(rows, err, scanLine)
}

func scanLine(s sqldb.Scanner) (l lineRow, err error) {
	var body string
	if err := s.Scan(&body, &l.kept.Cash, &l.kept.Units, &l.kept.AnchorCash, &l.kept.AnchorUnits,
		&l.kept.Allowed); err != nil {
		return l, err
	}
	if err := json.Unmarshal([]byte(body), &l.snapshot); err != nil {
		return l, fmt.Errorf("stored snapshot: %w", err)
	}
	return l, nil
}

// moveOrder is a guarded step; false when the order is elsewhere or unknown.
func (s store) moveOrder(ctx context.Context, order id.Order, from, to string) (bool, error) {
	n, err := s.tx.Exec(ctx, `UPDATE commission_order SET state = ? WHERE order_id = ? AND state = ?`, to, order, from)
	return n == 1, err
}

func (s store) matureOrder(ctx context.Context, order id.Order, now time.Time) (bool, error) {
	n, err := s.tx.Exec(ctx, `UPDATE commission_order SET state = ? WHERE order_id = ? AND state = ? AND holds = 0
		AND mature_at > 0 AND mature_at <= ?`, StateAvailable, order, StateFrozen, sqldb.Millis(now))
	return n == 1, err
}

// moveEntries takes along the entries of an order; those void already stay.
func (s store) moveEntries(ctx context.Context, order id.Order, from, to string, availableAt time.Time) error {
	_, err := s.tx.Exec(ctx, `UPDATE commission_entry SET state = ?, available_at = ? WHERE order_id = ? AND state = ?`,
		to, sqldb.Millis(availableAt), order, from)
	return err
}

func (s store) setMatureAt(ctx context.Context, order id.Order, at time.Time) error {
	_, err := s.tx.Exec(ctx, `UPDATE commission_order SET mature_at = ? WHERE order_id = ? AND mature_at = 0`,
		sqldb.Millis(at), order)
	return err
}

func (s store) addHold(ctx context.Context, order id.Order, n int) error {
	_, err := s.tx.Exec(ctx, `UPDATE commission_order SET holds = holds + ? WHERE order_id = ?`, n, order)
	if sqldb.IsCheck(err) {
		return fault.Conflict(CodeWrongState, "state", "not held").Because(err)
	}
	return err
}

// lockOrder takes the row's lock without changing it.
func (s store) lockOrder(ctx context.Context, order id.Order) error {
	_, err := s.tx.Exec(ctx, `UPDATE commission_order SET holds = holds WHERE order_id = ?`, order)
	return err
}

func dueOrders(ctx context.Context, q sqldb.Querier, now time.Time, limit int) ([]id.Order, error) {
	rows, err := q.Query(ctx,
		`SELECT order_id FROM commission_order WHERE state = ? AND holds = 0 AND mature_at > 0 AND mature_at <= ?
		ORDER BY mature_at, order_id LIMIT ?`, StateFrozen, sqldb.Millis(now), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (o id.Order, err error) { return o, s.Scan(&o) })
}

func (s store) saveKept(ctx context.Context, line id.OrderLine, k commission.Kept) error {
	allowed := 0
	if k.Allowed {
		allowed = 1
	}
	_, err := s.tx.Exec(ctx,
		`UPDATE order_line_retained SET cash = ?, units = ?, anchor_cash = ?, anchor_units = ?, allowed = ?
			WHERE line_id = ?`,
		k.Cash, k.Units, k.AnchorCash, k.AnchorUnits, allowed, line)
	return err
}

func (s store) keepShipping(ctx context.Context, order id.Order, kept int64) error {
	_, err := s.tx.Exec(ctx, `UPDATE commission_order SET shipping_kept = ? WHERE order_id = ?`, kept, order)
	return err
}

// reverseEntry takes an amount back; what keeps nothing is void.
func (s store) reverseEntry(ctx context.Context, refund id.Refund, line id.OrderLine, level int, amount int64) error {
	var entry id.Commission
	if err := s.tx.QueryRow(ctx, `SELECT id FROM commission_entry WHERE line_id = ? AND level = ?`, line, level).
		Scan(&entry); err != nil {
		return fmt.Errorf("entry of line %s level %d: %w", line, level, err)
	}
	// The state looks at kept - amount: MySQL assigns from left to right and
	// would otherwise see the new kept, SQLite the old one.
	_, err := s.tx.Exec(ctx,
		`UPDATE commission_entry SET state = CASE WHEN kept = ? THEN ? ELSE state END, kept = kept - ? WHERE id = ?`,
		amount, StateVoid, amount, entry)
	if err != nil {
		return err
	}
	_, err = s.tx.Exec(ctx, `INSERT INTO commission_reversal (refund_id, entry_id, amount) VALUES (?, ?, ?)`, refund,
		entry, amount)
	return err
}

func (s store) insertRefund(ctx context.Context, r RefundRequest, hash string, out Refunded) error {
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	_, err = s.tx.Exec(ctx, `INSERT INTO commission_refund (refund_id, order_id, request_hash, result, created_at)
		VALUES (?, ?, ?, ?, ?)`,
		r.Refund, r.Order, hash, string(body), sqldb.Millis(s.tx.Now()))
	return err
}

func (s store) refund(ctx context.Context, refund id.Refund, hash string) (out Refunded, found bool, err error) {
	var was, body string
	err = s.tx.QueryRow(ctx, `SELECT request_hash, result FROM commission_refund WHERE refund_id = ?`, refund).
		Scan(&was, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return Refunded{}, false, nil
	}
	if err != nil {
		return Refunded{}, false, err
	}
	if was != hash {
		return Refunded{}, true, fault.Conflict("distribution.refund_reused")
	}
	return out, true, json.Unmarshal([]byte(body), &out)
}

func nextMature(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	return sqldb.Earliest(ctx, q, `SELECT MIN(mature_at) FROM commission_order WHERE state = ? AND holds = 0
		AND mature_at > 0`, StateFrozen)
}
