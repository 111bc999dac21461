package space_test

import (
	"errors"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/space"
)

// Uploads stop before recordings do, with what they announce counted, and both go on when
// there is room again; a system that tells nothing stops nobody.
func TestWhoStopsFirst(t *testing.T) {
	t.Parallel()
	hands := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	var free int64
	var broken error
	r := space.With(func() (int64, error) { return free, broken }, 100, hands)
	for _, c := range []struct {
		free, upload int64
		broken       error
		up, rec      bool
	}{
		{1000, 800, nil, true, true},
		{1000, 801, nil, false, true},
		{199, 0, nil, false, true},
		{100, 0, nil, false, true},
		{99, 0, nil, false, false},
		{0, 0, errors.New("no such disk"), true, true},
		{200, 0, nil, true, true},
	} {
		free, broken = c.free, c.broken
		hands.Advance(time.Second)
		up, rec := r.ForUpload(c.upload), r.ForRecording()
		if (up == nil) != c.up || (rec == nil) != c.rec || up != nil && !errors.Is(up, space.ErrFull) {
			t.Errorf("%d free, %d to come: uploads %v, recordings %v", c.free, c.upload, up, rec)
		}
	}
	if err := space.With(func() (int64, error) { return 0, nil }, 0, hands).ForUpload(1); err != nil {
		t.Errorf("nothing is kept: %v", err)
	}
}

func TestThisDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := space.Of(dir, 1, clock.Real{}).ForRecording(); err != nil {
		t.Errorf("a byte of this disk: %v", err)
	}
	err := space.Of(dir, 1<<60, clock.Real{}).ForRecording()
	if err != nil && !errors.Is(err, space.ErrFull) {
		t.Errorf("an exbibyte: %v", err)
	}
}
