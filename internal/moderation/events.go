package moderation

import (
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// Names of the events.
const (
	EventRestricted = "moderation.restricted"
	EventLifted     = "moderation.lifted"
)

// Restricted tells that somebody may not speak in a shop's rooms any more or, banned,
// not enter them.
type Restricted struct {
	Shop   id.Shop   `json:"shop"`
	User   id.User   `json:"user"`
	Banned bool      `json:"banned"`
	Until  time.Time `json:"until,omitzero"` // zero: for good
}

// Lifted tells that somebody may speak and enter again, before a restriction's end.
type Lifted struct {
	Shop id.Shop `json:"shop"`
	User id.User `json:"user"`
}

var (
	_ event.Event = Restricted{}
	_ event.Event = Lifted{}
)

// EventName implements event.Event.
func (Restricted) EventName() string { return EventRestricted }

// EventKey implements event.Event.
func (e Restricted) EventKey() string { return e.Shop.String() }

// EventName implements event.Event.
func (Lifted) EventName() string { return EventLifted }

// EventKey implements event.Event.
func (e Lifted) EventKey() string { return e.Shop.String() }
