package httpapi

import (
	"context"
	"net/http"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/base/span"
)

// Route is what is served beside the operations: media, pages, sockets, uploads,
// what other servers call. It says who may reach it like an operation does.
type Route struct {
	Pattern string   // as chi reads it; {shop} and {room} name the subject
	Methods []string // none: every method
	Access  Access
	Handler http.Handler
	// Enter, in place of Handler, gives what answers for a subject as that is before the
	// caller is judged: who is let in gets nothing of what it becomes a moment later.
	Enter func(s Subject) http.Handler
	// Direct is served before the router where a visitor may have it: see direct.go. Its
	// pattern is /folder/{room}/*.
	Direct bool
	// Subject reads what is asked for where the pattern does not name it.
	Subject func(r *http.Request) Subject
	// Unlisted lets everybody through to what is no room: the streams of open
	// publishing, which have names of their own.
	Unlisted bool
	// AtPicture is answered by the node that has the picture of the room.
	AtPicture bool
}

// Mount adds routes. Each is guarded by its declaration.
func (a *API) Mount(routes ...Route) {
	for _, r := range routes {
		if r.Access == "" {
			panic("httpapi: route " + r.Pattern + " does not say who may reach it")
		}
		a.routes = append(a.routes, r)
		if r.Direct {
			a.direct = append(a.direct, newDirect(r, a.deps.Cookies.Secure))
		}
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
		span.Of(r.Context()).Rename(r.Method + " " + route.Pattern)
		s := Subject{Shop: r.PathValue("shop"), Room: r.PathValue("room")}
		if route.Subject != nil {
			s = route.Subject(r)
		}
		if route.AtPicture && a.elsewhere(w, r, s.Room) {
			return
		}
		ctx, h := r.Context(), route.Handler
		if route.Enter != nil {
			h = route.Enter(s)
		}
		pass, err := a.checkRoute(ctx, route, ActorFrom(ctx), s)
		if err != nil {
			w.Header().Set("Cache-Control", privateAnswer)
			a.WriteProblem(w, r, err)
			return
		}
		if pass.Room.Private() || route.Access.NeedsAccount() {
			w.Header().Set("Cache-Control", privateAnswer)
		}
		h.ServeHTTP(w, r.WithContext(context.WithValue(ctx, passKey{}, pass)))
	})
}

func (a *API) checkRoute(ctx context.Context, route Route, actor Actor, s Subject) (Pass, error) {
	if route.Unlisted && !namesRoom(s.Room) {
		return Pass{}, nil
	}
	return a.auth.Check(ctx, route.Access, actor, s)
}

// namesRoom reports whether a text is a room's id. Most texts that are none do not begin
// like one, and are not worth an error that says so.
func namesRoom(text string) bool {
	var room id.Room
	return (text == "" || strings.HasPrefix(text, "rom_")) && room.UnmarshalText([]byte(text)) == nil
}

// elsewhere has a request answered by the node that has the picture of a room, which judges
// the caller itself; false: that is to be done here.
func (a *API) elsewhere(w http.ResponseWriter, r *http.Request, room string) bool {
	if a.deps.Elsewhere == nil || room == "" {
		return false
	}
	h := a.deps.Elsewhere(r, room)
	if h == nil {
		return false
	}
	r.Header.Set("X-Request-Id", RequestID(r.Context()))
	clear(w.Header()) // the other says all of it
	h.ServeHTTP(w, r)
	return true
}
