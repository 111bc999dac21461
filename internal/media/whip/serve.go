package whip

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"hawker/internal/media/stream"
)

var (
	errSeats    = errors.New("whip: the caller has all seats that one may have")
	errFull     = errors.New("whip: no room for another session")
	errTooLarge = errors.New("whip: offer too large")
	errMedia    = errors.New("whip: wrong content type")
	errNoKey    = errors.New("whip: no stream key")
)

const (
	app            = "live"
	sdpType        = "application/sdp"
	fragmentType   = "application/trickle-ice-sdpfrag"
	answerWithin   = 10 * time.Second
	keyLengthMax   = 256
	preflightAge   = "86400"
	retryAfter     = "5"
	sessionsFolder = "s"
)

// Handler serves /whip and /whep; it expects the whole path.
//
//	POST   /whip/{stream_key}  or  POST /whip with "Authorization: Bearer {stream_key}"
//	POST   /whep/{stream_id}
//	PATCH  /whip/s/{session}   PATCH  /whep/s/{session}     candidates (RFC 8840)
//	DELETE /whip/s/{session}   DELETE /whep/s/{session}
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Retry-After")
		h.Set("Cache-Control", "no-store")
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		kind := parts[0]
		if kind != "whip" && kind != "whep" || len(parts) > 3 || len(parts) == 3 && parts[1] != sessionsFolder {
			refuse(rw, http.StatusNotFound, "not_found", "no such endpoint")
			return
		}
		if len(parts) == 3 {
			s.serveSession(rw, r, kind, parts[2])
			return
		}
		name := ""
		if len(parts) == 2 {
			name = parts[1]
		}
		s.serveEndpoint(rw, r, kind, name)
	})
}

func (s *Server) serveEndpoint(rw http.ResponseWriter, r *http.Request, kind, name string) {
	switch r.Method {
	case http.MethodOptions:
		h := rw.Header()
		h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", preflightAge)
		h.Set("Accept-Post", sdpType)
		rw.WriteHeader(http.StatusNoContent)
		return
	case http.MethodPost:
	default:
		notAllowed(rw, "POST, OPTIONS")
		return
	}
	if s.cfg.Allow != nil {
		if err := s.cfg.Allow(r); err != nil {
			s.refuseFor(rw, err)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	r = r.WithContext(ctx)
	begin := s.publish
	if kind == "whep" {
		begin = s.watch
	}
	sdp, id, err := begin(r, name)
	if err != nil {
		s.refuseFor(rw, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", sdpType)
	h.Set("Location", "/"+kind+"/"+sessionsFolder+"/"+id)
	h.Set("ETag", etagOf(id))
	rw.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(rw, sdp) // the client went away; its session ends by time
}

func etagOf(id string) string { return `"` + id[:8] + `"` }

// readBody takes an SDP or a part of one, within the limit.
func readBody(r *http.Request, wanted string) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != wanted {
		return nil, errMedia
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, offerBytesMax+1))
	if err != nil {
		return nil, errOffer
	}
	if len(b) > offerBytesMax {
		return nil, errTooLarge
	}
	return b, nil
}

// publish admits a publisher.
func (s *Server) publish(r *http.Request, key string) (sdp, id string, err error) {
	if key == "" {
		key, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if key == "" || len(key) > keyLengthMax {
		return "", "", errNoKey
	}
	body, err := readBody(r, sdpType)
	if err != nil {
		return "", "", err
	}
	o, err := readOffer(body, s.newCandidates())
	if err != nil {
		return "", "", err
	}
	caller, err := s.reserve(r)
	if err != nil {
		return "", "", err
	}
	defer s.unreserve()
	pc, err := s.connect(o, false)
	if err != nil {
		s.rise(caller)
		return "", "", err
	}
	x := s.newSession(o, pc, stream.PublishRequest{
		App: app, Name: key, Query: r.URL.Query(), RemoteAddr: r.RemoteAddr, Protocol: "whip",
	})
	x.caller = caller
	abandon := func(err error) (string, string, error) {
		x.cancel()
		s.hangUp(pc)
		s.rise(caller)
		return "", "", err
	}
	x.begin()
	if sdp, err = answer(r.Context(), pc, o); err != nil {
		return abandon(err)
	}
	if err = s.cfg.Hub.Admits(r.Context(), x.request); err != nil {
		return abandon(err)
	}
	s.mu.Lock()
	closed, over := s.closed, x.ctx.Err()
	if over == nil {
		s.sessions[x.id] = x
	}
	s.mu.Unlock()
	if over != nil { // it ended before anybody knew it
		return abandon(errLeft)
	}
	if closed {
		x.end(ErrShutdown)
		return "", "", ErrShutdown
	}
	s.wg.Go(x.watch)
	return sdp, x.id, nil
}

// reserve takes a place among the publishers; each has one until it is listed.
func (s *Server) reserve(r *http.Request) (caller string, err error) {
	caller = s.cfg.Caller(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", ErrShutdown
	}
	if len(s.sessions)+s.opening >= s.cfg.SessionsMax {
		return "", errFull
	}
	if err := s.sit(caller); err != nil {
		return "", err
	}
	s.opening++
	return caller, nil
}

// sit takes a seat of a caller's, under the lock; rise gives it back.
func (s *Server) sit(caller string) error {
	if s.seats[caller] >= s.cfg.PerCaller {
		return errSeats
	}
	s.seats[caller]++
	return nil
}

func (s *Server) rise(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seats[caller]--; s.seats[caller] <= 0 {
		delete(s.seats, caller)
	}
}

func (s *Server) unreserve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening--
}

func (s *Server) leave(x *session) {
	if x.feed != nil {
		x.feed.detach(x)
		s.releaseFeed(x.feed)
	}
	s.mu.Lock()
	_, there := s.sessions[x.id]
	delete(s.sessions, x.id)
	s.mu.Unlock()
	if there {
		s.rise(x.caller)
	}
}

// watch admits a viewer.
func (s *Server) watch(r *http.Request, streamID string) (sdp, id string, err error) {
	body, err := readBody(r, sdpType)
	if err != nil {
		return "", "", err
	}
	o, err := readOffer(body, s.newCandidates())
	if err != nil {
		return "", "", err
	}
	stage := s.cfg.Hub.StageNumber(streamID)
	if s.cfg.MayPlay != nil {
		if err := s.cfg.MayPlay(r.Context(), streamID, r); err != nil {
			return "", "", err
		}
	}
	caller, err := s.reserveViewer(r)
	if err != nil {
		return "", "", err
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.joining--
	}()
	v := &viewer{
		server: s, id: rand.Text(), ufrag: o.ufrag, named: o.named, caller: caller, stage: stage,
		queue: make(chan outPacket, viewerQueue), connected: make(chan struct{}),
	}
	if v.pc, err = s.connect(o, true); err != nil {
		s.rise(caller)
		return "", "", err
	}
	v.ctx, v.cancel = context.WithCancel(s.ctx)
	v.feed = s.obtainFeed(streamID)
	if sdp, err = v.open(r.Context(), o); err == nil {
		err = s.list(v)
	}
	if err != nil {
		v.end(err)
		return "", "", err
	}
	return sdp, v.id, nil
}

// reserveViewer takes a place among the viewers until the viewer is listed.
func (s *Server) reserveViewer(r *http.Request) (caller string, err error) {
	caller = s.cfg.Caller(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", ErrShutdown
	}
	if len(s.viewers)+s.joining >= s.cfg.ViewersMax {
		return "", errFull
	}
	if err := s.sit(caller); err != nil {
		return "", err
	}
	s.joining++
	return caller, nil
}

// list makes a viewer known; its place is no longer a reserved one.
func (s *Server) list(v *viewer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrShutdown
	}
	if v.ctx.Err() != nil {
		return errLeft // it ended before anybody knew it
	}
	s.viewers[v.id] = v
	return nil
}

func (s *Server) unwatch(v *viewer) {
	s.releaseFeed(v.feed)
	s.mu.Lock()
	delete(s.viewers, v.id)
	s.mu.Unlock()
	s.rise(v.caller)
}

// serveSession answers for a session that exists.
func (s *Server) serveSession(rw http.ResponseWriter, r *http.Request, kind, id string) {
	if r.Method == http.MethodOptions {
		h := rw.Header()
		h.Set("Access-Control-Allow-Methods", "PATCH, DELETE, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
		h.Set("Access-Control-Max-Age", preflightAge)
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	p := s.lookUp(kind, id)
	if p == nil {
		refuse(rw, http.StatusNotFound, "no_session", "the session is over")
		return
	}
	switch r.Method {
	case http.MethodDelete:
		p.end(errLeft)
		rw.WriteHeader(http.StatusOK)
	case http.MethodPatch:
		if m := r.Header.Get("If-Match"); m != "" && m != "*" && m != etagOf(id) {
			refuse(rw, http.StatusPreconditionFailed, "other_session", "the entity tag is of another ICE session")
			return
		}
		body, err := readBody(r, fragmentType)
		if err == nil {
			err = p.named.trickle(p.pc, p.ufrag, string(body))
		}
		if err != nil {
			s.refuseFor(rw, err)
			return
		}
		rw.WriteHeader(http.StatusNoContent)
	default:
		notAllowed(rw, "PATCH, DELETE, OPTIONS")
	}
}

// party is a session of either kind, as its address knows it.
type party struct {
	pc    *webrtc.PeerConnection
	ufrag string
	named *candidates
	end   func(error)
}

func (s *Server) lookUp(kind, id string) *party {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[id]; kind == "whip" && x != nil {
		return &party{x.pc, x.ufrag, x.named, x.end}
	}
	if v := s.viewers[id]; kind == "whep" && v != nil {
		return &party{v.pc, v.ufrag, v.named, v.end}
	}
	return nil
}

var errRestart = errors.New("whip: ICE restarts are not supported")

// refusedCandidate is what the engine cannot read, unless there are too many.
func refusedCandidate(err error) error {
	if errors.Is(err, errTooLarge) {
		return err
	}
	return errors.Join(errOffer, err)
}
