package stream

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls"
)

const (
	renditionSuffix = "p"
	multiName       = "index.m3u8"
	renditionsMax   = 8
	cutsMax         = 96                             // that wait for their pictures
	lagMax          = ticks(6 * cmaf.VideoTimescale) // behind the stream: a player would rather have another one
	picturesMax     = 1200
	gapSegments     = 3 // that a window puts before its first segment
)

// Errors of a rendition. It is closed then; another one may be opened.
var (
	ErrBehind = errors.New("stream: the rendition fell behind or lost pictures")
	ErrClash  = errors.New("stream: such a rendition is open, or there are too many")
)

// RenditionOptions say what a rendition is.
type RenditionOptions struct {
	Name      string // ends in "p": the folder below the stream's, such as 480p
	Bandwidth int64  // bits per second that it promises not to exceed
	// Delay is the composition time of the stream's key frames: a rendition whose
	// pictures come in the order of their showing is decoded that much before.
	Delay int32
}

// Rendition is a smaller picture of a stream, made elsewhere from its packets. It
// is cut where the stream itself is cut, and carries the stream's own sound; only
// pictures are to be brought. Picture and Configure are called from one goroutine.
// The stream never waits for it: it falls behind and is withdrawn.
type Rendition struct {
	stream    *Stream
	name      string
	bandwidth int64
	delay     ticks
	shown     atomic.Pointer[hls.Window] // may be that of the one before, until this one has joined
	joined    atomic.Bool

	mu       sync.Mutex
	closed   bool
	err      error
	cuts     []cut // still to be made
	pictures []frame
	line     int64 // ms, of the newest picture or cut
	config   *flv.VideoConfig
	init     *hls.Init
	stale    bool // the tracks changed since init
	inits    int64
	tracks   cut
	ended    bool
	fresh    bool  // nothing of the present line was shown yet
	end      ticks // of the newest part
}

// OpenRendition begins a rendition of a stream that is live. Close it.
func (h *Hub) OpenRendition(streamID string, o RenditionOptions) (*Rendition, error) {
	s := h.find(streamID)
	if s == nil {
		return nil, ErrNoStream
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.feed == nil {
		return nil, ErrNoStream
	}
	r := &Rendition{stream: s, name: o.Name, bandwidth: o.Bandwidth, delay: ticks(o.Delay) * ticksPerMs}
	r.line = int64(s.pack.position / ticksPerMs)
	list := slices.Clone(s.ladderNow())
	if i := slices.IndexFunc(list, func(x *Rendition) bool { return x.name == o.Name }); i >= 0 {
		old := list[i]
		if !old.over() {
			return nil, ErrClash
		}
		r.shown.Store(old.shown.Load())
		r.inits = old.inits
		list[i] = r
	} else {
		r.inits = s.inits
		list = append(list, r)
	}
	if len(list) > renditionsMax || !validID(o.Name) {
		return nil, ErrClash
	}
	s.renditions.Store(&list)
	return r, nil
}

func (r *Rendition) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Live tells whether it can be played now.
func (r *Rendition) Live() bool {
	if !r.joined.Load() {
		return false
	}
	_, _, ok := r.shown.Load().Edge()
	return ok
}

// Configure takes the AVCDecoderConfigurationRecord of what comes next.
func (r *Rendition) Configure(record []byte) error {
	c, err := flv.ParseAVC(record)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.config != nil && string(r.config.Record) == string(c.Record) {
		return nil
	}
	r.config, r.stale = &c, true
	return nil
}

// Picture takes one coded picture, whose time is on the stream's own line as
// Packet.Time and its place in showing; its data is kept.
func (r *Rendition) Picture(ms uint32, v flv.Video) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && len(r.pictures) >= picturesMax {
		r.err = ErrBehind
	}
	if r.err != nil || r.closed {
		return errors.Join(r.err, errClosedIf(r.closed))
	}
	r.line += int64(int32(ms - uint32(r.line)))
	at := ticks(r.line)*ticksPerMs - r.delay
	r.pictures = append(r.pictures, frame{at: at, key: v.Key, data: v.Data})
	r.pump(false)
	return r.err
}

func errClosedIf(closed bool) error {
	if closed {
		return ErrClosed
	}
	return nil
}

// Close ends the rendition: with the stream if that is over, else its playlist is
// withdrawn and players go to another one.
func (r *Rendition) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if n := len(r.cuts); n > 0 && r.cuts[n-1].kind == cutEnd {
		r.pump(true)
	}
	r.closed = true
	r.cuts, r.pictures = nil, nil
	if w := r.shown.Load(); r.joined.Load() && !r.ended {
		w.Withdraw()
	}
}

// retire ends the rendition with the stage of its stream: players lose its playlist, and
// whoever makes it is told. It gives how many init segments it had.
func (r *Rendition) retire() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = ErrStage
	}
	r.cuts, r.pictures = nil, nil
	if w := r.shown.Load(); w != nil {
		w.Withdraw()
	}
	return r.inits
}

// take notes a cut of the stream, under Stream.mu.
func (r *Rendition) take(c cut) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.err != nil {
		return
	}
	r.cuts = append(r.cuts, c)
	r.pump(false)
	if len(r.cuts) >= cutsMax || r.lag() > lagMax {
		r.err = ErrBehind
	}
}

// lag is how much is cut already and not made.
func (r *Rendition) lag() ticks {
	var from, to ticks
	for i := range r.cuts {
		if c := &r.cuts[i]; c.kind == cutPart {
			if to == 0 {
				from = c.from
			}
			to = c.end
		}
	}
	return to - from
}

// pump makes all cuts whose pictures are there, or with last simply all.
func (r *Rendition) pump(last bool) {
	for len(r.cuts) > 0 && r.err == nil && r.make(&r.cuts[0], last) {
		r.cuts[0] = cut{}
		r.cuts = r.cuts[1:]
	}
}

// make makes one cut; false if its pictures are still to come.
func (r *Rendition) make(c *cut, last bool) bool {
	if c.kind == cutBegin && !r.joined.Load() {
		joins, wait := r.joins(c)
		if wait {
			return last
		}
		if joins {
			r.open(c)
		}
	}
	if !r.joined.Load() {
		return true
	}
	w := r.shown.Load()
	switch c.kind {
	case cutBegin:
		r.begin(c, w)
	case cutPart:
		return r.part(c, w, last)
	case cutFinish:
		w.Finish()
	case cutPause:
		w.Pause()
	case cutEnd:
		w.End()
		r.ended = true
	}
	return true
}

// joins tells whether the rendition can be played from this segment on: its first
// picture is there, and is a key frame.
func (r *Rendition) joins(c *cut) (joins, wait bool) {
	i := 0
	for i < len(r.pictures) && r.pictures[i].at < c.from-c.frame/2 {
		i++
	}
	r.pictures = r.pictures[i:]
	if !c.picture {
		return false, false
	}
	if len(r.pictures) == 0 || r.config == nil {
		return false, true
	}
	first := &r.pictures[0]
	return first.key && first.at < c.from+c.frame/2, false
}
