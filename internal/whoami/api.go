// Package whoami answers each page that is opened who sits at it. That nobody is signed in
// is an answer there and no refusal: programs, which have to be somebody, ask GET /me. It
// keeps nothing; who is known by what is signin's, how people look account's.
package whoami

import (
	"context"

	"hawker/internal/account"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// API is the module's door.
type API struct{ People account.API }

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "whoami", Operations: []module.Operations{h}}
}

// Register adds the operation.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "session-get", Method: "GET", Path: "/auth/session", Access: httpapi.Anyone,
		Summary: "Who is signed in here, if anybody: a visitor is no fault",
	}, h.session)
}

// sessionView is who sits at a browser.
type sessionView struct {
	User *account.UserView `json:"user" doc:"null for a visitor"`
}

// answer is for who asked and nobody else, a visitor's too: after a sign-in it is another.
type answer struct {
	CacheControl string `header:"Cache-Control"`
	Body         sessionView
}

func (h API) session(ctx context.Context, _ *struct{}) (*answer, error) {
	out := &answer{CacheControl: "private, no-store"}
	who := httpapi.ActorFrom(ctx)
	if !who.SignedIn() {
		return out, nil
	}
	u, err := h.People.Service.ByID(ctx, who.User)
	if err != nil {
		return nil, err
	}
	view, err := h.People.View(ctx, u, who.MustEnrol)
	out.Body.User = &view
	return out, err
}
