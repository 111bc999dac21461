package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"hawker/internal/platform/blob"
)

// A folder of blobs is a map: whatever is put, replaced, deleted with all below it,
// listed in pages and read in pieces.
func TestAStoreIsAMap(t *testing.T) {
	t.Parallel()
	key := rapid.StringMatching(`(a|b|茶)(/(c|d e)){0,2}/?[a-c]{1,2}\.(txt|m4s|tar\.gz)`)
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		s, model := open(t, dir), map[string]string{}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				k, text := key.Draw(rt, "key"), rapid.StringN(0, 30, -1).Draw(rt, "text")
				if n, err := s.Put(t.Context(), k, iotest.OneByteReader(strings.NewReader(text))); err != nil ||
					n != int64(len(text)) {
					rt.Fatalf("put %q: %d, %v", k, n, err)
				}
				model[k] = text
			},
			"delete": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				if err := s.Delete(t.Context(), k); err != nil {
					rt.Fatal(err)
				}
				delete(model, k)
			},
			"delete all below": func(rt *rapid.T) {
				prefix := rapid.SampledFrom([]string{"a/", "b/c/", "茶/", "none/"}).Draw(rt, "prefix")
				if err := s.Delete(t.Context(), prefix); err != nil {
					rt.Fatal(err)
				}
				maps.DeleteFunc(model, func(k, _ string) bool { return strings.HasPrefix(k, prefix) })
			},
			"read": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				r := blob.Range{Offset: rapid.Int64Range(0, 9).Draw(rt, "from"), Length: rapid.Int64Range(0, 9).Draw(rt,
					"n")}
				b, err := s.Open(t.Context(), k, r)
				text, there := model[k]
				if there && r.Offset > int64(len(text)) {
					if !errors.Is(err, blob.ErrBadRange) {
						rt.Fatalf("%+v of %q: %v", r, text, err)
					}
					return
				}
				if there != (err == nil) || !there && !errors.Is(err, fs.ErrNotExist) {
					rt.Fatalf("open %q: %v", k, err)
				}
				if !there {
					return
				}
				defer b.Close()
				text = text[r.Offset:]
				if r.Length > 0 {
					text = text[:min(int(r.Length), len(text))]
				}
				if got, err := io.ReadAll(b); err != nil || string(got) != text {
					rt.Fatalf("%+v: %q, %v; want %q", r, got, err, text)
				}
			},
			"": func(rt *rapid.T) {
				var got []string
				for after, step := "", rapid.IntRange(1, 5).Draw(rt, "page"); ; after = got[len(got)-1] {
					part, err := s.List(t.Context(), "", after, step)
					if err != nil {
						rt.Fatal(err)
					}
					for _, i := range part {
						got = append(got, i.Key)
					}
					if len(part) < step {
						break
					}
				}
				if want := slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
					rt.Fatalf("listed %q, want %q", got, want)
				}
			},
		})
	})
}

// FuzzKeys: a key comes out of an address. Whatever it is, nothing is read or written
// outside the folder, and what is taken as a key is found under it again.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		"a.txt", "../secret.txt", "a/../../secret.txt", "/etc/passwd", "a//b.txt", ".parts/x.txt", "a\x00.txt", "a/b.",
		`..\secret.txt`, "a/" + strings.Repeat("b/", 300) + "c.txt", "\xff.txt", "\xff/a.txt", "CON.txt", "a. ",
		"~/.ssh/x.pub",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		dir := t.TempDir()
		outside := filepath.Join(dir, "secret.txt")
		if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, filepath.Join(dir, "media", "deep"))
		_, err := s.Put(t.Context(), key, strings.NewReader("mine"))
		if known := blob.CheckKey(key); known != nil && !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("%q is no key and is put: %v", key, err)
		}
		if list, lerr := s.List(t.Context(), "", "", 10); lerr != nil || (err == nil) != (len(list) == 1) ||
			err == nil && list[0].Key != key {
			t.Errorf("%q, put with %v, is listed as %+v, %v", key, err, list, lerr)
		}
		w := httptest.NewRecorder()
		blob.Handler(s, "").ServeHTTP(w, &http.Request{Method: "GET", URL: &url.URL{Path: key}, Header: http.Header{}})
		if strings.Contains(w.Body.String(), "secret") || (w.Code == http.StatusOK) != (err == nil) {
			t.Errorf("%q is served: %d %q", key, w.Code, w.Body)
		}
		if raw, err := os.ReadFile(outside); err != nil || string(raw) != "secret" {
			t.Errorf("%q wrote outside: %q, %v", key, raw, err)
		}
	})
}

// broken is a store that does not answer.
type broken struct{ blob.Store }

var errFar = errors.New("the store is far away")

func (broken) Open(context.Context, string, blob.Range) (*blob.Blob, error) { return nil, errFar }
func (broken) Stat(context.Context, string) (blob.Info, error)              { return blob.Info{}, errFar }

func (broken) List(context.Context, string, string, int) ([]blob.Info, error) {
	return nil, errFar
}

// A store that does not answer has lost nothing: a player is told to ask again, not
// that its film is gone, and nobody keeps that answer; a file system of it fails.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := broken{open(t, t.TempDir())}
	w := httptest.NewRecorder()
	blob.Handler(s, "/media/").ServeHTTP(w, httptest.NewRequest("GET", "/media/v/1/seg.m4s", nil))
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Header().Get("Cache-Control"), "public") ||
		strings.Contains(w.Body.String(), "far away") {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
	tree := blob.FS(t.Context(), s)
	if _, err := fs.ReadFile(tree, "v/1/seg.m4s"); !errors.Is(err, errFar) {
		t.Errorf("a file: %v", err)
	}
	if _, err := fs.ReadDir(tree, "v"); !errors.Is(err, errFar) {
		t.Errorf("a folder: %v", err)
	}
	if err := blob.Local(t.Context(), s, "a.txt", filepath.Join(t.TempDir(), "a")); !errors.Is(err, errFar) {
		t.Errorf("a copy: %v", err)
	}
}

// What is cut off on its way is no copy.
type short struct{ blob.Store }

func (s short) Open(ctx context.Context, key string, r blob.Range) (*blob.Blob, error) {
	b, err := s.Store.Open(ctx, key, r)
	if err == nil {
		b.Size++
	}
	return b, err
}

func TestACopyIsWholeOrNone(t *testing.T) {
	t.Parallel()
	s, file := open(t, t.TempDir()), filepath.Join(t.TempDir(), "a")
	if _, err := s.Put(t.Context(), "a.txt", strings.NewReader("text")); err != nil {
		t.Fatal(err)
	}
	if err := blob.Local(t.Context(), short{s}, "a.txt", file); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a copy: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

// Who reads while others replace sees one of the texts, whole, and never none; what is
// half written when the program ends is nothing.
func TestReadersWhileOthersReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	text := func(n int) []byte { return bytes.Repeat([]byte{byte('a' + n)}, 50_000) }
	if _, err := s.Put(t.Context(), "v/a.m3u8", bytes.NewReader(text(0))); err != nil {
		t.Fatal(err)
	}
	var writers, readers sync.WaitGroup
	end := make(chan struct{})
	for n := range 3 {
		writers.Go(func() {
			for range 10 {
				if _, err := s.Put(t.Context(), "v/a.m3u8", bytes.NewReader(text(n))); err != nil {
					t.Error(err)
				}
			}
		})
		readers.Go(func() {
			for {
				raw, err := fs.ReadFile(blob.FS(t.Context(), s), "v/a.m3u8")
				if err != nil || len(raw) != 50_000 || len(bytes.Trim(raw, string(raw[:1]))) != 0 {
					t.Errorf("read %d bytes, %v", len(raw), err)
					return
				}
				select {
				case <-end:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(end)
	readers.Wait()
	if err := os.WriteFile(filepath.Join(dir, ".parts", "half"), text(9), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := open(t, dir).List(t.Context(), "", "", 10); err != nil || len(list) != 1 {
		t.Errorf("after the end there are %v, %v", list, err)
	}
}

// Segments are kept for a year and by their ranges, playlists for a moment; what has
// not changed is not sent again; a writer is not let in.
func TestWhatIsServed(t *testing.T) {
	t.Parallel()
	for _, s := range []blob.Store{open(t, t.TempDir()), far{open(t, t.TempDir())}} {
		for _, key := range []string{"v/a.m4s", "v/a.m3u8"} {
			if _, err := s.Put(t.Context(), key, strings.NewReader("0123456789")); err != nil {
				t.Fatal(err)
			}
		}
		get := func(path string, header ...string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", "/m/"+path, nil)
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			blob.Handler(s, "/m/").ServeHTTP(w, r)
			return w
		}
		first := get("v/a.m4s")
		if c := first.Header().Get("Cache-Control"); !strings.Contains(c, "immutable") || first.Body.Len() != 10 {
			t.Errorf("a segment: %q, %q", c, first.Body)
		}
		if c := get("v/a.m3u8").Header().Get("Cache-Control"); strings.Contains(c, "immutable") {
			t.Errorf("a playlist: %q", c)
		}
		if w := get("v/a.m4s", "If-Modified-Since", first.Header().Get("Last-Modified")); w.Code != 304 {
			t.Errorf("what has not changed: %d", w.Code)
		}
		for _, r := range []struct {
			ask, want string
			code      int
		}{
			{"bytes=0-0", "0", 206},
			{"bytes=9-", "9", 206},
			{"bytes=5-99", "56789", 206},
			{"bytes=10-", "", 416},
			{"bytes=x", "", 416},
			{"bytes=-0", "", 206},
			{"pages=1-2", "0123456789", 416},
		} {
			w := get("v/a.m4s", "Range", r.ask)
			if r.code == 206 && r.want != "" && (w.Code != 206 || w.Body.String() != r.want) {
				t.Errorf("%s: %d %q", r.ask, w.Code, w.Body)
			}
			if r.code == 416 && w.Code == 206 {
				t.Errorf("%s: %d %q", r.ask, w.Code, w.Body)
			}
		}
	}
}

// A folder of many is listed whole, in pages of the store's.
func TestAFolderOfMany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, "v"), 0o750); err != nil {
		t.Fatal(err)
	}
	for n := range 2300 { // more than two pages
		if err := os.WriteFile(filepath.Join(dir, "v", fmt.Sprintf("%04d.m4s", n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := fs.ReadDir(blob.FS(t.Context(), s), "v")
	if err != nil || len(entries) != 2300 || entries[2299].Name() != "2299.m4s" {
		t.Errorf("%d are listed, %v", len(entries), err)
	}
	f, err := blob.FS(t.Context(), s).Open("v")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); err == nil {
		t.Error("a folder was read")
	}
	listed := 0
	for {
		part, err := f.(fs.ReadDirFile).ReadDir(1000)
		if listed += len(part); errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if listed != 2300 {
		t.Errorf("%d in pieces", listed)
	}
}
