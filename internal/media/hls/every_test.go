package hls_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// model is what a playlist lists, its segments having two parts each.
type model struct {
	first, open int64 // MEDIA-SEQUENCE; the segment under way, or the one to come
	parts       int64 // of the open segment
	ended       bool
	last        int64 // the newest segment of which something is listed
}

const (
	partsPerSegment = 2
	aheadMax        = 6 // parts: three seconds in parts of half a second, rounded up
)

// want says how a request has to be answered, derived from section 6.2.5.2 of
// the draft and not from the code: now, bad or a wait.
func (m model) want(msn, part string) int {
	n, k, wellFormed := int64(-1), int64(-1), true
	if msn != "" {
		_, err := fmt.Sscan(msn, &n)
		wellFormed = err == nil && n >= 0
	}
	if part != "" {
		_, err := fmt.Sscan(part, &k)
		wellFormed = wellFormed && err == nil && k >= 0 && msn != ""
	}
	switch {
	case !wellFormed:
		return bad
	case msn == "" || m.ended:
		return now
	case n > m.last+2: // "more than two"
		return bad
	case n >= m.open && k >= 0 && k >= m.have(n)+aheadMax:
		return bad
	case m.has(n, k):
		return now
	}
	return later
}

// have is how many parts of a segment are listed.
func (m model) have(n int64) int64 {
	switch {
	case n < m.open:
		return partsPerSegment
	case n == m.open:
		return m.parts
	}
	return 0
}

func (m model) has(n, k int64) bool {
	if k < 0 {
		return n < m.open
	}
	if n < m.open-1 || n == m.open-1 && k < partsPerSegment {
		return true
	}
	if n == m.open-1 { // beyond its last part: part 0 of the next
		return m.parts > 0
	}
	return n == m.open && k < m.parts
}

// Every combination of segment, part, state of the stream and request for a
// delta update.
func TestReloadOfEveryKind(t *testing.T) {
	states := map[string]struct {
		model model
		to    func(s *stage)
	}{
		"live":    {model{100, 107, 1, false, 107}, func(*stage) {}},
		"between": {model{100, 108, 0, false, 107}, func(s *stage) { s.part(false); s.w.Finish() }},
		"begun":   {model{100, 108, 0, false, 107}, func(s *stage) { s.part(false); s.w.Finish(); s.segment(false) }},
		"paused":  {model{100, 108, 0, false, 107}, func(s *stage) { s.part(false); s.w.Pause() }},
		"returned": {
			model{100, 108, 1, false, 108},
			func(s *stage) { s.part(false); s.w.Pause(); s.segment(true); s.part(true) },
		},
		"ended": {model{100, 108, 0, true, 107}, func(s *stage) { s.part(false); s.w.End() }},
	}
	seen := map[int]int{}
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			for _, msn := range []string{
				"", "0", "99", "100", "102", "103", "106", "107", "108", "109", "110", "111",
				"9999", "-1", "x",
			} {
				for _, part := range []string{"", "0", "1", "2", "5", "6", "7", "8", "999", "-1", "x"} {
					for _, skip := range []string{"", "YES", "v2"} {
						want := state.model.want(msn, part)
						seen[want]++
						s := newStage(t).live(4)
						state.to(s)
						reload(t, s, query(msn, part, skip), want)
					}
				}
			}
		})
	}
	for _, kind := range []int{now, bad, later} {
		if seen[kind] < 100 {
			t.Errorf("only %d requests of kind %d", seen[kind], kind)
		}
	}
}

func query(msn, part, skip string) string {
	var q []string
	for _, kv := range [][2]string{{"msn", msn}, {"part", part}, {"skip", skip}} {
		if kv[1] != "" {
			q = append(q, "_HLS_"+kv[0]+"="+kv[1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + strings.Join(q, "&")
}

func reload(t *testing.T, s *stage, query string, want int) {
	t.Helper()
	a := s.start("live.m3u8" + query)
	if want == later {
		if s.w.Waiting() != 1 {
			t.Errorf("%s: does not wait", query)
		}
		s.w.End()
		if w := a.answer(); w.Code != http.StatusOK {
			t.Errorf("%s: %d at the end", query, w.Code)
		}
		return
	}
	w := a.answer()
	if want == bad {
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", query, w.Code)
		}
		return
	}
	if w.Code != http.StatusOK || w.Body.String() != s.get("live.m3u8").Body.String() {
		t.Errorf("%s: %d, not the list that is asked for without a query", query, w.Code)
	}
}
