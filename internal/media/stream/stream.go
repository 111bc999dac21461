// Package stream is the live engine between the protocols that bring media in
// and the window that gives it out. A Stream has a name and outlives its
// publishers: they come and go under a generation number, a newer one takes
// over at once, and viewers follow one playlist through all of it. What it
// keeps true is listed at package hls; this package adds:
//
//   - only the newest publisher of a stream is heard; frames and the farewell
//     of an older one are ignored;
//   - sequence numbers are reserved in the Store before they are used, so not
//     even a kill -9 lets them go back;
//   - nothing outside (a slow store, a full disk, an observer) stops a stream.
//
// It knows no business: who may publish is asked of an Admission, what happened
// is told to an Observer.
package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// Reasons for which a publication ends.
var (
	ErrReplaced = errors.New("stream: a newer publisher took over")
	ErrClosed   = errors.New("stream: closed by the host")
	ErrShutdown = errors.New("stream: the server stops")
)

const (
	targetMin     = 2 * time.Second
	targetMax     = 8 * time.Second
	reserveBlock  = 256 // segments
	reserveMargin = 64
	discBlock     = 32
	discMargin    = 8
	storeTimeout  = 5 * time.Second
	partDefault   = time.Second / 3
	unwatchedFor  = 10 * time.Second // media of a stream that nobody publishes is kept
)

// Stream is one named live stream.
type Stream struct {
	id     string
	hub    *Hub
	clock  clock.Clock
	log    *slog.Logger
	window atomic.Pointer[hls.Window]
	served atomic.Int64 // bytes that went out by HTTP

	renditions atomic.Pointer[[]*Rendition] // replaced under mu
	fresh      chan struct{}                // closed when the first window of a life is there

	turn sync.Mutex // held while publishers change, across calls of the store

	mu        sync.Mutex
	pub       *Publication // nil if nobody publishes
	line      timeline
	feed      *feed // of the present life, or of the last
	pack      packager
	state     State // as it is, not as it is saved
	reserved  State // what the store holds
	reserving bool
	ended     bool
	stage     Stage
	stages    int           // how often it was set, in this process
	firstPart int64         // of the window to come
	inits     int64         // of the renditions to come: their names are not used again
	ladder    []int         // sizes of the renditions that are wanted
	linger    chan struct{} // closed to stop the wait for a next publisher
	recorder  *record.Recorder
	marks     []hls.Mark // told before the window was there
	meter     meter
	trouble   [2]Trouble // of the present publisher, or of the last
	told      bool       // the observer knows of a publisher and of no end
	end       int64      // of the line of the last publisher
}

// startLife prepares for a first publisher. The caller holds turn and mu.
func (s *Stream) startLife(g Grant) {
	part := g.PartTarget
	if part <= 0 {
		part = partDefault
	}
	s.ended = false
	s.feed, s.marks = newFeed(), nil
	s.end = originDefaultMs
	s.window.Store(nil)
	s.fresh = make(chan struct{})
	s.pack = packager{part: part, gap: s.state.KeyframeGap, follow: s.cut}
	s.ladder, s.stage = g.Ladder, g.Stage
	s.firstPart, s.inits = 0, 0
	s.renditions.Store(nil)
	if s.pack.gap == 0 {
		s.pack.gap = g.KeyframeGap
	}
	if s.state.Open {
		s.pack.partMax, s.pack.targetKept = fromDuration(s.state.PartTarget), s.state.TargetDuration
	}
	s.pack.open = s.openWindow
	s.pack.onClose = s.segmentClosed
	if g.Record || g.Stage.Show != "" {
		s.recorder = s.record()
	}
}

// targetFor is the TARGETDURATION for a key frame distance. A distance that
// nobody knows yet gets the longest: with too short a target, segments of a
// hardware encoder at OBS's defaults (250 frames) would begin between key
// frames, where hls.js shows nothing for seconds. The next time it is known.
func targetFor(gap time.Duration) time.Duration {
	if gap <= 0 {
		return targetMax
	}
	return min(max(gap.Round(time.Second), targetMin), targetMax)
}

func (s *Stream) openWindow(partTarget time.Duration) *hls.Window {
	w := hls.New(hls.Options{
		Clock:              s.clock,
		Served:             &s.served,
		Reports:            func() []hls.Report { return s.reports(nil) },
		PartTarget:         partTarget,
		TargetDuration:     s.pack.target(),
		FirstSequence:      s.state.Sequence,
		FirstDiscontinuity: s.state.Discontinuity,
		FirstPart:          s.firstPart,
		Private:            s.stage.Private,
	})
	s.state.Open, s.state.PartTarget, s.state.TargetDuration = true, partTarget, w.Target()
	for _, m := range s.marks {
		_ = w.Mark(m) // Hub.Mark has looked at it
	}
	s.marks = nil
	s.window.Store(w)
	close(s.fresh)
	return w
}

// segmentClosed runs under mu, once per segment.
func (s *Stream) segmentClosed(seg *hls.Segment) {
	s.pack.wall.slew(s.clock.Now())
	if s.recorder != nil {
		s.recorder.Add(seg)
	}
	s.state.Sequence, s.state.Discontinuity = s.pack.window.NextSequence()
	if gap := s.meter.keyGap; gap > 0 {
		s.state.KeyframeGap = gap
	}
	low := s.state.Open != s.reserved.Open || s.state.Sequence > s.reserved.Sequence-reserveMargin ||
		s.state.Discontinuity > s.reserved.Discontinuity-discMargin
	if !low || s.reserving || s.pub == nil {
		return
	}
	s.reserving = true
	want := s.ahead()
	s.hub.wg.Go(func() { s.reserve(want) })
}

// ahead is the state to save so that what is used until the next save is safe.
func (s *Stream) ahead() State {
	a := s.state
	a.Sequence += reserveBlock
	a.Discontinuity += discBlock
	return a
}

// reserve saves in the background: a slow store stops no stream. Should it stay
// away for a whole block, the stream goes on with numbers it has not reserved,
// and a crash before the store is back could then repeat some.
func (s *Stream) reserve(want State) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	err := crash.Told(s.log, "a store", func() error { return s.hub.cfg.Store.Save(ctx, s.id, want) })
	if errors.Is(err, ErrElsewhere) {
		s.turn.Lock()
		defer s.turn.Unlock()
		s.surrender()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserving = false
	if err != nil {
		s.log.Error("stream numbers not reserved", "stream", s.id, "error", err)
		return
	}
	if want.Generation == s.state.Generation && !s.ended {
		s.reserved = want
	}
}

// unpublish ends a publication if it is still the current one.
func (s *Stream) unpublish(p *Publication, reason error) bool {
	s.mu.Lock()
	if s.pub != p {
		s.mu.Unlock()
		return false
	}
	s.leave()
	stop := make(chan struct{})
	s.linger = stop
	if s.told { // of this one, or of one that it has taken over from
		s.told = false
		s.hub.tell(func(o Observer) { o.OnUnpublish(s.id, p.generation, reason) })
	}
	s.mu.Unlock()
	s.hub.wg.Go(func() { s.wait(stop) })
	return true
}

// leave closes what the current publisher left open. The caller holds mu.
func (s *Stream) leave() {
	s.pack.flush()
	s.end = max(s.line.end(), int64(s.pack.position/ticksPerMs)+1)
	if s.pack.window != nil {
		s.state.Sequence, s.state.Discontinuity = s.pack.window.NextSequence()
	}
	s.pub = nil
	s.meter.stop()
}

// wait keeps the stream up for the publisher to come back, then ends it, and
// some time later forgets it. What nobody asks for meanwhile is let go earlier.
func (s *Stream) wait(stop chan struct{}) {
	s.watched() // until now
	for _, step := range []func(){s.finish, func() { s.hub.forget(s) }} {
		until := s.clock.Now().Add(s.hub.cfg.Linger)
		for left := s.hub.cfg.Linger; left > 0; left = until.Sub(s.clock.Now()) {
			pause := min(left, unwatchedFor)
			t := s.clock.NewTimer(pause)
			select {
			case <-stop:
				t.Stop()
				return
			case <-t.C():
			}
			if !s.still(stop) {
				return
			}
			if pause == unwatchedFor { // in less, whoever is there need not have asked again
				s.shed()
			}
		}
		step()
	}
}

// shed drops media that nobody has asked for since it was last called, while nobody
// publishes. Whoever comes now finds the stream as one whose server was started again.
func (s *Stream) shed() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pub == nil && s.window.Load() != nil && !s.watched() {
		s.drop()
		s.feed.clear()
	}
}

// watched tells whether anybody has asked for media since it was last called.
func (s *Stream) watched() bool {
	all := []*hls.Window{s.window.Load()}
	for _, r := range s.ladderNow() {
		all = append(all, r.shown.Load())
	}
	some := false
	for _, w := range all {
		some = w != nil && w.Watched() || some
	}
	return some
}

func (s *Stream) still(stop chan struct{}) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.linger == stop
}

// finish ends the life of the stream: ENDLIST, and the recording is closed.
// It does nothing while somebody publishes or if it has ended already.
func (s *Stream) finish() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	if s.pub != nil || s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	s.feed.close()
	if s.pack.window != nil {
		s.pack.window.End()
		s.cut(cut{kind: cutEnd})
	}
	s.state.Open = false
	state, rec := s.state, s.recorder
	s.reserved, s.recorder = state, nil
	s.mu.Unlock()
	s.save(state)
	s.closeRecorder(rec, state.Generation)
}

func (s *Stream) save(state State) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := s.hub.cfg.Store.Save(ctx, s.id, state); err != nil && !errors.Is(err, ErrElsewhere) {
		s.log.Error("stream state not saved", "stream", s.id, "error", err)
	}
}

func (s *Stream) closeRecorder(rec *record.Recorder, generation int64) {
	if rec == nil {
		return
	}
	info := rec.Close()
	s.hub.tell(func(o Observer) { o.OnRecorded(s.id, generation, info) })
}

// closing tells whether the current publication is p; used under mu.
func (s *Stream) current(p *Publication) bool { return s.pub == p && !s.ended }

// config applies f to the stream on behalf of p.
func (s *Stream) config(p *Publication, f func(*packager, *feed)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.current(p) {
		return ErrReplaced
	}
	f(&s.pack, s.feed)
	return nil
}

// picture takes one video frame of p: v, which is also the tag body.
func (s *Stream) picture(p *Publication, ts uint32, v flv.Video, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.current(p) {
		return ErrReplaced
	}
	out, jump := s.line.place(Video, ts)
	if jump {
		s.pack.jump()
	}
	s.feed.frame(Packet{Kind: PacketVideo, Key: v.Key, Time: uint32(out), Body: body})
	now := s.clock.Now()
	s.meter.video(now, out, v.Key, len(v.Data))
	s.meter.reordered = s.meter.reordered || v.Composition != 0
	at := ticks(out) * ticksPerMs
	err := s.pack.addVideo(frame{
		at: at, pts: at + ticks(v.Composition)*ticksPerMs, key: v.Key, data: v.Data,
	}, now)
	s.meter.late(now, &s.pack.wall, at)
	s.trouble[Video] = Trouble{}
	if err == nil && s.pack.video.ready {
		s.announce(p)
	}
	return err
}

// sound takes one audio frame of p: data, which is the end of the tag body.
func (s *Stream) sound(p *Publication, ts uint32, data, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.current(p) {
		return ErrReplaced
	}
	out, jump := s.line.place(Audio, ts)
	if jump {
		s.pack.jump()
	}
	s.feed.frame(Packet{Kind: PacketAudio, Time: uint32(out), Body: body})
	now := s.clock.Now()
	s.meter.audio(now, len(data))
	used, err := s.pack.addAudio(ticks(out)*ticksPerMs, data, now)
	s.trouble[Audio] = Trouble{}
	switch {
	case !used:
		s.meter.dropped++
	case err == nil:
		s.announce(p)
	}
	return err
}
