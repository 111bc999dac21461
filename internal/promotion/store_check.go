package promotion

import (
	"context"

	"hawker/internal/platform/sqldb"
)

// miscounted finds coupons whose counts contradict the wallets. More may be
// counted as claimed than wallets hold: lucky bags hold the rest.
func miscounted(ctx context.Context, q sqldb.Querier) ([]couponCount, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.claimed, c.used, COALESCE(l.held, 0), COALESCE(l.spent, 0) FROM coupon c
		LEFT JOIN (SELECT coupon_id, COUNT(*) AS held, SUM(CASE WHEN order_id > 0 THEN 1 ELSE 0 END) AS spent
		FROM coupon_claim GROUP BY coupon_id) l ON l.coupon_id = c.id
		WHERE c.used <> COALESCE(l.spent, 0) OR c.claimed < COALESCE(l.held, 0)`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c couponCount, err error) {
		return c, s.Scan(&c.coupon, &c.claimed, &c.used, &c.held, &c.spent)
	})
}

func mistaken(ctx context.Context, q sqldb.Querier) ([]buyerCount, error) {
	rows, err := q.Query(ctx, `SELECT b.deal_id, b.user_id, b.taken, COALESCE(o.taken, 0) FROM deal_buyer b
		LEFT JOIN (SELECT deal_id, user_id, SUM(quantity) AS taken FROM deal_order WHERE given_back = 0
		GROUP BY deal_id, user_id) o
			ON o.deal_id = b.deal_id AND o.user_id = b.user_id
		WHERE b.taken <> COALESCE(o.taken, 0)`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (b buyerCount, err error) {
		return b, s.Scan(&b.deal, &b.user, &b.taken, &b.ordered)
	})
}
