// Package event is the vocabulary in which modules tell each other what
// happened. An event is a fact in the past tense, recorded in the transaction
// that made it true; `platform/events` carries it.
package event

import (
	"encoding/json"
	"time"

	"hawker/internal/base/id"
)

// Event is a fact. Name is `module.what_happened`; Key orders and partitions
// events of one aggregate when a broker carries them.
type Event interface {
	EventName() string
	EventKey() string
}

// Envelope is an event on its way.
type Envelope struct {
	ID      id.Event
	Name    string
	Key     string
	At      time.Time // the `now` of the transaction that recorded it
	Payload json.RawMessage
	Trace   string // W3C traceparent of the step that recorded it; "" where none was
}

// Decode reads the payload as E.
func Decode[E any](env Envelope) (E, error) {
	var e E
	err := json.Unmarshal(env.Payload, &e)
	return e, err
}
