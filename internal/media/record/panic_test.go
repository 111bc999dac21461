package record_test

import (
	"strings"
	"testing"

	"hawker/internal/media/record"
)

// An archive that panics is one that takes nothing: the recording goes on when it is back.
func TestAnArchiveThatPanics(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.breaks(func(string) error { panic("spilt") })
	r, p := begin(t, a, "room/1", 0), newTape()
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Lost == 1 && strings.Contains(h.Err, "panic") })
	a.breaks(nil)
	r.Add(p.next(false))
	wait(t, r, func(h record.Health) bool { return h.Bytes > 0 })
	a.breaks(func(string) error { panic("spilt at the end") })
	r.Close()
}
