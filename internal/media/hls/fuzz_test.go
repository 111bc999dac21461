package hls_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzReload asks a finished window for anything, with anything behind the question mark: it is answered at once.
func FuzzReload(f *testing.F) {
	for _, seed := range []string{
		"live.m3u8?_HLS_msn=1", "live.m3u8?_HLS_msn=1&_HLS_part=0", "live.m3u8?_HLS_part=1", "live.m3u8?_HLS_msn=-1",
		"live.m3u8?_HLS_msn=99999999999999999999", "live.m3u8?_HLS_msn=1&_HLS_msn=2", "live.m3u8?%zz", "7/p0.m4s",
		"7/s-1.m4s",
		"7/i0.mp4", "../x", "", "7/p99999999999999999999.m4s", "index.m3u8?_HLS_skip=YES",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		path, query, _ := strings.Cut(asked, "?")
		s := newStage(t).live(3)
		s.w.Finish()
		s.w.End()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live/room/x", nil)
		r.URL = &url.URL{Path: "/live/room/" + path, RawQuery: query}
		w := httptest.NewRecorder()
		s.h.Serve(w, r, s.w, path)
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusServiceUnavailable:
		default:
			t.Errorf("%q is answered %d", asked, w.Code)
		}
	})
}
