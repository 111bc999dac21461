package record_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// TestShowJoinsWhatACutTookApart: a publisher that came back makes one replay.
func TestShowJoinsWhatACutTookApart(t *testing.T) {
	a := newArchive(t)
	for _, name := range []string{"20261111T1-1", "20261111T2-2"} {
		r, p := begin(t, a, "room/shw_1/"+name, 0), newTape()
		r.Add(p.next(false))
		r.Add(p.next(false))
		r.Close()
	}
	show := record.Show{From: a.fs(), StreamID: "room", Show: "shw_1"}
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
		if strings.HasSuffix(line, ".m4s") {
			if res := get(line); res.Code != http.StatusOK || res.Body.Len() == 0 {
				t.Errorf("%s answers %d", line, res.Code)
			}
		}
	}
	for _, bad := range []string{
		"../secret.mp4", "20261111T1-1/../index.json", "20261111T1-1/index.json",
		"x/y/media-1.mp4", "/media-1.mp4", ".hidden/media-1.mp4",
	} {
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
	show.Show = "shw_2"
	if res := get("index.m3u8"); res.Code != http.StatusNotFound {
		t.Errorf("a show that has not begun answers %d", res.Code)
	}
}

// film records segments.
func film(t *testing.T, to record.Archive, dir string, p *tape, segments int) {
	t.Helper()
	r := begin(t, to, dir, 0)
	for range segments {
		r.Add(p.next(false))
	}
	if info := r.Close(); info.Segments != segments {
		t.Fatalf("%+v", info)
	}
}

func serve(show record.Show, name string, header ...string) *httptest.ResponseRecorder {
	rw, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	show.Serve(rw, r, name)
	return rw
}

// TestAShowServesNothingElse: neither another show, nor a warm-up, nor the recordings of before shows had folders.
func TestAShowServesNothingElse(t *testing.T) {
	a, p := newArchive(t), newTape()
	film(t, a, "room/20261110T1-1", p, 1)
	film(t, a, "room/shw_1/20261111T1-1", p, 1)
	film(t, a, "room/shw_2/20261112T1-1", p, 1)
	film(t, a, "other/shw_1/20261111T1-1", p, 1)
	show := record.Show{From: a.fs(), StreamID: "room", Show: "shw_1"}
	list := serve(show, "index.m3u8").Body.String()
	if strings.Count(list, "#EXTINF") != 1 || !strings.Contains(list, "20261111T1-1/0001-000001-1794427201000000-1000000.m4s") {
		t.Errorf("playlist:\n%s", list)
	}
	if res := serve(show, "20261111T1-1/0001-000001-1794427201000000-1000000.m4s"); res.Code != http.StatusOK ||
		res.Body.String() != "<1-a><1-b>" || res.Header().Get("Content-Type") != "video/iso.segment" {
		t.Errorf("%d %q", res.Code, res.Body)
	}
	for _, name := range []string{
		"20261110T1-1/init-0001.mp4", "20261112T1-1/init-0001.mp4", "../20261110T1-1/init-0001.mp4",
		"../shw_2/20261112T1-1/init-0001.mp4", "..", "../shw_2",
		"20261111T1-1/../../shw_2/20261112T1-1/init-0001.mp4",
		"20261111T1-1/index.m3u8", "20261111T1-1/index.json", "20261111T1-1", "",
	} {
		for _, ranges := range []string{"", "bytes=0-3"} {
			if res := serve(show, name, "Range", ranges); res.Code != http.StatusNotFound {
				t.Errorf("%q %s: %d %q", name, ranges, res.Code, res.Body)
			}
		}
	}
	for _, bad := range []record.Show{
		{From: a.fs(), StreamID: "room", Show: ".."},
		{From: a.fs(), StreamID: "room", Show: "../other/shw_1"},
		{From: a.fs(), StreamID: "..", Show: "shw_1"},
		{From: a.fs(), StreamID: "room", Show: "shw_3"},
		{From: a.fs(), StreamID: "room"},
	} {
		if res := serve(bad, "index.m3u8"); res.Code != http.StatusNotFound {
			t.Errorf("%+v: %d %s", bad, res.Code, res.Body)
		}
	}
	all, err := record.Scan(a.fs(), "room")
	if err != nil || len(all) != 3 || all[0].Info.Show != "" || all[1].Info.Show != "shw_1" ||
		all[2].Info.Show != "shw_2" {
		t.Errorf("%v, %v", all, err)
	}
}

// TestPrivateReplaySaysSo on every answer, whoever decided that it is private.
func TestPrivateReplaySaysSo(t *testing.T) {
	a := newArchive(t)
	film(t, a, "room/shw_1/20261111T1-1", newTape(), 2)
	for _, tt := range []struct {
		method, name, ranges string
		want                 int
	}{
		{http.MethodGet, "index.m3u8", "", http.StatusOK},
		{http.MethodGet, "20261111T1-1/init-0001.mp4", "", http.StatusOK},
		{http.MethodHead, "20261111T1-1/init-0001.mp4", "", http.StatusOK},
		{http.MethodGet, "20261111T1-1/init-0001.mp4", "bytes=0-3", http.StatusPartialContent},
		{http.MethodGet, "20261111T1-1/init-0001.mp4", "bytes=999-", http.StatusRequestedRangeNotSatisfiable},
		{http.MethodGet, "20261111T1-1/media-0009.mp4", "", http.StatusNotFound},
		{http.MethodGet, "nothing", "", http.StatusNotFound},
		{http.MethodDelete, "index.m3u8", "", http.StatusMethodNotAllowed},
		{http.MethodOptions, "index.m3u8", "", http.StatusNoContent},
	} {
		for _, guard := range []bool{true, false} {
			rw, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, "/x", nil)
			r.Header.Set("Range", tt.ranges)
			if guard {
				rw.Header().Set("Cache-Control", "private, no-store")
			}
			record.Show{From: a.fs(), StreamID: "room", Show: "shw_1", Private: !guard}.Serve(rw, r, tt.name)
			h := rw.Result().Header
			if rw.Code != tt.want || h.Get("Cache-Control") != "private, no-store" ||
				h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s %s: %d %v", tt.method, tt.name, tt.ranges, rw.Code, h)
			}
		}
	}
}
