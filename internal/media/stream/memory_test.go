package stream_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"hawker/internal/media/stream"
)

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) // what is reachable; spans in use depend on what else ran
}

// What a stream holds does not grow with its age, nor with readers that stop
// reading: they hold places, not packets.
func TestMemoryOfAStream(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.blind = true
	e := r.publish("room", shape{fps: 30, gop: 30, noAudio: true})
	const size = 10_000 // 2.4 Mb/s
	send := func(frames int) {
		for range frames {
			r.clock.Advance(33 * time.Millisecond)
			e.must(e.pub.Video(uint32(e.nv*33), videoBody(e.nv%30 == 0, 0, size)))
			e.nv++
		}
	}
	before := inUse()
	send(900)
	alone := inUse()
	if grown := alone - before; grown > 3500<<10 { // nine seconds in the window, the newest GOP, and little else
		t.Errorf("a stream of 2.4 Mb/s holds %d KiB", grown>>10)
	}
	var taps []*stream.Tap
	for range 200 {
		tap := r.tap()
		if _, err := tap.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		taps = append(taps, tap)
	}
	send(9000)
	idle := inUse()
	if grown := idle - alone; grown > 4<<20 { // 32 packets at the most that each was handed, and the GOP before
		t.Errorf("200 readers that read nothing and five minutes cost %d KiB", grown>>10)
	}
	routines := runtime.NumGoroutine()
	for _, tap := range taps {
		tap.Close()
	}
	send(60)
	if grown := inUse() - alone; grown > 1<<20 {
		t.Errorf("%d KiB are left of readers that went", grown>>10)
	}
	if n := runtime.NumGoroutine(); n > routines {
		t.Errorf("%d goroutines more", n-routines)
	}
}

// A publisher that stops in the middle holds what it sent and no more, and its
// readers wait without turning.
func TestSlowPublisher(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.blind = true
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(700 * time.Millisecond)
	tap := r.tap()
	drain(t, tap)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := tap.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing comes: %v", err)
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 200 {
		t.Errorf("%d allocations while waiting", n)
	}
	for range 20 { // one frame every 3 s: the playlist keeps its rules
		r.clock.Advance(3 * time.Second)
		e.ms += 3000
		e.must(e.pub.Video(e.timestamp(uint32(e.ms)), videoBody(true, 0, 4000)))
		r.look()
	}
}
