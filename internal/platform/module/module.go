// Package module says what a part of the program brings to the whole. A module's
// constructor takes its ports and answers the module's service; its Module method
// answers one value of this type, and app is a list of them. Nothing in a value
// runs or opens anything before the program does.
package module

import (
	"context"

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
	Jobs          []jobs.Kind
	Tasks         []schedule.Task
	Runners       []Runner
	Checks        []Check
	Measure       func(m *telemetry.Metrics)
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

// Check is one of doctor's: it answers what contradicts the sentence in its name.
type Check struct {
	Name string
	Run  func(ctx context.Context, q sqldb.Querier) ([]string, error)
}

// Sample is a sealed value of one kind: what is sealed, and the context of its seal.
// Sealed is empty where there is none yet; sql.ErrNoRows says the same.
type Sample struct {
	Kind string
	Read func(ctx context.Context, q sqldb.Querier) (sealed, context string, err error)
}
