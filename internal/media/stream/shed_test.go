package stream_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/stream"
)

// dropped tells whether a stream has let go of its window.
func (r *rig) dropped() bool {
	h, ok := r.hub.Stream("room")
	return !ok || h.PartTarget == 0
}

// What nobody watches is let go ten seconds after its publisher left. One who comes back goes
// on with the numbers and targets, in the same life and recording.
func TestUnwatchedMediaIsLetGo(t *testing.T) {
	r := newRig(t, rigOptions{archive: disk(t, t.TempDir())})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(5 * time.Second)
	before, target := r.list, r.list.PartTarget
	tap := r.tap()
	drain(t, tap)
	e.pub.Close(errNo)
	left := r.clock.Now()
	waitFor(t, "letting go", func() bool {
		r.clock.Advance(time.Second) // the waiting goroutine may still be starting its timer
		return r.dropped()
	})
	if after := r.clock.Now().Sub(left); after < 10*time.Second || after > 50*time.Second {
		t.Errorf("let go after %v", after)
	}
	if h, _ := r.hub.Stream("room"); h.Ended {
		t.Fatal("ended before its time")
	}
	if code := r.get("/live/room/live.m3u8").Code; code != http.StatusNotFound {
		t.Errorf("a playlist of what is gone: status %d", code)
	}
	e = r.publish("room", shape{fps: 30, gop: 30})
	e.send(4 * time.Second)
	edge := before.Sequence + int64(len(before.Segments))
	if r.list.Sequence < edge || r.list.PartTarget != target || r.discontinuities() != 1 {
		t.Errorf("sequence %d after %d, parts of %g after %g, %d discontinuities", r.list.Sequence, edge,
			r.list.PartTarget, target, r.discontinuities())
	}
	if len(drain(t, tap)) == 0 {
		t.Error("a reader of packets does not go on")
	}
	r.hub.Close("room")
	want := "publish room 1,unpublish room 1,publish room 2,unpublish room 2,recorded room"
	if got := strings.Join(r.events.wait(t, 5), ","); got != want {
		t.Errorf("events %s", got)
	}
	if got := r.events.recorded[0]; got.Duration < 8900*time.Millisecond || got.Lost > 0 {
		t.Errorf("recorded %+v", got)
	}
}

// While somebody asks, everything stays, and so does what has ended for whoever is still
// watching it.
func TestWatchedMediaStays(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(5 * time.Second)
	e.pub.Close(errNo)
	for range 59 {
		r.clock.Advance(time.Second)
		r.look()
	}
	waitFor(t, "ENDLIST", func() bool {
		r.clock.Advance(time.Second)
		return r.look().Ended
	})
	for range 30 {
		r.clock.Advance(time.Second)
		r.look()
	}
	waitFor(t, "letting go", func() bool {
		r.clock.Advance(time.Second)
		return r.dropped()
	})
}

// Renditions go with the window that they follow, and may be opened again.
func TestRenditionsAreLetGo(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(2 * time.Second)
	old, err := r.hub.OpenRendition("room", stream.RenditionOptions{Name: "480p"})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	e.pub.Close(errNo)
	waitFor(t, "letting go", func() bool {
		r.clock.Advance(time.Second)
		return r.dropped()
	})
	again, err := r.hub.OpenRendition("room", stream.RenditionOptions{Name: "480p"})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
