package api_test

import (
	"net/http"
	"strings"
	"testing"

	"hawker/test/kit"
)

// TestOpenPublishingLeavesRoomsAlone: a room's own settings hold although the
// program lets strangers publish besides.
func TestOpenPublishingLeavesRoomsAlone(t *testing.T) {
	m := kit.Start(t, "HAWKER_LIVE_OPEN_PUBLISH=true")
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	merchant.Do("PATCH", "/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID, "", map[string]any{"low_latency": true}).
		Want(t, http.StatusOK)
	m.Stream(t, room.Stream.PublishURL)
	m.Stream(t, "rtmp://"+m.RTMP+"/live/stranger")
	for name, part := range map[string]string{room.ID: "PART-TARGET=0.2", "stranger": "PART-TARGET=0.3"} {
		var list string
		m.Eventually(name+" can be played", func() bool {
			list = string(m.Visitor().Fetch("/live/" + name + "/live.m3u8").Body)
			return strings.Contains(list, "#EXT-X-PART:")
		})
		if !strings.Contains(list, part) {
			t.Errorf("%s: no %s in\n%s", name, part, list)
		}
	}
}
