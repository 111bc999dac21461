package eventstest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
)

// Engine is a carrier to be proved.
type Engine struct {
	// Open makes an empty one each time.
	Open func(t *testing.T) events.Carrier
	// Pause is before what was not taken comes again: short, and not nothing.
	Pause time.Duration
}

// Run proves a carrier.
func Run(t *testing.T, e Engine) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, k *carried)
	}{
		{"each group hears once", eachGroup},
		{"what waits for a group that is away", waits},
		{"one of a group's consumers", sharedOut},
		{"again when it was not taken", again},
		{"again when the consumer went away", abandoned},
		{"one that is never taken holds up nobody", stuck},
		{"declared again", declaredAgain},
		{"nothing is published by who gave up", gaveUp},
		{"a group that came later", declaredLater},
		{"in the order of each key", ordered},
		{"tries are counted and wait", counted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ids, err := id.NewGenerator(clock.Real{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.test(t, &carried{t: t, carrier: e.Open(t), pause: e.Pause, ids: ids})
		})
	}
}

type carried struct {
	t       *testing.T
	carrier events.Carrier
	pause   time.Duration
	ids     *id.Generator
}

func (k *carried) declare(groups ...events.Group) {
	k.t.Helper()
	if err := k.carrier.Declare(k.t.Context(), groups); err != nil {
		k.t.Fatal(err)
	}
}

// publish sends n events of a name, whose keys count them.
func (k *carried) publish(name string, n int) {
	k.t.Helper()
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	k.send(name, keys...)
}

func (k *carried) send(name string, keys ...string) {
	k.t.Helper()
	if err := k.carrier.Publish(k.t.Context(), batch(k.ids, name, keys...)); err != nil {
		k.t.Fatal(err)
	}
}

// batch makes events of a name, one for each key.
func batch(ids *id.Generator, name string, keys ...string) (out []event.Envelope) {
	for _, key := range keys {
		out = append(out, event.Envelope{
			ID: id.Make[id.Event](ids), Name: name, Key: key, At: clock.Real{}.Now(), Payload: []byte(`{"what":"茶"}`),
		})
	}
	return out
}

// consume runs a consumer until stop is called or the test ends.
func (k *carried) consume(group string, take func(ctx context.Context, d events.Delivery) error) (stop func()) {
	ctx, cancel := context.WithCancel(k.t.Context())
	done := make(chan error, 1)
	go func() { done <- k.carrier.Consume(ctx, group, take) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			k.t.Error(err)
		}
	})
	k.t.Cleanup(stop)
	return stop
}

// hear has a consumer that takes everything.
func (k *carried) hear(group string) (heard chan events.Delivery, stop func()) {
	heard = make(chan events.Delivery, 1000)
	return heard, k.consume(group, func(_ context.Context, d events.Delivery) error {
		heard <- d
		return nil
	})
}

// wantKeys hears until n events have come, each at least once.
func wantKeys(t *testing.T, heard chan events.Delivery, name string, n int) {
	t.Helper()
	keys := map[string]bool{}
	for len(keys) < n {
		d := <-heard
		if d.Name != name || d.ID.IsZero() || string(d.Payload) != `{"what":"茶"}` || d.At.IsZero() || d.Attempt < 1 {
			t.Fatalf("heard %+v", d)
		}
		keys[d.Key] = true
	}
}

func eachGroup(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x", "y"}}, events.Group{Name: "b", Events: []string{"x"}})
	a, _ := k.hear("a")
	b, _ := k.hear("b")
	k.publish("x", 50)
	wantKeys(t, a, "x", 50)
	wantKeys(t, b, "x", 50)
	k.publish("y", 1)
	k.publish("nobody hears of it", 1)
	wantKeys(t, a, "y", 1)
	k.publish("x", 1)
	wantKeys(t, b, "x", 1) // and nothing of y came before
}

func waits(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	k.publish("x", 30)
	first, stop := k.hear("a")
	wantKeys(t, first, "x", 30)
	stop()
	k.publish("x", 30)
	second, _ := k.hear("a")
	wantKeys(t, second, "x", 30)
}

// sharedOut has two consume a group: while one holds an event the other gets the
// rest, and what was taken comes to nobody again.
func sharedOut(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	held, release := make(chan string, 1), make(chan struct{})
	var once sync.Once
	k.consume("a", func(ctx context.Context, d events.Delivery) error {
		once.Do(func() {
			held <- d.Key
			select {
			case <-release:
			case <-ctx.Done():
			}
		})
		return nil
	})
	k.send("x", "held")
	<-held
	heard, _ := k.hear("a")
	k.publish("y", 1)
	k.publish("x", 20)
	wantKeys(t, heard, "x", 20)
	close(release)
}

func again(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}}, events.Group{Name: "b", Events: []string{"x"}})
	tries := make(chan events.Delivery, 100)
	k.consume("a", func(_ context.Context, d events.Delivery) error {
		tries <- d
		if len(tries) < 3 {
			return errors.New("not now")
		}
		return nil
	})
	b, _ := k.hear("b")
	k.publish("x", 1)
	wantKeys(t, b, "x", 1) // a neighbour is not told again
	first := <-tries
	for range 2 {
		d := <-tries
		if d.ID != first.ID || d.Attempt < first.Attempt {
			t.Errorf("then came %+v, first %+v", d, first)
		}
	}
}

func abandoned(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	began := make(chan struct{}, 1)
	stop := k.consume("a", func(ctx context.Context, _ events.Delivery) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	k.publish("x", 1)
	<-began
	stop()
	heard, _ := k.hear("a")
	wantKeys(t, heard, "x", 1)
}

func stuck(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	heard := make(chan events.Delivery, 1000)
	k.consume("a", func(_ context.Context, d events.Delivery) error {
		if d.Key == "0" {
			return errors.New("never")
		}
		heard <- d
		return nil
	})
	k.publish("x", 50)
	wantKeys(t, heard, "x", 49)
}

func declaredAgain(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	k.publish("x", 5)
	k.declare(events.Group{Name: "a", Events: []string{"x", "y"}}, events.Group{Name: "b", Events: []string{"y"}})
	k.publish("y", 5)
	b, _ := k.hear("b")
	wantKeys(t, b, "y", 5)
	heard, _ := k.hear("a")
	seen := map[string]bool{}
	for len(seen) < 10 {
		d := <-heard
		seen[d.Name+d.Key] = true
	}
}

func gaveUp(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	err := k.carrier.Publish(stopped, batch(k.ids, "x", "lost"))
	if err == nil {
		t.Error("confirmed to who had given up")
	}
}
