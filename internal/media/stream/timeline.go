package stream

// Track tells audio from video.
type Track int

// Tracks of a stream.
const (
	Video Track = iota
	Audio
)

const (
	jumpForwardMs   = 3000 // more is a new time line
	jumpAloneMs     = 7500 // of a track that has no other beside it: rare pictures, each shorter than a segment may be
	jumpBackMs      = 500
	sameLineMs      = 3000 // tracks this close belong to one line
	resumeMs        = 1000 // a track that paused comes back this close to the other
	stepDefaultMs   = 33
	originDefaultMs = 5000 // room for a track that starts a little before the first
)

// timeline turns the 32-bit millisecond timestamps of a publisher, which wrap
// every 49.7 days, jump and go back, into one line in milliseconds that only
// goes on. It is pure: no clock, no buffers.
type timeline struct {
	origin int64
	tracks [2]trackLine
}

type trackLine struct {
	have  bool
	last  uint32 // newest timestamp as it came
	raw   int64  // the same, unwrapped
	shift int64  // line = raw + shift
	out   int64
	step  int64 // newest ordinary distance between two frames
}

func newTimeline(origin int64) timeline { return timeline{origin: origin} }

// place puts a timestamp on the line. jump is true if a new line began with it:
// the publisher's clock jumped, and what follows does not continue what was.
func (t *timeline) place(tr Track, ts uint32) (out int64, jump bool) {
	l, other := &t.tracks[tr], &t.tracks[1-tr]
	if !l.have {
		t.start(l, other, ts)
		return l.out, false
	}
	d := int64(int32(ts - l.last)) // signed difference: a wrap is a small step
	l.last = ts
	l.raw += d
	forward := int64(jumpForwardMs)
	if !other.have {
		forward = jumpAloneMs
	}
	if d <= forward && d >= -jumpBackMs {
		if d > 0 {
			l.step = min(d, 1000)
		}
		l.out = l.raw + l.shift
		return l.out, false
	}
	return t.jump(l, other)
}

// start places the first frame of a track beside the other track if the two
// count from the same zero, else at the other's present.
func (t *timeline) start(l, other *trackLine, ts uint32) {
	*l = trackLine{have: true, last: ts, step: stepDefaultMs}
	switch {
	case !other.have:
		l.raw = int64(ts)
		l.shift = t.origin - l.raw
	default:
		d := int64(int32(ts - other.last))
		l.raw = other.raw + d
		l.shift = other.shift
		if abs(d) > sameLineMs {
			l.shift = other.out - l.raw
		}
	}
	l.out = l.raw + l.shift
}

func (t *timeline) jump(l, other *trackLine) (int64, bool) {
	if other.have {
		// The track merely paused, and comes back where the other one is; or the
		// other one has jumped already, and this one follows.
		near := int64(sameLineMs)
		if other.shift == l.shift {
			near = resumeMs
		}
		if abs(l.raw+other.shift-other.out) <= near {
			l.shift = other.shift
			l.out = l.raw + l.shift
			return l.out, false
		}
	}
	out := l.out + l.step
	if other.have {
		out = max(out, other.out)
	}
	l.shift = out - l.raw
	l.out = out
	return out, true
}

// end is a moment no frame has reached yet, for the next publisher's line.
func (t *timeline) end() int64 {
	e := t.origin
	for i := range t.tracks {
		if l := &t.tracks[i]; l.have {
			e = max(e, l.out+l.step)
		}
	}
	return e
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}
