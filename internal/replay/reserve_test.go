package replay_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/space"
	"hawker/internal/replay"
)

// Of a disk that is nearly full recordings get nothing, and say so; others write on.
func TestAFullDiskEndsRecordings(t *testing.T) {
	t.Parallel()
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for name, free := range map[string]int64{"room": 100, "none": 99} {
		archive := replay.Within{disk, space.With(func() (int64, error) { return free, nil }, 100, clock.Real{})}
		_, err := archive.Put(t.Context(), name+"/1.m4s", strings.NewReader("part"))
		_, there := disk.Stat(t.Context(), name+"/1.m4s")
		if full := name == "none"; errors.Is(err, space.ErrFull) != full || errors.Is(there, fs.ErrNotExist) != full {
			t.Errorf("%s: %v, kept: %v", name, err, there)
		}
	}
	if _, err := disk.Put(t.Context(), "pictures/1.jpg", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
}
