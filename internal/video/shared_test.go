package video_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/video"
)

// Who has nothing but the store of blobs finds a finished upload there, and who worked on
// it leaves nothing.
func TestUploadsAreSharedByAStore(t *testing.T) {
	t.Parallel()
	hands := clock.NewManual(time.Now().Add(time.Hour)) // a file is of the machine's time
	db := sqltest.New(t, sqltest.Once)
	blobs, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	node := func() (*upload.Store, string) {
		dir := t.TempDir()
		s, err := upload.NewStore(dir, hands, video.Claims{DB: db})
		if err != nil {
			t.Fatal(err)
		}
		s.ShareBy(blob.SharedUploads{Blobs: blobs})
		return s, dir
	}
	server, dir := node()
	worker, _ := node()
	name, err := server.Import(t.Context(), "usr_a", "a.mp4", strings.NewReader("film"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Finished(t.Context(), name, "usr_a"); err != nil || server.HandedOver(t.Context(), name) {
		t.Error(err)
	}
	if err := server.HandOver(name); err != nil || !server.HandedOver(t.Context(), name) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("left at the server: %v, %v", left, err)
	}
	file := filepath.Join(t.TempDir(), "in")
	if err := worker.Take(t.Context(), name, file); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); string(raw) != "film" || err != nil {
		t.Errorf("%q, %v", raw, err)
	}
	if err := worker.Remove(t.Context(), name); err != nil {
		t.Error(err)
	}
	if err := worker.Take(t.Context(), name, file+"2"); fault.Code(err) != "upload.not_found" {
		t.Error(err)
	}
	forgotten, err := server.Import(t.Context(), "usr_a", "b.mp4", strings.NewReader("film"))
	if err = errors.Join(err, server.HandOver(forgotten)); err != nil {
		t.Fatal(err)
	}
	hands.Advance(2 * upload.KeepFor)
	if n, err := server.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := blobs.Stat(t.Context(), forgotten+".upload"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what nobody claimed stays: %v", err)
	}
}
