package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// PublishRequest is what a publisher says of itself.
type PublishRequest struct {
	App        string
	Name       string // stream key, without its query
	Query      url.Values
	RemoteAddr string
	Protocol   string // rtmp, whip
}

// Grant is the answer to a publisher that may publish.
type Grant struct {
	StreamID    string        // as in the playlist's URL
	PartTarget  time.Duration // wanted length of a part; 0 means 500 ms
	KeyframeGap time.Duration // if the app knows what to expect; 0 means unknown
	Record      bool
	// Ladder are the sizes of the smaller renditions that are wanted, by the shorter
	// side; none: none. See OpenRendition.
	Ladder []int
}

// Admission decides who may publish what.
type Admission interface {
	Admit(ctx context.Context, r PublishRequest) (Grant, error)
}

// Observer is told what happened, in order, by one goroutine that no media
// waits for.
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
// while it stays, and when the stream ends.
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
	RecordDir  string        // empty: nothing is recorded
	Linger     time.Duration // how long a stream waits for its publisher; 0 means 60 s
	StreamsMax int           // 0 means 1000
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

	flvReaders atomic.Int64

	mu      sync.Mutex
	streams map[string]*Stream
	closed  bool
}

// NewHub makes a hub; Shutdown stops it.
func NewHub(c Config) *Hub {
	if c.Linger <= 0 {
		c.Linger = lingerDefault
	}
	if c.StreamsMax <= 0 {
		c.StreamsMax = streamsMaxDefault
	}
	h := &Hub{cfg: c, streams: map[string]*Stream{}, notices: newNotices()}
	h.wg.Go(h.notices.run)
	return h
}

func (h *Hub) tell(f func(Observer)) {
	if h.cfg.Observer != nil {
		h.notices.add(func() { f(h.cfg.Observer) })
	}
}

// Publish admits a publisher. kick is called, once and from another goroutine,
// if the hub ends the publication; it is to close the connection.
func (h *Hub) Publish(ctx context.Context, r PublishRequest, kick func(error)) (*Publication, error) {
	g, err := h.cfg.Admission.Admit(ctx, r)
	if err != nil {
		return nil, err
	}
	if !validID(g.StreamID) {
		return nil, fmt.Errorf("stream: id %q cannot stand in a URL", g.StreamID)
	}
	s, err := h.obtain(ctx, g.StreamID)
	if err != nil {
		return nil, err
	}
	return s.publish(ctx, g, r, kick)
}

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

// obtain gives the stream, loading its state if it is not in memory.
func (h *Hub) obtain(ctx context.Context, id string) (*Stream, error) {
	h.mu.Lock()
	s, closed := h.streams[id], h.closed
	h.mu.Unlock()
	if closed {
		return nil, ErrShutdown
	}
	if s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	state, err := h.cfg.Store.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load state of stream %s: %w", id, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrShutdown
	}
	if s := h.streams[id]; s != nil {
		return s, nil
	}
	if len(h.streams) >= h.cfg.StreamsMax {
		return nil, ErrTooMany
	}
	s = &Stream{
		id: id, hub: h, clock: h.cfg.Clock, log: h.cfg.Log,
		state: state, reserved: state, ended: true, fresh: make(chan struct{}),
	}
	h.streams[id] = s
	return s, nil
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
	}
}

func (h *Hub) record(id string, generation int64, target time.Duration) *record.Recorder {
	now := h.cfg.Clock.Now()
	dir := filepath.Join(h.cfg.RecordDir, id, now.Format("20060102T150405")+"-"+strconv.FormatInt(generation, 10))
	return record.Start(record.Options{Dir: dir, StreamID: id, TargetDuration: target, Log: h.cfg.Log})
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
		s.evict(ErrShutdown)
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

// Handler serves /live/{streamID}/…: HLS and live.flv; it expects the whole path.
func (h *Hub) Handler() http.Handler {
	serve := hls.NewHandler()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if hls.CORS(rw, r) {
			return
		}
		rest, ok := strings.CutPrefix(r.URL.Path, "/live/")
		id, name, found := strings.Cut(rest, "/")
		if !ok || !found {
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		if name == flvName {
			h.serveFLV(rw, r, id)
			return
		}
		if rendition, file, found := strings.Cut(name, "/"); found && strings.HasSuffix(rendition, renditionSuffix) {
			if w := h.rendition(id, rendition); w != nil {
				serve.Serve(rw, r, w, file)
				return
			}
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		w := h.window(r.Context(), id)
		if w == nil {
			serve.Refuse(rw, http.StatusNotFound)
			return
		}
		if all := h.variants(id, w); name == multiName && len(all) > 1 {
			serve.ServeVariants(rw, r, all)
			return
		}
		serve.Serve(rw, r, w, name)
	})
}

// window gives the window of a stream. A viewer that comes between the
// publisher and the first part waits for it.
func (h *Hub) window(ctx context.Context, id string) *hls.Window {
	s := h.find(id)
	if s == nil {
		return nil
	}
	if w := s.window.Load(); w != nil {
		return w
	}
	s.mu.Lock()
	live, fresh := s.pub != nil, s.fresh
	s.mu.Unlock()
	if !live {
		return nil
	}
	t := h.cfg.Clock.NewTimer(firstWait)
	defer t.Stop()
	select {
	case <-fresh:
	case <-t.C():
	case <-ctx.Done():
	}
	return s.window.Load()
}
