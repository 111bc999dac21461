package order

import (
	"context"
	"encoding/json"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insertEvidence(ctx context.Context, tx *sqldb.Tx, order id.Order, shown []Shown) error {
	raw, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO order_evidence (order_id, shown) VALUES (?, ?)", order, string(raw))
	return err
}

// fillEvidence asks only for orders from a room: no other can have any.
func fillEvidence(ctx context.Context, q sqldb.Querier, list []Order) error {
	index := map[id.Order]int{}
	var orders []id.Order
	for i, o := range list {
		if !o.Room.IsZero() {
			index[o.ID], orders = i, append(orders, o.ID)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, "SELECT order_id, shown FROM order_evidence WHERE order_id IN ("+sqldb.Marks(len(orders))+
		")", sqldb.Args(orders)...)
	_, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (struct{}, error) {
		var order id.Order
		var raw string
		if err := s.Scan(&order, &raw); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, json.Unmarshal([]byte(raw), &list[index[order]].Evidence)
	})
	return err
}

func setLineSlice(ctx context.Context, tx *sqldb.Tx, l Line) error {
	_, err := tx.Exec(ctx, "UPDATE order_line SET slice_id = ? WHERE id = ?", l.Slice, l.ID)
	return err
}
