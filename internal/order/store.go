package order

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

const orderColumns = `id, checkout_id, number, user_id, shop_id, status, close_reason, goods_total, discount_total,
	shipping_total, payable, currency,
	address_sealed, note, room_id, video_id, due_at, paid_at, completed_at, created_at, revived`

func insertOrder(ctx context.Context, tx *sqldb.Tx, box *secret.Box, o Order) error {
	sealed, err := o.Address.Seal(box, o.ID.String())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO orders ("+orderColumns+") VALUES ("+sqldb.Marks(21)+")",
		o.ID, o.Checkout, o.Number, o.User, o.Shop, o.Status, o.CloseReason, o.GoodsTotal, o.DiscountTotal,
		o.ShippingTotal, o.Payable, o.Currency,
		sealed, o.Note, o.Room, o.Video, sqldb.Millis(o.DueAt), 0, 0, sqldb.Millis(o.CreatedAt), o.Revived)
	return err
}

func insertLine(ctx context.Context, tx *sqldb.Tx, order id.Order, l Line) error {
	var texts [3]string
	for i, v := range []any{l.Title, l.ChoiceText, l.Adjustments} {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(raw)
	}
	_, err := tx.Exec(ctx, `INSERT INTO order_line (id, order_id, sku_id, product_id, title, options_text, picture_url,
		quantity, unit_price, subtotal, adjustments, payable, slice_id)
		VALUES (`+sqldb.Marks(13)+`)`, l.ID, order, l.SKU, l.Product, texts[0], texts[1], l.PictureURL, l.Quantity,
		l.UnitPrice, l.Subtotal, texts[2], l.Payable, l.Slice)
	return err
}

func insertStep(ctx context.Context, tx *sqldb.Tx, order id.Order, to Status, by Actor) error {
	_, err := tx.Exec(ctx, `INSERT INTO order_status_history (id, order_id, status, actor_kind, actor_id, at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		tx.NextID(), order, to, by.Kind, by.User, sqldb.Millis(tx.Now()))
	return err
}

func insertCheckout(ctx context.Context, tx *sqldb.Tx, c Checkout) error {
	_, err := tx.Exec(ctx, `INSERT INTO checkout (id, user_id, payable, currency, pay_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, c.User, c.Payable, c.Currency, sqldb.Millis(c.PayBy), sqldb.Millis(tx.Now()))
	return err
}

func checkoutByID(ctx context.Context, q sqldb.Querier, checkout id.Checkout) (c Checkout, err error) {
	var payBy int64
	err = q.QueryRow(ctx, "SELECT id, user_id, payable, currency, pay_by FROM checkout WHERE id = ?", checkout).
		Scan(&c.ID, &c.User, &c.Payable, &c.Currency, &payBy)
	c.PayBy = sqldb.FromMillis(payBy)
	return c, err
}

func checkoutOf(ctx context.Context, q sqldb.Querier, order id.Order) (c id.Checkout, user id.User, err error) {
	err = q.QueryRow(ctx, "SELECT checkout_id, user_id FROM orders WHERE id = ?", order).Scan(&c, &user)
	return c, user, err
}

// unpaidOf counts a buyer's checkouts that wait for money, and their units.
func unpaidOf(ctx context.Context, q sqldb.Querier, buyer id.User, since time.Time) (
	checkouts int, units map[id.SKU]int64, err error,
) {
	type part struct {
		checkout id.Checkout
		sku      id.SKU
		n        int64
	}
	rows, err := q.Query(ctx, `SELECT o.checkout_id, l.sku_id, SUM(l.quantity) FROM orders o
		JOIN order_line l ON l.order_id = o.id WHERE o.user_id = ? AND o.id >= ? AND o.status = ?
		GROUP BY o.checkout_id, l.sku_id`, buyer, id.FirstAt(since), StatusPendingPayment)
	parts, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (p part, err error) {
		return p, s.Scan(&p.checkout, &p.sku, &p.n)
	})
	seen := map[id.Checkout]bool{}
	units = map[id.SKU]int64{}
	for _, p := range parts {
		seen[p.checkout] = true
		units[p.sku] += p.n
	}
	return len(seen), units, err
}

// touchCheckout takes the row locks of a checkout's orders; SQLite has one writer and
// needs none.
func touchCheckout(ctx context.Context, tx *sqldb.Tx, checkout id.Checkout) error {
	if tx.Dialect() == sqldb.SQLite {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE orders SET revived = revived WHERE checkout_id = ?", checkout)
	return err
}

func setStatus(ctx context.Context, tx *sqldb.Tx, order id.Order, from, to Status, due time.Time) (bool, error) {
	also, args := "", []any{to, sqldb.Millis(due)}
	if to == StatusPaid {
		also, args = ", paid_at = ?", append(args, sqldb.Millis(tx.Now()))
	}
	if to == StatusCompleted {
		also, args = ", completed_at = ?", append(args, sqldb.Millis(tx.Now()))
	}
	n, err := tx.Exec(ctx, "UPDATE orders SET status = ?, due_at = ?"+also+" WHERE id = ? AND status = ?",
		append(args, order, from)...)
	return n == 1, err
}

func setCloseReason(ctx context.Context, tx *sqldb.Tx, order id.Order, reason string) error {
	_, err := tx.Exec(ctx, "UPDATE orders SET close_reason = ? WHERE id = ?", reason, order)
	return err
}

func setRevived(ctx context.Context, tx *sqldb.Tx, o Order) error {
	_, err := tx.Exec(ctx, "UPDATE orders SET close_reason = '', revived = ? WHERE id = ?", o.Revived, o.ID)
	return err
}

func scanOrder(box *secret.Box) func(sqldb.Scanner) (Order, error) {
	return func(s sqldb.Scanner) (o Order, err error) {
		var sealed string
		var due, paid, completed, created int64
		err = s.Scan(&o.ID, &o.Checkout, &o.Number, &o.User, &o.Shop, &o.Status, &o.CloseReason, &o.GoodsTotal,
			&o.DiscountTotal, &o.ShippingTotal,
			&o.Payable, &o.Currency, &sealed, &o.Note, &o.Room, &o.Video, &due, &paid, &completed, &created, &o.Revived)
		if err != nil {
			return o, err
		}
		o.DueAt, o.PaidAt = sqldb.FromMillis(due), sqldb.FromMillis(paid)
		o.CompletedAt, o.CreatedAt = sqldb.FromMillis(completed), sqldb.FromMillis(created)
		o.Address, err = account.OpenAddress(box, sealed, o.ID.String())
		return o, err
	}
}

// ordersWhere reads orders by a condition of this file.
func ordersWhere(ctx context.Context, q sqldb.Querier, box *secret.Box, where string, args ...any) ([]Order, error) {
	rows, err := q.Query(ctx, "SELECT "+orderColumns+" FROM orders WHERE "+where, args...)
	return sqldb.Collect(rows, err, scanOrder(box))
}

func fillLines(ctx context.Context, q sqldb.Querier, list []Order) error {
	index := make(map[id.Order]int, len(list))
	orders := make([]id.Order, len(list))
	for i, o := range list {
		index[o.ID], orders[i] = i, o.ID
	}
	rows, err := q.Query(ctx,
		`SELECT order_id, id, sku_id, product_id, title, options_text, picture_url, quantity, unit_price, subtotal,
			adjustments, payable, slice_id
		FROM order_line WHERE order_id IN (`+sqldb.Marks(len(orders))+`) ORDER BY order_id, id`, sqldb.Args(orders)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var order id.Order
		var l Line
		var texts [3]string
		err := s.Scan(&order, &l.ID, &l.SKU, &l.Product, &texts[0], &texts[1], &l.PictureURL, &l.Quantity, &l.UnitPrice,
			&l.Subtotal, &texts[2], &l.Payable, &l.Slice)
		if err != nil {
			return struct{}{}, err
		}
		for i, to := range []any{&l.Title, &l.ChoiceText, &l.Adjustments} {
			if err := json.Unmarshal([]byte(texts[i]), to); err != nil {
				return struct{}{}, err
			}
		}
		o := &list[index[order]]
		o.Lines = append(o.Lines, l)
		return struct{}{}, nil
	})
	return err
}

func stepsOf(ctx context.Context, q sqldb.Querier, orders []id.Order) (map[id.Order][]StatusChange, error) {
	out := make(map[id.Order][]StatusChange, len(orders))
	if len(orders) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT order_id, status, at, actor_kind FROM order_status_history WHERE order_id IN ("+
		sqldb.Marks(len(orders))+") ORDER BY id", sqldb.Args(orders)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var order id.Order
		var st StatusChange
		var at int64
		if err := s.Scan(&order, &st.Status, &at, &st.By); err != nil {
			return struct{}{}, err
		}
		st.At = sqldb.FromMillis(at)
		out[order] = append(out[order], st)
		return struct{}{}, nil
	})
	return out, err
}

func dueOrders(ctx context.Context, q sqldb.Querier, status Status, now time.Time, limit int) ([]id.Order, error) {
	rows, err := q.Query(ctx,
		"SELECT id FROM orders WHERE status = ? AND due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?", status,
		sqldb.Millis(now), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (o id.Order, err error) { return o, s.Scan(&o) })
}

func earliestDue(ctx context.Context, q sqldb.Querier, status Status) (time.Time, error) {
	return sqldb.Earliest(ctx, q, "SELECT MIN(due_at) FROM orders WHERE status = ? AND due_at > 0", status)
}

func idsOfCheckouts(ctx context.Context, q sqldb.Querier, checkouts []id.Checkout) (map[id.Checkout][]id.Order, error) {
	out := make(map[id.Checkout][]id.Order, len(checkouts))
	if len(checkouts) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT checkout_id, id FROM orders WHERE checkout_id IN ("+sqldb.Marks(len(checkouts))+
		") ORDER BY id", sqldb.Args(checkouts)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var c id.Checkout
		var o id.Order
		err := s.Scan(&c, &o)
		out[c] = append(out[c], o)
		return struct{}{}, err
	})
	return out, err
}

func salesOfRoom(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) (orders, revenue int64,
	err error,
) {
	err = q.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(payable), 0) FROM orders WHERE room_id = ? AND paid_at > 0
		AND created_at >= ?`, room, sqldb.Millis(since)).Scan(&orders, &revenue)
	return orders, revenue, err
}

// Unmatched is a SKU whose reserved units are not what orders wait for.
type Unmatched struct {
	SKU      id.SKU
	Reserved int64
	Awaited  int64
}

// UnmatchedReservations compares the stock's promises with the orders that wait
// for money; doctor reports what differs.
func UnmatchedReservations(ctx context.Context, q sqldb.Querier) ([]Unmatched, error) {
	rows, err := q.Query(ctx, `SELECT s.sku_id, s.reserved, COALESCE(w.awaited, 0) FROM stock s
		LEFT JOIN (SELECT l.sku_id, SUM(l.quantity) AS awaited FROM order_line l JOIN orders o ON o.id = l.order_id
			WHERE o.status = ? GROUP BY l.sku_id) w ON w.sku_id = s.sku_id
		WHERE s.reserved <> COALESCE(w.awaited, 0)`, StatusPendingPayment)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (u Unmatched, err error) {
		return u, s.Scan(&u.SKU, &u.Reserved, &u.Awaited)
	})
}
