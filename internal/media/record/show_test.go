package record_test

import (
	"net/http"
	"net/http/httptest"
	"os"
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
		r, p := begin(t, filepath.Join(root, "room", "shw_1", name), 0), newTape()
		r.Add(p.next(false))
		r.Add(p.next(false))
		r.Close()
	}
	show := record.Show{From: os.DirFS(root), StreamID: "room", Show: "shw_1"}
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
	for _, bad := range []string{
		"../secret.mp4", "20261111T1-1/../index.jsonl", "20261111T1-1/index.jsonl",
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

// put records segments, each file of its own when the init segment changes.
func put(t *testing.T, dir string, p *tape, segments int) {
	t.Helper()
	r := begin(t, dir, 0)
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
	root, p := t.TempDir(), newTape()
	put(t, filepath.Join(root, "room", "20261110T1-1"), p, 1)
	put(t, filepath.Join(root, "room", "shw_1", "20261111T1-1"), p, 1)
	put(t, filepath.Join(root, "room", "shw_2", "20261112T1-1"), p, 1)
	put(t, filepath.Join(root, "other", "shw_1", "20261111T1-1"), p, 1)
	show := record.Show{From: os.DirFS(root), StreamID: "room", Show: "shw_1"}
	list := serve(show, "index.m3u8").Body.String()
	if strings.Count(list, "#EXTINF") != 1 || !strings.Contains(list, "20261111T1-1/media-0001.mp4") {
		t.Errorf("playlist:\n%s", list)
	}
	if res := serve(show, "20261111T1-1/media-0001.mp4"); res.Code != http.StatusOK ||
		res.Body.String() != "INIT-1<1-a><1-b>" {
		t.Errorf("%d %q", res.Code, res.Body)
	}
	for _, name := range []string{
		"20261110T1-1/media-0001.mp4", "20261112T1-1/media-0001.mp4", "../20261110T1-1/media-0001.mp4",
		"../shw_2/20261112T1-1/media-0001.mp4", "..", "../shw_2",
		"20261111T1-1/../../shw_2/20261112T1-1/media-0001.mp4",
		"20261111T1-1/index.m3u8", "20261111T1-1/index.jsonl", "20261111T1-1", "",
	} {
		for _, ranges := range []string{"", "bytes=0-3"} {
			if res := serve(show, name, "Range", ranges); res.Code != http.StatusNotFound {
				t.Errorf("%q %s: %d %q", name, ranges, res.Code, res.Body)
			}
		}
	}
	for _, bad := range []record.Show{
		{From: os.DirFS(root), StreamID: "room", Show: ".."},
		{From: os.DirFS(root), StreamID: "room", Show: "../other/shw_1"},
		{From: os.DirFS(root), StreamID: "..", Show: "shw_1"},
		{From: os.DirFS(root), StreamID: "room", Show: "shw_3"},
		{From: os.DirFS(root), StreamID: "room"},
	} {
		if res := serve(bad, "index.m3u8"); res.Code != http.StatusNotFound {
			t.Errorf("%+v: %d %s", bad, res.Code, res.Body)
		}
	}
	all, err := record.Scan(os.DirFS(root), "room")
	if err != nil || len(all) != 3 || all[0].Info.Show != "" || all[1].Info.Show != "shw_1" ||
		all[2].Info.Show != "shw_2" {
		t.Errorf("%v, %v", all, err)
	}
}

// TestBeforeShowsHadFolders: what began before the show, and each file that holds any of it, stays behind.
func TestBeforeShowsHadFolders(t *testing.T) {
	root, p := t.TempDir(), newTape()
	put(t, filepath.Join(root, "room", "20261111T1-1"), p, 15) // a warm-up alone
	r := begin(t, filepath.Join(root, "room", "20261111T2-2"), 0)
	for range 15 { // a warm-up with the beginning of the show in one file
		r.Add(p.next(false))
	}
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")}
	for range 5 {
		r.Add(p.next(true))
	}
	r.Close()
	show := record.Show{From: os.DirFS(root), StreamID: "room", Since: start.Add(28 * time.Second)}
	list := serve(show, "index.m3u8").Body.String()
	if strings.Count(list, "#EXTINF") != 5 || strings.Contains(list, "media-0001") {
		t.Errorf("playlist:\n%s", list)
	}
	for name, want := range map[string]int{
		"20261111T2-2/media-0002.mp4": http.StatusOK, "20261111T2-2/media-0001.mp4": http.StatusNotFound,
		"20261111T1-1/media-0001.mp4": http.StatusNotFound,
	} {
		if res := serve(show, name); res.Code != want {
			t.Errorf("%s: %d, want %d", name, res.Code, want)
		}
	}
	show.Since = time.Time{}
	for _, name := range []string{"index.m3u8", "20261111T2-2/media-0002.mp4"} {
		if res := serve(show, name); res.Code != http.StatusNotFound {
			t.Errorf("a show that never began: %s answers %d", name, res.Code)
		}
	}
}

// TestPrivateReplaySaysSo on every answer, whoever decided that it is private.
func TestPrivateReplaySaysSo(t *testing.T) {
	root := t.TempDir()
	put(t, filepath.Join(root, "room", "shw_1", "20261111T1-1"), newTape(), 2)
	for _, tt := range []struct {
		method, name, ranges string
		want                 int
	}{
		{http.MethodGet, "index.m3u8", "", http.StatusOK},
		{http.MethodGet, "20261111T1-1/media-0001.mp4", "", http.StatusOK},
		{http.MethodHead, "20261111T1-1/media-0001.mp4", "", http.StatusOK},
		{http.MethodGet, "20261111T1-1/media-0001.mp4", "bytes=0-3", http.StatusPartialContent},
		{http.MethodGet, "20261111T1-1/media-0001.mp4", "bytes=999-", http.StatusRequestedRangeNotSatisfiable},
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
			record.Show{From: os.DirFS(root), StreamID: "room", Show: "shw_1", Private: !guard}.Serve(rw, r, tt.name)
			h := rw.Result().Header
			if rw.Code != tt.want || h.Get("Cache-Control") != "private, no-store" ||
				h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s %s: %d %v", tt.method, tt.name, tt.ranges, rw.Code, h)
			}
		}
	}
}
