package order

import (
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/config"
)

// TermsOf are the terms that the settings say, in the zone of the mall.
func TermsOf(c config.Order, zone *time.Location) Terms {
	return Terms{
		PayWithin: c.PayWithin, ReceiveWithin: c.ReceiveWithin, Zone: zone, UnpaidMax: c.UnpaidMax,
		UnitsMax: c.UnitsMax,
	}
}

func (s *Service) payWithin(o Order) time.Duration {
	if o.PayWithin > 0 {
		return min(o.PayWithin, s.terms.PayWithin)
	}
	return s.terms.PayWithin
}

// number is what people read to each other: the day, then digits of the id.
func number(now time.Time, order id.Order) string {
	const digits = 1_000_000_000_000
	return fmt.Sprintf("%s%012d", now.Format("060102"), order.Int()%digits)
}
