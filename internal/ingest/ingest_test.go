package ingest_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/ingest"
	"hawker/internal/media/hooks"
	"hawker/internal/media/record"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/platform/idem"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

func TestAServerInFrontPutsARoomOnAir(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	edge := ingest.Edge{Service: k.Ingest}
	event := func(client, name, key string) hooks.Event {
		return hooks.Event{
			Server: hooks.NginxRTMP, Client: client, App: "live", Name: name,
			Query: url.Values{"key": {key}},
		}
	}
	key := k.Key(r)
	for what, e := range map[string]hooks.Event{
		"a wrong key":         event("1", r.String(), "wrong"),
		"no key":              event("1", r.String(), ""),
		"the key as name":     event("1", key, key),
		"another room's name": event("1", k.Room().String(), key),
		"a server without playlists": {
			Server: hooks.SRS, Client: "1", App: "live", Name: r.String(), Query: url.Values{"key": {key}},
		},
	} {
		if _, err := edge.OnPublish(t.Context(), e); !errors.Is(err, hooks.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	first, second := event("1", r.String(), key), event("2", r.String(), key)
	publish := func(e hooks.Event) {
		t.Helper()
		_, err := edge.OnPublish(t.Context(), e)
		k.Must(err)
	}
	publish(first)
	began := k.Want(r, show.Live)
	if began.ExternalURL != "https://edge.example/hls/"+r.String()+".m3u8" {
		t.Errorf("the picture is at %q", began.ExternalURL)
	}
	k.Must(edge.OnUpdate(t.Context(), first))
	k.Clock.Advance(time.Minute)
	publish(second) // a newer connection takes over
	if err := edge.OnUpdate(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the older connection may stay: %v", err)
	}
	k.Must(edge.OnUnpublish(t.Context(), first)) // its goodbye comes late
	if got := k.Want(r, show.Live).Now; got.ID != began.Now.ID || !got.StartedAt.Equal(began.Now.StartedAt) {
		t.Errorf("a republish restarted the show: %+v", got)
	}
	for range 2 {
		k.Must(edge.OnUnpublish(t.Context(), second))
	}
	k.Want(r, show.Paused)
	k.Clock.Advance(60e9)
	k.Sweep()
	k.Want(r, show.Ended)
	publish(first)
	k.Must(k.Stage.End(t.Context(), k.Shop, r))
	if err := edge.OnUpdate(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the host has ended the show: %v", err)
	}
	if _, err := edge.OnPublish(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the encoder comes back by itself: %v", err)
	}
}

func TestWhatIsPrivateIsNotPlayedElsewhere(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	edge := ingest.Edge{Service: k.Ingest}
	open, warm := k.Room(), k.Room()
	k.Must(k.Mode(warm, room.WarmUp))
	for r, want := range map[id.Room]error{open: nil, warm: hooks.ErrRefused} {
		if err := edge.OnPlay(t.Context(), hooks.Event{Name: r.String()}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	// In warm-up an encoder in front stays, though nothing is on air.
	e := hooks.Event{
		Server: hooks.NginxRTMP, Client: "1", App: "live", Name: warm.String(), Query: url.Values{"key": {k.Key(warm)}},
	}
	_, err := edge.OnPublish(t.Context(), e)
	k.Must(err)
	k.Want(warm, show.Scheduled)
	k.Must(edge.OnUpdate(t.Context(), e))
}

func TestARoomsOwnPublisherEndsTheOutsidePicture(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Must(k.Stage.Arrived(t.Context(), r, room.Connection{URL: "https://srs.example/x.m3u8", ID: "srs:c"}))
	began := k.Want(r, show.Live)
	k.Publish(r)
	if got := k.Want(r, show.Live); got.ExternalURL != "" || got.Now.ID != began.Now.ID {
		t.Errorf("players are still sent to %q, in show %s", got.ExternalURL, got.Now.ID)
	}
}

func TestARecordingIsItsShows(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	x := k.Standing(r).Now.ID
	k.Ingest.OnRecorded(r.String(), 1, record.Info{Dir: "/r/one", Show: x.String()})
	if k.Shows.ReplayURL(k.Standing(r)) != "" {
		t.Error("a recording of nothing can be played")
	}
	k.End(r)
	k.Clock.Advance(2 * time.Minute)
	k.Publish(r)
	for range 2 {
		k.Ingest.OnRecorded(r.String(), 1, record.Info{Dir: "/r/two", Show: x.String(), Segments: 3}) // comes late
	}
	if got := k.Standing(r); k.Shows.ReplayURL(got) != "" {
		t.Error("the second show has the first one's replay")
	}
	urls, err := k.Shows.ReplayURLs(t.Context(), []id.Show{x, k.Standing(r).Now.ID})
	if want := "/replay/" + r.String() + "/" + x.String() + "/index.m3u8"; err != nil || len(urls) != 1 ||
		urls[x] != want {
		t.Errorf("replays: %v, %v", urls, err)
	}
}

func TestWhatAStreamMustRememberIsKept(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	if st, err := k.Ingest.Load(t.Context(), "s"); err != nil || st != (stream.State{}) {
		t.Errorf("of a stream that is not known: %+v, %v", st, err)
	}
	want := stream.State{Generation: 3, Sequence: 40, Open: true, PartTarget: time.Second}
	for range 2 {
		k.Must(k.Ingest.Save(t.Context(), "s", want))
	}
	if st, err := k.Ingest.Load(t.Context(), "s"); err != nil || st != want {
		t.Errorf("kept: %+v, %v", st, err)
	}
}

func TestOpenPublishing(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	open := ingest.New(ingest.Options{
		DB: k.DB, Log: slog.New(slog.DiscardHandler), Rooms: k.Rooms, Shows: k.Shows, Shelf: k.Shelf, Stage: k.Stage,
		Anyone: true, Part: time.Second,
	})
	r := k.Room()
	for name, want := range map[string]string{k.Key(r): r.String(), "plain-name_1": "plain-name_1", "": "", "a/b": ""} {
		g, err := open.Admit(t.Context(), stream.PublishRequest{App: "live", Name: name})
		if g.StreamID != want || (err == nil) != (want != "") || g.Stage.Show != "" && want != r.String() {
			t.Errorf("%q: %+v, %v", name, g, err)
		}
	}
	open.OnPublish("plain-name_1", 1) // is nobody's room
	open.OnUnpublish("plain-name_1", 1, nil)
}

// Who is refused hears nothing of why; the log says whether the key was wrong or not even looked at.
func TestTheLogSaysWhatOfAnAddressIsWrong(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	key := k.Key(k.Room())
	for _, c := range []struct{ app, name, want string }{
		{"live", key, ""},
		{"live", "x" + key, "wrong stream key"},
		{"live", "", "wrong stream key"},
		{"stream", key, "wrong application"},
		{"live/" + key, key, "wrong application"},
	} {
		_, err := k.Ingest.Admit(t.Context(), stream.PublishRequest{App: c.app, Name: c.name})
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.HasPrefix(got, c.want) && err != nil ||
			strings.Contains(got, key) {
			t.Errorf("%q and %q: %v", c.app, c.name, err)
		}
	}
}

func add(k *stagetest.Kit, r id.Room, u string) (ingest.Restream, error) {
	return k.Restreams.Add(k.T.Context(), idem.Fresh("test"), k.Shop, ingest.Restream{Room: r, URL: u, Enabled: true})
}

func TestOnlyWhatIsPublicIsSentOn(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	sent := func() []relay.Target { return k.Sent.To(r) }
	for _, bad := range []string{
		"", "http://a.example/live/key", "rtmp://a.example", "rtmp:///live/key", "rtmp://a.example/key",
	} {
		if _, err := add(k, r, bad); fault.Code(err) != "live.bad_restream" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	one, err := add(k, r, "rtmp://a.example/live/key1")
	k.Must(err)
	_, err = add(k, r, "rtmps://b.example/app/inst/key2?x=y")
	k.Must(err)
	if got := sent(); len(got) != 2 || got[0].URL != "rtmp://a.example/live/key1" || one.Name != "a.example" {
		t.Errorf("sent to %+v", got)
	}
	k.Must(k.Mode(r, room.Rehearsal))
	if got := sent(); len(got) != 0 {
		t.Errorf("a rehearsal is sent to %+v", got)
	}
	k.Must(k.Mode(r, room.Open))
	k.Must(k.Restreams.Switch(t.Context(), k.Shop, r, one.ID, false))
	if got := sent(); len(got) != 1 || got[0].ID == one.ID.String() {
		t.Errorf("after one was switched off: %+v", got)
	}
	if err := k.Restreams.Switch(t.Context(), k.Shop, k.Room(), one.ID,
		true); fault.Code(err) != "live.no_such_restream" {
		t.Errorf("by another room: %v", err)
	}
	if err := k.Restreams.Remove(t.Context(), id.Make[id.Shop](k.DB), r, one.ID); fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
	k.Must(k.Restreams.Remove(t.Context(), k.Shop, r, one.ID))
	k.Sent.Forget()
	k.Must(k.Restreams.Start(t.Context())) // as after a restart
	if got := sent(); len(got) != 1 {
		t.Errorf("after a restart: %+v", got)
	}
}

// Many hands at once add no more addresses than there may be.
func TestRestreamsAreFew(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	var all sync.WaitGroup
	for range 2 * ingest.RestreamsMax {
		all.Go(func() {
			if _, err := add(k, r, "rtmp://c.example/live/k"); fault.As(err) == nil {
				k.Must(err)
			}
		})
	}
	all.Wait()
	if list, err := k.Restreams.Of(t.Context(), r); err != nil || len(list) != ingest.RestreamsMax {
		t.Errorf("%d addresses, %v", len(list), err)
	}
}
