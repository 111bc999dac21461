package hls_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/media/hls"
	"hawker/internal/media/hls/hlscheck"
)

// theatre is a window with a writer that does whatever publishers do, and a strict
// player that reads it after each step.
type theatre struct {
	*stage
	rt     *rapid.T
	judge  hlscheck.Follower
	parts  map[string]string // what was ever announced, by its address
	whole  map[string]string
	open   bool
	key    bool // the next part begins a segment
	paused bool
	ended  bool
}

// cut begins a segment, after a break or not.
func (h *theatre) cut(discontinuity bool) {
	if h.ended {
		return
	}
	h.segment(discontinuity)
	h.open, h.key, h.paused = true, true, false
}

func (h *theatre) grow(*rapid.T) {
	if h.ended {
		return
	}
	if !h.open {
		h.cut(h.paused)
	}
	h.part(h.key)
	h.key = false
}

// close ends a segment: of three parts at the most, so that it stays within its
// target.
func (h *theatre) close(*rapid.T) {
	if h.open && !h.key {
		h.w.Finish()
		h.open = false
	}
}

// publisher is another one: everything begins anew, and goes on behind a break.
func (h *theatre) publisher(*rapid.T) {
	if h.ended {
		return
	}
	h.init = &hls.Init{
		Generation: h.init.Generation + 1, Data: []byte("init of another"), Codecs: "avc1.64001f", Width: 640,
		Height: 360,
	}
	h.at += 3 * time.Second
	h.cut(true)
}

func (h *theatre) pause(*rapid.T) {
	if !h.ended {
		h.w.Pause()
		h.open, h.paused = false, true
		h.at += time.Second
	}
}

func (h *theatre) fetch(uri string) (int, string) {
	r := h.get(uri)
	return r.Code, r.Body.String()
}

// read is the player: what the list names is there, the same as ever, and a segment is
// its parts.
func (h *theatre) read(*rapid.T) {
	if h.w.NextPart() == 0 {
		return // nothing has been announced; who asks waits
	}
	r := h.get("live.m3u8")
	if r.Code != http.StatusOK {
		h.rt.Fatalf("the list is answered %d", r.Code)
	}
	p, complaints := h.judge.Next(r.Body.Bytes())
	for _, c := range complaints {
		if !strings.Contains(c, "no full segment") { // a stream of a moment
			h.rt.Fatalf("%s in\n%s", c, r.Body)
		}
	}
	for _, s := range p.Segments {
		parts := ""
		for _, x := range s.Parts {
			status, data := h.fetch(x.URI)
			if was, known := h.parts[x.URI]; status != http.StatusOK || known && was != data || !strings.HasPrefix(data,
				"part ") {
				h.rt.Fatalf("%s is answered %d %q, before it was %q", x.URI, status, data, was)
			}
			h.parts[x.URI] = data
			parts += data
		}
		if !s.Done || s.Gap {
			continue
		}
		status, data := h.fetch(s.URI)
		if was, known := h.whole[s.URI]; status != http.StatusOK || known && was != data || len(s.Parts) > 0 && data !=
			parts {
			h.rt.Fatalf("%s is answered %d %q, its parts are %q, before it was %q", s.URI, status, data, parts, was)
		}
		h.whole[s.URI] = data
		if status, _ := h.fetch(s.Map); status != http.StatusOK {
			h.rt.Fatalf("the init segment %s of %s is answered %d", s.Map, s.URI, status)
		}
	}
	if p.Ended != h.ended || h.ended && p.Hint != "" || h.paused && p.Hint != "" {
		h.rt.Fatalf("ended %v, paused %v: the list says ended %v and hints at %q", h.ended, h.paused, p.Ended, p.Hint)
	}
	for uri, was := range h.whole { // what has left is as it was, or is not there
		if status, data := h.fetch(uri); status != http.StatusNotFound && data != was {
			h.rt.Fatalf("%s was %q and is %d %q", uri, was, status, data)
		}
	}
}

// Whatever publishers do, a strict player finds no fault at any moment.
func TestAStrictPlayerFindsNoFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := &theatre{
			stage: newStage(t), rt: rt, parts: map[string]string{}, whole: map[string]string{},
		}
		length := 0
		rt.Repeat(map[string]func(*rapid.T){
			"part": func(t *rapid.T) {
				if length++; length > 3 {
					h.close(t)
					length = 1
				}
				h.grow(t)
			},
			"close":     func(t *rapid.T) { h.close(t); length = 0 },
			"publisher": func(t *rapid.T) { h.publisher(t); length = 0 },
			"pause":     func(t *rapid.T) { h.pause(t); length = 0 },
			"":          h.read,
		})
		h.w.End()
		h.ended = true
		h.read(rt)
	})
}

// Players who wait for the same part get the same answer at the same step; whoever
// hangs up waits no more, and nobody is left when the window goes.
func TestPlayersWhoWaitTogether(t *testing.T) {
	t.Parallel()
	s := newStage(t).live(4)
	var waiting []asked
	for range 3 {
		waiting = append(waiting, s.start("live.m3u8?_HLS_msn=107&_HLS_part=1"))
	}
	ctx, hangUp := context.WithCancel(t.Context())
	var gone sync.WaitGroup
	gone.Go(func() { s.ask(ctx, http.MethodGet, "live.m3u8?_HLS_msn=108&_HLS_part=0") })
	for s.w.Waiting() < 4 {
		yield()
	}
	if r := s.get("live.m3u8?_HLS_msn=107&_HLS_part=1"); r.Code != http.StatusServiceUnavailable ||
		r.Header().Get("Retry-After") == "" {
		t.Errorf("one too many is answered %d", r.Code)
	}
	if r := s.get("live.m3u8"); r.Code != http.StatusOK {
		t.Errorf("who does not wait is answered %d", r.Code)
	}
	hangUp()
	gone.Wait()
	s.part(false)
	first := waiting[0].answer().Body.String()
	for _, a := range waiting[1:] {
		if got := a.answer(); got.Code != http.StatusOK || got.Body.String() != first {
			t.Errorf("two who waited for one part got %q and %d %q", first, got.Code, got.Body)
		}
	}
	if n := s.w.Waiting(); n != 0 {
		t.Errorf("%d wait still", n)
	}
}
