// Package module says what a part of the program brings to the whole. A module's
// constructor takes its ports and answers the module's service; its Module method
// answers one value of this type, and app is a list of them. Nothing in a value
// runs or opens anything before the program does.
package module

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/telemetry"
)

// Module is what one module brings. Every field may be empty but the name.
type Module struct {
	Name          string
	Operations    []Operations
	Routes        []httpapi.Route
	Channels      []realtime.Channel
	Subscriptions []events.Subscription
	// Published are events that programs outside may read, whose form is promised to them
	// (hawker asyncapi). They hold ids and amounts, nothing of a person.
	Published []event.Event
	Jobs      []jobs.Kind
	Tasks     []schedule.Task
	Runners   []Runner
	Checks    []Check
	Measure   func(m *telemetry.Metrics)
	// Recover takes up what a crash left, before anything runs.
	Recover func(ctx context.Context) error
	// Close lets go of what the constructor took, after everything has stopped.
	Close func(ctx context.Context) error
}

// Operations registers HTTP operations.
type Operations interface {
	Register(api *httpapi.API)
}

// Runner runs for as long as the program does. It returns when ctx ends; when it
// returns before, it is started again.
type Runner struct {
	Name string
	Run  func(ctx context.Context) error
}

// Check is one of doctor's: it answers what contradicts the sentence in its name. Screens
// say it in the reader's language by its code, which is stable.
type Check struct {
	Code string
	Name string
	Run  func(ctx context.Context, q sqldb.Querier) ([]string, error)
}

// Sealed declares one kind of sealed values: a column of a table, and how a value is
// bound to its row. Doctor opens some of each kind, and a change of the master key
// seals all of them anew.
type Sealed struct {
	Kind string // in words, unlike any other
	// Key is the table's primary key of one column, Column holds the values; an empty one
	// is not sealed yet.
	Table, Key, Column string
	// ByNumber and ByName answer the context of the seal by the row's key: one is set, as
	// the keys are.
	ByNumber func(key int64) string
	ByName   func(key string) string
	// Field is where in the column's JSON object the value stands; empty: it is the column.
	Field string
	// Among is a column in which Is stands in rows of this kind; empty: all rows are.
	Among, Is string
	// Index is the column by which a value is found again, with its context; empty: none.
	Index, IndexContext string
}

// SealedJob declares what jobs of a kind carry in the field "sealed" of their payload.
func SealedJob(kind, job, context string) Sealed {
	return Sealed{
		Kind: kind, Table: "job", Key: "id", Column: "payload", Field: "sealed", Among: "kind", Is: job,
		ByNumber: func(int64) string { return context },
	}
}
