package analytics

import (
	"context"
	"encoding/json"
	"math"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

const showColumns = `r.id, r.title, COALESCE(s.id, 0),
	COALESCE(s.state, CASE WHEN r.cancelled_at > 0 THEN 'cancelled' ELSE 'scheduled' END), COALESCE(s.started_at, 0),
	COALESCE(s.ended_at, 0), COALESCE(s.viewers_peak, 0), COALESCE(s.entries, 0), COALESCE(s.follows, 0),
	COALESCE(s.likes, 0), COALESCE(s.messages, 0)`

// showOf reads a show of a room, or the room with its newest.
func showOf(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room, show id.Show) (r Report, err error) {
	query, args := "SELECT "+showColumns+` FROM room r LEFT JOIN live_show s ON s.id =
		(SELECT MAX(x.id) FROM live_show x WHERE x.room_id = r.id AND x.rehearsal = 0) WHERE r.id = ?
		AND r.shop_id = ?`,
		[]any{room, shop}
	if !show.IsZero() {
		query, args = "SELECT "+showColumns+` FROM room r JOIN live_show s ON s.room_id = r.id WHERE r.id = ? AND
			r.shop_id = ? AND s.id = ? AND s.rehearsal = 0`, append(args, show)
	}
	var started, ended int64
	err = q.QueryRow(ctx, query, args...).Scan(&r.Room, &r.Title, &r.Show, &r.State, &started, &ended, &r.ViewersPeak,
		&r.Entries, &r.Follows, &r.Likes, &r.Messages)
	r.StartedAt, r.EndedAt = sqldb.FromMillis(started), sqldb.FromMillis(ended)
	return r, err
}

func minutesOf(ctx context.Context, q sqldb.Querier, show id.Show, limit int) ([]Minute, error) {
	rows, err := q.Query(ctx,
		`SELECT at_minute, viewers, likes, messages FROM show_minute WHERE show_id = ? ORDER BY at_minute LIMIT ?`,
		show, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (m Minute, err error) {
		var at int64
		err = s.Scan(&at, &m.Viewers, &m.Likes, &m.Messages)
		m.At = sqldb.FromMillis(at)
		return m, err
	})
}

// boughtMax bounds what one report reads, in lines.
const boughtMax = 100_000

// boughtIn reads the orders of a room from a show's beginning until the next one's.
func boughtIn(ctx context.Context, q sqldb.Querier, r Report) ([]bought, error) {
	var next int64
	err := q.QueryRow(ctx, `SELECT COALESCE(MIN(started_at), 0) FROM live_show WHERE room_id = ? AND rehearsal = 0 AND
		started_at > ?`, r.Room, sqldb.Millis(r.StartedAt)).Scan(&next)
	if err != nil {
		return nil, err
	}
	if next == 0 {
		next = math.MaxInt64
	}
	rows, err := q.Query(ctx,
		`SELECT o.id, o.user_id, o.created_at, o.paid_at, l.product_id, l.title, l.quantity, l.payable FROM orders o
		JOIN order_line l ON l.order_id = o.id WHERE o.room_id = ? AND o.created_at >= ? AND o.created_at < ?
		ORDER BY o.id, l.id LIMIT ?`, r.Room, sqldb.Millis(r.StartedAt), next, boughtMax)
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

func stretchesOf(ctx context.Context, q sqldb.Querier, show id.Show) ([]Stretch, error) {
	rows, err := q.Query(ctx,
		`SELECT p.product_id, g.title, p.pinned_at, p.unpinned_at FROM pin p JOIN product g ON g.id = p.product_id
		WHERE p.show_id = ? ORDER BY p.id LIMIT 500`, show)
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
