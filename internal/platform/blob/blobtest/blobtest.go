// Package blobtest is what every engine behind blob.Store must pass.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"hawker/internal/platform/blob"
)

// Run proves a store. open makes an empty one each time.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, s blob.Store)
	}{
		{"bad keys", badKeys},
		{"no key is a folder of another", noFolderKeys},
		{"put is all or nothing", allOrNothing},
		{"one of two who put at once", putsAtOnce},
		{"an open blob stays what it was", openStays},
		{"ranges", ranges},
		{"a reader that seeks", seeks},
		{"list", list},
		{"pages", pages},
		{"puts beside deletes", putsBesideDeletes},
		{"delete", deletes},
		{"served", served},
		{"a file for a child", local},
		{"read as a file system", tree},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func put(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if n, err := s.Put(t.Context(), key, strings.NewReader(text)); n != int64(len(text)) || err != nil {
		t.Fatalf("put %s: %d, %v", key, n, err)
	}
}

func read(t *testing.T, s blob.Store, key string, r blob.Range) (string, error) {
	t.Helper()
	b, err := s.Open(t.Context(), key, r)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(b)
	return string(raw), errors.Join(err, b.Close())
}

func want(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if got, err := read(t, s, key, blob.Range{}); got != text || err != nil {
		t.Errorf("%s holds %q (%v), want %q", key, got, err, text)
	}
	if i, err := s.Stat(t.Context(), key); err != nil || i.Size != int64(len(text)) || i.Key != key || i.At.IsZero() {
		t.Errorf("%s is %+v, %v", key, i, err)
	}
}

func missing(t *testing.T, s blob.Store, key string) {
	t.Helper()
	if _, err := s.Open(t.Context(), key, blob.Range{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open %s: %v", key, err)
	}
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat %s: %v", key, err)
	}
}

func badKeys(t *testing.T, s blob.Store) {
	put(t, s, "a/b.txt", "x")
	for _, key := range []string{
		"", "/", ".", "..", "/a.txt", "../a.txt", "a/../b.txt", "a//b.txt", "./a.txt", "a/.b", `a\b.txt`, "a/b.txt/",
		"a", "a/b", "a/b.", ".parts/x.txt", "a.d/b.txt", "a\x00.txt", strings.Repeat("a", 600) + ".txt",
	} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("put %q: %v", key, err)
		}
		if _, err := s.Open(t.Context(), key, blob.Range{}); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("open %q: %v", key, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("stat %q: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	for _, prefix := range []string{"/", "a", "../", "a//", "/a/", "a/b.txt", "a/b.txt/"} {
		if _, err := s.List(t.Context(), prefix, "", 10); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("list %q: %v", prefix, err)
		}
	}
	want(t, s, "a/b.txt", "x")
}

func noFolderKeys(t *testing.T, s blob.Store) {
	put(t, s, "a/b.txt", "x")
	for _, key := range []string{"a/b.txt/c.txt", "a"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("put %q beside a/b.txt: %v", key, err)
		}
	}
	missing(t, s, "a/b.tx")
	missing(t, s, "a/b.txt2")
}

func allOrNothing(t *testing.T, s blob.Store) {
	missing(t, s, "a/b.txt")
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := s.Put(t.Context(), "a/b.txt", broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	missing(t, s, "a/b.txt")
	for _, text := range []string{"one", "three", ""} {
		put(t, s, "a/b.txt", text)
		want(t, s, "a/b.txt", text)
	}
	put(t, s, "a/b.txt", "two")
	broken = io.MultiReader(bytes.NewReader(make([]byte, 6<<20)), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := s.Put(t.Context(), "a/b.txt", broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(stopped, "a/b.txt", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want(t, s, "a/b.txt", "two")
	if all, err := s.List(t.Context(), "", "", 10); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// putsAtOnce has several write one key: it holds what one of them wrote, whole.
func putsAtOnce(t *testing.T, s blob.Store) {
	var group sync.WaitGroup
	for _, letter := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			text := strings.Repeat(letter, 200_000)
			if _, err := s.Put(t.Context(), "a.txt", iotest.HalfReader(strings.NewReader(text))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := read(t, s, "a.txt", blob.Range{})
	if err != nil || len(got) != 200_000 || strings.Trim(got, got[:1]) != "" {
		t.Errorf("%d bytes of several, %v", len(got), err)
	}
}

func openStays(t *testing.T, s blob.Store) {
	text := strings.Repeat("one", 100_000)
	put(t, s, "a.txt", text)
	b, err := s.Open(t.Context(), "a.txt", blob.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	put(t, s, "a.txt", "two")
	if err := s.Delete(t.Context(), "a.txt"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); err != nil || string(got) != text {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

func ranges(t *testing.T, s blob.Store) {
	put(t, s, "a.txt", "0123456789")
	for _, c := range []struct {
		r    blob.Range
		text string
	}{
		{blob.Range{}, "0123456789"},
		{blob.Range{Length: 3}, "012"},
		{blob.Range{Offset: 3}, "3456789"},
		{blob.Range{Offset: 3, Length: 3}, "345"},
		{blob.Range{Offset: 8, Length: 100}, "89"},
		{blob.Range{Offset: 10}, ""},
		{blob.Range{Offset: 9, Length: 1}, "9"},
	} {
		got, err := read(t, s, "a.txt", c.r)
		if err != nil || got != c.text {
			t.Errorf("%+v: %q, %v", c.r, got, err)
		}
		b, err := s.Open(t.Context(), "a.txt", c.r)
		if err != nil {
			t.Fatal(err)
		}
		if b.Size != 10 { // of the blob, not of the range
			t.Errorf("%+v of %d bytes", c.r, b.Size)
		}
		b.Close()
	}
	for _, r := range []blob.Range{{Offset: 11}, {Offset: -1}, {Length: -1}, {Offset: 11, Length: 1}} {
		if _, err := s.Open(t.Context(), "a.txt", r); !errors.Is(err, blob.ErrBadRange) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func seeks(t *testing.T, s blob.Store) {
	text := strings.Repeat("0123456789", 1000)
	put(t, s, "a.txt", text)
	info, err := s.Stat(t.Context(), "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	r := blob.NewReader(t.Context(), s, info)
	defer r.Close()
	if err := iotest.TestReader(r, []byte(text)); err != nil {
		t.Error(err)
	}
}

func list(t *testing.T, s blob.Store) {
	keys := []string{"a-b.txt", "a/b.txt", "a/b/c.txt", "a/b/d.txt", "a0.txt", "b/a.txt"}
	for _, key := range keys {
		put(t, s, key, key)
	}
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 100, keys},
		{"a/", "", 100, keys[1:4]},
		{"a/b/", "", 100, keys[2:4]},
		{"a/", "a/b.txt", 100, keys[2:4]},
		{"a/", "a/b.txt", 1, keys[2:3]},
		{"", "a/b/c.txt", 2, keys[3:5]},
		{"none/", "", 100, nil},
	} {
		got, err := s.List(t.Context(), c.prefix, c.after, c.limit)
		var names []string
		for _, i := range got {
			names = append(names, i.Key)
			if i.Size != int64(len(i.Key)) || i.At.IsZero() {
				t.Errorf("listed as %+v", i)
			}
		}
		if err != nil || !slices.Equal(names, c.want) {
			t.Errorf("below %q after %q: %v, %v", c.prefix, c.after, names, err)
		}
	}
}

func deletes(t *testing.T, s blob.Store) {
	for _, key := range []string{"v/1/a.txt", "v/1/b.txt", "v/1/c/d.txt", "v/12.txt", "v/2/a.txt", "w.txt"} {
		put(t, s, key, "x")
	}
	for _, key := range []string{
		"v/1/", "v/1/", "v/none.txt", "none/none.txt", "w.txt",
		"w.txt",
	} { // twice does no harm
		if err := s.Delete(t.Context(), key); err != nil {
			t.Error(key, err)
		}
	}
	for _, key := range []string{"v/1/a.txt", "v/1/b.txt", "v/1/c/d.txt", "w.txt"} {
		missing(t, s, key)
	}
	want(t, s, "v/12.txt", "x")
	want(t, s, "v/2/a.txt", "x")
	if err := s.Delete(t.Context(), ""); !errors.Is(err, blob.ErrBadKey) {
		t.Errorf("deleting everything: %v", err)
	}
	put(t, s, "v/1/a.txt", "new")
	want(t, s, "v/1/a.txt", "new")
}

func served(t *testing.T, s blob.Store) {
	put(t, s, "v/1/seg.m4s", "0123456789")
	put(t, s, "v/1/main.m3u8", "#EXTM3U")
	for _, c := range []struct {
		path, ask, body, kind string
		code                  int
	}{
		{"v/1/seg.m4s", "", "0123456789", "video/iso.segment", 200},
		{"v/1/seg.m4s", "bytes=2-4", "234", "video/iso.segment", 206},
		{"v/1/seg.m4s", "bytes=-2", "89", "video/iso.segment", 206},
		{"v/1/seg.m4s", "bytes=20-", "", "", 416},
		{"v/1/main.m3u8", "", "#EXTM3U", "application/vnd.apple.mpegurl", 200},
		{"v/1/none.m4s", "", "", "", 404},
		{"v/1/", "", "", "", 404},
		{"v/1", "", "", "", 404},
		{"../v/1/seg.m4s", "", "", "", 404},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil)
		r.URL.Path = "/media/" + c.path
		if c.ask != "" {
			r.Header.Set("Range", c.ask)
		}
		blob.Handler(s, "/media/").ServeHTTP(w, r)
		if w.Code != c.code || c.body != "" && w.Body.String() != c.body {
			t.Errorf("%s %s: %d %q", c.path, c.ask, w.Code, w.Body)
		}
		if c.kind != "" && w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s: %s", c.path, w.Header().Get("Content-Type"))
		}
	}
}

func local(t *testing.T, s blob.Store) {
	dir := t.TempDir()
	file := filepath.Join(dir, "in")
	put(t, s, "a.txt", "text")
	if err := blob.Local(t.Context(), s, "none.txt", file); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := blob.Local(t.Context(), s, "a.txt", file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil { // a copy, not the blob
		t.Fatal(err)
	}
	want(t, s, "a.txt", "text")
	if err := blob.Local(t.Context(), s, "a.txt", file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over a file: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := blob.Local(stopped, s, "a.txt", filepath.Join(dir, "other")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func tree(t *testing.T, s blob.Store) {
	if err := fstest.TestFS(blob.FS(t.Context(), s)); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"a-b.txt", "a/b.txt", "a/b/c.txt", "b.txt"} {
		put(t, s, key, key)
	}
	if err := fstest.TestFS(blob.FS(t.Context(), s), "a-b.txt", "a/b.txt", "a/b/c.txt", "b.txt"); err != nil {
		t.Error(err)
	}
}
