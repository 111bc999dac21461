package stream_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls/hlscheck"
)

func TestPlaylistRules(t *testing.T) {
	for name, tt := range map[string]struct {
		part    time.Duration
		shape   shape
		target  float64 // PART-TARGET; 0 is not looked at
		longest float64
	}{
		"30 fps, 1 s GOP":         {0, shape{fps: 30, gop: 30}, 0.363, 1.01},
		"B-frames":                {0, shape{fps: 30, gop: 30, bframes: true}, 0.363, 1.01},
		"negative composition":    {0, shape{fps: 30, gop: 30, bframes: true, ctsShift: -67}, 0.363, 1.01},
		"200 ms parts":            {200 * time.Millisecond, shape{fps: 30, gop: 30}, 0.218, 1.01},
		"25 fps, 2 s GOP":         {0, shape{fps: 25, gop: 50}, 0, 2.01},
		"60 fps, half second GOP": {0, shape{fps: 60, gop: 30}, 0, 1.02},
		"15 fps, 1.4 s GOP":       {0, shape{fps: 15, gop: 21}, 0, 1.42},
		"OBS's 250 frames":        {0, shape{fps: 30, gop: 250, keyint: "250"}, 0.363, 8.34},
		"x264's infinite GOP":     {0, shape{fps: 30, gop: 100000, keyint: "infinite"}, 0.363, 8.49},
		"a GOP longer than told":  {0, shape{fps: 30, gop: 250}, 0.363, 2.49},
		"0.7 s GOP":               {0, shape{fps: 30, gop: 21}, 0.363, 1.42},
		"every frame a key frame": {0, shape{fps: 30, gop: 1}, 0.363, 1.01},
		"jitter of 3 ms":          {0, shape{fps: 30, gop: 30, jitter: true}, 0.363, 1.02},
		"video only":              {0, shape{fps: 30, gop: 30, noAudio: true}, 0.363, 1.01},
		"audio only":              {0, shape{noVideo: true}, 0.363, 1.1},
		"starts late in the day":  {0, shape{fps: 30, gop: 30, first: 0x01000000}, 0.363, 1.01},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{part: tt.part})
			e := r.publish("room", tt.shape)
			e.send(22 * time.Second)
			p := r.list
			if !(tt.target == 0 || p.PartTarget == tt.target) {
				t.Errorf("PART-TARGET %g, want %g", p.PartTarget, tt.target)
			}
			if r.discontinuities() != 0 {
				t.Errorf("%d discontinuities in a steady stream", r.discontinuities())
			}
			longest := 0.0
			for _, s := range p.Segments {
				if s.Gap {
					continue
				}
				longest = max(longest, s.Duration)
			}
			if longest > tt.longest {
				t.Errorf("a segment of %g s, want at most %g", longest, tt.longest)
			}
			if got := p.Segments[len(p.Segments)-1].Date; r.clock.Now().Sub(got).Seconds() > tt.longest+0.6 {
				t.Errorf("newest segment is of %v, now is %v", got, r.clock.Now())
			}
		})
	}
}

func TestTimestampsOfThePublisher(t *testing.T) {
	const at = 6 * time.Second
	for name, tt := range map[string]struct {
		first uint32
		jump  int64
		want  int64 // discontinuities
	}{
		"pass 2^24":        {first: 0xffffff - 6000},
		"pass 2^31":        {first: 0x7fffffff - 6000},
		"pass 2^32":        {first: 0xffffffff - 6000},
		"jump by a minute": {jump: 60000, want: 1},
		"back by 5 s":      {jump: -5000, want: 1},
		"back by 0.3 s":    {jump: -300},
		"forward by 0.1 s": {jump: 100},
		"start again at 0": {first: 1_000_000, jump: -1_006_000, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{fps: 30, gop: 30, first: tt.first})
			e.send(at)
			e.offset = tt.jump
			e.send(8 * time.Second)
			if got := r.discontinuities(); got != tt.want {
				t.Errorf("%d discontinuities, want %d", got, tt.want)
			}
			if h, _ := r.hub.Stream("room"); h.Clock.Sub(r.clock.Now()).Abs() > 500*time.Millisecond {
				t.Errorf("clock of the newest frame is %v, now is %v", h.Clock, r.clock.Now())
			}
		})
	}
}

// What is sent together need not be stamped together: a capture card's delay.
func TestSoundAndPictureApart(t *testing.T) {
	for _, ahead := range []int{-2900, -2000, -1000, -300, 300, 600, 1000, 2000, 2900, 30_000} {
		t.Run(fmt.Sprint(ahead), func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{fps: 30, gop: 30, first: 10_000, ahead: ahead})
			e.send(15 * time.Second)
			if got := r.discontinuities(); got > 1 { // one while they find each other
				t.Errorf("%d discontinuities", got)
			}
		})
	}
}

func TestLateTrack(t *testing.T) {
	const early = 2900 * time.Millisecond
	for name, tt := range map[string]struct {
		shape shape
		start func(e *encoder)
		bring func(e *encoder)
	}{
		"audio": {
			shape{fps: 30, gop: 30},
			func(e *encoder) { e.quietAudio = true },
			func(e *encoder) { e.quietAudio = false },
		},
		"video": {
			shape{fps: 30, gop: 30},
			func(e *encoder) { e.quietVideo = true },
			func(e *encoder) { e.quietVideo = false },
		},
		"audio unannounced": {shape{fps: 30, gop: 30, lateAudio: true}, func(*encoder) {}, (*encoder).bring},
		"video unannounced": {shape{fps: 30, gop: 30, lateVideo: true}, func(*encoder) {}, (*encoder).bring},
	} {
		// The track joins at every phase of part and segment.
		for phase := range time.Duration(30) {
			t.Run(fmt.Sprint(name, phase), func(t *testing.T) {
				r := newRig(t, rigOptions{})
				e := r.publish("room", tt.shape)
				tt.start(e)
				e.send(early + phase*40*time.Millisecond)
				alone := r.list.Segments[len(r.list.Segments)-1].Map
				tt.bring(e)
				e.send(4 * time.Second)
				n := len(r.list.Segments)
				if r.list.Segments[n-1].Map == alone || r.list.Segments[n-2].Duration > 1.1 {
					t.Errorf("after the track joined: %+v", r.list.Segments[n-2:])
				}
				if got := r.discontinuities(); got != 1 {
					t.Errorf("%d discontinuities, want 1", got)
				}
				w := r.get("/live/room/index.m3u8")
				if !strings.Contains(w.Body.String(), `CODECS="avc1.64001f,mp4a.40.2"`) {
					t.Errorf("multivariant playlist: %s", w.Body)
				}
			})
		}
	}
}

func TestTrackThatStops(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	e.quietAudio = true
	e.send(8 * time.Second)
	if w := r.get("/live/room/index.m3u8"); !strings.Contains(w.Body.String(), `CODECS="avc1.64001f"`) {
		t.Errorf("audio is gone, but the playlist says %s", w.Body)
	}
	e.quietAudio = false
	e.send(3 * time.Second)
	if w := r.get("/live/room/index.m3u8"); !strings.Contains(w.Body.String(), `CODECS="avc1.64001f,mp4a.40.2"`) {
		t.Errorf("audio is back, but the playlist says %s", w.Body)
	}
	e.quietVideo = true
	e.send(8 * time.Second)
	e.quietVideo = false
	e.send(3 * time.Second)
	if got := r.discontinuities(); got != 4 {
		t.Errorf("%d discontinuities, want one for each change of tracks", got)
	}
}

func TestPictureStandsStill(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	e.quietVideo = true
	e.send(2500 * time.Millisecond)
	e.quietVideo = false
	e.send(4 * time.Second)
	if got := r.discontinuities(); got != 0 {
		t.Errorf("%d discontinuities though audio went on", got)
	}
}

func TestHealth(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 60})
	e.send(9 * time.Second)
	h, ok := r.hub.Stream("room")
	if !ok || !h.Live || h.VideoCodec != "avc1.64001f" || h.AudioCodec != "mp4a.40.2" || h.Width != 1280 ||
		h.Height != 720 {
		t.Errorf("%+v", h)
	}
	if h.FPS < 29 || h.FPS > 31 || h.KeyframeGap != 2*time.Second || h.BitRate < 150_000 || h.BitRate > 300_000 {
		t.Errorf("fps %g, gap %v, %d b/s", h.FPS, h.KeyframeGap, h.BitRate)
	}
	if len(r.hub.Streams()) != 1 {
		t.Error("not among the streams")
	}
}

func TestDateOfABurst(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30, noAudio: true})
	for i := range uint32(90) { // 3 s of media at once, as after a stall of the network
		e.must(e.pub.Video(i*100/3, videoBody(i%30 == 0, 0, 300)))
	}
	e.nv, e.ms, r.blind = 90, 3000, true
	e.send(9 * time.Second) // the dates of the burst's own segments cannot be right
	r.look()
	h, _ := r.hub.Stream("room")
	if ahead := h.Clock.Sub(r.clock.Now()); ahead > 100*time.Millisecond || ahead < -300*time.Millisecond {
		t.Errorf("the newest frame is dated %v from now", ahead)
	}
}

func TestTargetDuration(t *testing.T) {
	for name, tt := range map[string]struct {
		gap   time.Duration
		shape shape
		want  int
	}{
		"nobody knows the gap":  {-1, shape{fps: 30, gop: 60}, 8},
		"x264 tells a second":   {-1, shape{fps: 30, gop: 30, keyint: "30"}, 2},
		"x264 tells four":       {-1, shape{fps: 30, gop: 120, keyint: "120"}, 4},
		"the app expects three": {3 * time.Second, shape{fps: 30, gop: 90}, 3},
		"nobody needs to know":  {-1, shape{noVideo: true}, 2},
		"x264 tells nonsense":   {-1, shape{fps: 30, gop: 30, keyint: "99999999999999999999"}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{gap: tt.gap})
			r.publish("room", tt.shape).send(3 * time.Second)
			if r.list.Target != tt.want {
				t.Errorf("TARGETDURATION %d, want %d", r.list.Target, tt.want)
			}
		})
	}
}

func TestGapIsRemembered(t *testing.T) {
	r := newRig(t, rigOptions{gap: -1})
	e := r.publish("room", shape{fps: 30, gop: 60})
	e.send(5 * time.Second)
	r.hub.Close("room")
	r.follow = hlscheck.Follower{}
	r.publish("room", shape{fps: 30, gop: 60}).send(3 * time.Second)
	if r.list.Target != 2 {
		t.Errorf("TARGETDURATION %d in the second life", r.list.Target)
	}
}
