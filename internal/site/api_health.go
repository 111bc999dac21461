package site

import (
	"context"

	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/space"
)

// healthView is how this node is, for who runs it: strangers are told by /readyz alone.
type healthView struct {
	Ready bool   `json:"ready" doc:"The database commits, and the master key opens what it holds"`
	Free  *int64 `json:"disk_free_bytes,omitempty" doc:"Absent where the system does not tell"`
	// Servers that are away; the mall does without them.
	Degraded []string `json:"degraded"`
	Reserve  int64    `json:"disk_reserve_bytes" doc:"Kept for the books: with less free recordings stop, with less than twice as much uploads"`
}

func (h API) registerHealth(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-health-get", Method: "GET", Path: "/admin/health", Access: httpapi.OperatorOnly,
		Summary: "How this node is: its database and its disk",
	}, h.health)
}

func (h API) health(ctx context.Context, _ *struct{}) (*httpapi.Body[healthView], error) {
	v := healthView{Ready: true, Reserve: h.Config.Storage.Reserve, Degraded: []string{}}
	v.Degraded = append(v.Degraded, h.Degraded(ctx)...)
	if err := h.probe.ready(ctx); err != nil {
		h.Log.WarnContext(ctx, "node not ready", "error", err)
		v.Ready = false
	}
	if free, err := space.Free(h.Config.Data); err == nil {
		v.Free = &free
	}
	return httpapi.OK(v, nil)
}
