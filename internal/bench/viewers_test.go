package bench

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// The newest part and the playlist after it are those that the spec names: behind a whole
// segment the next one's first part is waited for.
func TestWhatAViewerAsksForNext(t *testing.T) {
	t.Parallel()
	const head = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:41\n#EXT-X-GAP\n#EXTINF:1,\ngap.m4s\n" +
		"#EXT-X-PART:DURATION=0.5,URI=\"1/p7.m4s\",INDEPENDENT=YES\n#EXTINF:0.5,\n1/s42.m4s\n"
	for _, c := range []struct {
		list string
		want tail
	}{
		{"", tail{}},
		{head, tail{43, 0, "1/p7.m4s", "1/s42.m4s"}},
		{
			head + "#EXT-X-PART:DURATION=0.5,URI=\"1/p8.m4s\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1/p9.m4s\"\n",
			tail{43, 1, "1/p8.m4s", "1/s42.m4s"},
		},
	} {
		if got := tailOf([]byte(c.list)); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.list, got, c.want)
		}
	}
}

// The floor gives as many bytes as it is asked for, at once or when there is news, and
// ends when it is told to.
func TestTheFloor(t *testing.T) {
	f, err := startFloor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := sit(t.Context(), f.addr)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for path, want := range map[string]int64{"/0": 0, "/7": 7, "/70000": 70000, "/next/1400": 1400} {
		if n, err := v.get(path, &text); n != want || err != nil || int64(text.Len()) != want {
			t.Errorf("%s: %d, %v", path, n, err)
		}
	}
	for _, path := range []string{"/-1", "/x", "/", fmt.Sprint("/", floorBodyMax+1)} {
		if _, err := v.get(path, nil); err == nil {
			t.Errorf("%s is answered", path)
		}
		if v, err = sit(t.Context(), f.addr); err != nil {
			t.Fatal(err)
		}
	}
	watched, err := follow(t.Context(), f.show(100, 10), 3, 1200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if n := watched.parts.Load(); n < 1 || watched.partBytes.Load() != 100*n || watched.listBytes.Load() != 10*n {
		t.Errorf("%d parts, %d and %d bytes", n, watched.partBytes.Load(), watched.listBytes.Load())
	}
	if err := f.stop(); err != nil {
		t.Error(err)
	}
}
