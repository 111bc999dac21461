package stream_test

import (
	"time"

	"hawker/internal/media/stream"
)

// shape is what an encoder sends.
type shape struct {
	fps, gop         int
	noAudio, noVideo bool
	// Nothing of the track, not even its configuration, comes before bring.
	lateAudio, lateVideo bool
	bframes              bool
	keyint               string // as x264 tells it
	first                uint32 // timestamp
	ctsShift             int32
	jitter               bool
	ntsc                 bool // 1000/1001 of fps
	ragged               int  // frames come up to so many ms late
	hevc                 bool
	ahead                int // the sound's timestamps are ahead of the picture's, in ms
}

// encoder publishes synthetic frames at the rig's clock.
type encoder struct {
	rig        *rig
	pub        *stream.Publication
	shape      shape
	ms         float64 // of the stream so far
	nv, na     int
	offset     int64 // added to timestamps, in ms
	kicked     chan error
	quietVideo bool
	quietAudio bool
	away       bool // something of it was answered by ErrUnplayable
}

func (r *rig) publish(name string, s shape) *encoder {
	r.t.Helper()
	e := &encoder{rig: r, shape: s, kicked: make(chan error, 1)}
	var err error
	e.pub, err = r.hub.Publish(r.t.Context(), stream.PublishRequest{App: "live", Name: name, Protocol: "test"},
		func(err error) { e.kicked <- err })
	if err != nil {
		r.t.Fatalf("publish: %v", err)
	}
	if !s.noVideo && !s.lateVideo {
		e.must(e.pub.Video(s.first, videoConfig()))
	}
	if !s.noAudio && !s.lateAudio {
		e.must(e.pub.Audio(s.first, audioConfig()))
	}
	e.quietVideo, e.quietAudio = s.lateVideo, s.lateAudio
	return e
}

// bring starts a track that is late, with its configuration.
func (e *encoder) bring() {
	e.rig.t.Helper()
	if e.shape.lateVideo {
		e.must(e.pub.Video(e.timestamp(uint32(e.ms)), videoConfig()))
	}
	if e.shape.lateAudio {
		e.must(e.pub.Audio(e.timestamp(uint32(e.ms)), audioConfig()))
	}
	e.quietVideo, e.quietAudio = false, false
}

func (e *encoder) must(err error) {
	e.rig.t.Helper()
	if err != nil {
		e.rig.t.Fatalf("frame: %v", err)
	}
}

// send publishes for a while, looking at the playlist after every frame.
func (e *encoder) send(d time.Duration) {
	e.rig.t.Helper()
	until := e.ms + float64(d.Milliseconds())
	for {
		v, a := e.videoAt(), float64(e.na)*1024/48
		if e.shape.noVideo {
			v = until
		}
		if e.shape.noAudio {
			a = until
		}
		next := min(v, a)
		if next >= until {
			break
		}
		e.step(next)
		if v <= a {
			e.video(uint32(v))
		} else {
			e.audio(uint32(a))
		}
		e.watch()
	}
	e.step(until)
}

// watch looks at the playlist, if there is one and the test wants it.
func (e *encoder) watch() {
	e.rig.t.Helper()
	if e.rig.blind || !e.listed() {
		return
	}
	if e.rig.sparing {
		e.rig.glance()
		return
	}
	e.rig.look()
}

func (e *encoder) listed() bool {
	h, _ := e.rig.hub.Stream("room")
	return h.PartTarget > 0
}

// videoAt is when the next frame is due.
func (e *encoder) videoAt() float64 {
	ms := float64(e.nv) * 1000 / float64(max(e.shape.fps, 1))
	if e.shape.ntsc {
		ms *= 1.001
	}
	if e.shape.ragged > 0 {
		ms += float64(e.nv * 7919 % e.shape.ragged)
	}
	return ms
}

func (e *encoder) step(to float64) {
	now := time.Duration(to*1000) * time.Microsecond
	was := time.Duration(e.ms*1000) * time.Microsecond
	e.rig.clock.Advance(now.Truncate(time.Millisecond) - was.Truncate(time.Millisecond))
	e.ms = to
}

func (e *encoder) timestamp(ms uint32) uint32 {
	return e.shape.first + ms + uint32(e.offset)
}

func (e *encoder) video(ms uint32) {
	e.rig.t.Helper()
	i := e.nv
	e.nv++
	if e.quietVideo {
		return
	}
	key := i%e.shape.gop == 0
	var cts int32
	if e.shape.bframes && !key {
		cts = []int32{100, 0, 33}[i%3]
	} else if e.shape.bframes {
		cts = 67
	}
	if e.shape.jitter && i%2 == 1 {
		ms += 3
	}
	size := 400
	if key {
		size = 4000
	}
	body := videoBody(key, cts+e.shape.ctsShift, size)
	if e.shape.hevc {
		body = hevcBody(key, cts+e.shape.ctsShift, size)
	}
	if key && e.shape.keyint != "" {
		copy(body[20:], "x264 - core 164 - options: ref=3 keyint="+e.shape.keyint+" ")
	}
	e.must(e.pub.Video(e.timestamp(ms), body))
}

func (e *encoder) audio(ms uint32) {
	e.rig.t.Helper()
	e.na++
	if !e.quietAudio {
		e.must(e.pub.Audio(e.timestamp(ms+uint32(e.shape.ahead)), audioBody()))
	}
}
