package httpapi

import (
	"context"
	"net/http"

	"hawker/internal/base/id"
)

// Route is what is served beside the operations: media, pages, sockets, uploads,
// what other servers call. It says who may reach it like an operation does.
type Route struct {
	Pattern string   // as chi reads it; {shop} and {room} name the subject
	Methods []string // none: every method
	Access  Access
	Handler http.Handler
	// Subject reads what is asked for where the pattern does not name it.
	Subject func(r *http.Request) Subject
	// Unlisted lets everybody through to what is no room: the streams of open
	// publishing, which have names of their own.
	Unlisted bool
	// Note puts into the context what held before the caller was judged.
	Note func(ctx context.Context, s Subject) context.Context
}

// Mount adds routes. Each is guarded by its declaration.
func (a *API) Mount(routes ...Route) {
	for _, r := range routes {
		if r.Access == "" {
			panic("httpapi: route " + r.Pattern + " does not say who may reach it")
		}
		a.routes = append(a.routes, r)
		h := a.guardRoute(r)
		if len(r.Methods) == 0 {
			a.router.Handle(r.Pattern, h)
		}
		for _, m := range r.Methods {
			a.router.Method(m, r.Pattern, h)
		}
	}
}

// Routes lists what was mounted.
func (a *API) Routes() []Route { return a.routes }

func (a *API) guardRoute(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := Subject{Shop: r.PathValue("shop"), Room: r.PathValue("room")}
		if route.Subject != nil {
			s = route.Subject(r)
		}
		ctx := r.Context()
		if route.Note != nil {
			ctx = route.Note(ctx, s)
		}
		pass, err := a.checkRoute(ctx, route, s)
		if err != nil {
			w.Header().Set("Cache-Control", privateAnswer)
			a.WriteProblem(w, r, err)
			return
		}
		if pass.Room.Private() || route.Access.NeedsAccount() {
			w.Header().Set("Cache-Control", privateAnswer)
		}
		route.Handler.ServeHTTP(w, r.WithContext(context.WithValue(ctx, passKey{}, pass)))
	})
}

func (a *API) checkRoute(ctx context.Context, route Route, s Subject) (Pass, error) {
	var room id.Room
	if route.Unlisted && room.UnmarshalText([]byte(s.Room)) != nil {
		return Pass{}, nil
	}
	return a.auth.Check(ctx, route.Access, ActorFrom(ctx), s)
}
