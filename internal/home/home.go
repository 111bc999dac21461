// Package home knows at which node of a mall a stream is, and takes there what has to be
// asked of it: the steps of its room, its players by RTMP's and WebRTC's ways, and once
// each piece of its picture, whoever asks for it here. A stream is where its newest
// publisher came; which that is stands in the row that gives its numbers out, so no two
// nodes have it. A mall of one server has no home to look for.
package home

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"hawker/internal/media/edge"
	"hawker/internal/media/hls"
	"hawker/internal/media/stream"
	"hawker/internal/platform/conns"
	"hawker/internal/platform/sqldb"
)

// Nodes tells other nodes and hears them.
type Nodes interface {
	TellNodes(op, what string)
	OnTold(op string, fn func(ctx context.Context, what string) error)
}

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Log     *slog.Logger
	Hub     *stream.Hub
	Nodes   Nodes
	Trusted []netip.Prefix // networks of the other nodes
	Puller  *edge.Puller
}

// Service is the module.
type Service struct {
	Options
	transport http.RoundTripper

	mu    sync.Mutex
	known map[string]place // by the stream
}

// place is where a stream is, as it was looked up.
type place struct {
	address string // "": here, or nowhere
	at      time.Time
}

const (
	opMoved = "stream"
	// placeFresh is how long another node may have a stream before that is known here
	// without having been told.
	placeFresh = 500 * time.Millisecond
	placesMax  = 20_000
	lookWithin = 2 * time.Second
)

// New makes the module.
func New(o Options) *Service {
	s := &Service{Options: o, transport: transport(), known: map[string]place{}}
	o.Nodes.OnTold(opMoved, s.moved)
	return s
}

// Moved tells the other nodes that a stream is here since its publisher number generation. Where
// there are none, nobody.
func (s *Service) Moved(streamID string, generation int64) {
	if s == nil {
		return
	}
	s.forget(streamID)
	s.Nodes.TellNodes(opMoved, streamID+" "+strconv.FormatInt(generation, 10))
}

func (s *Service) moved(_ context.Context, what string) error {
	streamID, number, _ := strings.Cut(what, " ")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	s.forget(streamID)
	s.Hub.Yield(streamID, generation)
	return nil
}

func (s *Service) forget(streamID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, streamID)
}

// Of is the address of the other node that has a stream; "" for one that is here, or nowhere.
// Many ask for each piece of a picture: one of them looks, the others take what was known.
func (s *Service) Of(ctx context.Context, streamID string) string {
	if s.Hub.Publishing(streamID) {
		return ""
	}
	now := s.DB.Clock().Now()
	s.mu.Lock()
	have, ok := s.known[streamID]
	if ok && now.Sub(have.at) < placeFresh {
		s.mu.Unlock()
		return have.address
	}
	if ok { // while this one looks
		s.known[streamID] = place{have.address, now}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
	defer cancel()
	address, err := addressOf(ctx, s.DB.Reader(), streamID, s.DB.Node())
	if err != nil {
		s.Log.Warn("where a stream is", "stream", streamID, "error", err)
		return have.address
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= placesMax {
		clear(s.known)
	}
	s.known[streamID] = place{address, now}
	return address
}

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
			s.Puller.Serve(rw, r, address)
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
