package fulfilment

import "hawker/internal/platform/multiply"

// Copied says how parcels are copied with their orders.
func Copied() multiply.Plan {
	return multiply.Plan{Tables: []multiply.Table{{
		Name: "shipment", By: "order_id", IDs: []string{"id", "order_id"}, Times: []string{"shipped_at"},
	}}}
}
