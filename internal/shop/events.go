package shop

import (
	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// Names of the events.
const (
	EventOpened       = "shop.opened"
	EventStaffChanged = "shop.staff_changed"
)

// Opened tells that there is a new shop.
type Opened struct {
	Shop  id.Shop `json:"shop"`
	Owner id.User `json:"owner"`
}

// StaffChanged tells that somebody has another role in a shop, From and To; empty is
// none.
type StaffChanged struct {
	Shop id.Shop `json:"shop"`
	User id.User `json:"user"`
	From Role    `json:"from,omitempty"`
	To   Role    `json:"to,omitempty"`
}

var (
	_ event.Event = Opened{}
	_ event.Event = StaffChanged{}
)

// EventName implements event.Event.
func (Opened) EventName() string { return EventOpened }

// EventKey implements event.Event.
func (e Opened) EventKey() string { return e.Shop.String() }

// EventName implements event.Event.
func (StaffChanged) EventName() string { return EventStaffChanged }

// EventKey implements event.Event.
func (e StaffChanged) EventKey() string { return e.Shop.String() }
