// Package relay sends a stream on to other RTMP servers while it is live. Each
// target stands for itself: one that refuses, stalls or goes away is tried again
// with growing pauses, and neither the stream nor the other targets notice.
package relay

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
)

// Target is where a stream is sent on to.
type Target struct {
	ID  string // the caller's
	URL string // rtmp:// or rtmps://, key included
}

// State is where a target is.
type State string

// The states.
const (
	Waiting    State = "waiting" // for the stream to be live
	Connecting State = "connecting"
	Sending    State = "sending"
	Retrying   State = "retrying"
)

// Status is how a target does.
type Status struct {
	Target  string
	State   State
	Since   time.Time
	Bytes   int64  // sent since it began sending
	Tries   int    // that failed in a row
	Reason  string // of the last failure: refused, unreachable, slow, lost
	RetryAt time.Time
}

// Config of a Relay; all are required.
type Config struct {
	Hub    *stream.Hub
	Dialer rtmp.Dialer
	Clock  clock.Clock
	Log    *slog.Logger
}

// Relay keeps the targets of all streams.
type Relay struct {
	cfg Config
	wg  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	streams map[string]map[string]*sender // by stream, by target
}

// New makes a relay; Close stops it.
func New(c Config) *Relay { return &Relay{cfg: c, streams: map[string]map[string]*sender{}} }

const (
	lookEvery  = time.Second
	retryFirst = time.Second
	retryMax   = 30 * time.Second
	settled    = 20 * time.Second // of sending, after which a failure counts as the first
	dialWithin = 15 * time.Second
)

// Set says where a stream is sent on to, from now on; targets that are not named
// any more, or have another address, are let go of. None stops all.
func (r *Relay) Set(streamID string, targets []Target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	have := r.streams[streamID]
	next := map[string]*sender{}
	for _, t := range targets {
		if s := have[t.ID]; s != nil && s.target == t {
			next[t.ID] = s
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		s := &sender{relay: r, stream: streamID, target: t, cancel: cancel}
		s.move(Waiting, "")
		next[t.ID] = s
		r.wg.Go(func() { s.run(ctx) })
	}
	for id, s := range have {
		if next[id] != s {
			s.cancel()
		}
	}
	r.streams[streamID] = next
	if len(next) == 0 {
		delete(r.streams, streamID)
	}
}

// Status tells how the targets of a stream do, by their id.
func (r *Relay) Status(streamID string) map[string]Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]Status{}
	for id, s := range r.streams[streamID] {
		out[id] = s.read()
	}
	return out
}

// Close lets go of all targets and waits for them.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	for _, targets := range r.streams {
		for _, s := range targets {
			s.cancel()
		}
	}
	r.streams = map[string]map[string]*sender{}
	r.mu.Unlock()
	r.wg.Wait()
}

// sender is one target.
type sender struct {
	relay  *Relay
	stream string
	target Target
	cancel context.CancelFunc

	mu     sync.Mutex
	status Status
}

func (s *sender) read() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *sender) move(to State, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Target, s.status.State, s.status.Since = s.target.ID, to, s.relay.cfg.Clock.Now()
	s.status.RetryAt = time.Time{}
	switch to {
	case Retrying:
		s.status.Tries++
		s.status.Reason = reason
	case Sending:
		s.status.Bytes = 0
	case Waiting:
		s.status.Tries, s.status.Reason = 0, ""
	case Connecting: // nothing to do
	}
}

// run sends whenever the stream is live, and never what is private.
func (s *sender) run(ctx context.Context) {
	for ctx.Err() == nil {
		tap, err := s.relay.cfg.Hub.TapPublic(ctx, s.stream)
		if err != nil {
			if s.read().State != Waiting {
				s.move(Waiting, "")
			}
			s.wait(ctx, lookEvery)
			continue
		}
		err = crash.Told(s.relay.cfg.Log, "a restream", func() error { return s.send(ctx, tap) })
		tap.Close()
		if err == nil || ctx.Err() != nil {
			continue // the stream is over, or the target is not wanted any more
		}
		pause := s.failed(err)
		s.wait(ctx, pause)
	}
}

func (s *sender) wait(ctx context.Context, d time.Duration) {
	timer := s.relay.cfg.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C():
	}
}

var errUnreachable = errors.New("relay: not reachable")

// failed notes why, and how long to wait.
func (s *sender) failed(err error) time.Duration {
	reason := "lost"
	switch {
	case errors.Is(err, rtmp.ErrRefused):
		reason = "refused"
	case errors.Is(err, errUnreachable):
		reason = "unreachable"
	case errors.Is(err, stream.ErrSlow):
		reason = "slow"
	}
	before := s.read()
	if before.State == Sending && s.relay.cfg.Clock.Now().Sub(before.Since) > settled {
		s.move(Waiting, "") // it went well for a while: count anew
	}
	s.move(Retrying, reason)
	s.relay.cfg.Log.Info("restream failed", "stream", s.stream, "target", s.target.ID, "reason", reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	pause := min(retryFirst<<min(s.status.Tries-1, 10), retryMax)
	s.status.RetryAt = s.status.Since.Add(pause)
	return pause
}

// send publishes until the stream ends (nil), or something fails.
func (s *sender) send(ctx context.Context, tap *stream.Tap) error {
	if s.read().State != Retrying {
		s.move(Connecting, "")
	}
	dial, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	c, err := s.relay.cfg.Dialer.Dial(dial, s.target.URL)
	if errors.Is(err, rtmp.ErrRefused) {
		return err
	}
	if err != nil {
		return errors.Join(errUnreachable, err)
	}
	stop := context.AfterFunc(ctx, c.Cut) // a write that hangs must not outlive the target
	defer stop()
	s.move(Sending, "")
	for {
		p, err := tap.Next(ctx)
		if errors.Is(err, io.EOF) {
			return c.Close()
		}
		if err == nil {
			err = write(c, p)
		}
		if err != nil {
			c.Cut()
			return err
		}
		s.mu.Lock()
		s.status.Bytes += int64(len(p.Body))
		s.mu.Unlock()
	}
}

func write(c *rtmp.Client, p stream.Packet) error {
	switch p.Kind {
	case stream.PacketMeta:
		return c.WriteData(p.Body)
	case stream.PacketVideo:
		return c.WriteVideo(p.Time, p.Body)
	case stream.PacketAudio: // nothing to do
	}
	return c.WriteAudio(p.Time, p.Body)
}

// Port is where a target's address leads: the port that it names, or that of its scheme.
func Port(u *url.URL) (int, error) { return rtmp.Port(u) }
