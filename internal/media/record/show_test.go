package record_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// TestShowJoinsWhatACutTookApart: a publisher that came back makes one replay.
func TestShowJoinsWhatACutTookApart(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"20261111T1-1", "20261111T2-2"} {
		r, p := begin(t, filepath.Join(root, "room", name), 0), newTape()
		r.Add(p.next(false))
		r.Add(p.next(false))
		r.Close()
	}
	show := record.Show{Root: root, StreamID: "room"}
	get := func(name string) *httptest.ResponseRecorder {
		rw := httptest.NewRecorder()
		show.Serve(rw, httptest.NewRequest(http.MethodGet, "/"+name, nil), name)
		return rw
	}
	list := get("index.m3u8").Body.String()
	if n := strings.Count(list, "#EXTINF"); n != 4 {
		t.Errorf("%d segments, want 4:\n%s", n, list)
	}
	if n := strings.Count(list, "#EXT-X-DISCONTINUITY\n"); n != 1 {
		t.Errorf("%d discontinuities, want 1:\n%s", n, list)
	}
	if strings.Count(list, "#EXT-X-MAP") != 2 || !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") {
		t.Errorf("maps or end are missing:\n%s", list)
	}
	for line := range strings.SplitSeq(list, "\n") {
		if strings.HasSuffix(line, ".mp4") {
			if res := get(line); res.Code != http.StatusOK || res.Body.Len() == 0 {
				t.Errorf("%s answers %d", line, res.Code)
			}
		}
	}
	for _, bad := range []string{"../secret.mp4", "20261111T1-1/../index.jsonl", "20261111T1-1/index.jsonl", "x/y/media-1.mp4", "/media-1.mp4", ".hidden/media-1.mp4"} {
		if res := get(bad); res.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", bad, res.Code)
		}
	}
	recs, err := show.Recordings()
	if err != nil {
		t.Fatal(err)
	}
	began := recs[0].Info.Start
	show.Marks = []hls.Mark{
		{ID: "before", Start: began.Add(-time.Hour), End: began.Add(-time.Minute)},
		{ID: "in", Start: began.Add(500 * time.Millisecond)},
		{ID: "after", Start: began.Add(time.Hour)},
		{ID: ""},
	}
	segment := get("index.m3u8").Body.String()
	if strings.Count(segment, "EXT-X-DATERANGE") != 1 || !strings.Contains(segment, `ID="in"`) {
		t.Errorf("marks:\n%s", segment)
	}
	show.Since = time.Now().Add(24 * time.Hour)
	if res := get("index.m3u8"); res.Code != http.StatusNotFound {
		t.Errorf("a show that has not begun answers %d", res.Code)
	}
}
