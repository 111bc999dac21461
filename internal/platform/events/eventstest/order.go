package eventstest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
)

// declaredLater has a group that is declared after something was told: it hears what
// comes from then on.
func declaredLater(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	k.send("x", "before")
	a, _ := k.hear("a")
	wantKeys(t, a, "x", 1)
	k.declare(events.Group{Name: "a", Events: []string{"x"}}, events.Group{Name: "b", Events: []string{"x"}})
	k.send("x", "after")
	b, _ := k.hear("b")
	if d := <-b; d.Key != "after" {
		t.Errorf("heard of %s", d.Key)
	}
}

// ordered has several take a group: what is of one key comes in the order in which it
// was told, and none of it while another is being taken.
func ordered(t *testing.T, k *carried) {
	const keys, each = 5, 20
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	var mu sync.Mutex
	last, inHand, heard := map[string]id.Event{}, map[string]bool{}, 0
	all := make(chan struct{})
	for range 3 {
		k.consume("a", func(_ context.Context, d events.Delivery) error {
			mu.Lock()
			if before := last[d.Key]; inHand[d.Key] || before.Int() >= d.ID.Int() {
				t.Errorf("%s: %s came after %s, which was in hand: %v", d.Key, d.ID, before, inHand[d.Key])
			}
			last[d.Key], inHand[d.Key] = d.ID, true
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			defer mu.Unlock()
			inHand[d.Key] = false
			if heard++; heard == keys*each {
				close(all)
			}
			return nil
		})
	}
	for range each {
		k.publish("x", keys)
	}
	<-all
}

// counted has an event come four times: each try says which it is, and is a pause after
// the one before.
func counted(t *testing.T, k *carried) {
	k.declare(events.Group{Name: "a", Events: []string{"x"}})
	var now clock.Real
	tries, before := make(chan error, 4), now.Now()
	n := 0
	k.consume("a", func(_ context.Context, d events.Delivery) error {
		n++
		after := now.Now().Sub(before)
		before = now.Now()
		var wrong error
		if d.Attempt != n || n > 1 && after < k.pause {
			wrong = fmt.Errorf("try %d says it is %d, %s after the one before", n, d.Attempt, after)
		}
		tries <- wrong
		if n < 4 {
			return errors.New("not now")
		}
		return nil
	})
	k.publish("x", 1)
	for range 4 {
		if err := <-tries; err != nil {
			t.Error(err)
		}
	}
}
