package catalog

import (
	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// EventProductChanged is the name of ProductChanged.
const EventProductChanged = "catalog.product_changed"

// What about a product changed.
const (
	WhatCreated = "created"
	WhatUpdated = "updated" // what its shop says of it, its SKUs and prices among that
	WhatState   = "state"   // whether it can be found and bought
)

// ProductChanged tells that a product is another than it was. Who keeps a copy reads
// it anew and takes nothing older than the Version that it has.
type ProductChanged struct {
	Product id.Product `json:"product"`
	Shop    id.Shop    `json:"shop"`
	Version int64      `json:"version"`
	What    string     `json:"what"`
}

var _ event.Event = ProductChanged{}

// EventName implements event.Event.
func (ProductChanged) EventName() string { return EventProductChanged }

// EventKey implements event.Event.
func (e ProductChanged) EventKey() string { return e.Product.String() }
