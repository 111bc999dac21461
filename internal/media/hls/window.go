// Package hls keeps the live edge of one stream as a Low-Latency HLS window and
// serves it. What it keeps true, whoever publishes and however often:
//
//   - MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE never go back;
//   - PART-TARGET, PART-HOLD-BACK and TARGETDURATION never change;
//   - a playlist is rendered and compressed at most once per change, and media
//     is sent from the very slices in which its publisher's frames came;
//   - a blocking request is answered by the change it waits for, or refused
//     within three target durations; none outlives the window.
//
// A Window has one writer (Begin, Add, Finish, Pause, End) and any number of
// readers. It cuts nothing: deciding where parts and segments end is the
// packager's job, in package stream.
//
// Source: draft-pantos-hls-rfc8216bis (HLS 2nd edition), called "the spec".
package hls

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
)

// Options are fixed for the life of a window.
type Options struct {
	Clock              clock.Clock
	PartTarget         time.Duration // the longest part
	TargetDuration     time.Duration // whole seconds
	Length             time.Duration // of listed media; at least 3 target durations
	Keep               int           // segments still served after they left the list
	WaitersMax         int
	FirstSequence      int64
	FirstDiscontinuity int64
	FirstPart          int64
	Private            bool            // not for everybody: see MakePrivate
	Served             *atomic.Int64   // counts the bytes that go out; may be nil
	Reports            func() []Report // on the other renditions; asked by readers, may be nil
}

const (
	lengthDefault     = 6 * time.Second
	keepDefault       = 2
	waitersMaxDefault = 20000
	gapSegments       = 3 // hls.js refuses a playlist without a full segment
)

// Init is an initialisation segment and what it says about its tracks.
type Init struct {
	Generation int64
	Index      int64
	Data       []byte
	Codecs     string
	Width      int
	Height     int
	FPS        float64
}

// Part is one partial segment. Its data is never written after Add.
type Part struct {
	Data        Body
	Duration    time.Duration
	Independent bool // starts with a key frame
	seq         int64
}

// Segment is a run of parts. A closed segment is never written again.
type Segment struct {
	Init          *Init
	Start         time.Time // PROGRAM-DATE-TIME
	Discontinuity bool
	Parts         []Part
	Duration      time.Duration
	Sequence      int64
	gap           bool
}

// Bytes is the size of the segment's media.
func (s *Segment) Bytes() int {
	n := 0
	for i := range s.Parts {
		n += s.Parts[i].Data.Len()
	}
	return n
}

// Body is the segment's media: that of its parts.
func (s *Segment) Body() Body {
	var b Body
	for i := range s.Parts {
		b = append(b, s.Parts[i].Data...)
	}
	return b
}

// ErrNotOpen is a part without a segment to put it in.
var ErrNotOpen = errors.New("hls: no open segment")

// Window is the live edge of one stream.
type Window struct {
	opts    Options
	queue   queue
	asked   atomic.Bool // since Watched was called
	current atomic.Pointer[snapshot]

	cacheBlocking []string // header value of blocking answers: six target durations

	mu       sync.Mutex // the writer's state
	listed   []*Segment // closed, in the playlist
	kept     []*Segment // closed, no longer in the playlist
	open     *Segment
	nextSeq  int64 // of the next segment
	nextPart int64
	disc     int64 // DISCONTINUITY-SEQUENCE
	hint     bool
	ended    bool
	gone     bool
	peakBits int64 // highest bit rate of a segment
	marks    []listedMark
}

// New makes an empty window.
func New(o Options) *Window {
	o.Length = max(o.Length, lengthDefault, 3*o.TargetDuration)
	if o.Served == nil {
		o.Served = new(atomic.Int64)
	}
	if o.Keep <= 0 {
		o.Keep = keepDefault
	}
	if o.WaitersMax <= 0 {
		o.WaitersMax = waitersMaxDefault
	}
	w := &Window{opts: o, nextSeq: o.FirstSequence, nextPart: o.FirstPart, disc: o.FirstDiscontinuity}
	w.cacheBlocking = []string{fmt.Sprintf("public, max-age=%d", 6*o.TargetDuration/time.Second)}
	w.current.Store(&snapshot{opts: &w.opts, sequence: o.FirstSequence})
	return w
}

// Begin opens a segment. The first one is preceded in the list by gap segments.
func (w *Window) Begin(init *Init, start time.Time, discontinuity bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open != nil {
		w.finish()
	}
	if !w.started() && len(w.listed) == 0 {
		w.pad(init, start)
	}
	w.open = &Segment{Init: init, Start: start, Discontinuity: discontinuity, Sequence: w.nextSeq}
	w.nextSeq++
	w.hint = true
}

// pad lists gap segments as long as PART-HOLD-BACK together, so that the place
// where a player starts lies in the list.
func (w *Window) pad(init *Init, start time.Time) {
	for i := range gapSegments {
		w.listed = append(w.listed, &Segment{
			Init: init, Sequence: w.nextSeq, Duration: w.opts.PartTarget, gap: true,
			Start: start.Add(-time.Duration(gapSegments-i) * w.opts.PartTarget),
		})
		w.nextSeq++
	}
}

// Add puts a part at the end of the open segment and announces it.
func (w *Window) Add(p Part) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		return ErrNotOpen
	}
	p.seq = w.nextPart
	w.nextPart++
	w.open.Parts = append(w.open.Parts, p)
	w.open.Duration += p.Duration
	w.announce()
	return nil
}

// Target is TARGETDURATION.
func (w *Window) Target() time.Duration { return w.opts.TargetDuration }

// PartTarget is PART-TARGET.
func (w *Window) PartTarget() time.Duration { return w.opts.PartTarget }

// NextPart is the sequence number of the part to come, for mfhd.
func (w *Window) NextPart() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nextPart
}

// NextSequence is the media sequence of the segment to come and the
// discontinuity sequence after the last one listed: what must never be used
// again.
func (w *Window) NextSequence() (segment, discontinuity int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	discontinuity = w.disc
	for _, s := range w.listed {
		if s.Discontinuity {
			discontinuity++
		}
	}
	if w.open != nil && w.open.Discontinuity {
		discontinuity++
	}
	return w.nextSeq, discontinuity
}

// Finish closes the open segment and announces it whole. It gives the closed
// segment, or nil if there was none.
func (w *Window) Finish() *Segment {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.finish()
	if s != nil {
		w.announce()
	}
	return s
}

func (w *Window) finish() *Segment {
	s := w.open
	w.open = nil
	if s == nil {
		return nil
	}
	if len(s.Parts) == 0 { // nothing was announced of it: take its number back
		w.nextSeq--
		return nil
	}
	w.listed = append(w.listed, s)
	if s.Duration > 0 {
		w.peakBits = max(w.peakBits, int64(float64(s.Bytes())*8/s.Duration.Seconds()))
	}
	w.trim()
	return s
}

// trim takes segments off the head while the list stays long enough. The
// slices are made anew because snapshots hold the old ones.
func (w *Window) trim() {
	var total time.Duration
	for _, s := range w.listed {
		total += s.Duration
	}
	n := 0
	for n < len(w.listed) && total-w.listed[n].Duration >= w.opts.Length {
		total -= w.listed[n].Duration
		if w.listed[n].Discontinuity {
			w.disc++
		}
		n++
	}
	if n == 0 {
		return
	}
	var kept []*Segment
	for _, s := range append(w.kept[:len(w.kept):len(w.kept)], w.listed[:n]...) {
		if !s.gap {
			kept = append(kept, s)
		}
	}
	// A slice of kept would hold on to the media of what it leaves out.
	w.kept = slices.Clone(kept[max(0, len(kept)-w.opts.Keep):])
	w.listed = append([]*Segment(nil), w.listed[n:]...)
}

// Pause says that no part is coming for now: the publisher is gone. The hint
// leaves the playlist and requests for the hinted part are let go.
func (w *Window) Pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish()
	w.hint = false
	if w.started() {
		w.announce()
	}
}

// Watched tells whether anybody has asked for anything since it was last called, or waits
// for something now.
func (w *Window) Watched() bool { return w.asked.Swap(false) || w.Waiting() > 0 }

// visit notes that somebody asks. Readers on many processors write nothing but once.
func (w *Window) visit() {
	if !w.asked.Load() {
		w.asked.Store(true)
	}
}

func (w *Window) started() bool { return w.nextPart > w.opts.FirstPart }

// End puts ENDLIST at the end and lets all waiters go.
func (w *Window) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish()
	w.hint, w.ended = false, true
	w.announce()
}

// announce replaces the snapshot and wakes who waits for it.
func (w *Window) announce() {
	s := &snapshot{
		opts:   &w.opts,
		listed: w.listed[:len(w.listed):len(w.listed)], kept: w.kept,
		disc: w.disc, ended: w.ended, peakBits: w.peakBits,
		sequence: w.nextSeq, nextPart: w.nextPart, started: w.started(), gone: w.gone,
	}
	if w.hint && !w.ended {
		s.hint = w.nextPart
	} else {
		s.hint = -1
	}
	if w.open != nil {
		o := *w.open
		o.Parts = o.Parts[:len(o.Parts):len(o.Parts)]
		s.open, s.sequence = &o, o.Sequence
	}
	w.trimMarks()
	s.marks = w.marks
	w.current.Store(s)
	w.queue.wake(s)
}
