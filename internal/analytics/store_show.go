package analytics

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func showOf(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room) (r Report, err error) {
	var started, ended int64
	err = q.QueryRow(ctx, `SELECT id, title, state, started_at, ended_at, viewers_peak, entries, follows, likes,
		messages FROM room WHERE id = ? AND shop_id = ?`, room, shop).
		Scan(&r.Room, &r.Title, &r.State, &started, &ended, &r.ViewersPeak, &r.Entries, &r.Follows, &r.Likes,
			&r.Messages)
	r.StartedAt, r.EndedAt = sqldb.FromMillis(started), sqldb.FromMillis(ended)
	return r, err
}

func minutesOf(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time, limit int) ([]Minute, error) {
	rows, err := q.Query(ctx,
		`SELECT at_minute, viewers, likes, messages FROM room_minute WHERE room_id = ? AND at_minute >= ?
			ORDER BY at_minute LIMIT ?`, room, sqldb.Millis(since), limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (m Minute, err error) {
		var at int64
		err = s.Scan(&at, &m.Viewers, &m.Likes, &m.Messages)
		m.At = sqldb.FromMillis(at)
		return m, err
	})
}

// boughtMax bounds what one report reads, in lines.
const boughtMax = 100_000

func boughtIn(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]bought, error) {
	rows, err := q.Query(ctx,
		`SELECT o.id, o.user_id, o.created_at, o.paid_at, l.product_id, l.title, l.quantity, l.payable FROM orders o
		JOIN order_line l ON l.order_id = o.id WHERE o.room_id = ? AND o.created_at >= ? ORDER BY o.id, l.id LIMIT ?`,
		room, sqldb.Millis(since), boughtMax)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (b bought, err error) {
		var placed, paid int64
		var title string
		if err := s.Scan(&b.order, &b.user, &placed, &paid, &b.product, &title, &b.units, &b.payable); err != nil {
			return b, err
		}
		b.placedAt, b.paidAt = sqldb.FromMillis(placed), sqldb.FromMillis(paid)
		return b, json.Unmarshal([]byte(title), &b.title)
	})
}

func stretchesOf(ctx context.Context, q sqldb.Querier, room id.Room, since time.Time) ([]Stretch, error) {
	rows, err := q.Query(ctx,
		`SELECT p.product_id, g.title, p.pinned_at, p.unpinned_at FROM pin p JOIN product g ON g.id = p.product_id
		WHERE p.room_id = ? AND p.pinned_at >= ? ORDER BY p.id LIMIT 500`, room, sqldb.Millis(since))
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (x Stretch, err error) {
		var from, until int64
		var title string
		if err := s.Scan(&x.Product, &title, &from, &until); err != nil {
			return x, err
		}
		x.From, x.Until = sqldb.FromMillis(from), sqldb.FromMillis(until)
		return x, json.Unmarshal([]byte(title), &x.Title)
	})
}
