package watch

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// API is the module's door.
type API struct {
	DB      *sqldb.DB
	Doctor  *Doctor
	Figures Figures
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "watch", Operations: []module.Operations{h}}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-checks-get", Method: "GET", Path: "/admin/checks", Access: httpapi.OperatorOnly,
		Summary: "What must be true of this installation, and what contradicts it: a run of doctor's checks, " +
			"kept for a minute",
	}, h.checks)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-alert-list", Method: "GET", Path: "/admin/alerts", Access: httpapi.OperatorOnly,
		Summary: "What rang within a day: guesses, refusals, disk, dead letters, backups, panics",
	}, h.alerts)
}

// checksView is one run.
type checksView struct {
	Healthy bool        `json:"healthy"`
	RanAt   time.Time   `json:"ran_at"`
	TookMS  int64       `json:"took_ms"`
	Again   int64       `json:"again_in_seconds" doc:"Until then this run is answered"`
	Items   []checkView `json:"items"`
}

// checkView is one thing that must be true.
type checkView struct {
	Code    string   `json:"code" doc:"Stable"`
	OK      bool     `json:"ok"`
	Details []string `json:"details" doc:"What contradicts it, for who mends it: not translated, the first 20"`
	Hidden  int      `json:"details_left_out"`
}

func (h API) checks(ctx context.Context, _ *struct{}) (*httpapi.Body[checksView], error) {
	r, err := h.Doctor.Report(ctx)
	if err != nil {
		return nil, err
	}
	left := Kept - h.Doctor.clock.Now().Sub(r.At)
	v := checksView{
		Healthy: true, RanAt: r.At, TookMS: r.Took.Milliseconds(), Again: int64((left + time.Second - 1) / time.Second),
		Items: []checkView{},
	}
	for _, f := range r.Findings {
		v.Healthy = v.Healthy && f.OK
		v.Items = append(v.Items, viewOf(f))
	}
	return httpapi.OK(v, nil)
}

// What is told of one check.
const (
	detailsMax = 20
	detailMax  = 300 // bytes
)

func viewOf(f Finding) checkView {
	v := checkView{Code: f.Code, OK: f.OK, Details: []string{}}
	for _, d := range f.Details[:min(len(f.Details), detailsMax)] {
		if len(d) > detailMax {
			d = strings.ToValidUTF8(d[:detailMax], "") + "…"
		}
		v.Details = append(v.Details, d)
	}
	v.Hidden = len(f.Details) - len(v.Details)
	return v
}

// alertView is one time that a rule rang.
type alertView struct {
	Code    Code       `json:"code"`
	Of      string     `json:"of" doc:"Whose: an address of the network, or the id of a person or account; empty for a figure"`
	Count   int64      `json:"count" doc:"Of what rang; for disk free MiB, for backup_overdue hours"`
	From    *time.Time `json:"started_at" doc:"null: it is a figure, of now"`
	Last    *time.Time `json:"last_at" doc:"null: it is a figure, of now"`
	Ongoing bool       `json:"ongoing"`
}

func (h API) alerts(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[alertView]], error) {
	list, err := Alerts(ctx, h.DB.Reader(), h.DB.Clock().Now(), h.Figures)
	return httpapi.OK(page.Whole(list, func(a Alert) alertView {
		v := alertView{Code: a.Code, Of: a.Of, Count: a.Count, Ongoing: a.Ongoing}
		if !a.From.IsZero() {
			v.From, v.Last = &a.From, &a.Last
		}
		return v
	}), err)
}
