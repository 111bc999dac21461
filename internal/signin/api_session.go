package signin

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

func (h API) registerSessions(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "session-list", Method: "GET", Path: "/me/sessions", Access: httpapi.SignedIn,
		Summary: "Where I am signed in",
	}, h.sessions)
	httpapi.Register(api, httpapi.Operation{
		ID: "session-delete", Method: "DELETE", Path: "/me/sessions/{id}", Access: httpapi.SignedIn, Status: 204,
		Proof: httpapi.Recent, Summary: "End one of my sessions",
	}, h.endSession)
	httpapi.Register(api, httpapi.Operation{
		ID: "other-session-delete", Method: "DELETE", Path: "/me/sessions", Access: httpapi.SignedIn, Status: 204,
		Proof: httpapi.Recent, Summary: "End all my sessions but this one",
	}, h.endOthers)
}

// sessionView is one of somebody's sessions.
type sessionView struct {
	ID        id.Session `json:"id"`
	Device    string     `json:"device" doc:"As the browser calls itself; proves nothing"`
	Address   string     `json:"address"`
	SeenAt    time.Time  `json:"seen_at" doc:"To some minutes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	Current   bool       `json:"current"`
}

func (h API) sessions(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[sessionView]], error) {
	a := httpapi.ActorFrom(ctx)
	list, err := h.Service.Places(ctx, a.User)
	return httpapi.OK(page.Whole(list, func(p Place) sessionView {
		return sessionView{p.ID, p.Device, p.Address, p.SeenAt, p.CreatedAt, p.ExpiresAt, p.ID == a.Session}
	}), err)
}

type sessionPath struct {
	ID id.Session `path:"id"`
}

func (h API) endSession(ctx context.Context, in *sessionPath) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.End(ctx, httpapi.ActorFrom(ctx).User, in.ID))
}

func (h API) endOthers(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
	a := httpapi.ActorFrom(ctx)
	return httpapi.Done(h.Service.EndOthers(ctx, a.User, a.Session))
}
