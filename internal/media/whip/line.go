package whip

import (
	"slices"
	"sync"
	"time"
)

// The two tracks of a session.
const (
	trackVideo = iota
	trackAudio
)

const (
	videoRate = 90000
	audioRate = opusRate
	// skewMin is what the sound may be off before it is moved: reports are
	// written in NTP time by a clock that jitters by a few milliseconds.
	skewMin = 10 * time.Millisecond
	// skewMax is more than any microphone lags; beyond it a report is nonsense.
	skewMax = 10 * time.Second
	// ntpToUnix are the seconds from 1900 to 1970.
	ntpToUnix = 2208988800
)

// line puts the RTP timestamps of both tracks on one line of media time that
// begins when the session does. A track is placed by the arrival of its first
// packet; once both have a sender report, which ties RTP time to the sender's
// clock, the sound is moved to where it belongs beside the picture (RFC 3550,
// 6.4.1). It is safe for concurrent use.
type line struct {
	mu     sync.Mutex
	tracks [2]lineTrack
}

type lineTrack struct {
	have   bool
	last   uint32
	ticks  int64 // last, unwrapped
	offset time.Duration

	// ahead is by how much the sender's clock was ahead of the ticks, by the last
	// reports.
	ahead []time.Duration
}

// reportsKept is of how many reports the best is believed.
const reportsKept = 8

func trackRate(track int) int64 {
	if track == trackAudio {
		return audioRate
	}
	return videoRate
}

func ticksToDuration(ticks int64, track int) time.Duration {
	rate := trackRate(track)
	return time.Duration(ticks/rate)*time.Second + time.Duration(ticks%rate)*time.Second/time.Duration(rate)
}

// arrive takes note of a packet that came at time since the session began.
func (l *line) arrive(track int, rtpTime uint32, since time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.tracks[track]
	if !t.have {
		*t = lineTrack{have: true, last: rtpTime, offset: since}
		return
	}
	t.unwrap(rtpTime)
}

func (t *lineTrack) unwrap(rtpTime uint32) int64 {
	d := int64(int32(rtpTime - t.last))
	if d > 0 {
		t.last = rtpTime
		t.ticks += d
		return t.ticks
	}
	return t.ticks + d
}

// at gives the media time of an RTP timestamp; the track must have arrived.
func (l *line) at(track int, rtpTime uint32) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.tracks[track]
	d := int64(int32(rtpTime - t.last))
	return max(0, t.offset+ticksToDuration(t.ticks+d, track))
}

// report takes a sender report: at ntp (RFC 5905 long format) the track's clock
// showed rtpTime. It gives by how much the sound was moved.
func (l *line) report(track int, ntp uint64, rtpTime uint32) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.tracks[track]
	if !t.have || ntp == 0 {
		return 0
	}
	t.ahead = append(t.ahead, ntpToDuration(ntp)-ticksToDuration(t.ticks+int64(int32(rtpTime-t.last)), track))
	t.ahead = t.ahead[max(0, len(t.ahead)-reportsKept):]
	v, a := &l.tracks[trackVideo], &l.tracks[trackAudio]
	if len(v.ahead) == 0 || len(a.ahead) == 0 {
		return 0
	}
	// A sender that is late with its packets is late with the clock that it ties to
	// them, never early: the smallest difference is the truest.
	want := v.offset + slices.Min(a.ahead) - slices.Min(v.ahead)
	moved := want - a.offset
	if moved.Abs() < skewMin || moved.Abs() > skewMax {
		return 0
	}
	a.offset = want
	return moved
}

// ntpToDuration is the time since 1970.
func ntpToDuration(ntp uint64) time.Duration {
	seconds := int64(ntp>>32) - ntpToUnix
	return time.Duration(seconds)*time.Second + time.Duration((ntp&0xffffffff)*uint64(time.Second)>>32)
}

// durationToNTP is the reverse.
func durationToNTP(d time.Duration) uint64 {
	seconds := uint64(d/time.Second) + ntpToUnix
	return seconds<<32 | uint64(d%time.Second)<<32/uint64(time.Second)
}
