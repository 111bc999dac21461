package hls_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"weak"

	"hawker/internal/media/hls"
)

// Segments are most of what a live server holds: one that can no longer be asked
// for must not stay because something still points to it.
func TestAWindowHoldsNoMoreThanItServes(t *testing.T) {
	s := newStage(t)
	closed := map[int64]weak.Pointer[hls.Segment]{}
	for range 40 {
		s.segment(false)
		s.part(true)
		s.part(false)
		seg := s.w.Finish()
		closed[seg.Sequence] = weak.Make(seg)
	}
	runtime.GC()
	runtime.GC() // what the first one only found to be free
	served := 0
	for n, p := range closed {
		code := s.get(fmt.Sprintf("7/s%d.m4s", n)).Code
		if held := p.Value() != nil; held != (code == http.StatusOK) {
			t.Errorf("segment %d: status %d, held %v", n, code, held)
		}
		if code == http.StatusOK {
			served++
		}
	}
	if served != 6+2 { // listed, and kept for who is late
		t.Errorf("%d segments are served", served)
	}
}
