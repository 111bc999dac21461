package stream_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/media/stream"
)

// lingerTwice lets a stream that nobody publishes to end and be forgotten.
func (r *rig) lingerTwice() {
	for range 2 {
		synctest.Wait()
		r.clock.Advance(time.Minute)
	}
	synctest.Wait()
}

// A publisher that comes in the moment in which its stream is forgotten is found by viewers like any other.
func TestPublishToAStreamThatIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		r.publish("room", shape{fps: 30, gop: 30}).pub.Close(errNo)
		p, err := r.hub.PublishAfter(t.Context(), stream.PublishRequest{Name: "room"}, r.lingerTwice)
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := r.hub.Stream("room"); !ok || !h.Live || h.Generation != p.Generation() || p.Generation() != 2 {
			t.Errorf("generation %d publishes, and viewers find %v %+v", p.Generation(), ok, h)
		}
	})
}

// heldStore holds a reader of the state back until it is let go.
type heldStore struct {
	memoryStore
	held atomic.Bool
	read chan struct{}
	let  chan struct{}
}

func (s *heldStore) Load(ctx context.Context, id string) (stream.State, error) {
	st, err := s.memoryStore.Load(ctx, id)
	if s.held.CompareAndSwap(false, true) {
		close(s.read)
		<-s.let
	}
	return st, err
}

// A state that was read before another publisher came and went is not believed.
func TestStateThatWasReadTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &heldStore{read: make(chan struct{}), let: make(chan struct{})}
		store.states = map[string]stream.State{}
		r := newRig(t, rigOptions{keeper: store})
		slow := make(chan *stream.Publication, 1)
		go func() {
			p, err := r.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, nil)
			if err != nil {
				t.Error(err)
			}
			slow <- p
		}()
		<-store.read
		r.publish("room", shape{fps: 30, gop: 30}).pub.Close(errNo)
		r.lingerTwice()
		if _, ok := r.hub.Stream("room"); ok {
			t.Fatal("the stream was not forgotten")
		}
		close(store.let)
		if p := <-slow; p == nil || p.Generation() != 2 {
			t.Errorf("the second publisher is %+v", p)
		}
	})
}

// Who comes while the hub stops is refused, and nobody is left publishing.
func TestPublishWhileTheHubStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{archive: disk(t, t.TempDir())})
		r.publish("room", shape{fps: 30, gop: 30}).pub.Close(errNo)
		_, err := r.hub.PublishAfter(t.Context(), stream.PublishRequest{Name: "room"}, func() {
			if err := r.hub.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if h, _ := r.hub.Stream("room"); !errors.Is(err, stream.ErrShutdown) || h.Live || h.Recording.Active {
			t.Errorf("%v; %+v", err, h)
		}
	})
}

// Stopping twice is stopping once.
func TestShutdownTwice(t *testing.T) {
	r := newRig(t, rigOptions{archive: disk(t, t.TempDir())})
	r.blind = true
	r.publish("room", shape{fps: 30, gop: 30}).send(3 * time.Second)
	for range 2 {
		if err := r.hub.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := r.events.wait(t, 3); strings.Join(got, ",") != "publish room 1,unpublish room 1,recorded room" {
		t.Errorf("events %v", got)
	}
}
