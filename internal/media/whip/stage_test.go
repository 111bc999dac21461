package whip

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"hawker/internal/media/stream"
)

// Viewers who were let in for one stage get nothing of the next, whether the publisher
// came by WebRTC, whose packets never go through the hub, or not.
func TestViewersAreLetGoWithTheStage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		publish func(r *rig) (stop func())
	}{
		{"direct", func(r *rig) func() {
			pc := peer(t)
			c := &camera{
				video: track(t, pc, h264Capability(), "v"), audio: track(t, pc, opusCapability(), "a"),
				pictures: pictures(t, "320x240", "2"), sound: opusPackets(t, "2"),
			}
			r.dial(pc, "/whip/key-direct")
			return c.roll()
		}},
		{"pumped", func(r *rig) func() {
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { r.publishFLV("pumped", stop, rtmpSource("-tune", "zerolatency")...) })
			return func() { close(stop); wg.Wait() }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var door sync.Mutex
			var refusal error
			r := newRig(t, func(c *Config) {
				c.MayPlay = func(_ context.Context, _ string, _ *http.Request) error {
					door.Lock()
					defer door.Unlock()
					return refusal
				}
			})
			defer tt.publish(r)()
			await(t, func() bool { h := r.health(tt.name); return h.Live && h.KeyframeGap > 0 })
			v := r.watch(tt.name)
			await(t, func() bool { return v.pictures.Load() > 5 })
			door.Lock()
			refusal = errNotAllowed
			door.Unlock()
			if !r.hub.SetStage(tt.name, stream.Stage{Private: true}) {
				t.Fatal("there is no such stream")
			}
			r.server.mu.Lock()
			f := r.server.feeds[tt.name]
			r.server.mu.Unlock()
			if f != nil {
				f.mu.Lock()
				if len(f.viewers) > 0 || f.pump != nil {
					t.Errorf("%d viewers, pump %v", len(f.viewers), f.pump)
				}
				f.mu.Unlock()
			}
			await(t, func() bool { _, n := r.server.Counts(); return n == 0 })
			if status, _, _ := r.post("/whep/"+tt.name, localOffer(t, watcher(t))); status < http.StatusBadRequest {
				t.Errorf("who is not asked in got %d", status)
			}
			door.Lock()
			refusal = nil
			door.Unlock()
			back := r.watch(tt.name)
			await(t, func() bool { return back.pictures.Load() > 5 })
		})
	}
}

// Who was asked before the change and joins after it is not let in.
func TestNobodyJoinsAnotherStage(t *testing.T) {
	var r *rig
	r = newRig(t, func(c *Config) {
		c.MayPlay = func(context.Context, string, *http.Request) error {
			if !r.hub.SetStage("late", stream.Stage{Private: true}) {
				return errors.New("no stream")
			}
			return nil // it was public when this was asked
		}
	})
	pc := peer(t)
	c := &camera{video: track(t, pc, h264Capability(), "v"), pictures: pictures(t, "320x240", "1")}
	r.dial(pc, "/whip/key-late")
	defer c.roll()()
	if status, body, _ := r.post("/whep/late", localOffer(t, watcher(t))); status != http.StatusNotFound {
		t.Errorf("%d %s", status, body)
	}
}
