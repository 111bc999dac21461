package whip

import (
	"slices"
	"time"
)

const (
	trackWithin = 2 * time.Second // a microphone or a camera gives something
	childWithin = 6 * time.Second // a child gives something of what it was given
	trackBehind = 200             // ms that one track may be behind the other once both run
	aacFrameMs  = aacFrameSamples/samplesPerMs + 1
)

// gate holds a session's first pictures and sounds back until both tracks are there
// and level. Each may go through a child that has to start, and whichever speaks
// first brings with it what it was given meanwhile, in one burst. A show that began
// with one track alone would change its tracks a moment later, which players fix at
// the first init segment. Not safe for concurrent use.
type gate struct {
	open   bool
	coming [2]bool // the publisher sends it; what a child makes of it may take longer
	begun  bool    // the first picture and the sound that belongs to it are written
	since  time.Time
	held   [2][]heldFrame
	newest [2]uint32 // ms
}

// heldFrame is one picture or one frame of sound.
type heldFrame struct {
	at    uint32 // ms
	write func()
}

// push writes a frame of a track, now or when the other track is there.
func (g *gate) push(now time.Time, track int, f heldFrame) {
	if g.open {
		f.write()
		return
	}
	if g.since.IsZero() {
		g.since = now
	}
	g.held[track] = append(g.held[track], f)
	g.newest[track] = max(g.newest[track], f.at)
	if g.begin() {
		g.level()
	}
	if !g.open && now.Sub(g.since) > g.patience() {
		g.release()
	}
}

// patience is how long the tracks wait for each other.
func (g *gate) patience() time.Duration {
	if g.coming[trackVideo] && g.coming[trackAudio] {
		return childWithin
	}
	return trackWithin
}

// begin writes the first picture and the first sound that is not over by then, one
// after the other: whoever cuts the stream learns of both tracks before a first part
// of it is done.
func (g *gate) begin() bool {
	if g.begun {
		return true
	}
	v, a := g.held[trackVideo], g.held[trackAudio]
	if len(v) == 0 {
		return false
	}
	from := v[0].at
	a = slices.DeleteFunc(a, func(f heldFrame) bool { return f.at+aacFrameMs <= from })
	if g.held[trackAudio] = a; len(a) == 0 {
		return false
	}
	g.begun = true
	i := slices.IndexFunc(v, func(f heldFrame) bool { return f.at > from })
	if i < 0 {
		i = len(v) // a configuration comes at the time of its picture
	}
	for range i {
		g.next(trackVideo)
	}
	g.next(trackAudio)
	return true
}

// level writes what is held in the order of time, as far as the other track has come;
// once nothing is held any more, everything passes.
func (g *gate) level() {
	for {
		track := g.earliest()
		if track < 0 {
			g.open = true
			return
		}
		if g.held[track][0].at > g.newest[1-track]+trackBehind {
			return
		}
		g.next(track)
	}
}

// earliest is the track that is next, -1 if nothing is held.
func (g *gate) earliest() int {
	v, a := g.held[trackVideo], g.held[trackAudio]
	switch {
	case len(v) == 0 && len(a) == 0:
		return -1
	case len(a) == 0 || len(v) > 0 && v[0].at <= a[0].at:
		return trackVideo
	}
	return trackAudio
}

func (g *gate) next(track int) {
	f := g.held[track][0]
	g.held[track] = g.held[track][1:]
	f.write()
}

// release writes all that is held: the other track does not come.
func (g *gate) release() {
	g.open = true
	for track := g.earliest(); track >= 0; track = g.earliest() {
		g.next(track)
	}
	g.held = [2][]heldFrame{}
}
