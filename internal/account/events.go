package account

import (
	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// Names of the events.
const (
	EventRegistered = "account.registered"
	EventChanged    = "account.changed"
	EventSignedOut  = "account.signed_out"
)

// Registered tells that somebody has an account now.
type Registered struct {
	User id.User `json:"user"`
}

// Changed tells that somebody's account shows something else: a name, a picture, a
// language.
type Changed struct {
	User id.User `json:"user"`
}

// SignedOut tells that a session was ended by its holder.
type SignedOut struct {
	User    id.User    `json:"user"`
	Session id.Session `json:"session"`
}

var (
	_ event.Event = Registered{}
	_ event.Event = Changed{}
	_ event.Event = SignedOut{}
)

// EventName implements event.Event.
func (Registered) EventName() string { return EventRegistered }

// EventKey implements event.Event.
func (e Registered) EventKey() string { return e.User.String() }

// EventName implements event.Event.
func (Changed) EventName() string { return EventChanged }

// EventKey implements event.Event.
func (e Changed) EventKey() string { return e.User.String() }

// EventName implements event.Event.
func (SignedOut) EventName() string { return EventSignedOut }

// EventKey implements event.Event.
func (e SignedOut) EventKey() string { return e.User.String() }
