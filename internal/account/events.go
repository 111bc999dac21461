package account

import (
	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

// Names of the events.
const (
	EventRegistered      = "account.registered"
	EventChanged         = "account.changed"
	EventPasswordChanged = "account.password_changed"
	EventEmailChanged    = "account.email_changed"
	EventAccessChanged   = "account.access_changed"
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

// PasswordChanged tells that somebody has another password.
type PasswordChanged struct {
	User id.User `json:"user"`
}

// EmailChanged tells that somebody has another address.
type EmailChanged struct {
	User id.User `json:"user"`
}

// AccessChanged tells that somebody may come in or not, or is an operator or not, as it is
// now.
type AccessChanged struct {
	User     id.User `json:"user"`
	Disabled bool    `json:"disabled"`
	Operator bool    `json:"operator"`
}

var (
	_ event.Event = Registered{}
	_ event.Event = Changed{}
	_ event.Event = PasswordChanged{}
	_ event.Event = EmailChanged{}
	_ event.Event = AccessChanged{}
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
func (PasswordChanged) EventName() string { return EventPasswordChanged }

// EventKey implements event.Event.
func (e PasswordChanged) EventKey() string { return e.User.String() }

// EventName implements event.Event.
func (EmailChanged) EventName() string { return EventEmailChanged }

// EventKey implements event.Event.
func (e EmailChanged) EventKey() string { return e.User.String() }

// EventName implements event.Event.
func (AccessChanged) EventName() string { return EventAccessChanged }

// EventKey implements event.Event.
func (e AccessChanged) EventKey() string { return e.User.String() }
