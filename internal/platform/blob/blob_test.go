package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"hawker/internal/platform/blob"
)

func open(t *testing.T) (*blob.Disk, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := blob.NewDisk(filepath.Join(dir, "media"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, "outside"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return d, filepath.Join(dir, "media")
}

func get(d *blob.Disk, path string) (int, string) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/media/x", nil)
	r.URL.Path = path
	d.Handler("/media/").ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestKeysStayInside(t *testing.T) {
	d, _ := open(t)
	for _, key := range []string{"", "/", "/a", "../outside", "a/../../outside", "a//b", "./a", "a/.", `a\b`, "a/"} {
		if _, err := d.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("put %q: %v", key, err)
		}
		if _, err := d.Open(t.Context(), key); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("open %q: %v", key, err)
		}
		if code, _ := get(d, "/media/"+key); code != 404 {
			t.Errorf("get %q: %d", key, code)
		}
	}
}

func TestPutIsAllOrNothing(t *testing.T) {
	d, dir := open(t)
	for _, text := range []string{"one", "two"} {
		if n, err := d.Put(t.Context(), "a/b.txt", strings.NewReader(text)); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		if code, body := get(d, "/media/a/b.txt"); code != 200 || body != text {
			t.Errorf("served %d %q", code, body)
		}
	}
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := d.Put(t.Context(), "a/b.txt", broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Put(stopped, "a/b.txt", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, body := get(d, "/media/a/b.txt"); body != "two" {
		t.Errorf("a put that failed left %q", body)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "a")); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.jpg.part"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/media/c.jpg.part", "/media/a", "/media/none"} {
		if code, body := get(d, path); code != 404 || strings.Contains(body, "half") {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
}

func TestDelete(t *testing.T) {
	d, _ := open(t)
	for _, key := range []string{"v/1/a", "v/1/b", "v/2/a"} {
		if _, err := d.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"v/1/", "v/1/", "v/none"} { // twice does no harm
		if err := d.Delete(t.Context(), key); err != nil {
			t.Error(key, err)
		}
	}
	if _, err := d.Open(t.Context(), "v/1/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if f, err := d.Open(t.Context(), "v/2/a"); err != nil {
		t.Errorf("the neighbour is gone: %v", err)
	} else {
		f.Close()
	}
	if err := d.Delete(t.Context(), "/"); !errors.Is(err, blob.ErrBadKey) {
		t.Errorf("deleting everything: %v", err)
	}
}
