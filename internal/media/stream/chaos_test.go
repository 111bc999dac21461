package stream_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hawker/internal/media/stream"
)

// Whatever a publisher does, in whatever order, the playlist keeps its rules:
// the follower looks after every frame.
func TestAnythingGoes(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			r := newRig(t, rigOptions{part: []time.Duration{0, 200 * time.Millisecond}[rnd.IntN(2)]})
			e := r.publish("room", randomShape(rnd))
			for range 12 {
				e.send(time.Duration(200+rnd.IntN(4000)) * time.Millisecond)
				e = r.something(rnd, e)
			}
		})
	}
}

func randomShape(rnd *rand.Rand) shape {
	return shape{
		fps: []int{15, 24, 25, 30, 50, 60}[rnd.IntN(6)], gop: 1 + rnd.IntN(300), bframes: rnd.IntN(2) == 0,
		first: rnd.Uint32(), jitter: rnd.IntN(2) == 0, ctsShift: int32(rnd.IntN(3)-1) * 67,
	}
}

func (r *rig) something(rnd *rand.Rand, e *encoder) *encoder {
	switch rnd.IntN(7) {
	case 0:
		e.quietVideo = !e.quietVideo && !e.quietAudio
	case 1:
		e.quietAudio = !e.quietAudio && !e.quietVideo
	case 2:
		e.offset += int64(3100 + rnd.IntN(1_000_000))
	case 3:
		e.offset -= int64(600 + rnd.IntN(1_000_000))
	case 4:
		e.pub.Close(errNo)
		r.clock.Advance(time.Duration(rnd.IntN(20000)) * time.Millisecond)
		return r.publish("room", randomShape(rnd))
	case 5:
		return r.publish("room", randomShape(rnd))
	case 6:
		e.offset += int64(rnd.IntN(100) - 50)
	}
	return e
}

// Publishers that push one another out from all sides, with viewers watching.
func TestManyTakeovers(t *testing.T) {
	r := newRig(t, rigOptions{})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 30 {
				p, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, func(error) {})
				if err != nil {
					t.Errorf("publish: %v", err)
					return
				}
				_ = p.Video(0, videoConfig())
				for i := range uint32(40) { // until somebody else is there
					if err := p.Video(i*33, videoBody(i%30 == 0, 0, 200)); stream.Fatal(err) {
						break
					}
				}
				p.Close(errNo)
			}
		})
		wg.Go(func() {
			for range 100 {
				r.hub.Streams()
				r.get("/live/room/7/p1.m4s")
			}
		})
	}
	wg.Wait()
	e := r.publish("room", shape{fps: 30, gop: 30})
	r.blind = true
	e.send(9 * time.Second) // the bursts before it, which cannot be dated well, have left the list
	r.look()
	if h, _ := r.hub.Stream("room"); !h.Live || h.Generation != 181 {
		t.Errorf("live %v, generation %d", h.Live, h.Generation)
	}
}
