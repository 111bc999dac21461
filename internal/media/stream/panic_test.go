package stream_test

import (
	"strings"
	"testing"
	"time"
)

// clumsyObserver panics at the first that it is told.
type clumsyObserver struct {
	*events
	told bool
}

func (o *clumsyObserver) OnPublish(name string, generation int64) {
	if !o.told {
		o.told = true
		panic("spilt by the observer")
	}
	o.events.OnPublish(name, generation)
}

// Whoever is told of streams and panics is told of what comes next, and no picture stops.
func TestAnObserverThatPanics(t *testing.T) {
	r := newRig(t, rigOptions{clumsy: true})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	e.pub.Close(errNo)
	r.publish("room", shape{fps: 30, gop: 30}).send(2 * time.Second)
	if got := strings.Join(r.events.wait(t, 2), ","); got != "unpublish room 1,publish room 2" {
		t.Errorf("told of %s", got)
	}
}
