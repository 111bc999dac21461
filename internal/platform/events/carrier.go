package events

import (
	"context"

	"hawker/internal/base/event"
)

// Carrier takes events from the relay to groups of consumers, in other processes
// too. Where nothing is said the bus needs none: it hands an event to its subscribers
// itself, and the outbox row is all there is (ADR 16). An engine proves itself by
// eventstest.Run.
type Carrier interface {
	// Declare says which groups there are, before anything is published. Doing it again,
	// from several processes, changes nothing; a group that is not named any more keeps
	// what waits for it.
	Declare(ctx context.Context, groups []Group) error
	// Publish hands over a batch. When it answers nil, each event is kept for every
	// group that hears of it, whatever crashes; when not, any of them may be. What no
	// group hears of is dropped.
	Publish(ctx context.Context, batch []event.Envelope) error
	// Consume gives a group's events to take until ctx ends, one after the other; any
	// number may consume a group, and each event goes to one of them. Events of one key
	// come in the order in which they were published, none while another is being taken.
	// What take answers an error for, or did not answer before its process ended, comes
	// again after a pause, for which others of its key do not wait. An event may come
	// twice.
	Consume(ctx context.Context, group string, take func(ctx context.Context, d Delivery) error) error
}

// Group is who hears of events together: each event reaches each group.
type Group struct {
	Name   string
	Events []string
}

// Delivery is an event as it comes to a group.
type Delivery struct {
	event.Envelope
	Attempt int // 1, and one more for each error that it was answered, as far as the carrier remembers
}
