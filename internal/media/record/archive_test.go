package record_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"hawker/internal/media/record"
	"hawker/internal/platform/blob"
)

// wantWhole reads a span and wants the init segment of its file and its media.
func wantWhole(t *testing.T, s record.Span, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if want := string(raw[:s.Init]) + string(raw[s.Offset:s.Offset+s.Size]); err != nil || string(got) != want {
		t.Errorf("read %d bytes, want %d (%v)", len(got), len(want), err)
	}
}

// TestAnArchiveMayBeAStoreOfBlobs plays and cuts what was moved from the disk to a
// store that knows keys and ranges only.
func TestAnArchiveMayBeAStoreOfBlobs(t *testing.T) {
	root := t.TempDir()
	r, p := begin(t, filepath.Join(root, "room", "shw_1", "20261111T1-1"), 0), newTape()
	r.Add(p.next(false))
	r.Add(p.next(false))
	r.Close()
	store, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	disk := os.DirFS(root)
	err = fs.WalkDir(disk, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := disk.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = store.Put(t.Context(), name, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	here := record.Show{From: disk, StreamID: "room", Show: "shw_1"}
	there := here
	there.From = blob.FS(t.Context(), store)
	get := func(s record.Show, name string) *httptest.ResponseRecorder {
		rw, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/"+name, nil)
		req.Header.Set("Range", "bytes=3-12")
		s.Serve(rw, req, name)
		return rw
	}
	media := "20261111T1-1/media-0001.mp4"
	for _, name := range []string{"index.m3u8", media, "20261111T1-1/media-0009.mp4"} {
		if want, got := get(here, name), get(there, name); got.Code != want.Code ||
			got.Body.String() != want.Body.String() {
			t.Errorf("%s: %d %q, on the disk %d %q", name, got.Code, got.Body, want.Code, want.Body)
		}
	}
	if res := get(there, media); res.Code != http.StatusPartialContent || res.Body.Len() != 10 {
		t.Errorf("a range answers %d, %d bytes", res.Code, res.Body.Len())
	}
	recs, err := there.Recordings()
	if err != nil || len(recs) != 1 {
		t.Fatal(recs, err)
	}
	spans := recs[0].Cut(recs[0].Info.Start, recs[0].Info.Start.Add(recs[0].Info.Duration))
	if len(spans) != 1 {
		t.Fatalf("cut %v", spans)
	}
	wantWhole(t, spans[0], filepath.Join(root, spans[0].File))
}
