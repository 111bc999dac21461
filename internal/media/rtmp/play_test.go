package rtmp

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"hawker/internal/media/rtmp/amf"
)

// player connects and asks for a stream.
func player(t *testing.T, addr string, args ...any) *talk {
	t.Helper()
	k := newTalk(t, addr)
	k.command("connect", 1, amf.Object{"app": "live", "tcUrl": "rtmp://h/live"})
	k.hear("_result", 1)
	k.command("createStream", 2, nil)
	k.hear("_result", 2)
	k.command("getStreamLength", 3, nil, "room")
	k.hear("_result", 3)
	k.command(args...)
	return k
}

// status reads up to an onStatus with that code.
func (k *talk) status(code string) {
	k.t.Helper()
	for {
		v := k.hear("onStatus", 0)
		o, _ := v[3].(amf.Object)
		if o["code"] == code {
			return
		}
		if o["level"] == "error" {
			k.t.Fatalf("%v while waiting for %s", o, code)
		}
	}
}

func TestPlay(t *testing.T) {
	for name, args := range map[string][]any{
		"play":  {"play", 4, nil, "room?pass=7", -2000},
		"play2": {"play2", 4, nil, amf.Object{"streamName": "room?pass=7"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.reel = newReel()
			k := player(t, serve(t, &Server{Handler: d, IdleTimeout: 200 * time.Millisecond}), args...)
			k.status("NetStream.Play.Start")
			k.command("pause", 5, nil, true, 0)
			body := pattern(200_000)
			d.reel.tags <- Tag{Type: typeVideo, Timestamp: 0x01000007, Body: body}
			m := k.media(typeVideo)
			if m.Timestamp != 0x01000007 || string(m.Payload) != string(body) {
				t.Errorf("%d bytes at %d", len(m.Payload), m.Timestamp)
			}
			<-time.NewTimer(500 * time.Millisecond).C // the idle time of a publisher, twice over
			d.reel.tags <- Tag{Type: typeAudio, Timestamp: 9, Body: []byte{0xaf, 1, 2}}
			k.media(typeAudio)
			close(d.reel.tags)
			k.status("NetStream.Play.UnpublishNotify")
			k.ends()
			<-d.reel.done
			if p := d.plays[0]; p.App != "live" || p.Name != "room" || p.Query.Get("pass") != "7" {
				t.Errorf("%+v", p)
			}
		})
	}
}

func (k *talk) media(kind uint8) Message {
	k.t.Helper()
	for {
		m, err := k.in.read()
		if err != nil {
			k.t.Fatal(err)
		}
		if m.Type == kind {
			return m
		}
	}
}

func (k *talk) ends() {
	k.t.Helper()
	for {
		if _, err := k.in.read(); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) &&
				!errors.Is(err, syscall.ECONNRESET) { // it had more to read
				k.t.Errorf("ends with %v", err)
			}
			return
		}
	}
}

func TestPlayIsRefused(t *testing.T) {
	k := player(t, serve(t, &Server{Handler: newDesk()}), "play", 4, nil, "room")
	if v := k.hear("onStatus", 0); v[3].(amf.Object)["code"] != "NetStream.Play.StreamNotFound" {
		t.Errorf("%v", v)
	}
	k.ends()
}

func TestPlayersAreLimited(t *testing.T) {
	d := newDesk()
	d.reel = newReel()
	addr := serve(t, &Server{Handler: d, PlayersMax: 1})
	first := player(t, addr, "play", 4, nil, "room")
	first.status("NetStream.Play.Start")
	second := player(t, addr, "play", 4, nil, "room")
	if v := second.hear("onStatus", 0); v[3].(amf.Object)["code"] != "NetStream.Play.Failed" {
		t.Errorf("%v", v)
	}
	second.ends()
	first.command("deleteStream", 5, nil, 1)
	first.ends()
	<-d.reel.done
	d.mu.Lock()
	d.reel = newReel()
	d.mu.Unlock()
	limit := time.Now().Add(5 * time.Second) // the server notes the farewell after the source's
	for {
		third := player(t, addr, "play", 4, nil, "room")
		if v := third.hear("onStatus", 0); v[3].(amf.Object)["level"] == "status" {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("no place came free")
		}
	}
}

// A player that reads nothing costs its own connection and nothing else; the
// server can still be stopped at once.
func TestPlayerThatReadsNothing(t *testing.T) {
	d := newDesk()
	d.reel = newReel()
	k := player(t, serve(t, &Server{Handler: d}), "play", 4, nil, "room")
	k.status("NetStream.Play.Start")
	body := make([]byte, 1<<20)
	for range 100 {
		d.reel.tags <- Tag{Type: typeVideo, Body: body}
	}
	// The server's stop, in the cleanup, would hang for ten seconds if it waited
	// for the write.
	start := time.Now()
	t.Cleanup(func() {
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("stopping took %s", took)
		}
	})
}
