package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/ingest"
	"hawker/internal/media/record"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/platform/dial"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

// Whatever is added, switched, removed and staged in whatever order, the relay is
// told of what is on in a public room, and of nothing else.
func TestTheRelayIsToldWhatIsWanted(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	stagetest.Walk(t, func(rt *rapid.T) {
		r, mode := k.Room(), room.Open
		var list []ingest.Restream
		pick := func(t *rapid.T) int {
			if len(list) == 0 {
				t.Skip("nothing to pick")
			}
			return rapid.IntRange(0, len(list)-1).Draw(t, "which")
		}
		n := 0
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				n++
				x, err := add(k, r, fmt.Sprintf("rtmp://h%d.example/live/key%d", n, n))
				if full := len(list) >= ingest.RestreamsMax; full != (fault.Code(err) == "live.bad_restream") {
					rt.Fatalf("with %d addresses: %v", len(list), err)
				} else if !full {
					k.Must(err)
					list = append(list, x)
				}
			},
			"switch": func(t *rapid.T) {
				i, on := pick(t), rapid.Bool().Draw(t, "on")
				k.Must(k.Restreams.Switch(k.T.Context(), k.Shop, r, list[i].ID, on))
				list[i].Enabled = on
			},
			"remove": func(t *rapid.T) {
				i := pick(t)
				k.Must(k.Restreams.Remove(k.T.Context(), k.Shop, r, list[i].ID))
				err := k.Restreams.Remove(k.T.Context(), k.Shop, r, list[i].ID)
				if fault.Code(err) != "live.no_such_restream" {
					rt.Fatalf("removed twice: %v", err)
				}
				list = slices.Delete(list, i, i+1)
			},
			"turn": func(t *rapid.T) {
				mode = rapid.SampledFrom([]room.Mode{room.Open, room.WarmUp, room.Rehearsal}).Draw(t, "mode")
				k.Must(k.Mode(r, mode))
			},
			"restart": func(*rapid.T) {
				k.Sent.Forget()
				k.Restart()
				k.Must(k.Restreams.Start(k.T.Context()))
			},
			"": func(*rapid.T) {
				var want []string
				for _, x := range list {
					if x.Enabled && mode == room.Open {
						want = append(want, x.ID.String()+" "+x.URL)
					}
				}
				if got := targets(k.Sent.To(r)); !slices.Equal(got, want) {
					rt.Fatalf("the relay sends to %q, want %q", got, want)
				}
			},
		})
	})
}

// staged turns a room as SetMode does, and tells nobody.
func staged(k *stagetest.Kit, r id.Room, to room.Mode) func(context.Context, *sqldb.Tx) error {
	st := k.Standing(r)
	return func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := room.Stage(ctx, tx, st.Room, to, st.Now.ID)
		return err
	}
}

func targets(list []relay.Target) (out []string) {
	for _, x := range list {
		out = append(out, x.ID+" "+x.URL)
	}
	return out
}

// slowRelay takes its time with the first thing it is told.
type slowRelay struct {
	*stagetest.Sender
	calls   atomic.Int64
	entered chan struct{}
	let     chan struct{}
}

func (s *slowRelay) Set(r string, list []relay.Target) {
	if s.calls.Add(1) == 1 {
		close(s.entered)
		<-s.let
	}
	s.Sender.Set(r, list)
}

// A room goes behind the curtain while the relay is being told of an address: what
// it hears last is that nothing is sent.
func TestTheRelayHearsTheNewestLast(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	slow := &slowRelay{Sender: k.Sent, entered: make(chan struct{}), let: make(chan struct{})}
	restreams := ingest.NewRestreams(k.DB, k.Box, k.Rooms, slow, dial.New([]int{1935}, nil))
	r := k.Room()
	var both sync.WaitGroup
	both.Go(func() {
		_, err := restreams.Add(t.Context(), idem.Fresh("test"), k.Shop, ingest.Restream{
			Room: r, URL: "rtmp://a.example/live/key", Enabled: true,
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-slow.entered
	k.Must(k.DB.Update(t.Context(), staged(k, r, room.Rehearsal)))
	done := make(chan error, 1)
	go func() { done <- restreams.Sync(t.Context(), r) }()
	for range 50 { // as long as it may take
		k.Standing(r)
	}
	close(slow.let)
	both.Wait()
	k.Must(<-done)
	if got := k.Sent.To(r); len(got) != 0 {
		t.Errorf("a rehearsal is sent to %v", got)
	}
}

// What is no address is refused, and nothing of it is kept or sent.
func TestWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	long := "rtmp://a.example/live/" + strings.Repeat("k", 500)
	for _, bad := range []string{
		"", " ", "rtmp", "rtmp:", "rtmp://", "rtmp:///app/key", "http://a.example/app/key", "file:///etc/passwd",
		"rtmp://a.example/", "rtmp://a.example//", "rtmp://a.example/key", "rtmps://a.example/key/", "RTMPX://a/b/c",
		"rtmp://a.example/live/\x00", "rtmp://[::1/live/key", "rtmp://a.example:port/live/key", long,
	} {
		if _, err := add(k, r, bad); fault.Code(err) != "live.bad_restream" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if list, err := k.Restreams.Of(t.Context(), r); err != nil || len(list) != 0 || len(k.Sent.To(r)) != 0 {
		t.Errorf("kept: %v, %v", list, err)
	}
	for name, want := range map[string]string{
		"": "a.example", "  ": "a.example", " 别处 ": "别处", strings.Repeat("长", 30): strings.Repeat("长", 30),
		strings.Repeat("长", 31): "a.example",
	} {
		x, err := k.Restreams.Add(t.Context(), idem.Fresh("test"), k.Shop, ingest.Restream{
			Room: r, URL: "rtmp://a.example:1935/live/key?x=1", Name: name,
		})
		if err != nil || x.Name != want {
			t.Errorf("%q is called %q, %v", name, x.Name, err)
		}
	}
	_, err := k.Restreams.Add(t.Context(), idem.Fresh("test"), id.Make[id.Shop](k.DB), ingest.Restream{
		Room: r, URL: "rtmp://a.example/live/key",
	})
	if fault.Code(err) != "live.not_found" {
		t.Errorf("by another shop: %v", err)
	}
}

// The key of an address is in no answer, whatever the address looks like; the same
// request sent twice adds one.
func TestAnAddressIsShownWithoutItsKey(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	d := httpapitest.Open(t, k.Clock, k.Ingest.Module(k.Restreams))
	d.Hire(k.Host, k.Shop)
	door, err := k.Rooms.Door(t.Context(), r)
	k.Must(err)
	d.Room(r, door)
	d.Name("shop", k.Shop)
	d.Name("room", r)
	const path = "/merchant/{shop}/rooms/{room}/restreams"
	for i, c := range []struct{ url, shown string }{
		{"rtmp://a.example/live/sesame", "rtmp://a.example/live/…"},
		{"rtmps://a.example:443/app/inst/sesame?token=sesame", "rtmps://a.example:443/app/inst/…"},
		{"rtmp://user:sesame@a.example/live/sesame#sesame", "rtmp://a.example/live/…"},
		{"rtmp://a.example/live/x?key=a/b/sesame", "rtmp://a.example/live/…"},
	} {
		for range 2 {
			a := d.Do(k.Host, "POST "+path, body{"url": c.url}, "Idempotency-Key", fmt.Sprint("once-and-again-", i))
			if a.Status != 201 || strings.Contains(string(a.Body), "sesame") {
				t.Errorf("%s is answered %d: %s", c.url, a.Status, a.Body)
			}
		}
		got := d.Call(k.Host, 200, "GET "+path, nil)
		if n := len(got.List("items")); n != i+1 || got.Text(fmt.Sprintf("items.%d.address", i)) != c.shown ||
			strings.Contains(got.Show("items"), "sesame") {
			t.Errorf("%d addresses after %d: %v", n, i+1, got)
		}
	}
	stranger, mod := id.Make[id.User](k.DB), "/"+id.Make[id.Restream](k.DB).String()
	for _, do := range []string{"GET " + path, "POST " + path, "PATCH " + path + mod, "DELETE " + path + mod} {
		var in any
		if !strings.HasPrefix(do, "GET") && !strings.HasPrefix(do, "DELETE") {
			in = body{"url": "rtmp://a.example/live/key", "enabled": true}
		}
		if a := d.Do(stranger, do, in); a.Status != 403 && a.Status != 404 {
			t.Errorf("a stranger who asks for %s hears %d", do, a.Status)
		}
	}
	d.Refuse(k.Host, 404, "live.no_such_restream", "PATCH "+path+mod, body{"enabled": true})
	d.Refuse(k.Host, 404, "live.no_such_restream", "DELETE "+path+mod, nil)
}

// Pictures of private rooms are played to their staff, whichever door asks.
func TestWhoMayPlay(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	open, warm := k.Room(), k.Room()
	k.Must(k.Mode(warm, room.WarmUp))
	watching := ingest.Watching{Rooms: k.Rooms, Staff: k.Staff}
	for _, c := range []struct {
		what   string
		stream string
		want   string
	}{
		{"a public room", open.String(), ""},
		{"a warm-up", warm.String(), "live.not_found"},
		{"a room that is not there", id.Make[id.Room](k.DB).String(), "live.not_found"},
		{"no room's name", "plain-name", ""},
	} {
		err := watching.MayPlay(t.Context(), stream.PlayRequest{StreamID: c.stream})
		if fault.Code(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	for who, want := range map[id.User]string{k.Host: "", id.Make[id.User](k.DB): "live.not_found"} {
		ctx := httpapi.WithActor(t.Context(), httpapi.Actor{User: who})
		if err := watching.MayPlayRTC(ctx, warm.String(), nil); fault.Code(err) != want {
			t.Errorf("by WHEP: %v, want %q", err, want)
		}
	}
}

// News of the engine that name no room, no show or nothing that there is change
// nothing and stop nothing.
func TestNewsOfNothing(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	k.Publish(r)
	before := k.Standing(r)
	for _, name := range []string{
		"", "x", "../" + r.String(), strings.ToUpper(r.String()), id.Room{}.String(),
		id.Make[id.Room](k.DB).String(),
	} {
		k.Ingest.OnPublish(name, 1)
		k.Ingest.OnUnpublish(name, 1, nil)
		k.Ingest.OnUnpublish(name, 1, errors.New("cut"))
		k.Ingest.OnRecorded(name, 1, record.Info{Dir: "/r/x", Show: before.Now.ID.String(), Segments: 2})
	}
	for _, of := range []string{"", "nonsense", id.Make[id.Show](k.DB).String(), id.Show{}.String()} {
		k.Ingest.OnRecorded(r.String(), 1, record.Info{Dir: "/r/" + of, Show: of, Segments: 2})
	}
	if after := k.Standing(r); after != before {
		t.Errorf("the room was %+v and is %+v", before, after)
	}
	k.Break("INSERT INTO stream_state (stream_id, state, updated_at) VALUES ('torn', '{\"Generation', 1)")
	if _, err := k.Ingest.Load(t.Context(), "torn"); err == nil {
		t.Error("a torn state is believed: numbers would begin anew")
	}
	quiet := ingest.New(ingest.Options{
		DB: k.DB, Log: slog.New(slog.DiscardHandler), Rooms: k.Rooms, Shows: k.Shows, Shelf: k.Shelf, Stage: k.Stage,
		Part: time.Second,
	})
	if _, err := quiet.Admit(t.Context(), stream.PublishRequest{App: "live", Name: "plain"}); !errors.Is(err,
		room.ErrWrongKey) {
		t.Errorf("a name that is no key is granted: %v", err)
	}
}

// Nobody makes this server call its own machine or its neighbours, or a port that is
// none of a streaming server.
func TestAddressesThatAreNotToBeCalled(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	r := k.Room()
	for _, bad := range []string{
		"rtmp://127.0.0.1/a/b", "rtmp://[::1]/a/b", "rtmp://169.254.169.254/a/b", "rtmps://10.0.0.1/a/b",
		"rtmp://[::ffff:127.0.0.1]/a/b", "rtmp://a.example:6379/a/b", "rtmp://8.8.8.8:22/a/b",
		"rtmp://a.example:99999/a/b",
	} {
		if _, err := add(k, r, bad); fault.Code(err) != "live.restream_forbidden" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"rtmp://8.8.8.8/a/b", "rtmps://a.example/a/b", "rtmps://a.example:1936/a/b"} {
		if _, err := add(k, r, good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
