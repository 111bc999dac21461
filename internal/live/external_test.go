package live_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/live"
	"hawker/internal/media/hooks"
	"hawker/internal/media/relay"
)

func TestAServerInFrontPutsARoomOnAir(t *testing.T) {
	k := open(t)
	r := k.room()
	edge := live.Edge{Service: k.service, Playlists: map[string]string{hooks.NginxRTMP: "https://edge.example/hls/{name}.m3u8"}}
	event := func(client, name, key string) hooks.Event {
		return hooks.Event{Server: hooks.NginxRTMP, Client: client, App: "live", Name: name, Query: url.Values{"key": {key}}}
	}
	key := k.key(r)
	for what, e := range map[string]hooks.Event{
		"a wrong key":         event("1", r.ID.String(), "wrong"),
		"the key as name":     event("1", key, key),
		"another room's name": event("1", k.room().ID.String(), key),
		"a server without playlists": {
			Server: hooks.SRS, Client: "1", App: "live", Name: r.ID.String(), Query: url.Values{"key": {key}},
		},
	} {
		if _, err := edge.OnPublish(t.Context(), e); !errors.Is(err, hooks.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	first, second := event("1", r.ID.String(), key), event("2", r.ID.String(), key)
	publish := func(e hooks.Event) {
		t.Helper()
		_, err := edge.OnPublish(t.Context(), e)
		k.must(err)
	}
	publish(first)
	if got := k.wantState(r, live.Live); got.ExternalURL != "https://edge.example/hls/"+r.ID.String()+".m3u8" {
		t.Errorf("the picture is at %q", got.ExternalURL)
	}
	k.must(edge.OnUpdate(t.Context(), first))
	publish(second) // a newer connection takes over
	if err := edge.OnUpdate(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the older connection may stay: %v", err)
	}
	k.must(edge.OnUnpublish(t.Context(), first)) // its goodbye comes late
	k.wantState(r, live.Live)
	for range 2 {
		k.must(edge.OnUnpublish(t.Context(), second))
	}
	k.wantState(r, live.Paused)
	k.clock.Advance(60e9)
	k.sweep()
	k.wantState(r, live.Ended)
	publish(first)
	k.must(k.service.End(t.Context(), k.shop, r.ID))
	if err := edge.OnUpdate(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the host has ended the show: %v", err)
	}
	if _, err := edge.OnPublish(t.Context(), first); !errors.Is(err, hooks.ErrRefused) {
		t.Errorf("the encoder comes back by itself: %v", err)
	}
}

func TestARoomsOwnPublisherEndsTheOutsidePicture(t *testing.T) {
	k := open(t)
	r := k.room()
	edge := live.Edge{Service: k.service, Playlists: map[string]string{hooks.SRS: "https://srs.example/live/{name}.m3u8"}}
	_, err := edge.OnPublish(t.Context(), hooks.Event{Server: hooks.SRS, Client: "c", Name: r.ID.String(), Query: url.Values{"key": {k.key(r)}}})
	k.must(err)
	k.publish(r)
	if got := k.wantState(r, live.Live); got.ExternalURL != "" {
		t.Errorf("players are still sent to %q", got.ExternalURL)
	}
}

// sender is the relay as the room sees it.
type sender map[string][]relay.Target

func (s sender) Set(room string, targets []relay.Target) { s[room] = targets }
func (s sender) Status(string) map[string]relay.Status   { return nil }
func (s sender) of(r live.Room) (out []relay.Target)     { return s[r.ID.String()] }
func (k *studio) add(r live.Room, u string) (live.Restream, error) {
	return k.service.AddRestream(context.Background(), k.shop, live.Restream{Room: r.ID, URL: u, Enabled: true})
}

func TestOnlyWhatIsPublicIsSentOn(t *testing.T) {
	k := open(t)
	to := sender{}
	k.service.Relay = to
	r := k.room()
	for _, bad := range []string{"", "http://a.example/live/key", "rtmp://a.example", "rtmp:///live/key", "rtmp://a.example/key"} {
		if _, err := k.add(r, bad); fault.Code(err) != "live.bad_restream" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	one, err := k.add(r, "rtmp://a.example/live/key1")
	k.must(err)
	_, err = k.add(r, "rtmps://b.example/app/inst/key2?x=y")
	k.must(err)
	if got := to.of(r); len(got) != 2 || got[0].URL != "rtmp://a.example/live/key1" || one.Name != "a.example" {
		t.Errorf("sent to %+v", got)
	}
	k.must(k.mode(r, live.Rehearsal))
	if got := to.of(r); len(got) != 0 {
		t.Errorf("a rehearsal is sent to %+v", got)
	}
	k.must(k.mode(r, live.Open))
	k.must(k.service.SwitchRestream(t.Context(), k.shop, r.ID, one.ID, false, false))
	if got := to.of(r); len(got) != 1 || got[0].ID == one.ID.String() {
		t.Errorf("after one was switched off: %+v", got)
	}
	if err := k.service.SwitchRestream(t.Context(), k.shop, k.room().ID, one.ID, true, false); fault.Code(err) != "live.no_such_restream" {
		t.Errorf("by another room: %v", err)
	}
	k.must(k.service.SwitchRestream(t.Context(), k.shop, r.ID, one.ID, false, true))
	for k2 := range to {
		delete(to, k2)
	}
	k.must(k.service.StartRelays(t.Context())) // as after a restart
	if got := to.of(r); len(got) != 1 {
		t.Errorf("after a restart: %+v", got)
	}
	for i := range live.RestreamsMax {
		if _, err := k.add(r, "rtmp://c.example/live/k"); (err != nil) != (i == live.RestreamsMax-1) {
			t.Errorf("address %d: %v", i+2, err)
		}
	}
}
