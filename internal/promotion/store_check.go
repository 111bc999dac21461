package promotion

import (
	"context"

	"hawker/internal/platform/sqldb"
)

// mistaken finds buyers whose taken units are not what their orders took.
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
