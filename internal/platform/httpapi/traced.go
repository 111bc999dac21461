package httpapi

import (
	"log/slog"
	"net/http"

	"hawker/internal/base/span"
	"hawker/internal/platform/conns"
)

// traceHeader tells a page that traces are recorded, so that it names its own.
const traceHeader = "Trace-Id"

// arrive begins the step of a request, where traces are recorded. Its trace is the one that the
// caller names. Whether that is recorded a caller decides who is of a trusted network
// themselves, as an edge is; what a proxy passes on is somebody else's word. Nothing of who
// asks is noted.
func (a *API) arrive(r *http.Request) (*http.Request, span.Span) {
	if a.deps.Traces == nil {
		return r, span.Span{}
	}
	step := span.Step{Kind: span.Server, Name: r.Method, Parent: r.Header.Get(span.Header)}
	step.Stranger = !conns.Trusted(a.deps.Trusted, conns.Caller(r, a.deps.Trusted))
	ctx, s := span.Begin(span.With(r.Context(), a.deps.Traces), step)
	s.Set(slog.String("http.request.method", r.Method), slog.String("hawker.request_id", RequestID(ctx)))
	return r.WithContext(ctx), s
}

// end ends the step of a request, which is called by now after its operation or its route.
func end(s span.Span, route string, status int) {
	s.Set(slog.String("http.route", route), slog.Int("http.response.status_code", status))
	var err error
	if status >= http.StatusInternalServerError {
		err = span.Failed(http.StatusText(status))
	}
	s.End(err)
}
