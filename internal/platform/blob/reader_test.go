package blob_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/platform/blob"
)

// A reader that fetches ranges reads, seeks and ends as one that has all in memory:
// films are demuxed through it.
func TestAReaderOfRangesIsAReader(t *testing.T) {
	t.Parallel()
	text := make([]byte, 5000)
	for i := range text {
		text[i] = byte(rand.N(256))
	}
	s := far{open(t, t.TempDir())}
	if _, err := s.Put(t.Context(), "v/film.mp4", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	info, err := s.Stat(t.Context(), "v/film.mp4")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		got, want := blob.NewReader(t.Context(), s, info), bytes.NewReader(text)
		defer got.Close()
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "read") {
				n := rapid.IntRange(0, 2000).Draw(rt, "n")
				a, b := make([]byte, n), make([]byte, n)
				x, errA := io.ReadFull(got, a)
				y, errB := io.ReadFull(want, b)
				if x != y || !bytes.Equal(a, b) || !errors.Is(errA, errB) {
					rt.Fatalf("read %d, %v; want %d, %v", x, errA, y, errB)
				}
				continue
			}
			offset := rapid.Int64Range(-3000, 6000).Draw(rt, "offset")
			whence := rapid.SampledFrom([]int{io.SeekStart, io.SeekCurrent, io.SeekEnd}).Draw(rt, "whence")
			x, errA := got.Seek(offset, whence)
			y, errB := want.Seek(offset, whence)
			if (errA == nil) != (errB == nil) || errA == nil && x != y {
				rt.Fatalf("sought %d from %d: %d, %v; want %d, %v", offset, whence, x, errA, y, errB)
			}
		}
	})
}

// A store read as a file system is the folder that it keeps its blobs in, without what
// is being written.
func TestAFileSystemIsTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for _, key := range []string{"a.txt", "a-b/c.txt", "a/b.txt", "a/b/c.txt", "a/b/d/e.txt", "茶/杯.txt", "z.tar.gz"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	walk := func(fsys fs.FS) (out []string) {
		err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == ".parts" {
				return fs.SkipDir
			}
			size := int64(0)
			if info, err := d.Info(); err == nil && !d.IsDir() {
				size = info.Size()
			}
			out = append(out, strings.Join([]string{path, d.Type().String(), string(rune('0' + size))}, " "))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got, want := walk(blob.FS(t.Context(), s)), walk(os.DirFS(dir)); !slices.Equal(got, want) {
		t.Errorf("walked %q\nwant %q", got, want)
	}
	sub, err := fs.Sub(blob.FS(t.Context(), s), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := fs.ReadFile(sub, "d/e.txt"); string(raw) != "a/b/d/e.txt" || err != nil {
		t.Errorf("below a folder: %q, %v", raw, err)
	}
	for _, name := range []string{"none.txt", "a/none", "../a.txt", "/a.txt", "a.txt/x.txt", "A.TXT", ".parts"} {
		if f, err := blob.FS(t.Context(), s).Open(name); err == nil {
			t.Errorf("%q was opened", name)
			f.Close()
		}
	}
}

// A player asks for the head first, and for what lies beside a film nobody is served.
func TestWhoAsksForTheHead(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.Put(t.Context(), "v/a.m4s", strings.NewReader("0123456789")); err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{
		"/m/v/a.m4s": 200, "/m/v/a.m4s/": 404, "/m/v": 404, "/m/": 404, "/m/v/../v/a.m4s": 404, "/m/.parts/x.txt": 404,
		"/m//v/a.m4s": 404, "/m/v/A.m4s": 404, "/m/v/a.m4s\x00.txt": 404,
	} {
		r := httptest.NewRequest(http.MethodHead, "/x", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		blob.Handler(s, "/m/").ServeHTTP(w, r)
		if w.Code != status || status == 200 && (w.Body.Len() != 0 || w.Header().Get("Content-Length") != "10") {
			t.Errorf("%q: %d %v", path, w.Code, w.Header())
		}
	}
}
