package payment

import "hawker/internal/platform/multiply"

// Copied says how payments are copied with their checkouts. The provider knows of the originals alone, and is asked of
// nothing that has succeeded.
func Copied() multiply.Plan {
	return multiply.Plan{Tables: []multiply.Table{{
		Name: "payment", By: "checkout_id", IDs: []string{"id", "checkout_id"},
		Times: []string{"expires_at", "poll_at", "paid_at", "created_at"},
	}}}
}
