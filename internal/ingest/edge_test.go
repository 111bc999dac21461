package ingest_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/ingest"
	"hawker/internal/media/hooks"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

// front is nginx-rtmp in front of some rooms beside a naive idea of who sends.
type front struct {
	*stagetest.Kit
	rt    *rapid.T
	edge  ingest.Edge
	rooms []id.Room
	holds map[id.Room]string // the connection whose goodbye counts
	live  map[id.Room]show.State
}

func (f *front) event(r id.Room, client string) hooks.Event {
	return hooks.Event{
		Server: hooks.NginxRTMP, Client: client, App: "live", Name: r.String(), Query: url.Values{"key": {f.Key(r)}},
	}
}

func (f *front) draw(t *rapid.T) (id.Room, string) {
	return rapid.SampledFrom(f.rooms).Draw(t, "room"), rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "client")
}

// hang is what the end of a connection means for the room that it held.
func (f *front) hang(client string, but id.Room) {
	for r, c := range f.holds {
		if c == client && r != but {
			delete(f.holds, r)
			if f.live[r] == show.Live {
				f.live[r] = show.Paused
			}
		}
	}
}

func (f *front) publish(t *rapid.T) {
	r, client := f.draw(t)
	for range rapid.IntRange(1, 2).Draw(t, "times") { // a callback may come twice
		if _, err := f.edge.OnPublish(f.T.Context(), f.event(r, client)); err != nil {
			f.rt.Fatal(err)
		}
	}
	f.hang(client, r)
	f.holds[r], f.live[r] = client, show.Live
}

func (f *front) unpublish(t *rapid.T) {
	r, client := f.draw(t)
	if err := f.edge.OnUnpublish(f.T.Context(), f.event(r, client)); err != nil {
		f.rt.Fatal(err)
	}
	f.hang(client, id.Room{})
}

func (f *front) update(t *rapid.T) {
	r, client := f.draw(t)
	known := false
	for x, c := range f.holds {
		if c == client {
			known = true
			if f.live[x] == show.Paused { // of before a crash
				f.live[x] = show.Live
			}
		}
	}
	if err := f.edge.OnUpdate(f.T.Context(), f.event(r, client)); known == errors.Is(err, hooks.ErrRefused) {
		f.rt.Fatalf("who is known: %v, hears %v", known, err)
	}
}

func (f *front) crash(*rapid.T) {
	f.Restart()
	f.edge = ingest.Edge{Service: f.Ingest}
	f.Must(f.Stage.Recover(f.T.Context()))
	for r, s := range f.live {
		if s == show.Live {
			f.live[r] = show.Paused
		}
	}
}

func (f *front) check(*rapid.T) {
	for _, r := range f.rooms {
		if got, want := f.Standing(r).State(), f.live[r]; got != want {
			f.rt.Fatalf("%s is %s, want %s; connections: %v", r, got, want, f.holds)
		}
	}
}

// Callbacks come twice, late, for others and with names of connections that were
// used before: each room is on air while the connection that holds it is there.
func TestCallbacksInEveryOrder(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		f := &front{
			Kit: k, rt: rt, edge: ingest.Edge{Service: k.Ingest}, rooms: []id.Room{k.Room(), k.Room(), k.Room()},
			holds: map[id.Room]string{}, live: map[id.Room]show.State{},
		}
		for _, r := range f.rooms {
			f.live[r] = show.Scheduled
		}
		k.Break("UPDATE room SET external_id = ''") // of the walks before
		rt.Repeat(map[string]func(*rapid.T){
			"publish": f.publish, "unpublish": f.unpublish, "update": f.update, "crash": f.crash, "": f.check,
		})
	})
}

// The program ends and starts again while a server in front goes on sending: at its
// next sign of life the same show goes on.
func TestAShowInFrontOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	e := hooks.Event{
		Server: hooks.NginxRTMP, Client: "7", App: "live", Name: r.String(), Query: url.Values{"key": {k.Key(r)}},
	}
	_, err := ingest.Edge{Service: k.Ingest}.OnPublish(t.Context(), e)
	k.Must(err)
	before := k.Want(r, show.Live)
	k.Clock.Advance(time.Hour)
	k.Restart()
	k.Must(k.Stage.Recover(t.Context()))
	k.Want(r, show.Paused)
	k.Clock.Advance(30 * time.Second)
	k.Must(ingest.Edge{Service: k.Ingest}.OnUpdate(t.Context(), e))
	after := k.Want(r, show.Live)
	if after.Now.ID != before.Now.ID || !after.Now.StartedAt.Equal(before.Now.StartedAt) ||
		after.ExternalURL != before.ExternalURL {
		t.Errorf("before the restart %+v, after it %+v", before, after)
	}
	k.Clock.Advance(time.Hour)
	k.Sweep()
	k.Want(r, show.Live)
}

// What a server in front sends reaches the room by HTTP, and what it must not do is
// answered so that it obeys.
func TestAServerInFrontIsAnswered(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r, warm := k.Room(), k.Room()
	k.Must(k.Mode(warm, room.WarmUp))
	edge := hooks.Server{Secret: "s", Log: slog.New(slog.DiscardHandler), Handler: ingest.Edge{Service: k.Ingest}}
	call := func(call, name, client, key string) int {
		t.Helper()
		form := url.Values{"call": {call}, "name": {name}, "clientid": {client}, "app": {"live"}, "key": {key}}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/nginx-rtmp?secret=s",
			strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		edge.ServeNginxRTMP(w, req)
		return w.Code
	}
	for i, c := range []struct {
		call, name, client, key string
		status                  int
		state                   show.State
	}{
		{"connect", "", "1", "", 200, show.Scheduled},
		{"publish", r.String(), "1", "guess", 403, show.Scheduled},
		{"publish", warm.String(), "1", k.Key(r), 403, show.Scheduled},
		{"publish", r.String(), "1", k.Key(r), 200, show.Live},
		{"update_publish", r.String(), "1", k.Key(r), 200, show.Live},
		{"update_publish", r.String(), "9", k.Key(r), 403, show.Live},
		{"play", r.String(), "5", "", 200, show.Live},
		{"play", warm.String(), "5", "", 403, show.Live},
		{"play", id.Make[id.Room](k.DB).String(), "5", "", 403, show.Live},
		{"play", "somebody-elses", "5", "", 200, show.Live},
		{"play_done", r.String(), "5", "", 200, show.Live},
		{"record_done", r.String(), "1", "", 200, show.Live},
		{"what is this", r.String(), "1", "", 200, show.Live},
		{"publish_done", r.String(), "9", "", 200, show.Live},
		{"publish_done", r.String(), "1", "", 200, show.Paused},
		{"publish_done", r.String(), "1", "", 200, show.Paused},
		{"update_publish", r.String(), "1", k.Key(r), 403, show.Paused},
	} {
		if got := call(c.call, c.name, c.client, c.key); got != c.status {
			t.Errorf("%d: %s is answered %d, want %d", i, c.call, got, c.status)
		}
		if got := k.Standing(r).State(); got != c.state {
			t.Errorf("%d: after %s the room is %s, want %s", i, c.call, got, c.state)
		}
	}
}
