// Package ladder makes smaller renditions of live streams that want them, by one
// ffmpeg child for each stream: the picture is decoded once, scaled in steps and
// encoded for each rung; sound stays as it is. The child is fed from memory and
// answers into memory, so there is nothing to clean up.
//
// A stream never depends on its ladder. A child that dies or falls behind costs
// its renditions until it is started again, with growing pauses; at most so many
// children run as the node was told; they run at low priority and within limits.
// How renditions are cut and served is package stream's part.
package ladder

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/media/child"
	"hawker/internal/media/stream"
)

// Config of a Ladder. All but Program and StreamsMax are required.
type Config struct {
	Hub        *stream.Hub
	Clock      clock.Clock
	Log        *slog.Logger
	Program    string // ffmpeg; empty: the one on the PATH
	StreamsMax int    // children at a time; 0: half as many as there are cores
}

// State is where a stream's ladder is.
type State string

// The states.
const (
	Waiting  State = "waiting"  // for room on this node
	Starting State = "starting" // the child runs, nothing can be played yet
	Running  State = "running"
	Retrying State = "retrying" // the child failed and will be started again
)

// Status is how a stream's ladder does.
type Status struct {
	State  State
	Tries  int    // that failed in a row
	Reason string // of the last failure
	PID    int    // of the child, 0 without
}

// Ladder keeps the children of a node.
type Ladder struct {
	cfg Config

	mu      sync.Mutex
	workers map[string]*worker
	waiting map[string]bool
}

const (
	lookEvery  = 500 * time.Millisecond
	retryFirst = time.Second
	retryMax   = 30 * time.Second
	settled    = 30 * time.Second // a child that lived so long did not fail in a row
)

// coresMin is the smallest machine on which rooms have smaller renditions unless their
// shop says otherwise: a ladder takes up to one core.
const coresMin = 4

// Affordable reports whether this machine has cores to spare for ladders.
func Affordable() bool { return runtime.NumCPU() >= coresMin }

// New makes a ladder; Run runs it.
func New(c Config) *Ladder {
	if c.Program == "" {
		c.Program = "ffmpeg"
	}
	c.StreamsMax = cmp.Or(c.StreamsMax, max(runtime.NumCPU()/2, 1))
	return &Ladder{cfg: c, workers: map[string]*worker{}, waiting: map[string]bool{}}
}

// Run looks for streams that want renditions until ctx ends, and has ended all
// children when it returns.
func (l *Ladder) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		l.look(ctx, &wg)
		t := l.cfg.Clock.NewTimer(lookEvery)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// look starts what is wanted and has room.
func (l *Ladder) look(ctx context.Context, wg *sync.WaitGroup) {
	waiting := map[string]bool{}
	defer func() {
		l.mu.Lock()
		l.waiting = waiting
		l.mu.Unlock()
	}()
	for _, h := range l.cfg.Hub.Streams() {
		if !l.wanted(h) || l.worker(h.StreamID) != nil {
			continue
		}
		w := &worker{ladder: l, stream: h.StreamID, status: Status{State: Starting}}
		if !l.enter(w) {
			waiting[h.StreamID] = true
			continue
		}
		wg.Go(func() {
			defer l.leave(w)
			w.run(ctx)
		})
	}
}

// wanted leaves out what the child could not read from FLV, which is all but
// H.264, and a picture that is small already.
func (l *Ladder) wanted(h stream.Health) bool {
	return h.Live && h.BitRate > 0 && strings.HasPrefix(h.VideoCodec, "avc1") && len(rungs(h)) > 0
}

func (l *Ladder) worker(streamID string) *worker {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.workers[streamID]
}

func (l *Ladder) enter(w *worker) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.workers) >= l.cfg.StreamsMax {
		return false
	}
	l.workers[w.stream] = w
	return true
}

func (l *Ladder) leave(w *worker) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.workers, w.stream)
}

// Status tells how the ladder of a stream does; false if it has or wants none.
func (l *Ladder) Status(streamID string) (Status, bool) {
	l.mu.Lock()
	w, waits := l.workers[streamID], l.waiting[streamID]
	l.mu.Unlock()
	if w == nil {
		return Status{State: Waiting}, waits
	}
	s := w.read()
	if h, ok := l.cfg.Hub.Stream(streamID); s.State == Starting && ok && len(h.Renditions) > 0 {
		s.State = Running
	}
	return s, true
}

// worker keeps the child of one stream.
type worker struct {
	ladder *Ladder
	stream string

	mu     sync.Mutex
	status Status
	skip   int // rungs that this machine is too slow for
}

func (w *worker) read() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

func (w *worker) change(f func(*Status)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.status)
}

// run runs one child after another until the stream is over.
func (w *worker) run(ctx context.Context) {
	c := w.ladder.cfg
	for ctx.Err() == nil {
		h, ok := c.Hub.Stream(w.stream)
		if !ok || h.Ended {
			return
		}
		if !w.ladder.wanted(h) { // the publisher is away, or has changed
			if h.Live {
				return
			}
			w.wait(ctx, lookEvery)
			continue
		}
		began := c.Clock.Now()
		err := crash.Told(c.Log, "a ladder", func() error { return w.once(ctx, h) })
		if err == nil || errors.Is(err, stream.ErrNoStream) || ctx.Err() != nil {
			return
		}
		if errors.Is(err, errChanged) || errors.Is(err, stream.ErrStage) {
			continue
		}
		if reason(err) == slow { // better fewer than none
			w.skip++
		}
		if c.Clock.Now().Sub(began) > settled {
			w.change(func(s *Status) { s.Tries = 0 })
		}
		tries := w.read().Tries
		pause := min(retryFirst<<min(tries, 10), retryMax)
		w.change(func(s *Status) { *s = Status{State: Retrying, Tries: tries + 1, Reason: reason(err)} })
		c.Log.Warn("renditions lost, starting them again", "stream", w.stream, "in", pause, "error", err)
		w.wait(ctx, pause)
		w.change(func(s *Status) { s.State = Starting })
	}
}

func (w *worker) wait(ctx context.Context, d time.Duration) {
	t := w.ladder.cfg.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
	}
}

const slow = "slow"

func reason(err error) string {
	switch {
	case errors.Is(err, stream.ErrBehind), errors.Is(err, stream.ErrSlow), errors.Is(err, errStalled):
		return slow
	case errors.Is(err, child.ErrMissing):
		return "missing"
	}
	return "lost"
}
