package fulfilment

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insertShipment(ctx context.Context, tx *sqldb.Tx, s Shipment) error {
	_, err := tx.Exec(ctx, `INSERT INTO shipment (id, order_id, shop_id, carrier, tracking_number, shipped_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		s.ID, s.Order, s.Shop, s.Carrier, s.TrackingNumber, sqldb.Millis(s.ShippedAt))
	return err
}

func shipmentsOf(ctx context.Context, q sqldb.Querier, orders []id.Order) ([]Shipment, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx,
		"SELECT id, order_id, shop_id, carrier, tracking_number, shipped_at FROM shipment WHERE order_id IN ("+
			sqldb.Marks(len(orders))+") ORDER BY id", sqldb.Args(orders)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (sh Shipment, err error) {
		var at int64
		err = s.Scan(&sh.ID, &sh.Order, &sh.Shop, &sh.Carrier, &sh.TrackingNumber, &at)
		sh.ShippedAt = sqldb.FromMillis(at)
		return sh, err
	})
}
