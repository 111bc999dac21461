package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/blob/blobtest"
)

func open(t *testing.T, dir string) *blob.Disk {
	t.Helper()
	d, err := blob.NewDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestDisk(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "media")) })
}

// far is a store whose blobs cannot be sought in, as one that is asked over a net.
type far struct{ blob.Store }

func (f far) Open(ctx context.Context, key string, r blob.Range) (*blob.Blob, error) {
	b, err := f.Store.Open(ctx, key, r)
	if err == nil {
		b.ReadCloser = struct{ io.ReadCloser }{b.ReadCloser}
	}
	return b, err
}

func TestAStoreThatCannotSeek(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return far{open(t, t.TempDir())} })
}

// TestWhatACrashLeftGoes has a half written file of days ago, and one of now.
func TestWhatACrashLeftGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	old, young := filepath.Join(dir, ".parts", "old"), filepath.Join(dir, ".parts", "young")
	for _, file := range []string{old, young} {
		if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	days := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(old, days, days); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := os.Stat(young); err != nil { // of another process that writes it now
		t.Errorf("the young one: %v", err)
	}
}
