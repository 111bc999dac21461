package stream_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/stream"
)

func TestCutAndReturn(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(5 * time.Second)
	before := r.list
	e.pub.Close(errNo)
	if p := r.look(); p.Hint != "" || p.Ended {
		t.Errorf("after a cut: hint %q, ended %v", p.Hint, p.Ended)
	}
	r.clock.Advance(1500 * time.Millisecond)
	e2 := r.publish("room", shape{fps: 30, gop: 30})
	e2.send(3 * time.Second)
	if r.list.Sequence < before.Sequence || r.discontinuities() != 1 {
		t.Errorf("sequence %d after %d, %d discontinuities", r.list.Sequence, before.Sequence, r.discontinuities())
	}
	got := r.events.wait(t, 3)
	want := "publish room 1,unpublish room 1,publish room 2"
	if strings.Join(got, ",") != want {
		t.Errorf("events %v", got)
	}
}

func TestTakeover(t *testing.T) {
	r := newRig(t, rigOptions{})
	old := r.publish("room", shape{fps: 30, gop: 30})
	old.send(3300 * time.Millisecond)
	young := r.publish("room", shape{fps: 30, gop: 30})
	select {
	case err := <-old.kicked:
		if !errors.Is(err, stream.ErrReplaced) {
			t.Errorf("kicked with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the older publisher was not sent away")
	}
	if err := old.pub.Video(9999, videoBody(true, 0, 100)); !stream.Fatal(err) {
		t.Errorf("a late frame of the older publisher: %v", err)
	}
	young.send(2 * time.Second)
	old.pub.Close(errNo) // comes late and means nothing
	young.send(2 * time.Second)
	h, _ := r.hub.Stream("room")
	if !h.Live || h.Generation != 2 || r.discontinuities() != 1 {
		t.Errorf("live %v, generation %d, %d discontinuities", h.Live, h.Generation, r.discontinuities())
	}
	want := "publish room 1,unpublish room 1,publish room 2"
	if got := strings.Join(r.events.wait(t, 3), ","); got != want {
		t.Errorf("events %s", got)
	}
}

// waitFor polls a condition that another goroutine brings about.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	wait(t, time.Minute, what, ok)
}

func wait(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(most)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within %s", what, most)
		}
	}
}

func TestEndAfterAMinuteAlone(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(4 * time.Second)
	last := r.list.Sequence + int64(len(r.list.Segments))
	e.pub.Close(errNo)
	for range 59 { // with somebody who waits for the publisher
		r.clock.Advance(time.Second)
		if p := r.look(); p.Ended {
			t.Fatal("ended before its time")
		}
	}
	waitFor(t, "ENDLIST", func() bool {
		r.clock.Advance(time.Second) // the waiting goroutine may still be starting its timer
		return r.look().Ended
	})
	waitFor(t, "state saved", func() bool {
		st, _ := r.store.Load(t.Context(), "room")
		return st.Sequence == last
	})
	waitFor(t, "forgotten", func() bool {
		r.clock.Advance(10 * time.Second)
		_, ok := r.hub.Stream("room")
		return !ok
	})
	r.follow = hlscheck.Follower{} // a player that saw ENDLIST has left
	e = r.publish("room", shape{fps: 30, gop: 30})
	e.send(2 * time.Second)
	if r.list.Sequence < last {
		t.Errorf("a new life begins at %d, the old one ended at %d", r.list.Sequence, last)
	}
}

func TestHostEndsTheStream(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	if !r.hub.Close("room") || r.hub.Close("nobody") {
		t.Error("Close does not tell what was there")
	}
	if err := <-e.kicked; !errors.Is(err, stream.ErrClosed) {
		t.Errorf("kicked with %v", err)
	}
	if !r.look().Ended {
		t.Error("no ENDLIST")
	}
	if err := e.pub.Video(9999, videoBody(true, 0, 100)); !stream.Fatal(err) {
		t.Errorf("a frame after the end: %v", err)
	}
}

func TestRestartGoesOn(t *testing.T) {
	for name, kill := range map[string]bool{"orderly": false, "kill -9": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{fps: 30, gop: 30})
			e.send(7 * time.Second)
			e.offset = 60000 // and a discontinuity
			e.send(2 * time.Second)
			store := r.store
			if kill { // what the store holds at this moment is all there is
				copied := memoryStore{states: map[string]stream.State{}}
				copied.states["room"], _ = store.Load(t.Context(), "room")
				store = &copied
			} else if err := r.hub.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			again := newRig(t, rigOptions{store: store})
			again.follow = r.follow // the same viewers
			e = again.publish("room", shape{fps: 30, gop: 30})
			e.send(8 * time.Second)
			if again.list.Sequence < r.list.Sequence+int64(len(r.list.Segments)) {
				t.Errorf("sequence %d after a restart at %d", again.list.Sequence, r.list.Sequence)
			}
			if h, _ := again.hub.Stream("room"); h.Generation != 2 {
				t.Errorf("generation %d", h.Generation)
			}
		})
	}
}

func TestNumbersAreReservedAhead(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 2, gop: 2, noAudio: true})
	for range 5 {
		e.send(100 * time.Second)
		waitFor(t, "reservation", func() bool {
			st, _ := r.store.Load(t.Context(), "room")
			return st.Sequence > r.list.Sequence+int64(len(r.list.Segments))
		})
	}
	if r.store.saves > 10 {
		t.Errorf("%d saves in 500 segments", r.store.saves)
	}
}

func TestStoreAway(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.store.break_(true)
	_, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, nil)
	if err == nil {
		t.Fatal("a stream whose numbers are unknown was let in")
	}
	r.store.break_(false)
	e := r.publish("room", shape{fps: 2, gop: 2, noAudio: true})
	r.store.break_(true)
	e.send(400 * time.Second) // far beyond what was reserved
	if h, _ := r.hub.Stream("room"); !h.Live || h.LastFrame.Before(r.clock.Now().Add(-time.Second)) {
		t.Error("a store that is away stopped the stream")
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t, rigOptions{})
	if _, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: "refused"}, nil); !errors.Is(err, errNo) {
		t.Errorf("error %v", err)
	}
	for _, id := range []string{"", "../x", "a/b", ".", "a b", strings.Repeat("x", 200)} {
		if _, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: id}, nil); err == nil {
			t.Errorf("stream id %q was let in", id)
		}
	}
}

func TestSpoiltTagsAreLeftOut(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(2 * time.Second)
	lying := videoBody(true, 0, 100)
	lying[5] = 0x7f // the NAL unit claims 2 GB
	for _, b := range [][]byte{lying, {0x17}, {0x17, 0, 0, 0, 0, 1}, {0x22, 1, 2, 3, 4, 5}} {
		if err := e.pub.Video(2000, b); err == nil || stream.Fatal(err) {
			t.Errorf("video % x: %v", b[:1], err)
		}
	}
	for _, b := range [][]byte{{0xaf}, {0x2f, 1, 2}, {0xaf, 0, 0xff}} {
		if err := e.pub.Audio(2000, b); err == nil || stream.Fatal(err) {
			t.Errorf("audio % x: %v", b, err)
		}
	}
	e.send(3 * time.Second)
	h, _ := r.hub.Stream("room")
	if h.Dropped != 7 || r.discontinuities() != 0 {
		t.Errorf("%d dropped, %d discontinuities", h.Dropped, r.discontinuities())
	}
}

func TestTooMuchIsFatal(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	big := videoBody(true, 0, 60000)
	var err error
	for range 400 {
		if err = e.pub.Video(0, big); err != nil {
			break
		}
	}
	if !stream.Fatal(err) {
		t.Errorf("24 MB in one moment: %v", err)
	}
}
