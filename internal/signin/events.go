package signin

import (
	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// Names of the events.
const (
	EventSignedOut     = "account.signed_out"
	EventFactorChanged = "account.second_factor_changed"
)

// SignedOut tells that a session was ended, by its holder or by what ends all of them.
type SignedOut struct {
	User    id.User    `json:"user"`
	Session id.Session `json:"session"`
}

// FactorChanged tells that somebody has a second factor now, or none any more.
type FactorChanged struct {
	User id.User `json:"user"`
	On   bool    `json:"on"`
}

var (
	_ event.Event = SignedOut{}
	_ event.Event = FactorChanged{}
)

// EventName implements event.Event.
func (SignedOut) EventName() string { return EventSignedOut }

// EventKey implements event.Event.
func (e SignedOut) EventKey() string { return e.User.String() }

// EventName implements event.Event.
func (FactorChanged) EventName() string { return EventFactorChanged }

// EventKey implements event.Event.
func (e FactorChanged) EventKey() string { return e.User.String() }
