package stream_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"hawker/internal/media/flv"
)

// An hour of each kind of publisher, by a clock that the test moves. The judge
// sees every state that the playlist went through.
func TestHour(t *testing.T) {
	const hour = time.Hour
	for name, tt := range map[string]struct {
		part  time.Duration
		shape shape
		every time.Duration
		do    func(r *rig, e *encoder, rnd *rand.Rand) *encoder
		discs int64 // at the end, if something is done that asks for them; -1: one each time
	}{
		"30 fps":         {shape: shape{fps: 30, gop: 30}},
		"29.97 fps":      {shape: shape{fps: 30, gop: 60, ntsc: true, bframes: true}},
		"25 fps":         {shape: shape{fps: 25, gop: 50, bframes: true}, part: 200 * time.Millisecond},
		"uneven frames":  {shape: shape{fps: 30, gop: 45, ragged: 9}},
		"8.3 s GOPs":     {shape: shape{fps: 30, gop: 250, keyint: "250"}},
		"audio alone":    {shape: shape{noVideo: true}},
		"reconnects":     {shape: shape{fps: 30, gop: 30}, every: 97 * time.Second, do: reconnects, discs: -1},
		"jumps":          {shape: shape{fps: 30, gop: 30}, every: 61 * time.Second, do: jumps, discs: -1},
		"changing codec": {shape: shape{fps: 30, gop: 30}, every: 83 * time.Second, do: changesCodec, discs: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{part: tt.part})
			r.sparing = true
			rnd := rand.New(rand.NewPCG(1, 2))
			e := r.publish("room", tt.shape)
			if tt.every == 0 {
				tt.every = hour
			}
			done := int64(0)
			for left := hour; left > 0; left -= tt.every {
				e.send(min(left, tt.every))
				if tt.do != nil && left > tt.every {
					e = tt.do(r, e, rnd)
					done++
				}
			}
			r.look()
			want := tt.discs
			if want < 0 {
				want = done
			}
			if got := r.discontinuities(); got != want {
				t.Errorf("%d discontinuities, want %d", got, want)
			}
			if r.states < 3000 {
				t.Errorf("only %d states of the playlist were seen", r.states)
			}
			h, _ := r.hub.Stream("room")
			if off := h.Clock.Sub(r.clock.Now()); off.Abs() > 80*time.Millisecond {
				t.Errorf("after an hour the newest frame is dated %s from now", off)
			}
		})
	}
}

func reconnects(r *rig, e *encoder, rnd *rand.Rand) *encoder {
	s := e.shape
	s.first = rnd.Uint32()
	if rnd.IntN(2) == 0 {
		e.pub.Close(errNo)
		r.clock.Advance(time.Duration(rnd.IntN(20_000)) * time.Millisecond)
	}
	return r.publish("room", s)
}

func jumps(_ *rig, e *encoder, rnd *rand.Rand) *encoder {
	by := 3100 + rnd.Int64N(10_000_000)
	if rnd.IntN(2) == 0 {
		by = -by
	}
	e.offset += by
	return e
}

// changesCodec goes from H.264 to HEVC or back, in the middle of a publication.
func changesCodec(_ *rig, e *encoder, _ *rand.Rand) *encoder {
	e.rig.t.Helper()
	e.shape.hevc = !e.shape.hevc
	config := videoConfig()
	if e.shape.hevc {
		config = flv.VideoBody(flv.Video{Format: flv.HEVC, Kind: flv.KindConfig, Data: unhex(hevcRecord)})
	}
	e.must(e.pub.Video(e.timestamp(uint32(e.ms)), config))
	e.nv += e.shape.gop - e.nv%e.shape.gop - 1 // a key frame is next but one
	return e
}

// glance judges the playlist if it is another than before.
func (r *rig) glance() {
	r.t.Helper()
	w := r.get("/live/room/live.m3u8")
	if w.Code != http.StatusOK {
		r.t.Fatalf("playlist: status %d", w.Code)
	}
	if bytes.Equal(w.Body.Bytes(), r.seen) {
		return
	}
	r.seen = w.Body.Bytes()
	r.states++
	p, complaints := r.follow.Next(r.seen)
	for _, c := range complaints {
		r.t.Errorf("at %s: %s", r.clock.Now().Format("15:04:05.000"), c)
	}
	if p == nil || r.t.Failed() {
		r.t.Fatalf("playlist:\n%s", r.seen)
	}
	r.list = p
}
