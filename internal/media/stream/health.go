package stream

import (
	"time"

	"hawker/internal/media/record"
)

// Health is what the host of a stream wants to know.
type Health struct {
	StreamID   string
	Generation int64
	Live       bool // somebody publishes
	Ended      bool
	Since      time.Time // of the present publisher
	LastFrame  time.Time // when the newest frame came
	Protocol   string
	RemoteAddr string
	VideoCodec string
	AudioCodec string
	// Why the present publisher's picture or sound is not taken; while nobody publishes, the last one's.
	VideoTrouble, AudioTrouble Trouble
	Reordered                  bool // pictures come in another order than they are shown: B-frames
	Width                      int
	Height                     int
	FPS                        float64 // over the last seconds
	BitRate                    int64   // bits per second, over the last seconds
	KeyframeGap                time.Duration
	Dropped                    int64     // frames left out as unusable or overlapping
	Late                       int64     // frames that came more than 5 s after their time
	Clock                      time.Time // PROGRAM-DATE-TIME of the newest frame
	Recording                  record.Health
	Readers                    int   // of packets: FLV, RTMP, WHEP, children of this process
	OriginBytes                int64 // playlists and media that went out by HTTP in this process

	Ladder     []int    // sizes of the renditions that are wanted
	Renditions []string // that can be played now, the largest first

	// Zero until the first part is out.
	PartTarget, TargetDuration time.Duration
}

const (
	meterWindow = 2 * time.Second
	lateAfter   = 5 * time.Second
)

// meter counts what a publisher sends.
type meter struct {
	since, last    time.Time
	windowStart    time.Time
	bytes, frames  int64
	fps            float64
	bits           int64
	lastKey        int64
	haveKey        bool
	keyGap         time.Duration
	dropped, lates int64
	reordered      bool
}

func (m *meter) start(now time.Time) {
	*m = meter{since: now, windowStart: now, keyGap: m.keyGap}
}

func (m *meter) stop() { m.fps, m.bits = 0, 0 }

func (m *meter) video(now time.Time, lineMs int64, key bool, size int) {
	if key {
		if gap := time.Duration(lineMs-m.lastKey) * time.Millisecond; m.haveKey && gap > 0 {
			m.keyGap = gap
		}
		m.lastKey, m.haveKey = lineMs, true
	}
	m.frames++
	m.audio(now, size)
}

func (m *meter) audio(now time.Time, size int) {
	m.last = now
	m.bytes += int64(size)
	d := now.Sub(m.windowStart)
	if d < meterWindow {
		return
	}
	m.fps = float64(m.frames) / d.Seconds()
	m.bits = int64(float64(m.bytes*8) / d.Seconds())
	m.windowStart, m.bytes, m.frames = now, 0, 0
}

func (m *meter) late(now time.Time, w *wallclock, at ticks) {
	if w.anchored && now.Sub(w.at(at.duration())) > lateAfter {
		m.lates++
	}
}

// Stream gives the health of a stream that is in memory.
func (h *Hub) Stream(id string) (Health, bool) {
	s := h.find(id)
	if s == nil {
		return Health{}, false
	}
	return s.health(), true
}

// Streams gives the health of all streams in memory.
func (h *Hub) Streams() []Health {
	h.mu.Lock()
	all := make([]*Stream, 0, len(h.streams))
	for _, s := range h.streams {
		all = append(all, s)
	}
	h.mu.Unlock()
	out := make([]Health, 0, len(all))
	for _, s := range all {
		out = append(out, s.health())
	}
	return out
}

func (s *Stream) health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := Health{
		StreamID: s.id, Generation: s.state.Generation, Live: s.pub != nil, Ended: s.ended,
		Since: s.meter.since, LastFrame: s.meter.last,
		FPS: s.meter.fps, BitRate: s.meter.bits, KeyframeGap: s.meter.keyGap,
		VideoTrouble: s.trouble[Video], AudioTrouble: s.trouble[Audio], Reordered: s.meter.reordered,
		Dropped: s.meter.dropped, Late: s.meter.lates, Ladder: s.ladder,
	}
	for _, r := range s.ladderNow() {
		if r.Live() {
			x.Renditions = append(x.Renditions, r.name)
		}
	}
	if s.pack.window != nil {
		x.PartTarget, x.TargetDuration = s.pack.partMax.duration(), s.pack.window.Target()
	}
	if s.pub != nil {
		x.Protocol, x.RemoteAddr = s.pub.request.Protocol, s.pub.request.RemoteAddr
	}
	if c := s.pack.video.config; c != nil {
		x.VideoCodec, x.Width, x.Height = c.Codec, c.Width, c.Height
	}
	if c := s.pack.audio.config; c != nil {
		x.AudioCodec = c.Codec
	}
	if s.pack.wall.anchored {
		x.Clock = s.pack.wall.at(s.pack.position.duration())
	}
	x.OriginBytes = s.served.Load()
	if s.feed != nil {
		x.Readers = s.feed.count()
	}
	if s.recorder != nil {
		x.Recording = s.recorder.Health()
	}
	return x
}
