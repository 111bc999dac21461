package stream_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"hawker/internal/media/stream"
)

func (r *rig) tap() *stream.Tap {
	r.t.Helper()
	t, err := r.hub.Tap(r.t.Context(), "room")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(t.Close)
	return t
}

// drain reads what there is now.
func drain(t *testing.T, tap *stream.Tap) []stream.Packet {
	t.Helper()
	var out []stream.Packet
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // Next gives what there is, and does not wait
	for {
		p, err := tap.Next(ctx)
		if errors.Is(err, context.Canceled) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
}

// rising fails if the packets of a kind go back in time or leave frames out.
func rising(t *testing.T, list []stream.Packet, stepMax uint32) {
	t.Helper()
	var last [3]uint32
	for i, p := range list {
		if p.Config || p.Kind == stream.PacketMeta {
			continue
		}
		if old := last[p.Kind]; old > 0 && (p.Time < old || p.Time-old > stepMax) {
			t.Fatalf("packet %d of kind %d: from %d to %d ms", i, p.Kind, old, p.Time)
		}
		last[p.Kind] = p.Time
	}
}

func TestTapBeginsAtTheNewestKeyFrame(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	r.blind = true
	e.send(2500 * time.Millisecond)
	got := drain(t, r.tap())
	if len(got) < 10 || got[0].Kind != stream.PacketMeta || !got[1].Config || !got[2].Config {
		t.Fatalf("begins with %+v", got[:min(3, len(got))])
	}
	first := got[3]
	if first.Kind != stream.PacketVideo || !first.Key || first.Time != 7000 {
		t.Fatalf("first frame: kind %d, key %v, %d ms", first.Kind, first.Key, first.Time)
	}
	frames := 0
	for _, p := range got[3:] {
		if p.Kind == stream.PacketVideo {
			frames++
		}
	}
	if frames != 15 {
		t.Errorf("%d frames of a GOP half through, want 15", frames)
	}
	rising(t, got, 40)
}

// Every reader is given the very same memory.
func TestTapSharesBodies(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	r.blind = true
	e.send(time.Second)
	a, b := drain(t, r.tap()), drain(t, r.tap())
	if len(a) != len(b) || len(a) < 30 {
		t.Fatalf("%d and %d packets", len(a), len(b))
	}
	for i := range a {
		if &a[i].Body[0] != &b[i].Body[0] {
			t.Fatalf("packet %d was copied", i)
		}
	}
}

func TestTapGoesOnOverReconnectsAndJumps(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	tap := r.tap()
	r.blind = true
	e.send(100 * time.Millisecond)
	got := drain(t, tap)
	for _, jump := range []int64{3_600_000, -5_000_000, 0} {
		e.send(2 * time.Second)
		e.offset += jump
		got = append(got, drain(t, tap)...)
	}
	e.pub.Close(errNo)
	r.clock.Advance(3 * time.Second)
	again := r.publish("room", shape{fps: 30, gop: 30, first: 4_000_000_000})
	again.send(2 * time.Second)
	got = append(got, drain(t, tap)...)
	rising(t, got, 60)
	frames := 0
	for _, p := range got {
		if p.Kind == stream.PacketVideo && !p.Config {
			frames++
		}
	}
	if frames != 243 {
		t.Errorf("%d pictures of 243", frames)
	}
}

func TestTapTellsAChangedConfigOnce(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	tap := r.tap()
	r.blind = true
	e.send(time.Second)
	got := drain(t, tap)
	e.must(e.pub.Audio(e.timestamp(1000), audioConfig()))               // the same
	e.must(e.pub.Audio(e.timestamp(1000), []byte{0xaf, 0, 0x12, 0x10})) // 44.1 kHz
	e.send(time.Second)
	n := 0
	for _, p := range append(got, drain(t, tap)...) {
		if p.Config && p.Kind == stream.PacketAudio {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d audio configurations, want 2", n)
	}
	late := drain(t, r.tap())
	if late[2].Body[3] != 0x10 {
		t.Errorf("a late reader is told the old configuration: %x", late[2].Body)
	}
}

// A reader that does not read holds up nobody, goes on at a key frame, and is
// sent away when it never catches up.
func TestSlowTap(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 47, noAudio: true}) // so that no visit finds it at the end
	r.blind = true
	tap := r.tap()
	next := func() (stream.Packet, error) { return tap.Next(t.Context()) }
	for range 3 { // metadata, configuration: whatever comes first
		e.send(100 * time.Millisecond)
		if _, err := next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		e.send(20 * time.Second)
		for tap.Buffered() > 0 {
			if _, err := next(); err != nil {
				t.Fatal(err)
			}
		}
		p, err := next()
		if err != nil || !p.Key {
			t.Fatalf("after falling behind: key %v, %v", p.Key, err)
		}
	}
	e.send(20 * time.Second)
	for tap.Buffered() > 0 {
		if _, err := next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := next(); !errors.Is(err, stream.ErrSlow) {
		t.Fatalf("the third time: %v", err)
	}
	if h, _ := r.hub.Stream("room"); h.Readers != 1 {
		t.Errorf("%d readers", h.Readers)
	}
	tap.Close()
	if h, _ := r.hub.Stream("room"); h.Readers != 0 {
		t.Errorf("%d readers after Close", h.Readers)
	}
}

// What a GOP may hold in memory is limited; after one that was too long readers
// begin at the next key frame.
func TestTapAfterAnEndlessGOP(t *testing.T) {
	for name, s := range map[string]struct{ frames, size int }{
		"frames": {2600, 10}, "bytes": {200, 100 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{fps: 30, gop: 1, noAudio: true})
			push := func(i int, key bool) {
				r.clock.Advance(time.Millisecond)
				e.must(e.pub.Video(uint32(i*33), videoBody(key, 0, s.size)))
			}
			for i := range s.frames {
				push(i, i == 0)
			}
			tap := r.tap()
			if got := drain(t, tap); len(got) != 0 {
				t.Fatalf("%d packets to begin with", len(got))
			}
			push(s.frames, false)
			push(s.frames+1, true)
			push(s.frames+2, false)
			got := drain(t, tap)
			if len(got) != 4 || !got[2].Key {
				t.Fatalf("%d packets, want metadata, configuration and two frames", len(got))
			}
		})
	}
}

func TestTapOfAudioAlone(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{noVideo: true})
	r.blind = true
	e.send(10 * time.Second)
	got := drain(t, r.tap())
	if n := len(got); n < 3 || n > 60 {
		t.Errorf("%d packets, want at most a second", n)
	}
}

func TestTapEnds(t *testing.T) {
	r := newRig(t, rigOptions{})
	if _, err := r.hub.Tap(t.Context(), "room"); !errors.Is(err, stream.ErrNoStream) {
		t.Fatalf("nobody there: %v", err)
	}
	e := r.publish("room", shape{fps: 30, gop: 30})
	r.blind = true
	e.send(time.Second)
	tap, closed := r.tap(), r.tap()
	closed.Close()
	if _, err := closed.Next(t.Context()); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("closed tap: %v", err)
	}
	r.hub.Close("room")
	for {
		_, err := tap.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.hub.Tap(t.Context(), "room"); !errors.Is(err, stream.ErrNoStream) {
		t.Errorf("after the end: %v", err)
	}
}
