package relay_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/relay"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
)

type anybody struct{}

func (anybody) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	if r.Name == "closed" {
		return stream.Grant{}, errors.New("no")
	}
	return stream.Grant{StreamID: r.Name}, nil
}

type forgetful struct{}

func (forgetful) Load(context.Context, string) (stream.State, error) { return stream.State{}, nil }
func (forgetful) Save(context.Context, string, stream.State) error   { return nil }

// station is a live server of its own.
type station struct {
	t    *testing.T
	hub  *stream.Hub
	addr string
	stop func()
}

func open(t *testing.T, addr string) *station {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := &station{t: t, hub: stream.NewHub(stream.Config{
		Clock: clock.Real{}, Log: log, Admission: anybody{},
		Store: forgetful{},
	})}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		server := rtmp.Server{Handler: s.hub.RTMP(), Log: log}
		_ = server.Serve(ctx, ln) // it ends with the context
	}()
	closed := false
	s.stop = func() {
		if closed {
			return
		}
		closed = true
		cancel()
		<-done
		end, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := s.hub.Shutdown(end); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(s.stop)
	return s
}

func (s *station) live(name string) bool {
	h, ok := s.hub.Stream(name)
	return ok && h.Live && h.Width == 320 && h.AudioCodec != ""
}

// eventually polls: what it waits for happens in other processes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-limit:
			t.Fatalf("not in time: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestAStreamIsSentOnWhateverItsTargetsDo(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg on this machine")
	}
	home, away := open(t, "127.0.0.1:0"), open(t, "127.0.0.1:0")
	r := relay.New(relay.Config{Hub: home.hub, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	defer r.Close()
	at := func(target string) relay.Status { return r.Status("show")[target] }
	targets := []relay.Target{
		{ID: "good", URL: "rtmp://" + away.addr + "/live/copy?key=k"},
		{ID: "closed", URL: "rtmp://" + away.addr + "/live/closed"},
		{ID: "nobody", URL: "rtmp://127.0.0.1:1/live/x"},
	}
	r.Set("show", targets)
	eventually(t, "all wait for the stream", func() bool {
		return at("good").State == relay.Waiting && at("closed").State == relay.Waiting &&
			at("nobody").State == relay.Waiting
	})
	ctx, cancel := context.WithCancel(t.Context())
	publisher := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i",
		"testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac", "-f", "flv",
		"rtmp://"+home.addr+"/live/show")
	if err := publisher.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = publisher.Wait() }()
	eventually(t, "the copy plays", func() bool {
		return away.live("copy") && at("good").State == relay.Sending &&
			at("good").Bytes > 0
	})
	eventually(t, "the others are tried again", func() bool {
		return at("closed").Tries >= 2 && at("closed").Reason == "refused" && at("nobody").Tries >= 2 &&
			at("nobody").Reason == "unreachable"
	})
	if at("closed").RetryAt.Before(at("closed").Since.Add(2 * time.Second)) {
		t.Error("the second pause is not longer than the first")
	}
	away.stop()
	eventually(t, "the loss is noticed", func() bool { return at("good").State == relay.Retrying })
	again := open(t, away.addr)
	eventually(t, "the copy plays again", func() bool {
		return again.live("copy") && at("good").State == relay.Sending
	})
	r.Set("show", targets[:1])
	if len(r.Status("show")) != 1 || at("good").State != relay.Sending {
		t.Errorf("after two were taken away: %+v", r.Status("show"))
	}
	home.hub.SetStage("show", stream.Stage{Private: true})
	eventually(t, "private time is not sent on", func() bool {
		return at("good").State == relay.Waiting &&
			!again.live("copy")
	})
	home.hub.SetStage("show", stream.Stage{})
	eventually(t, "the show is", func() bool { return again.live("copy") && at("good").State == relay.Sending })
	home.hub.Close("show")
	eventually(t, "the copy ends with the show", func() bool {
		return at("good").State == relay.Waiting &&
			!again.live("copy")
	})
}
