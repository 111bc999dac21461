package relay_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/relay"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
)

// camera publishes a stream of a few bytes.
type camera struct {
	t    *testing.T
	c    *rtmp.Client
	time uint32
}

func (s *station) film(name string) *camera {
	s.t.Helper()
	c, err := rtmp.Dial(s.t.Context(), "rtmp://"+s.addr+"/live/"+name)
	if err != nil {
		s.t.Fatal(err)
	}
	record, err := hex.DecodeString(
		"0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468efbcb0fdf8f800")
	if err != nil {
		s.t.Fatal(err)
	}
	k := &camera{t: s.t, c: c}
	k.video(flv.Video{Kind: flv.KindConfig, Data: record})
	k.check(c.WriteAudio(0, flv.AudioBody(flv.Audio{Kind: flv.KindConfig, Data: []byte{0x11, 0x90}})))
	k.roll()
	return k
}

func (k *camera) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *camera) video(v flv.Video) {
	k.t.Helper()
	k.check(k.c.WriteVideo(k.time, flv.VideoBody(v)))
}

// roll sends a second: a key frame, a frame, and sound.
func (k *camera) roll() {
	k.t.Helper()
	for i := range 2 {
		k.video(flv.Video{Key: i == 0, Data: []byte{0, 0, 0, 2, map[int]byte{0: 0x65, 1: 0x41}[i], 9}})
		k.check(k.c.WriteAudio(k.time, flv.AudioBody(flv.Audio{Data: []byte{0x21, 0x10}})))
		k.time += 500
	}
}

// A target that refuses is tried again after pauses that grow to half a minute, while
// another gets the stream all the time; what is said of it is why and until when.
func TestPausesGrow(t *testing.T) {
	t.Parallel()
	home, away := open(t, "127.0.0.1:0"), open(t, "127.0.0.1:0")
	hands := clock.NewManual(time.Now())
	r := relay.New(relay.Config{Hub: home.hub, Clock: hands, Log: slog.New(slog.DiscardHandler)})
	defer r.Close()
	k := home.film("show")
	eventually(t, "the show is on", func() bool { h, ok := home.hub.Stream("show"); return ok && h.Live })
	r.Set("show", []relay.Target{
		{ID: "good", URL: "rtmp://" + away.addr + "/live/copy"},
		{ID: "bad", URL: "rtmp://" + away.addr + "/live/closed"},
	})
	at := func(id string) relay.Status { return r.Status("show")[id] }
	for try := 1; try <= 8; try++ {
		eventually(t, fmt.Sprint("try ", try), func() bool {
			return at("bad").State == relay.Retrying && at("bad").Tries == try && !at("bad").RetryAt.IsZero()
		})
		want := min(time.Second<<(try-1), 30*time.Second)
		s := at("bad")
		if got := s.RetryAt.Sub(s.Since); got != want || s.Reason != "refused" {
			t.Errorf("after %d tries the pause is %v, %q; want %v", try, got, s.Reason, want)
		}
		// By what is told, not by the pause: the clock may have gone on a step since it began.
		hands.Advance(s.RetryAt.Sub(hands.Now()) - time.Millisecond)
		if got := at("bad").Tries; got != try {
			t.Errorf("tried too early: %d times", got)
		}
		// The pause may have begun a moment after its state was told.
		eventually(t, "it is tried again", func() bool {
			hands.Advance(time.Millisecond)
			return at("bad").Tries > try
		})
	}
	k.roll()
	eventually(t, "the other gets all", func() bool {
		_, ok := away.hub.Stream("copy")
		return ok && at("good").State == relay.Sending && at("good").Bytes > 0 && at("good").Tries == 0
	})
}

// An address that changes is another target; a relay that was closed takes none, and
// waits for all that it had.
func TestTargetsComeAndGo(t *testing.T) {
	t.Parallel()
	home := open(t, "127.0.0.1:0")
	var dialled atomic.Int64
	ln, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			defer c.Close()
		}
	}()
	r := relay.New(relay.Config{Hub: home.hub, Clock: clock.NewManual(time.Now()), Log: slog.New(slog.DiscardHandler)})
	home.film("show")
	eventually(t, "the show is on", func() bool { h, ok := home.hub.Stream("show"); return ok && h.Live })
	target := relay.Target{ID: "x", URL: "rtmp://" + ln.Addr().String() + "/live/one"}
	for range 3 {
		r.Set("show", []relay.Target{target})
	}
	eventually(t, "it is dialled", func() bool { return dialled.Load() == 1 })
	if s := r.Status("show")["x"]; s.State != relay.Connecting || s.Target != "x" {
		t.Errorf("it is %+v", s)
	}
	target.URL += "more"
	r.Set("show", []relay.Target{target})
	eventually(t, "the new address is dialled", func() bool { return dialled.Load() == 2 })
	for _, name := range []string{"other", ""} {
		if s := r.Status(name); len(s) != 0 {
			t.Errorf("of %q: %v", name, s)
		}
	}
	r.Set("show", nil)
	if s := r.Status("show"); len(s) != 0 {
		t.Errorf("let go of: %v", s)
	}
	r.Set("show", []relay.Target{target})
	r.Close() // while it is connecting
	r.Set("show", []relay.Target{target})
	if s := r.Status("show"); len(s) != 0 {
		t.Errorf("closed, it has %v", s)
	}
	r.Close()
	home.hub.SetStage("show", stream.Stage{})
}

// A target is called by the dialer that judges addresses: what it refuses hears nothing,
// by rtmp and by rtmps, and the stream and other targets do not notice.
func TestWhatMayNotBeCalledIsNot(t *testing.T) {
	t.Parallel()
	home, away := open(t, "127.0.0.1:0"), open(t, "127.0.0.1:0")
	refused := make(chan string, 16)
	r := relay.New(relay.Config{
		Hub: home.hub, Clock: clock.NewManual(time.Now()), Log: slog.New(slog.DiscardHandler),
		Dialer: rtmp.Dialer{Connect: func(_ context.Context, _, address string) (net.Conn, error) {
			refused <- address
			return nil, errors.New("not an address to call")
		}},
	})
	defer r.Close()
	home.film("show")
	eventually(t, "the show is on", func() bool { h, ok := home.hub.Stream("show"); return ok && h.Live })
	r.Set("show", []relay.Target{
		{ID: "plain", URL: "rtmp://" + away.addr + "/live/copy"}, {ID: "tls", URL: "rtmps://127.0.0.1/live/copy"},
	})
	eventually(t, "both are refused", func() bool {
		got := r.Status("show")
		return got["plain"].Reason == "unreachable" && got["tls"].Reason == "unreachable"
	})
	if got := map[string]bool{<-refused: true, <-refused: true}; !got[away.addr] || !got["127.0.0.1:443"] {
		t.Errorf("asked for %v", got)
	}
	if _, there := away.hub.Stream("copy"); there {
		t.Error("it was called")
	}
}
