package hls_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/base/clock"
	"hawker/internal/media/hls"
	"hawker/internal/media/hls/hlscheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	partTarget = 534 * time.Millisecond
	target     = 2 * time.Second
	first      = 100 // FirstSequence
)

var start = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// stage is a window with a handler before it.
type stage struct {
	t     *testing.T
	clock *clock.Manual
	w     *hls.Window
	h     *hls.Handler
	init  *hls.Init
	at    time.Duration
}

func newStage(t *testing.T) *stage {
	c := clock.NewManual(start)
	return &stage{
		t: t, clock: c, h: hls.NewHandler(),
		init: &hls.Init{Generation: 7, Data: []byte("init"), Codecs: "avc1.64001f", Width: 1280, Height: 720, FPS: 30},
		w: hls.New(hls.Options{
			Clock: c, PartTarget: partTarget, TargetDuration: target, FirstSequence: first, FirstDiscontinuity: 5,
			WaitersMax: 4,
		}),
	}
}

// crowd lets more requests wait.
func (s *stage) crowd(most int) *stage {
	s.w = hls.New(hls.Options{
		Clock: s.clock, PartTarget: partTarget, TargetDuration: target, FirstSequence: first, WaitersMax: most,
	})
	return s
}

// segment opens a segment, closing the one before.
func (s *stage) segment(discontinuity bool) {
	s.w.Begin(s.init, start.Add(s.at), discontinuity)
}

func (s *stage) part(key bool) {
	s.t.Helper()
	n := s.w.NextPart()
	if err := s.w.Add(hls.Part{
		Data: hls.Body{[]byte("part "), strconv.AppendInt(nil, n, 10)}, Duration: 500 * time.Millisecond,
		Independent: key,
	}); err != nil {
		s.t.Fatal(err)
	}
	s.at += 500 * time.Millisecond
}

// live makes n whole segments of two parts and one part of the next.
func (s *stage) live(n int) *stage {
	s.t.Helper()
	for range n {
		s.segment(false)
		s.part(true)
		s.part(false)
		s.w.Finish()
	}
	s.segment(false)
	s.part(true)
	return s
}

func (s *stage) ask(ctx context.Context, method, name string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "/live/room/"+name, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	path, _, _ := strings.Cut(name, "?")
	w := httptest.NewRecorder()
	s.h.Serve(w, r, s.w, path)
	return w
}

func (s *stage) get(name string, head ...string) *httptest.ResponseRecorder {
	return s.ask(s.t.Context(), http.MethodGet, name, head...)
}

// asked is a request that may be waiting.
type asked struct {
	t    *testing.T
	done chan *httptest.ResponseRecorder
}

func (s *stage) start(name string) asked {
	a := asked{s.t, make(chan *httptest.ResponseRecorder, 1)}
	before := s.w.Waiting()
	go func() { a.done <- s.get(name) }()
	limit := time.Now().Add(time.Minute)
	for s.w.Waiting() == before && len(a.done) == 0 && time.Now().Before(limit) {
		yield()
	}
	return a
}

func yield() {
	t := time.NewTimer(50 * time.Microsecond)
	<-t.C
}

func (a asked) waiting() bool { return len(a.done) == 0 }

func (a asked) answer() *httptest.ResponseRecorder {
	a.t.Helper()
	select {
	case w := <-a.done:
		return w
	case <-time.After(time.Minute):
		a.t.Fatal("no answer")
		return nil
	}
}

func TestHintedPart(t *testing.T) {
	s := newStage(t).live(4) // parts 0 to 8
	a := s.start("7/p9.m4s")
	if !a.waiting() {
		t.Fatal("the hinted part was answered before it was there")
	}
	s.part(false)
	if w := a.answer(); w.Code != http.StatusOK || w.Body.String() != "part 9" {
		t.Errorf("status %d, body %q", w.Code, w.Body)
	}
	if w := s.get("7/p11.m4s"); w.Code != http.StatusNotFound ||
		w.Header().Get("Cache-Control") != "public, max-age=1" {
		t.Errorf("a part nobody announced: %d, %v", w.Code, w.Header())
	}
	a = s.start("7/p10.m4s")
	s.w.Pause()
	if w := a.answer(); w.Code != http.StatusNotFound {
		t.Errorf("hinted part after the publisher left: %d", w.Code)
	}
	if w := s.get("live.m3u8"); strings.Contains(w.Body.String(), "PRELOAD-HINT") {
		t.Error("a hint while nobody publishes")
	}
}

func TestMediaURLs(t *testing.T) {
	s := newStage(t).live(4)
	for name, want := range map[string]string{
		"7/p3.m4s": "part 3", "7/s104.m4s": "part 2part 3", "7/i0.mp4": "init",
	} {
		w := s.get(name)
		if w.Code != http.StatusOK || w.Body.String() != want ||
			w.Header().Get("Cache-Control") != "public, max-age=60, immutable" {
			t.Errorf("%s: %d %q %v", name, w.Code, w.Body, w.Header())
		}
		if got := w.Header().Get("Content-Length"); got != fmt.Sprint(len(want)) {
			t.Errorf("%s: length %s", name, got)
		}
		if w := s.ask(t.Context(), http.MethodHead, name); w.Code != http.StatusOK || w.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d, %d bytes", name, w.Code, w.Body.Len())
		}
		if w := s.get(name, "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: media compressed", name)
		}
	}
	for _, name := range []string{
		"gap.m4s", "6/p3.m4s", "8/s104.m4s", "7/s100.m4s", "7/i1.mp4", "7/p3.mp4", "7/i0.m4s", "7/x3.m4s",
		"7/p-1.m4s", "7/p.m4s", "7/", "", "../7/p3.m4s", "7/p99999999999999999999.m4s", "7/s107.m4s",
	} {
		if w := s.get(name); w.Code != http.StatusNotFound {
			t.Errorf("%q: status %d", name, w.Code)
		}
	}
	if w := s.ask(t.Context(), http.MethodPost, "live.m3u8"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestPlaylistHeaders(t *testing.T) {
	s := newStage(t).live(4)
	plain := s.get("live.m3u8")
	for accepted, want := range map[string]string{
		"": "", "identity": "", "gzip;q=0": "", "br, gzip; q=0.000, *": "", "gzip;q=0.1, br;q=0": "gzip",
	} {
		w := s.get("live.m3u8", "Accept-Encoding", accepted)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("to %q the playlist is encoded as %q", accepted, got)
		}
	}
	zipped := s.get("live.m3u8", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || string(text) != plain.Body.String() {
		t.Errorf("compressed playlist differs: %v", err)
	}
	h := zipped.Header()
	if h.Get("Content-Encoding") != "gzip" || h.Get("Vary") != "Accept-Encoding" ||
		h.Get("Content-Type") != "application/vnd.apple.mpegurl" {
		t.Errorf("headers %v", h)
	}
	if got := plain.Header().Get("Cache-Control"); got != "public, max-age=1" {
		t.Errorf("plain playlist: %s", got)
	}
	if got := s.get("live.m3u8?_HLS_msn=106").Header().Get("Cache-Control"); got != "public, max-age=12" {
		t.Errorf("blocking playlist: %s, want six target durations", got)
	}
	w := httptest.NewRecorder()
	if !hls.CORS(w, httptest.NewRequest(http.MethodOptions, "/", nil)) ||
		w.Header().Get("Access-Control-Allow-Headers") != "Range" {
		t.Errorf("preflight: %v", w.Header())
	}
	if w := s.get("index.m3u8"); !strings.Contains(w.Body.String(),
		"RESOLUTION=1280x720,FRAME-RATE=30.000\nlive.m3u8\n") {
		t.Errorf("multivariant playlist: %s", w.Body)
	}
}

func TestFirstPlaylistIsPadded(t *testing.T) {
	s := newStage(t).live(0)
	p, err := hlscheck.Parse(s.get("live.m3u8").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Segments) != 4 || !p.Segments[0].Gap || !p.Segments[2].Gap || p.Segments[3].Gap || p.Sequence != first {
		t.Errorf("%+v", p)
	}
	if d := p.Segments[3].Date.Sub(p.Segments[0].Date); d != 3*partTarget {
		t.Errorf("gaps span %v", d)
	}
}

func TestWindowSlides(t *testing.T) {
	s := newStage(t)
	var f hlscheck.Follower
	var p *hlscheck.Playlist
	for i := range 40 {
		s.segment(i%7 == 6)
		s.part(true)
		s.part(false)
		s.w.Finish()
		var complaints []string
		if p, complaints = f.Next(s.get("live.m3u8").Body.Bytes()); complaints != nil {
			t.Fatalf("segment %d: %v", i, complaints)
		}
	}
	if p.Sequence != first+3+40-6 {
		t.Errorf("MEDIA-SEQUENCE %d", p.Sequence)
	}
	if p.DiscontinuitySequence != 5+4 { // 6, 13, 20 and 27 have left; 34 is listed
		t.Errorf("DISCONTINUITY-SEQUENCE %d", p.DiscontinuitySequence)
	}
	seq, disc := s.w.NextSequence()
	if seq != first+3+40 || disc != 5+5 {
		t.Errorf("next is %d, %d", seq, disc)
	}
	// Segments that left the list are served a little longer, then not.
	for msn, want := range map[int64]int{p.Sequence - 1: 200, p.Sequence - 2: 200, p.Sequence - 3: 404} {
		if w := s.get(fmt.Sprintf("7/s%d.m4s", msn)); w.Code != want {
			t.Errorf("segment %d: status %d, want %d", msn, w.Code, want)
		}
	}
}

func TestNothingIsMisused(t *testing.T) {
	s := newStage(t)
	if err := s.w.Add(hls.Part{}); err == nil {
		t.Error("a part without a segment")
	}
	s.segment(false)
	if s.w.Finish() != nil {
		t.Error("a segment without parts")
	}
	s.w.Pause()
	a := s.start("live.m3u8")
	if !a.waiting() {
		t.Error("a playlist without media")
	}
	s.clock.Advance(3 * target)
	if w := a.answer(); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
}
