package stream

import "time"

const (
	wallAheadMax  = 20 * time.Millisecond  // media cannot come before it was made
	wallBehindMax = 250 * time.Millisecond // later than this for a whole window: the clocks drift
	wallWindow    = 30 * time.Second
	wallSlew      = 10 * time.Millisecond // per segment
)

// wallclock ties the media line to the time of day. The tie is made by the
// first frame and keeps the slope of the media line, so a burst does not
// stretch it; it is corrected only if frames come before the time it says, or
// if for half a minute all of them came late.
type wallclock struct {
	anchored bool
	offset   time.Duration // time of day = offset + media time, both from zero
	lag      time.Duration // least lateness of the window
	since    time.Time
}

func (w *wallclock) reset() { *w = wallclock{} }

// observe takes note of a frame at media time pos that arrived at now.
func (w *wallclock) observe(pos time.Duration, now time.Time) {
	at := time.Duration(now.UnixNano()) - pos
	if !w.anchored {
		*w = wallclock{anchored: true, offset: at, since: now, lag: wallWindow}
		return
	}
	late := at - w.offset
	if late < -wallAheadMax {
		w.offset, w.lag, w.since = at, wallWindow, now
		return
	}
	w.lag = min(w.lag, late)
}

// slew corrects for slow drift; it is called once per segment.
func (w *wallclock) slew(now time.Time) {
	if now.Sub(w.since) < wallWindow {
		return
	}
	if w.lag > wallBehindMax && w.lag < wallWindow {
		w.offset += wallSlew
		w.lag -= wallSlew
		return
	}
	w.lag, w.since = wallWindow, now
}

func (w *wallclock) at(pos time.Duration) time.Time {
	return time.Unix(0, int64(w.offset+pos)).UTC()
}
