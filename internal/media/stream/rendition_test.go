package stream_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/stream"
)

// child does to packets what an ffmpeg does that makes a rendition: pictures come
// out in the order of their showing, each when the decoder can know that it is the
// next one.
type child struct {
	rig     *rig
	tap     *stream.Tap
	out     *stream.Rendition
	held    []shownPicture
	follow  hlscheck.Follower
	list    *hlscheck.Playlist
	matched map[int64]bool // segments that were compared whole
	err     error          // of the rendition
}

type shownPicture struct {
	at  uint32
	key bool
}

func (r *rig) child() *child {
	r.t.Helper()
	tap, err := r.hub.Tap(r.t.Context(), "room")
	if err != nil {
		r.t.Fatal(err)
	}
	c := &child{rig: r, tap: tap, matched: map[int64]bool{}}
	r.t.Cleanup(func() { c.end() })
	return c
}

func (c *child) end() {
	c.tap.Close()
	if c.out != nil {
		c.out.Close()
	}
}

// work takes what the stream has sent since.
func (c *child) work() {
	c.rig.t.Helper()
	nothing, cancel := context.WithCancel(context.Background())
	cancel() // Next gives what is there, and does not wait
	for {
		p, err := c.tap.Next(nothing)
		if err != nil {
			return
		}
		if p.Kind != stream.PacketVideo || p.Config {
			continue
		}
		v, err := flv.ParseVideo(p.Body)
		if err != nil {
			c.rig.t.Fatal(err)
		}
		if c.out == nil {
			c.open(v.Composition)
		}
		c.held = append(c.held, shownPicture{p.Time + uint32(v.Composition), p.Key})
		slices.SortStableFunc(c.held, func(a, b shownPicture) int { return int(int32(a.at - b.at)) })
		c.show(p.Time)
	}
}

func (c *child) open(delay int32) {
	out, err := c.rig.hub.OpenRendition("room", stream.RenditionOptions{Name: "360p", Bandwidth: 500_000, Delay: delay})
	if err == nil {
		err = out.Configure(unhex(avcRecord))
	}
	if err != nil {
		c.rig.t.Fatal(err)
	}
	c.out = out
}

// show gives out what no later packet can come before.
func (c *child) show(decoded uint32) {
	for len(c.held) > 0 && int32(c.held[0].at-decoded) <= 0 {
		p := c.held[0]
		c.held = c.held[1:]
		body := videoBody(p.key, 0, 100)
		if err := c.out.Picture(p.at, flv.Video{Key: p.key, Data: body[5:]}); err != nil {
			c.err = err
			return
		}
	}
}

// compare judges the rendition's playlist, and sets it beside the stream's.
func (c *child) compare() {
	t := c.rig.t
	t.Helper()
	if h, _ := c.rig.hub.Stream("room"); len(h.Renditions) == 0 {
		return // a question now would wait for its first part
	}
	w := c.rig.get("/live/room/360p/live.m3u8")
	p, complaints := c.follow.Next(w.Body.Bytes())
	for _, x := range complaints {
		t.Errorf("rendition: %s", x)
	}
	source := c.rig.look()
	if t.Failed() {
		t.Fatalf("rendition:\n%s", w.Body)
	}
	c.list = p
	for _, b := range p.Segments {
		i := slices.IndexFunc(source.Segments, func(a hlscheck.Segment) bool { return a.Sequence == b.Sequence })
		if i < 0 || b.Gap || source.Segments[i].Gap {
			continue
		}
		a := source.Segments[i]
		if !a.Date.Equal(b.Date) || a.Discontinuity != b.Discontinuity || len(b.Parts) > len(a.Parts) || b.Done &&
			a.Duration != b.Duration {
			t.Fatalf("segment %d is %+v, the stream's is %+v", b.Sequence, b, a)
		}
		for k, part := range b.Parts {
			if part != a.Parts[k] {
				t.Fatalf("part %d of segment %d is %+v, the stream's is %+v", k, b.Sequence, part, a.Parts[k])
			}
		}
		c.matched[b.Sequence] = c.matched[b.Sequence] || b.Done
	}
}

// Whatever a publisher does, a rendition is cut where the stream is, carries the
// same numbers and dates and the same names of its parts.
func TestRenditionIsCutAlike(t *testing.T) {
	steady := func(e *encoder, work func()) {
		for range 30 {
			e.send(500 * time.Millisecond)
			work()
		}
	}
	halfway := func(change func(e *encoder)) func(e *encoder, work func()) {
		return func(e *encoder, work func()) {
			steady(e, work)
			change(e)
			steady(e, work)
		}
	}
	for name, tt := range map[string]struct {
		shape shape
		play  func(e *encoder, work func())
		least int // segments that were compared
	}{
		"steady":         {shape{fps: 30, gop: 30}, steady, 10},
		"B-frames":       {shape{fps: 30, gop: 30, bframes: true}, steady, 10},
		"jitter":         {shape{fps: 30, gop: 30, jitter: true}, steady, 10},
		"NTSC":           {shape{fps: 30, gop: 60, ntsc: true, bframes: true}, steady, 5},
		"60 fps":         {shape{fps: 60, gop: 60}, steady, 10},
		"video only":     {shape{fps: 25, gop: 50, noAudio: true}, steady, 5},
		"jump":           {shape{fps: 30, gop: 30}, halfway(func(e *encoder) { e.offset = 60000 }), 20},
		"back":           {shape{fps: 30, gop: 30, bframes: true}, halfway(func(e *encoder) { e.offset = -5000 }), 20},
		"past 2^32":      {shape{fps: 30, gop: 30, first: 0xffffffff - 6000}, steady, 10},
		"picture pauses": {shape{fps: 30, gop: 30}, pausing, 18},
		"sound comes":    {shape{fps: 30, gop: 30, lateAudio: true}, halfway((*encoder).bring), 20},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			r.blind = true
			e := r.publish("room", tt.shape)
			e.send(2 * time.Second)
			c := r.child()
			tt.play(e, func() { c.work(); c.compare() })
			if c.err != nil || c.list == nil {
				t.Fatalf("no rendition: %v", c.err)
			}
			if len(c.matched) < tt.least {
				t.Errorf("%d segments compared, want %d", len(c.matched), tt.least)
			}
			multi := r.get("/live/room/index.m3u8").Body.String()
			if !strings.Contains(multi, "\n360p/live.m3u8") || strings.Count(multi, "STREAM-INF") != 2 {
				t.Errorf("%s", multi)
			}
			c.end()
			if got := r.get("/live/room/360p/live.m3u8").Code; got != http.StatusNotFound {
				t.Errorf("a closed rendition answers %d", got)
			}
			if got := r.get("/live/room/360p/" + lastMedia(c.list)).Code; got != http.StatusOK {
				t.Errorf("its media answers %d to who is just fetching it", got)
			}
			if multi := r.get("/live/room/index.m3u8").Body.String(); strings.Contains(multi, "360p") {
				t.Errorf("it is still listed: %s", multi)
			}
		})
	}
}

// pausing stands still for ten seconds, as a phone does whose camera is covered by
// a call.
func pausing(e *encoder, work func()) {
	for i := range 60 {
		e.quietVideo = i >= 20 && i < 40
		if i == 40 {
			for e.nv%e.shape.gop != 0 { // it begins with a key frame
				e.nv--
			}
		}
		e.send(500 * time.Millisecond)
		work()
	}
}

func lastMedia(p *hlscheck.Playlist) string {
	for _, s := range slices.Backward(p.Segments) {
		if s.Done {
			return s.URI
		}
	}
	return ""
}

// A child that gives nothing, or too late, is told so and costs nothing.
func TestRenditionThatLags(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	c := r.child()
	c.work()
	for range 6 {
		e.send(500 * time.Millisecond)
		c.work()
	}
	c.compare()
	if c.list == nil || c.err != nil {
		t.Fatalf("it does not play: %v", c.err)
	}
	e.send(8 * time.Second) // the stream goes on, and is looked at after each frame
	c.work()
	if !errors.Is(c.err, stream.ErrBehind) {
		t.Errorf("after 8 s of silence: %v", c.err)
	}
	if _, err := r.hub.OpenRendition("room", stream.RenditionOptions{Name: "360p"}); !errors.Is(err, stream.ErrClash) {
		t.Errorf("a second one of that name: %v", err)
	}
	c.end()
	again := r.child()
	for range 10 {
		again.work()
		e.send(500 * time.Millisecond)
		again.compare()
	}
	if again.list == nil || again.err != nil {
		t.Errorf("the next one does not play: %v", again.err)
	}
}
