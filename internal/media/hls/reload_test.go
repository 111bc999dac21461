package hls_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls/hlscheck"
)

// The window has segments 100–102 (gaps), 103–106 whole with two parts each,
// and one part of 107.
const (
	now   = iota // answered at once
	bad          // 400
	part         // answered by the next part of 107
	seg          // answered when 107 is whole
	next         // answered by the first part of 108
	later        // waits for longer than the test looks
)

func reloads() map[string]int {
	return map[string]int{
		"":                                       now,
		"?other=1":                               now,
		"?_HLS_msn=106":                          now,
		"?_HLS_msn=106&_HLS_part=1":              now,
		"?_HLS_msn=103&_HLS_part=0":              now,
		"?_HLS_msn=1":                            now,
		"?_HLS_msn=100&_HLS_part=0":              now,
		"?_HLS_msn=106&_HLS_part=2":              now, // beyond the last of 106: part 0 of 107
		"?_HLS_msn=106&_HLS_part=999":            now,
		"?_HLS_msn=107&_HLS_part=0":              now,
		"?_HLS_msn=107&_HLS_part=1":              part,
		"?_HLS_msn=107&_HLS_part=2":              next, // 107 will have two parts: so part 0 of 108
		"?_HLS_msn=107":                          seg,
		"?_HLS_msn=108&_HLS_part=0":              next,
		"?_HLS_msn=109&_HLS_part=0":              later,
		"?_HLS_msn=108":                          later,
		"?_HLS_msn=109":                          later,
		"?_HLS_msn=110":                          bad,
		"?_HLS_msn=107&_HLS_part=7":              bad,
		"?_HLS_msn=108&_HLS_part=6":              bad,
		"?_HLS_msn=99999999999":                  bad,
		"?_HLS_part=1":                           bad,
		"?_HLS_msn=-1":                           bad,
		"?_HLS_msn=x":                            bad,
		"?_HLS_msn=107&_HLS_part=x":              bad,
		"?_HLS_msn=107&_HLS_part=-1":             bad,
		"?_HLS_msn=99999999999999999999":         bad,
		"?_HLS_msn=%zz":                          bad,
		"?_HLS_msn=107&_HLS_part=1&_HLS_skip=v2": part,
	}
}

func TestBlockingReload(t *testing.T) {
	for query, want := range reloads() {
		t.Run(query, func(t *testing.T) {
			s := newStage(t).live(4)
			a := s.start("live.m3u8" + query)
			if want == now || want == bad {
				status := http.StatusOK
				if want == bad {
					status = http.StatusBadRequest
				}
				if w := a.answer(); w.Code != status {
					t.Errorf("status %d, want %d", w.Code, status)
				}
				return
			}
			steps := []struct {
				do   func()
				wait int
			}{
				{func() { s.part(false) }, part},
				{func() { s.w.Finish() }, seg},
				{func() { s.segment(false); s.part(true) }, next},
			}
			for i, step := range steps {
				if !a.waiting() {
					t.Fatalf("answered before step %d", i)
				}
				step.do()
				if step.wait == want {
					w := a.answer()
					p, err := hlscheck.Parse(w.Body.Bytes())
					if w.Code != http.StatusOK || err != nil {
						t.Fatalf("status %d, %v", w.Code, err)
					}
					last := p.Segments[len(p.Segments)-1]
					reached := map[int]bool{
						part: last.Sequence == 107 && len(last.Parts) == 2,
						seg:  last.Sequence == 107 && last.Done,
						next: last.Sequence == 108,
					}
					if !reached[want] {
						t.Errorf("answered with %+v", last)
					}
					return
				}
			}
			s.w.End() // whoever still waits is let go
			if w := a.answer(); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ENDLIST") {
				t.Errorf("at the end: status %d", w.Code)
			}
		})
	}
}

func TestWaitersAreLetGo(t *testing.T) {
	t.Run("after three target durations", func(t *testing.T) {
		s := newStage(t).live(4)
		a := s.start("live.m3u8?_HLS_msn=107&_HLS_part=1")
		s.clock.Advance(3*target - time.Millisecond)
		if !a.waiting() {
			t.Fatal("given up too early")
		}
		s.clock.Advance(time.Millisecond)
		if w := a.answer(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("status %d, %v", w.Code, w.Header())
		}
	})
	t.Run("when the client leaves", func(t *testing.T) {
		s := newStage(t).live(4)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.ask(ctx, http.MethodGet, "live.m3u8?_HLS_msn=107&_HLS_part=1")
		}()
		cancel()
		<-done
		if n := s.w.Waiting(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
	t.Run("when there are too many", func(t *testing.T) {
		s := newStage(t).live(4)
		var all []asked
		for range 4 {
			all = append(all, s.start("live.m3u8?_HLS_msn=107&_HLS_part=1"))
		}
		if w := s.start("live.m3u8?_HLS_msn=107&_HLS_part=1").answer(); w.Code != http.StatusServiceUnavailable {
			t.Errorf("the fifth of four: status %d", w.Code)
		}
		s.part(false)
		for _, a := range all {
			if w := a.answer(); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		}
	})
}

// Of many who wait, those are woken whom a change serves, all with the same bytes, and
// nobody is forgotten: neither who waits for a later one nor who leaves meanwhile.
func TestManyWaiters(t *testing.T) {
	s := newStage(t).crowd(1000).live(4)
	const n = 300
	ctx, leave := context.WithCancel(t.Context())
	var here, later []asked
	gone := make(chan struct{}, n)
	for range n {
		here = append(here, s.start("live.m3u8?_HLS_msn=107&_HLS_part=1"))
		later = append(later, s.start("live.m3u8?_HLS_msn=108&_HLS_part=0"))
		go func() {
			s.ask(ctx, http.MethodGet, "live.m3u8?_HLS_msn=107")
			gone <- struct{}{}
		}()
	}
	leave()
	for range n {
		<-gone
	}
	if got := s.w.Waiting(); got != 2*n {
		t.Fatalf("%d wait", got)
	}
	s.part(false)
	var first string
	for _, a := range here {
		w := a.answer()
		if first == "" {
			first = w.Body.String()
		}
		if w.Code != http.StatusOK || w.Body.String() != first {
			t.Fatalf("%d: %.200s", w.Code, w.Body)
		}
	}
	if got := s.w.Waiting(); got != n {
		t.Errorf("%d wait for the next segment", got)
	}
	s.segment(false)
	s.part(true)
	for _, a := range later {
		if w := a.answer(); w.Code != http.StatusOK || w.Body.String() == first {
			t.Fatalf("%d: %.200s", w.Code, w.Body)
		}
	}
}
