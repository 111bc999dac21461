package stream_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls"
	"hawker/internal/media/stream"
)

func TestMarks(t *testing.T) {
	r := newRig(t, rigOptions{})
	at := r.clock.Now()
	if err := r.hub.Mark("room", stream.Mark{ID: "a", Start: at}); !errors.Is(err, stream.ErrNoStream) {
		t.Errorf("nobody there: %v", err)
	}
	e := r.publish("room", shape{fps: 30, gop: 30})
	if err := r.hub.Mark("room", stream.Mark{ID: "early", Start: at.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	e.send(2 * time.Second)
	if err := r.hub.Mark("room", stream.Mark{ID: "late", Start: r.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := r.hub.Mark("room", stream.Mark{ID: "bad"}); !errors.Is(err, hls.ErrMark) {
		t.Errorf("a mark without a start: %v", err)
	}
	e.send(time.Second)
	list := r.get("/live/room/live.m3u8").Body.String()
	for _, id := range []string{"early", "late"} {
		if !strings.Contains(list, `#EXT-X-DATERANGE:ID="`+id+`"`) {
			t.Errorf("no mark %s in\n%s", id, list)
		}
	}
	e.send(12 * time.Second) // the follower minds nothing
	if strings.Contains(r.get("/live/room/live.m3u8").Body.String(), "DATERANGE") {
		t.Error("marks of long ago are still listed")
	}
	r.hub.Close("room")
	if err := r.hub.Mark("room", stream.Mark{ID: "b", Start: r.clock.Now()}); !errors.Is(err, stream.ErrNoStream) {
		t.Errorf("after the end: %v", err)
	}
}
