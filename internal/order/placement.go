package order

import (
	"hawker/internal/base/id"
	"hawker/internal/commission"
)

// Placement is an order as whoever attributes it sees it.
type Placement struct {
	Order   Order
	RefCode string // of the link by which the buyer came
	Rates   map[id.Product]commission.Levels
}
