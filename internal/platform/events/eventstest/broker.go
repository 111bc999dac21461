package eventstest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
)

// Broker is an engine outside the process, to be proved.
type Broker struct {
	// Open makes a carrier as one more process has it.
	Open func(t *testing.T) events.Carrier
	// Stop ends the broker as a machine that falls would, Start starts it with what it kept.
	Stop, Start func(t *testing.T)
}

// RunBroker proves what a carrier promises over several processes and when its broker
// falls. Nothing else may use the broker.
func RunBroker(t *testing.T, b Broker) {
	t.Helper()
	t.Run("a group over two processes", func(t *testing.T) { twoProcesses(t, b) })
	t.Run("killed while it is published to", func(t *testing.T) { killed(t, b) })
}

// process is a program over the broker.
func process(t *testing.T, b Broker) *carried {
	t.Helper()
	ids, err := id.NewGenerator(clock.Real{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	k := &carried{t: t, carrier: b.Open(t), ids: ids}
	k.declare(events.Group{Name: "a", Events: []string{"x"}}, events.Group{Name: "b", Events: []string{"x"}})
	return k
}

// heard is what a group took, in whichever process.
type heard struct {
	mu   sync.Mutex
	all  map[id.Event]bool
	more chan struct{}
}

func newHeard() *heard {
	return &heard{all: map[id.Event]bool{}, more: make(chan struct{}, 1)}
}

func (h *heard) take(_ context.Context, d events.Delivery) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[d.ID] = true
	select {
	case h.more <- struct{}{}:
	default:
	}
	return nil
}

// wait waits until all of these were heard.
func (h *heard) wait(all []id.Event) {
	for {
		h.mu.Lock()
		missing := 0
		for _, ev := range all {
			if !h.all[ev] {
				missing++
			}
		}
		h.mu.Unlock()
		if missing == 0 {
			return
		}
		<-h.more
	}
}

// twoProcesses share a group: together they take all, and when one goes the other takes
// the rest.
func twoProcesses(t *testing.T, b Broker) {
	first, second := process(t, b), process(t, b)
	h := newHeard()
	stop := first.consume("a", h.take)
	second.consume("a", h.take)
	tell := func(part string) (all []id.Event) {
		for i := range 20 {
			out := batch(first.ids, "x", fmt.Sprint(part, i), fmt.Sprint(part, i+1))
			if err := first.carrier.Publish(t.Context(), out); err != nil {
				t.Fatal(err)
			}
			all = append(all, out[0].ID, out[1].ID)
		}
		return all
	}
	h.wait(tell("both"))
	rest := tell("one of them goes")
	stop()
	h.wait(append(rest, tell("the other")...))
}

// settled is how long a broker runs before it falls. RabbitMQ 3.10 writes the directory of
// its quorum queues every half second: one declared just before a fall has no leader after.
const settled = 2 * time.Second

// killed has the broker fall in the middle of publishing: what it had confirmed is
// heard, by who consumed before it fell and by who comes after.
func killed(t *testing.T, b Broker) {
	k := process(t, b)
	before := newHeard()
	k.consume("a", before.take)
	var confirmed []id.Event
	ripe, up, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var now clock.Real
	began := now.Now()
	fall := sync.OnceFunc(func() { close(ripe) })
	go func() {
		defer close(done)
		for n, since := 0, 0; since < 20; n++ {
			out := batch(k.ids, "x", fmt.Sprint(n%7), fmt.Sprint(n%5), fmt.Sprint(n%3))
			if err := k.carrier.Publish(t.Context(), out); err != nil {
				if <-up; t.Context().Err() != nil {
					return
				}
				continue
			}
			confirmed = append(confirmed, out[0].ID, out[1].ID, out[2].ID)
			if now.Now().Sub(began) > settled {
				fall()
			}
			select {
			case <-up:
				since++
			default:
			}
		}
	}()
	<-ripe
	func() {
		defer close(up)
		b.Stop(t)
		b.Start(t)
	}()
	<-done
	before.wait(confirmed)
	after, late := newHeard(), process(t, b)
	late.consume("b", after.take)
	after.wait(confirmed)
}
