package order

import (
	"time"

	"hawker/internal/platform/config"
)

// TermsOf are the terms that the settings say, in the zone of the mall.
func TermsOf(c config.Order, zone *time.Location) Terms {
	return Terms{
		PayWithin: c.PayWithin, ReceiveWithin: c.ReceiveWithin, Zone: zone, UnpaidMax: c.UnpaidMax,
		UnitsMax: c.UnitsMax,
	}
}
