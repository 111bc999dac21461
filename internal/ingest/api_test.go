package ingest_test

import (
	"context"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/stage/stagetest"
)

type body = map[string]any

// Where a room is sent on to is the hosts' business; the key that is in the address
// is shown to nobody again, not even to them.
func TestRestreamsBehindTheDoor(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	d := httpapitest.Open(t, k.Clock, k.Ingest.Module(k.Restreams))
	d.Hire(k.Host, k.Shop)
	door, err := k.Rooms.Door(context.Background(), r)
	k.Must(err)
	d.Room(r, door)
	d.Name("shop", k.Shop)
	d.Name("room", r)
	d.Strangers()
	const path = "/merchant/{shop}/rooms/{room}/restreams"
	made := d.Call(k.Host, 201, "POST "+path, body{"name": "别处", "url": "rtmp://other.example/live/secret-key"})
	if got := made.Show("name", "enabled", "state"); got != "别处 true waiting" {
		t.Errorf("made: %v", made)
	}
	d.Name("one", word(made.Text("id")))
	list := func() httpapitest.Object {
		t.Helper()
		a := d.Do(k.Host, "GET "+path, nil)
		if strings.Contains(string(a.Body), "secret-key") {
			t.Errorf("the key is shown: %s", a.Body)
		}
		return d.Call(k.Host, 200, "GET "+path, nil)
	}
	k.Publish(r)
	k.Must(k.Restreams.Sync(t.Context(), r))
	sent := func(want int) {
		t.Helper()
		if got := k.Sent.To(r); len(got) != want {
			t.Errorf("sent on to %v, want %d places", got, want)
		}
	}
	sent(1)
	if got := k.Sent.To(r); len(got) == 1 && !strings.HasSuffix(got[0].URL, "secret-key") {
		t.Errorf("sent to %v without its key", got)
	}
	d.Call(k.Host, 204, "PATCH "+path+"/{one}", body{"enabled": false})
	sent(0)
	if got := list(); got.Show("items.0.enabled", "items.0.state", "items.1") != "false off <nil>" {
		t.Errorf("switched off: %v", got)
	}
	for _, bad := range []string{"http://other.example/x", "rtmp://", "not an address"} {
		if a := d.Do(k.Host, "POST "+path, body{"name": "x", "url": bad}); a.Status != 422 {
			t.Errorf("%q answers %d: %s", bad, a.Status, a.Body)
		}
	}
	rival, theirs := id.Make[id.User](k.DB), id.Make[id.Shop](k.DB)
	d.Hire(rival, theirs)
	for _, do := range []string{"GET ", "DELETE "} {
		target := do + "/merchant/" + theirs.String() + "/rooms/{room}/restreams"
		if do == "DELETE " {
			target += "/{one}"
		}
		d.Refuse(rival, 404, "live.not_found", target, nil)
	}
	d.Call(k.Host, 204, "DELETE "+path+"/{one}", nil)
	if got := list(); len(got.List("items")) != 0 {
		t.Errorf("removed: %v", got)
	}
}

type word string

func (w word) String() string { return string(w) }
