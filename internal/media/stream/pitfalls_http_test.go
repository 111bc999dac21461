package stream_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func pitfallHTTP(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.publish("room", shape{fps: 30, gop: 30}).send(4 * time.Second)
	ask := func(path string) *httptest.ResponseRecorder {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live/room/"+path, nil)
		q.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		r.web.ServeHTTP(w, q)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" ||
			w.Header().Get("Access-Control-Expose-Headers") != "Content-Length, Date" {
			t.Errorf("%s: CORS %v", path, w.Header())
		}
		return w
	}
	list := ask("live.m3u8")
	if list.Header().Get("Content-Encoding") != "gzip" || list.Header().Get("Cache-Control") != "public, max-age=1" {
		t.Errorf("playlist: %v", list.Header())
	}
	z, err := gzip.NewReader(list.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(b), "#EXTM3U") {
		t.Errorf("%v: %s", err, b)
	}
	media := ask(r.list.Segments[len(r.list.Segments)-1].Parts[0].URI)
	if media.Header().Get("Content-Encoding") != "" ||
		!strings.Contains(media.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("media: %v", media.Header())
	}
	if lost := ask("1/p99999.m4s"); lost.Code != http.StatusNotFound ||
		lost.Header().Get("Cache-Control") != "public, max-age=1" {
		t.Errorf("lost media: %d %v", lost.Code, lost.Header())
	}
	q := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/live/room/live.m3u8", nil)
	w := httptest.NewRecorder()
	r.web.ServeHTTP(w, q)
	if w.Code != http.StatusNoContent || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Range") {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
}

func pitfallLongGOP(t *testing.T) {
	r := newRig(t, rigOptions{gap: -1})
	e := r.publish("room", shape{fps: 30, gop: 250})
	e.send(26 * time.Second)
	h, _ := r.hub.Stream("room")
	if gap := h.KeyframeGap - 8333*time.Millisecond; gap.Abs() > 2*time.Millisecond {
		t.Errorf("the host is told a gap of %s", h.KeyframeGap)
	}
	if r.list.Target != 8 {
		t.Errorf("TARGETDURATION %d", r.list.Target)
	}
	for _, s := range r.list.Segments {
		if s.Duration > 8.5 {
			t.Errorf("segment %d: %g s", s.Sequence, s.Duration)
		}
		for k, p := range s.Parts {
			if p.Independent && k > 0 {
				t.Errorf("part %d of segment %d is said to be a place to join", k, s.Sequence)
			}
		}
	}
}
