package record_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)

// tape makes segments of one second with known bytes.
type tape struct {
	init *hls.Init
	n    int
}

func newTape() *tape { return &tape{init: &hls.Init{Generation: 1, Data: []byte("INIT-1")}} }

func (p *tape) next(discontinuity bool) *hls.Segment {
	s := &hls.Segment{
		Init: p.init, Start: start.Add(time.Duration(p.n) * time.Second), Discontinuity: discontinuity,
		Parts: []hls.Part{
			{Data: fmt.Appendf(nil, "<%d-a>", p.n), Duration: 500 * time.Millisecond},
			{Data: fmt.Appendf(nil, "<%d-b>", p.n), Duration: 500 * time.Millisecond},
		},
		Duration: time.Second, Sequence: int64(p.n),
	}
	p.n++
	return s
}

func begin(t *testing.T, dir string, queue int) *record.Recorder {
	t.Helper()
	return record.Start(record.Options{
		Dir: dir, StreamID: "room", TargetDuration: 2 * time.Second,
		Log: slog.New(slog.DiscardHandler), QueueBytes: queue,
	})
}

func open(t *testing.T, dir string) *record.Recording {
	t.Helper()
	rec, err := record.Open(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// wait waits until the recorder has got so far.
func wait(t *testing.T, r *record.Recorder, ok func(record.Health) bool) {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok(r.Health()) {
		if time.Now().After(limit) {
			t.Fatalf("health stays %+v", r.Health())
		}
		<-tick.C
	}
}

const threeSegments = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="media-0001.mp4",BYTERANGE="6@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:00.000Z
#EXTINF:1.00000,
#EXT-X-BYTERANGE:10@6
media-0001.mp4
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:01.000Z
#EXTINF:1.00000,
#EXT-X-BYTERANGE:10@16
media-0001.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="media-0002.mp4",BYTERANGE="6@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:02.000Z
#EXTINF:1.00000,
#EXT-X-BYTERANGE:10@6
media-0002.mp4
#EXT-X-ENDLIST
`

func TestRecording(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "room", "1")
	r, p := begin(t, dir, 0), newTape()
	r.Add(p.next(false))
	r.Add(p.next(false))
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")} // the publisher came back
	r.Add(p.next(true))
	info := r.Close()
	if info.Segments != 3 || info.Duration != 3*time.Second || info.Bytes != 30 || !info.Start.Equal(start) ||
		info.Err != nil {
		t.Errorf("%+v", info)
	}
	r.Add(p.next(false)) // after the end: lost, and told
	if h := r.Health(); h.Active || h.Lost != 1 {
		t.Errorf("%+v", h)
	}
	rec := open(t, dir)
	if got := string(rec.Playlist()); got != threeSegments {
		t.Errorf("playlist:\n%s", got)
	}
	onDisk, err := os.ReadFile(filepath.Join(dir, "index.m3u8"))
	if err != nil || string(onDisk) != threeSegments {
		t.Errorf("playlist on disk: %v\n%s", err, onDisk)
	}
	media, err := os.ReadFile(filepath.Join(dir, "media-0001.mp4"))
	if err != nil || string(media) != "INIT-1<0-a><0-b><1-a><1-b>" {
		t.Errorf("media %q, %v", media, err)
	}
	if rec.Info.StreamID != "room" || rec.Info.Segments != 3 || rec.Info.Bytes != 30 {
		t.Errorf("%+v", rec.Info)
	}
}

// Whatever a crash leaves can be opened, without what is not whole.
func TestAfterACrash(t *testing.T) {
	full := filepath.Join(t.TempDir(), "full")
	r, p := begin(t, full, 0), newTape()
	for range 4 {
		r.Add(p.next(false))
	}
	wait(t, r, func(h record.Health) bool { return h.Bytes == 40 })
	index, err := os.ReadFile(filepath.Join(full, "index.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	media, err := os.ReadFile(filepath.Join(full, "media-0001.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	put := func(t *testing.T, index, media []byte) string {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"index.jsonl": index, "media-0001.mp4": media} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	t.Run("index cut anywhere", func(t *testing.T) {
		seen := map[int]bool{}
		for n := range index {
			rec, err := record.Open(os.DirFS(put(t, index[:n], media)), ".")
			if err == nil {
				seen[rec.Info.Segments] = true
			}
		}
		if !seen[1] || !seen[2] || !seen[3] || !seen[4] {
			t.Errorf("numbers of segments found: %v", seen)
		}
	})
	t.Run("media cut anywhere", func(t *testing.T) {
		for n := range media {
			want := max(0, (n-6)/10)
			rec, err := record.Open(os.DirFS(put(t, index, media[:n])), ".")
			if want == 0 && err == nil || want > 0 && (err != nil || rec.Info.Segments != want) {
				t.Fatalf("%d bytes: %+v, %v", n, rec, err)
			}
		}
	})
	t.Run("a torn line between good ones", func(t *testing.T) {
		lines := strings.SplitAfter(string(index), "\n\n")
		torn := lines[0] + lines[1] + lines[2][:20] + "\n" + strings.Join(lines[3:], "")
		if rec := open(t, put(t, []byte(torn), media)); rec.Info.Segments != 3 {
			t.Errorf("%d segments", rec.Info.Segments)
		}
	})
	t.Run("an index that lies", func(t *testing.T) {
		lie := strings.ReplaceAll(string(index), "media-0001.mp4", "../../etc/passwd")
		if _, err := record.Open(os.DirFS(put(t, []byte(lie), media)), "."); err == nil {
			t.Error("a path out of the folder was believed")
		}
	})
}

// A disk that cannot be written stops nothing and is told; when it is back the
// recording goes on in a new file.
func TestDiskFailure(t *testing.T) {
	base := t.TempDir()
	blocked := filepath.Join(base, "blocked")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil { // a file where a folder should be
		t.Fatal(err)
	}
	dir := filepath.Join(blocked, "1")
	r, p := begin(t, dir, 0), newTape()
	r.Add(p.next(false))
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Lost == 2 && h.Err != "" })
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Bytes == 10 })
	// Now the media file's name is taken by a folder: only that file fails.
	if err := os.Mkdir(filepath.Join(dir, "media-0002.mp4"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")}
	r.Add(p.next(true))
	wait(t, r, func(h record.Health) bool { return h.Lost == 3 })
	r.Add(p.next(false))
	info := r.Close()
	if info.Segments != 2 || info.Lost != 3 || info.Err == nil {
		t.Errorf("%+v", info)
	}
	list := string(open(t, dir).Playlist())
	if strings.Count(list, "#EXT-X-DISCONTINUITY\n") != 1 || !strings.Contains(list, "media-0003.mp4") {
		t.Errorf("playlist:\n%s", list)
	}
}

// With a disk that hangs, memory stays bounded and Add never waits.
func TestQueueIsBounded(t *testing.T) {
	r, p := begin(t, filepath.Join(t.TempDir(), "1"), 15), newTape()
	for range 1000 { // each of 10 bytes: at most one waits at a time
		r.Add(p.next(false))
	}
	info := r.Close()
	if info.Segments+info.Lost != 1000 || info.Lost == 0 || info.Segments == 0 {
		t.Errorf("%+v", info)
	}
	// Where time is missing between two segments, the playlist says so.
	var end time.Time
	marked := false
	for line := range strings.SplitSeq(string(open(t, info.Dir).Playlist()), "\n") {
		switch {
		case line == "#EXT-X-DISCONTINUITY":
			marked = true
		case strings.HasPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:"):
			start, err := time.Parse(time.RFC3339, strings.TrimPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:"))
			if err != nil {
				t.Fatal(err)
			}
			if gap := start.Sub(end); !end.IsZero() && gap > 10*time.Millisecond && !marked {
				t.Errorf("%v are missing before %v without a discontinuity", gap, start)
			}
			end, marked = start, false
		case strings.HasPrefix(line, "#EXTINF:"):
			seconds, err := strconv.ParseFloat(strings.Trim(line, "#EXTINF:,"), 64)
			if err != nil {
				t.Fatal(err)
			}
			end = end.Add(time.Duration(seconds * float64(time.Second)))
		}
	}
}

func TestCut(t *testing.T) {
	r, p := begin(t, filepath.Join(t.TempDir(), "1"), 0), newTape()
	for range 3 {
		r.Add(p.next(false))
	}
	p.init = &hls.Init{Generation: 2, Data: []byte("INIT-2")}
	for range 3 {
		r.Add(p.next(false))
	}
	dir := r.Close().Dir
	rec := open(t, dir)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for name, tt := range map[string]struct {
		from, to int
		want     []int64 // bytes of each span
	}{
		"one segment": {1200, 1300, []int64{10}}, "two": {900, 1100, []int64{20}},
		"across files": {1500, 4500, []int64{20, 20}},
		"all":          {-1000, 99000, []int64{30, 30}}, "before": {-5000, 0, nil}, "after": {6000, 7000, nil},
	} {
		var got []int64
		for _, s := range rec.Cut(at(tt.from), at(tt.to)) {
			got = append(got, s.Size)
			wantWhole(t, s, filepath.Join(dir, s.File))
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "1")
	r, p := begin(t, dir, 0), newTape()
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Bytes == 10 })
	ask := func(method, name string, head ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(t.Context(), method, "/replay/"+name, nil)
		for i := 0; i+1 < len(head); i += 2 {
			req.Header.Set(head[i], head[i+1])
		}
		w := httptest.NewRecorder()
		record.Serve(w, req, os.DirFS(dir), ".", name)
		return w
	}
	if w := ask(http.MethodGet, "index.m3u8"); w.Code != http.StatusOK ||
		!bytes.Contains(w.Body.Bytes(), []byte("ENDLIST")) {
		t.Errorf("under way: %d %s", w.Code, w.Body)
	}
	r.Close()
	w := ask(http.MethodGet, "index.m3u8")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/vnd.apple.mpegurl" ||
		w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("playlist: %d %v", w.Code, w.Header())
	}
	w = ask(http.MethodGet, "media-0001.mp4", "Range", "bytes=6-15")
	if w.Code != http.StatusPartialContent || w.Body.String() != "<0-a><0-b>" ||
		w.Header().Get("Content-Type") != "video/mp4" {
		t.Errorf("range: %d %q %v", w.Code, w.Body, w.Header())
	}
	for _, name := range []string{
		"index.jsonl", "../1/media-0001.mp4", "media-9999.mp4", "media-../x.mp4", "",
		"media-0001.mp4/x",
	} {
		if w := ask(http.MethodGet, name); w.Code != http.StatusNotFound {
			t.Errorf("%q: status %d", name, w.Code)
		}
	}
	if w := ask(http.MethodDelete, "index.m3u8"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
	if w := ask(http.MethodOptions, "index.m3u8"); w.Code != http.StatusNoContent {
		t.Errorf("OPTIONS: %d", w.Code)
	}
}

func TestScan(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"20261112T1-2", "20261111T1-1"} {
		r, p := begin(t, filepath.Join(root, "room", name), 0), newTape()
		r.Add(p.next(false))
		r.Close()
	}
	if err := os.Mkdir(filepath.Join(root, "room", "20261110T1-0"), 0o700); err != nil { // nothing in it
		t.Fatal(err)
	}
	all, err := record.Scan(os.DirFS(root), "room")
	if err != nil || len(all) != 2 || !strings.HasSuffix(all[0].Info.Dir, "T1-1") {
		t.Errorf("%v, %v", all, err)
	}
	if none, err := record.Scan(os.DirFS(root), "nobody"); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
}
