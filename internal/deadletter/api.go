package deadletter

import (
	"context"
	"time"

	"hawker/internal/base/page"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/telemetry"
)

// API is the module's door.
type API struct{ DB *sqldb.DB }

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "deadletter", Operations: []module.Operations{h}, Checks: Checks(), Measure: h.measure}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "dead-letter-list", Method: "GET", Path: "/admin/dead-letters",
		Access: httpapi.OperatorOnly, Summary: "Events and jobs that were set aside, the newest first",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "dead-letter-requeue", Method: "POST", Path: "/admin/dead-letters/{letter}/requeue",
		Access: httpapi.OperatorOnly, Status: 204, Summary: "Have it done again",
	}, h.requeue)
	httpapi.Register(api, httpapi.Operation{
		ID: "dead-letter-delete", Method: "DELETE", Path: "/admin/dead-letters/{letter}",
		Access: httpapi.OperatorOnly, Status: 204, Summary: "Drop it",
	}, h.discard)
}

// letterView is an event or a job that was given up after its last try.
type letterView struct {
	ID        string    `json:"id"`
	Kind      Kind      `json:"kind"`
	Name      string    `json:"name" doc:"Of the event, or the kind of the job"`
	Key       string    `json:"key" doc:"Whom it concerns; may be empty"`
	CreatedAt time.Time `json:"created_at"`
	Attempts  int       `json:"attempts"`
	LastError string    `json:"last_error"`
}

func (h API) list(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[letterView]], error) {
	letters, err := List(ctx, h.DB.Reader())
	return httpapi.OK(page.Whole(letters, func(l Letter) letterView { return letterView(l) }), err)
}

type letterInput struct {
	Letter string `path:"letter" maxLength:"32"`
}

func (h API) requeue(ctx context.Context, in *letterInput) (*httpapi.Empty, error) {
	return httpapi.Done(Requeue(ctx, h.DB, in.Letter))
}

func (h API) discard(ctx context.Context, in *letterInput) (*httpapi.Empty, error) {
	return httpapi.Done(Discard(ctx, h.DB, in.Letter))
}

// measure counts what was set aside when it is asked for; -1 while nobody can tell.
func (h API) measure(m *telemetry.Metrics) {
	m.Gauge("hawker_dead_letters", "Events and jobs that nobody could do.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), countWithin)
		defer cancel()
		dead, _, err := events.Stuck(ctx, h.DB.Reader())
		given, jobsErr := jobs.Dead(ctx, h.DB.Reader())
		if err != nil || jobsErr != nil {
			return -1
		}
		return float64(dead + given)
	})
}

// countWithin bounds how long figures wait for the database.
const countWithin = 2 * time.Second
