package span

import (
	"log/slog"
	"net/http"
)

// Header is where a traceparent stands in a request (W3C Trace Context).
const Header = "Traceparent"

// Transport records requests to other servers as steps of who asks.
type Transport struct {
	Base http.RoundTripper // nil: http.DefaultTransport
	Name string            // of who is asked, as a step is called
	Tell bool              // it is one of ours, and goes on with the trace
}

// RoundTrip implements http.RoundTripper. The step ends when the answer begins.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	if of(r.Context()) == nil {
		return base.RoundTrip(r)
	}
	ctx, s := Start(r.Context(), Client, t.Name+" "+r.Method)
	if t.Tell {
		r = r.Clone(ctx)
		r.Header.Set(Header, Parent(ctx))
	}
	if s.Recorded() {
		s.Set(slog.String("http.request.method", r.Method), slog.String("server.address", r.URL.Host))
	}
	res, err := base.RoundTrip(r)
	if err == nil {
		s.Set(slog.Int("http.response.status_code", res.StatusCode))
	}
	s.End(err)
	return res, err
}
