package order

import (
	"context"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// lateMax is how long an order may wait beyond its time for whoever closes it.
const lateMax = 24 * time.Hour

// AdmitUnpaid lets a buyer have one more checkout that waits for money, with so many units
// of each SKU: what waits is taken from everybody. Whoever asks for the same buyer waits
// until the transaction is over. Faults order.too_many_unpaid, order.too_many_units.
func (s *Service) AdmitUnpaid(ctx context.Context, tx *sqldb.Tx, buyer id.User, units map[id.SKU]int64) error {
	if s.terms.UnpaidMax <= 0 && s.terms.UnitsMax <= 0 {
		return nil
	}
	if err := account.Lock(ctx, tx, buyer); err != nil {
		return err
	}
	checkouts, waiting, err := unpaidOf(ctx, tx, buyer, tx.Now().Add(-s.terms.PayWithin-lateMax))
	if err != nil {
		return err
	}
	if most := s.terms.UnpaidMax; most > 0 && checkouts >= most {
		return fault.Conflict("order.too_many_unpaid", "max", most)
	}
	for sku, n := range units {
		if most := s.terms.UnitsMax; most > 0 && waiting[sku]+n > most {
			return fault.Conflict("order.too_many_units", "max", most, "sku", sku)
		}
	}
	return nil
}
