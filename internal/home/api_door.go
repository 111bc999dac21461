package home

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"hawker/internal/base/span"
	"hawker/internal/media/edge"
	"hawker/internal/media/hls"
	"hawker/internal/platform/conns"
)

// hopHeader marks what comes from another node: it is answered here, wherever the stream is.
const hopHeader = "Hawker-Hop"

func (s *Service) hopped(r *http.Request) bool {
	return r.Header.Get(hopHeader) != "" && conns.Trusted(s.Trusted, r.RemoteAddr)
}

// Door is what the door asks where a request to a room is to be answered: httpapi's
// Deps.Elsewhere, nil where there is one node.
func (s *Service) Door() func(r *http.Request, room string) http.Handler {
	if s == nil {
		return nil
	}
	return s.elsewhere
}

// elsewhere takes a node that does not answer for none: the step is made here, and what the
// other had is gone with it.
func (s *Service) elsewhere(r *http.Request, room string) http.Handler {
	if s.hopped(r) {
		return nil
	}
	address := s.Of(r.Context(), room)
	if address == "" || !answers(r.Context(), address) {
		return nil
	}
	return s.proxy(address)
}

// Or is Enter where there are several nodes, and what the one node does where there are not.
func (s *Service) Or(here func(streamID string) http.Handler) func(streamID string) http.Handler {
	if s == nil {
		return here
	}
	return s.Enter
}

// Enter gives what answers for /live/{streamID}/…: here where the stream is here, else what the
// node that has it says. What is private there, and what never ends, is fetched for each who
// asks, and the node judges them; all else once for all.
func (s *Service) Enter(streamID string) http.Handler {
	here := s.Hub.Enter(streamID)
	if s.Hub.Publishing(streamID) {
		return here
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		address := ""
		if !s.hopped(r) {
			address = s.Of(r.Context(), streamID)
		}
		switch {
		case address == "":
			here.ServeHTTP(rw, r)
		case hls.IsPrivate(rw.Header()) || strings.HasSuffix(r.URL.Path, ".flv"):
			clear(rw.Header())
			s.proxy(address).ServeHTTP(rw, r)
		default:
			s.puller.Serve(rw, r, address)
		}
	})
}

func (s *Service) proxy(address string) http.Handler {
	target := &url.URL{Scheme: "http", Host: strings.TrimPrefix(address, "http://")}
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
			p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
			p.SetXForwarded()
			p.Out.Header.Set(hopHeader, "1")
		},
		Transport: s.transport, FlushInterval: -1,
		ErrorHandler: func(rw http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				s.Log.Warn("another node did not answer", "address", address, "error", err)
			}
			rw.Header().Set("Cache-Control", "no-store")
			rw.Header().Set("Retry-After", "1")
			http.Error(rw, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		},
	}
}

const (
	reachWithin = 500 * time.Millisecond
	idleFor     = 30 * time.Second
	idleMax     = 64
)

// answers tells whether a node lets itself be reached, before a request is handed to it that
// could not be asked twice.
func answers(ctx context.Context, address string) bool {
	d := net.Dialer{Timeout: reachWithin}
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// ways are how other nodes are reached: for one caller, or once for all.
type ways struct {
	transport http.RoundTripper
	puller    *edge.Puller
}

func newWays(o Options) ways {
	return ways{
		span.Transport{Name: "node", Tell: true, Base: &http.Transport{
			DialContext:     (&net.Dialer{Timeout: reachWithin}).DialContext,
			IdleConnTimeout: idleFor, MaxIdleConnsPerHost: idleMax, DisableCompression: true,
		}},
		edge.New(edge.Config{Clock: o.DB.Clock(), Log: o.Log, Bytes: o.Memory}),
	}
}
