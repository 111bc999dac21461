package httpapi

import (
	"net/http"
	"strings"
	"time"

	"hawker/internal/base/span"
	"hawker/internal/platform/conns"
)

// direct is a route whose answers are pieces of a picture, asked for by thousands each
// moment. What any visitor may have of it is served before the router and with what such
// an answer needs of a door: its declaration, the count, two or three headers. All else
// goes by the router: who has to be known to be let in, refusals, other methods, bodies.
type direct struct {
	Route
	folder             string
	get, head, options string // names in the figures
	// What a browser has to know of any answer, and of one that other sites may show. The
	// values are shared: net/http reads them only.
	sniffing, sites, transport []string
}

func newDirect(r Route, secure bool) direct {
	folder, ok := strings.CutSuffix(r.Pattern, "{room}/*")
	if !ok || r.Enter == nil || r.Access != RoomVisitor {
		panic("httpapi: route " + r.Pattern + " cannot be served before the router")
	}
	d := direct{
		Route: r, folder: folder, get: "GET " + r.Pattern, head: "HEAD " + r.Pattern, options: "OPTIONS " + r.Pattern,
		sniffing: []string{"nosniff"}, sites: []string{"cross-origin"},
	}
	if secure {
		d.transport = []string{transport}
	}
	return d
}

// counted names requests of a method in the figures; "" is none that is served directly.
func (d *direct) counted(method string) string {
	switch method {
	case http.MethodGet:
		return d.get
	case http.MethodHead:
		return d.head
	case http.MethodOptions:
		return d.options
	default:
		return ""
	}
}

// serveDirect reports whether it has answered.
func (a *API) serveDirect(w http.ResponseWriter, r *http.Request) (answered bool) {
	d, room := a.directTo(r)
	if d == nil {
		return false
	}
	s := Subject{Room: room}
	handler := d.Enter(s)
	pass, err := a.checkRoute(r.Context(), d.Route, Actor{}, s)
	if err != nil || pass.Room.Private() {
		return false
	}
	h := w.Header()
	h["X-Content-Type-Options"], h["Cross-Origin-Resource-Policy"] = d.sniffing, d.sites
	if d.transport != nil {
		h["Strict-Transport-Security"] = d.transport
	}
	step := span.Span{}
	if r.Header[span.Header] != nil { // of an edge or another node: players name no trace
		r, step = a.arrive(r)
		step.Rename(d.counted(r.Method))
	}
	out := conns.Answering(w, r)
	answered = true // also by what a panic is answered with
	defer a.endDirect(out, r, d.counted(r.Method), a.deps.Clock.Now())
	defer func() { end(step, d.counted(r.Method), out.Status()) }()
	handler.ServeHTTP(out, r)
	return answered
}

// directTo finds the route of a request that may be served before the router.
func (a *API) directTo(r *http.Request) (_ *direct, room string) {
	if r.ContentLength != 0 || r.URL.RawPath != "" {
		return nil, ""
	}
	for i := range a.direct {
		d := &a.direct[i]
		rest, ok := strings.CutPrefix(r.URL.Path, d.folder)
		if room, _, found := strings.Cut(rest, "/"); ok && found && room != "" && d.counted(r.Method) != "" {
			return d, room
		}
	}
	return nil, ""
}

// endDirect counts a request, also one that was broken off.
func (a *API) endDirect(out *conns.Answer, r *http.Request, name string, start time.Time) {
	p, status := recover(), out.Status()
	if p != nil && p != http.ErrAbortHandler && status == 0 {
		status = http.StatusInternalServerError
	}
	a.deps.Metrics.ObserveRequest(name, status, a.deps.Clock.Now().Sub(start).Seconds())
	if p != nil {
		a.panicked(out, r, p)
	}
}
