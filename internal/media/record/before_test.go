package record_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/media/record"
)

// What recorders wrote before segments were blobs: files that begin with their init
// segment and grew, with an index that grew beside them. It is played as ever.
const indexBefore = `
{"stream_id":"room","target_seconds":2}

{"file":"media-0001.mp4","init":6,"offset":6,"size":10,"duration_us":1000000,"start":"2026-11-11T20:00:00Z"}

{"file":"media-0001.mp4","init":6,"offset":16,"size":10,"duration_us":1000000,"start":"2026-11-11T20:00:01Z"}

{"file":"media-0002.mp4","init":6,"offset":6,"size":10,"duration_us":1000000,"start":"2026-11-11T20:00:02Z",` +
	`"discontinuity":true}
`

const playlistBefore = `#EXTM3U
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

const (
	firstBefore  = "INIT-1<0-a><0-b><1-a><1-b>"
	secondBefore = "INIT-2<2-a><2-b>"
)

func before(dir, index, first string) fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		dir + "/index.jsonl": file(index), dir + "/media-0001.mp4": file(first),
		dir + "/media-0002.mp4": file(secondBefore),
	}
}

func TestRecordingsOfBefore(t *testing.T) {
	t.Parallel()
	rec := open(t, before("room/1", indexBefore, firstBefore), "room/1")
	if got := string(rec.Playlist()); got != playlistBefore {
		t.Errorf("playlist:\n%s", got)
	}
	if rec.Info.StreamID != "room" || rec.Info.Segments != 3 || rec.Info.Bytes != 30 {
		t.Errorf("%+v", rec.Info)
	}
	spans := rec.Cut(start.Add(500*time.Millisecond), start.Add(3*time.Second))
	if len(spans) != 2 || readSpan(t, spans[0]) != firstBefore || readSpan(t, spans[1]) != secondBefore {
		t.Errorf("cut %+v", spans)
	}
	from := before("room/1", indexBefore, firstBefore)
	torn := open(t, from, "room/1").Cut(start, start.Add(2*time.Second))[0]
	from["room/1/media-0001.mp4"].Data = []byte(firstBefore[:12])
	r, err := torn.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("a file that ends early was read whole")
	}
}

// Whatever a crash left can be opened, without what is not whole.
func TestACrashOfBefore(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for n := range indexBefore {
		if rec, err := record.Open(before("1", indexBefore[:n], firstBefore), "1"); err == nil {
			seen[rec.Info.Segments] = true
		}
	}
	if !seen[1] || !seen[2] || !seen[3] || len(seen) != 3 {
		t.Errorf("numbers of segments found: %v", seen)
	}
	for n := range firstBefore {
		rec := open(t, before("1", indexBefore, firstBefore[:n]), "1")
		if want := max(0, (n-6)/10) + 1; rec.Info.Segments != want {
			t.Errorf("%d bytes: %d segments, want %d", n, rec.Info.Segments, want)
		}
	}
	lines := strings.SplitAfter(indexBefore, "\n\n")
	torn := lines[0] + lines[1] + lines[2][:20] + "\n" + strings.Join(lines[3:], "")
	if rec := open(t, before("1", torn, firstBefore), "1"); rec.Info.Segments != 2 {
		t.Errorf("a torn line between good ones: %d segments", rec.Info.Segments)
	}
	lie := strings.ReplaceAll(indexBefore, "media-000", "../../etc/passwd")
	if _, err := record.Open(before("1", lie, firstBefore), "1"); err == nil {
		t.Error("a path out of the folder was believed")
	}
}

// TestBeforeShowsHadFolders: what began before the show, and each file that holds any of it, stays behind.
func TestBeforeShowsHadFolders(t *testing.T) {
	t.Parallel()
	archive := before("room/20261111T2-2", indexBefore, firstBefore)
	for name, f := range before("room/20261111T1-1", indexBefore, firstBefore) {
		if !strings.HasSuffix(name, "0002.mp4") { // a warm-up alone, in one file
			archive[name] = f
		}
	}
	show := record.Show{From: archive, StreamID: "room", Since: start.Add(11 * time.Second)}
	list := serve(show, "index.m3u8").Body.String()
	if strings.Count(list, "#EXTINF") != 1 || strings.Contains(list, "media-0001") {
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
