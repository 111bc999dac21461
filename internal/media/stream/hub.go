package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// PublishRequest is what a publisher says of itself.
type PublishRequest struct {
	App        string
	Name       string // stream key, without its query
	Query      url.Values
	RemoteAddr string
	Protocol   string // rtmp, whip, or the kind of server that it is pulled from
	// Pulled names the connection of whoever publishes at another server, from which this program
	// pulls; no publisher that comes by itself has one.
	Pulled string
}

// Grant is the answer to a publisher that may publish.
type Grant struct {
	StreamID    string        // as in the playlist's URL
	PartTarget  time.Duration // wanted length of a part; 0 means a third of a second
	KeyframeGap time.Duration // if the app knows what to expect; 0 means unknown
	// Stage is what the picture belongs to when a life of the stream begins; while one
	// lasts, SetStage changes it and this is not looked at.
	Stage Stage
	// Record records although Stage names no show, beside the shows' folders.
	Record bool
	// Ladder are the sizes of the smaller renditions that are wanted, by the shorter
	// side; none: none. See OpenRendition.
	Ladder []int
}

// Admission decides who may publish what.
type Admission interface {
	Admit(ctx context.Context, r PublishRequest) (Grant, error)
}

// Observer is told what happened, in order, by one goroutine that no media
// waits for. A publisher has come when something of it can be played, not before; one
// of whom nothing can is not told of.
type Observer interface {
	OnPublish(streamID string, generation int64)
	OnUnpublish(streamID string, generation int64, reason error)
	OnRecorded(streamID string, generation int64, info record.Info)
}

// State is what must survive a restart. Numbers up to it may have been used.
type State struct {
	Generation    int64
	Sequence      int64 // next media sequence
	Discontinuity int64 // next discontinuity sequence
	KeyframeGap   time.Duration
	// A stream that was not ended goes on with its targets after a restart:
	// players do not forgive a change.
	Open           bool
	PartTarget     time.Duration
	TargetDuration time.Duration
}

// Store keeps the State of each stream. Load gives the zero State for a stream
// it does not know. Save is called when a publisher comes, every few minutes
// while it stays, and when the stream ends; it gives ErrElsewhere, and keeps what it has, if
// that has a greater generation.
type Store interface {
	Load(ctx context.Context, streamID string) (State, error)
	Save(ctx context.Context, streamID string, s State) error
}

// Config of a Hub. Clock, Log, Admission and Store are required.
type Config struct {
	Clock      clock.Clock
	Log        *slog.Logger
	Admission  Admission
	Observer   Observer // may be nil
	Playback   Playback // may be nil: everybody may play
	Store      Store
	Archive    record.Archive // nil: nothing is recorded
	Linger     time.Duration  // how long a stream waits for its publisher; 0 means 60 s
	StreamsMax int            // 0 means 1000
}

const (
	lingerDefault     = time.Minute
	streamsMaxDefault = 1000
	streamIDMax       = 128
	firstWait         = 4 * time.Second // a viewer that comes before the first part
)

// ErrTooMany is a publisher beyond Config.StreamsMax.
var ErrTooMany = errors.New("stream: too many streams")

// Hub holds all streams of a node.
type Hub struct {
	cfg     Config
	wg      sync.WaitGroup
	notices *notices
	serve   *hls.Handler

	flvReaders atomic.Int64
	stagings   atomic.Int64 // calls of SetStage

	mu        sync.Mutex
	streams   map[string]*Stream
	forgotten int // streams so far
	watchers  []func(streamID string)
	closed    bool
}

// NewHub makes a hub; Shutdown stops it.
func NewHub(c Config) *Hub {
	if c.Linger <= 0 {
		c.Linger = lingerDefault
	}
	if c.StreamsMax <= 0 {
		c.StreamsMax = streamsMaxDefault
	}
	h := &Hub{cfg: c, streams: map[string]*Stream{}, notices: newNotices(), serve: hls.NewHandler()}
	h.wg.Go(h.notices.run)
	return h
}

func (h *Hub) tell(f func(Observer)) {
	if h.cfg.Observer != nil {
		h.notices.add(func() {
			_ = crash.Told(h.cfg.Log, "an observer", func() error { f(h.cfg.Observer); return nil }) // the next is told
		})
	}
}

// Publish admits a publisher. kick is called, once and from another goroutine,
// if the hub ends the publication; it is to close the connection.
func (h *Hub) Publish(ctx context.Context, r PublishRequest, kick func(error)) (*Publication, error) {
	for tries := 1; ; tries++ {
		asked := h.stagings.Load()
		g, err := h.cfg.Admission.Admit(ctx, r)
		if err != nil {
			return nil, err
		}
		if !validID(g.StreamID) || !g.Stage.valid() {
			return nil, fmt.Errorf("stream: id %q or show %q cannot stand in a URL", g.StreamID, g.Stage.Show)
		}
		s, err := h.obtain(ctx, g.StreamID)
		if err != nil {
			return nil, err
		}
		p, err := h.publishTo(ctx, s, admitted{g, r, kick, asked})
		if !errors.Is(err, errRestaged) || tries >= admitTries {
			return p, err
		}
	}
}

// publishTo publishes to a stream, or to its successor if it is forgotten in that moment.
func (h *Hub) publishTo(ctx context.Context, s *Stream, a admitted) (*Publication, error) {
	for {
		p, err := s.publish(ctx, a)
		if !errors.Is(err, errForgotten) {
			return p, err
		}
		if s, err = h.obtain(ctx, s.id); err != nil {
			return nil, err
		}
	}
}

// admitted is a publisher that may come.
type admitted struct {
	grant   Grant
	request PublishRequest
	kick    func(error)
	asked   int64 // Hub.stagings before it was asked whether it may
}

const admitTries = 8

var (
	errForgotten = errors.New("stream: forgotten meanwhile")
	errRestaged  = errors.New("stream: set to another stage meanwhile")
)

// validID allows what needs no escaping in a path or a file name.
func validID(id string) bool {
	if id == "" || len(id) > streamIDMax || id[0] == '.' {
		return false
	}
	for _, c := range []byte(id) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !plain && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// obtain gives the stream, loading its state if it is not in memory. Until its turn is
// held, it may be forgotten again.
func (h *Hub) obtain(ctx context.Context, id string) (*Stream, error) {
	for {
		h.mu.Lock()
		s, closed, forgotten := h.streams[id], h.closed, h.forgotten
		h.mu.Unlock()
		if closed {
			return nil, ErrShutdown
		}
		if s != nil {
			return s, nil
		}
		state, err := h.load(ctx, id)
		if err != nil {
			return nil, err
		}
		if s, err = h.add(id, state, forgotten); s != nil || err != nil {
			return s, err
		}
	}
}

func (h *Hub) load(ctx context.Context, id string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	state, err := h.cfg.Store.Load(ctx, id)
	if err != nil {
		return State{}, fmt.Errorf("load state of stream %s: %w", id, err)
	}
	return state, nil
}

// add makes a stream of its state, or gives the one that is there. It gives neither if
// a stream was forgotten since the state was asked for: that may have moved it on.
func (h *Hub) add(id string, state State, forgotten int) (*Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrShutdown
	}
	if s := h.streams[id]; s != nil {
		return s, nil
	}
	if h.forgotten != forgotten {
		return nil, nil
	}
	if len(h.streams) >= h.cfg.StreamsMax {
		return nil, ErrTooMany
	}
	s := &Stream{
		id: id, hub: h, clock: h.cfg.Clock, log: h.cfg.Log,
		state: state, reserved: state, ended: true, fresh: make(chan struct{}),
	}
	h.streams[id] = s
	return s, nil
}

// keeps tells whether somebody may publish to a stream: the hub is open and has not
// forgotten it. The caller holds the stream's turn.
func (h *Hub) keeps(s *Stream) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return ErrShutdown
	case h.streams[s.id] != s:
		return errForgotten
	}
	return nil
}

func (h *Hub) find(id string) *Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams[id]
}

// forget drops an ended stream from memory; its state is in the store.
func (h *Hub) forget(s *Stream) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	idle := s.pub == nil && s.ended
	s.mu.Unlock()
	if !idle {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[s.id] == s {
		delete(h.streams, s.id)
		h.forgotten++
	}
}

// Close ends a stream for its host: the publisher is sent away and viewers see
// the end of the list. It reports whether there was such a stream.
func (h *Hub) Close(id string) bool {
	s := h.find(id)
	if s == nil {
		return false
	}
	s.evict(ErrClosed)
	s.finish()
	return true
}

// Shutdown sends all publishers away, saves every stream's state and waits for
// what runs. Streams are not ended: after a restart they go on.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	all := make([]*Stream, 0, len(h.streams))
	for _, s := range h.streams {
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		s.stop()
	}
	h.notices.close()
	done := make(chan struct{})
	go func() { h.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
