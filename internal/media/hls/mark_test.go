package hls_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls"
)

func TestMarkLine(t *testing.T) {
	at := time.Date(2026, 11, 11, 20, 0, 1, 5e6, time.FixedZone("", 8*3600))
	for name, tt := range map[string]struct {
		mark hls.Mark
		want string // empty: refused
	}{
		"pin": {
			hls.Mark{
				ID: "pin-7", Class: "hawker.pin", Start: at,
				Attrs: map[string]string{"SKU": "a1", "PRICE": "9.90"},
			},
			`#EXT-X-DATERANGE:ID="pin-7",CLASS="hawker.pin",START-DATE="2026-11-11T12:00:01.005Z",` +
				`X-PRICE="9.90",X-SKU="a1"`,
		},
		"ended": {
			hls.Mark{ID: "x", Start: at, End: at.Add(time.Second)},
			`#EXT-X-DATERANGE:ID="x",START-DATE="2026-11-11T12:00:01.005Z",END-DATE="2026-11-11T12:00:02.005Z"`,
		},
		"hostile text": {
			hls.Mark{ID: "x", Start: at, Attrs: map[string]string{"TITLE": "a\"\r\n#EXT-X-ENDLIST\n吆喝\xff"}},
			`#EXT-X-DATERANGE:ID="x",START-DATE="2026-11-11T12:00:01.005Z",X-TITLE="a”  #EXT-X-ENDLIST 吆喝"`,
		},
		"no id":             {hls.Mark{Start: at}, ""},
		"no start":          {hls.Mark{ID: "x"}, ""},
		"ends before":       {hls.Mark{ID: "x", Start: at, End: at.Add(-1)}, ""},
		"hostile name":      {hls.Mark{ID: "x", Start: at, Attrs: map[string]string{"A=1\n": "b"}}, ""},
		"lower case name":   {hls.Mark{ID: "x", Start: at, Attrs: map[string]string{"sku": "b"}}, ""},
		"attribute unnamed": {hls.Mark{ID: "x", Start: at, Attrs: map[string]string{"": "b"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.mark.Line()
			if tt.want == "" {
				if !errors.Is(err, hls.ErrMark) {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			if err != nil || got != tt.want+"\n" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// A mark stands in the list while its start does, gains its end, and wakes no
// request that waits for media.
func TestMarksFollowTheWindow(t *testing.T) {
	s := newStage(t).live(4)
	pin := hls.Mark{ID: "pin", Start: start.Add(s.at)}
	waiting := s.start("live.m3u8?_HLS_msn=107&_HLS_part=1")
	if err := s.w.Mark(pin); err != nil {
		t.Fatal(err)
	}
	list := func() string { return s.get("live.m3u8").Body.String() }
	if n := strings.Count(list(), "EXT-X-DATERANGE"); n != 1 {
		t.Fatalf("%d marks in\n%s", n, list())
	}
	pin.End = pin.Start.Add(time.Second)
	if err := s.w.Mark(pin); err != nil {
		t.Fatal(err)
	}
	if got := list(); strings.Count(got, "EXT-X-DATERANGE") != 1 || !strings.Contains(got, "END-DATE") {
		t.Errorf("told again:\n%s", got)
	}
	if !waiting.waiting() {
		t.Error("a mark answered a request for media")
	}
	s.part(false)
	if w := waiting.answer(); !strings.Contains(w.Body.String(), "EXT-X-DATERANGE") {
		t.Error("the next list lost the mark")
	}
	s.w.Finish()
	for range 20 {
		s.segment(false)
		s.part(true)
		s.part(false)
		s.w.Finish()
	}
	if strings.Contains(list(), "EXT-X-DATERANGE") {
		t.Errorf("its start has left the window:\n%s", list())
	}
	for i := range 1000 {
		if err := s.w.Mark(hls.Mark{ID: fmt.Sprint(i), Start: start.Add(s.at)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(list(), "EXT-X-DATERANGE"); n != 200 {
		t.Errorf("%d of 1000 marks, want the limit", n)
	}
}
