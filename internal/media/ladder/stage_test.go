package ladder_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hawker/internal/media/ladder"
	"hawker/internal/media/stream"
)

// A new stage gets renditions of its own, with none of the pictures of the one before.
func TestRenditionsOfANewStage(t *testing.T) {
	t.Parallel()
	tags := clip(t, "640x360")
	n := newNode(t, ladder.Config{})
	n.publish("room", tags)
	n.eventually("three renditions", func() bool { return slices.Equal(n.variants("room"), all) })
	old := n.view("room/120p/live.m3u8")
	old.until(3)
	var before []string
	for _, s := range old.seen {
		before = append(before, s.Map)
		if s.Done {
			before = append(before, s.URI)
		}
		for _, p := range s.Parts {
			before = append(before, p.URI)
		}
	}
	if !n.hub.SetStage("room", stream.Stage{Private: true}) {
		t.Fatal("there is no such stream")
	}
	nothing := func(when string) {
		t.Helper()
		for _, uri := range before {
			if code, _ := n.get("room/120p/" + uri); uri != "" && code != http.StatusNotFound {
				t.Errorf("%s: %s answers %d", when, uri, code)
			}
		}
	}
	nothing("at once")
	n.eventually("three renditions again", func() bool { return slices.Equal(n.variants("room"), all) })
	nothing("later")
	if _, list := n.get("room/120p/live.m3u8"); strings.Contains(list, "ENDLIST") || len(before) < 4 {
		t.Errorf("%v before; now\n%s", before, list)
	}
	fresh := n.view("room/120p/live.m3u8")
	fresh.until(2)
	if now, _ := n.ladder.Status("room"); now.Tries != 0 {
		t.Errorf("the change was taken for a failure: %+v", now)
	}
}
