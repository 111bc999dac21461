package rtmp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp/amf"
)

func TestPublish(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	c := dial(t, addr, "/live/room?key=a%26b&x=1")
	steps := []error{
		c.WriteMetadata(map[string]any{"framerate": 25.0}),
		c.WriteVideo(0, []byte{0x17, 0}),
		c.WriteVideo(0x1234567, make([]byte, 200_000)),
		c.WriteAudio(42, []byte{0xaf, 1, 2}),
		c.Close(),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "close room: rtmp: publisher left")
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.requests[0]
	if r.App != "live" || r.Name != "room" || r.Query.Get("key") != "a&b" || r.Query.Get("x") != "1" {
		t.Errorf("request %+v", r)
	}
	if d.fps != 25 || len(d.video) != 2 || d.video[1].Timestamp != 0x1234567 || len(d.video[1].Payload) != 200_000 {
		t.Errorf("fps %g, %d videos", d.fps, len(d.video))
	}
	if len(d.audio) != 1 || d.audio[0].Timestamp != 42 {
		t.Errorf("%d audios", len(d.audio))
	}
}

func TestRefusal(t *testing.T) {
	addr := serve(t, &Server{Handler: newDesk()})
	_, err := Dial(t.Context(), "rtmp://"+addr+"/live/room?key=wrong")
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "NetStream.Publish.BadName") {
		t.Errorf("error %v", err)
	}
}

func TestCutIsNoticed(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	c := dial(t, addr, "/live/room")
	c.Cut()
	d.wait(t, "close room")
}

func TestKick(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	c := dial(t, addr, "/live/room")
	d.wait(t, "publish room")
	d.mu.Lock()
	kick := d.kick
	d.mu.Unlock()
	kick(errForbidden)
	if l := d.wait(t, "close room"); !strings.Contains(l, "forbidden") {
		t.Error(l)
	}
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Error("the connection is still open")
	}
}

// What encoders say beyond the necessary: none of it may end the connection,
// and what asks for an answer gets one.
func TestWhatEncodersSay(t *testing.T) {
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d}))
	k.command("connect", 1, amf.Object{"app": "live", "fourCcList": []any{"hvc1", "av01"}, "videoFunction": 1.0})
	k.hear("_result", 1)
	k.command("releaseStream", 2, nil, "room")
	k.hear("_result", 2)
	k.command("FCPublish", 3, nil, "room")
	k.hear("_result", 3)
	k.command("_checkbw", 4, nil)
	k.hear("_result", 4)
	k.command("getStreamLength", 5, nil, "room")
	k.command("somethingNew", 6, []any{1.0})
	k.say(Message{Type: typeCommand, Payload: []byte{0x77, 1, 2}})
	k.say(Message{Type: typeCommand})
	k.say(Message{Type: 99, Payload: []byte("?")})
	k.say(Message{Type: typeUserControl, Payload: []byte{0, 3}})
	k.say(Message{Type: typeCommandAMF3, Payload: append([]byte{0}, amf.Append(nil, "createStream", 7, nil)...)})
	k.hear("_result", 7)
	k.say(Message{Type: typeVideo, Payload: []byte{0x17}}) // before publish
	k.command("publish", 8, nil, "room", "live")
	if v := k.hear("onStatus", 0); v[3].(amf.Object)["code"] != "NetStream.Publish.Start" {
		t.Errorf("publish: %v", v)
	}
	k.say(Message{Type: typeDataAMF3, Payload: append([]byte{0}, amf.Append(nil, "@setDataFrame", "onMetaData",
		amf.Object{"framerate": 50.0})...)})
	k.say(Message{Type: typeData, Payload: []byte{2, 0, 200}}) // torn
	k.say(Message{Type: typeVideo, Timestamp: 7, Payload: []byte{0x17}})
	d.wait(t, "video 7")
	k.command("FCUnpublish", 9, nil, "room")
	k.hear("onFCUnpublish", 0)
	k.command("deleteStream", 10, nil, 1)
	k.command("publish", 11, nil, "room2", "live") // the same connection may publish again
	k.hear("onStatus", 0)
	d.wait(t, "publish room2")
	if d.fps != 50 {
		t.Errorf("frame rate %g", d.fps)
	}
}

func TestQueryOfAppAndName(t *testing.T) {
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d}))
	k.publish()
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.requests[0]
	if r.App != "live" || r.Query.Get("token") != "9" || r.Query.Get("more") != "7" {
		t.Errorf("%+v", r)
	}
}

func TestAggregate(t *testing.T) {
	tag := func(kind byte, ts uint32, body string) []byte {
		n := len(body)
		b := []byte{kind, 0, 0, byte(n), byte(ts >> 16), byte(ts >> 8), byte(ts), byte(ts >> 24), 0, 0, 0}
		return append(append(b, body...), 0, 0, 0, byte(n+11))
	}
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d}))
	k.publish()
	body := append(tag(9, 5000, "one"), tag(8, 5020, "two")...)
	body = append(body, tag(9, 5040, "three")...)
	k.say(Message{Type: typeAggregate, Timestamp: 100, Payload: body})
	k.say(Message{Type: typeAggregate, Timestamp: 200, Payload: body[:20]}) // one whole tag, one torn
	k.say(Message{Type: typeAudio, Timestamp: 999, Payload: []byte{1}})
	d.wait(t, "audio 999")
	d.mu.Lock()
	defer d.mu.Unlock()
	want := "publish room; video 100; audio 120; video 140; video 200; audio 999"
	if got := strings.Join(d.log, "; "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestAcknowledgement(t *testing.T) {
	d := newDesk()
	k := newTalk(t, serve(t, &Server{Handler: d}))
	k.publish()
	k.say(Message{Type: typeWindowAckSize, Payload: be32(200_000)})
	for i := range uint32(8) {
		k.say(Message{Type: typeVideo, Timestamp: i, Payload: make([]byte, 50_000)})
	}
	for {
		m, err := k.in.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == typeAck {
			return
		}
	}
}

func TestLoopGoesOnInTime(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	c := dial(t, addr, "/live/room")
	tags := []flv.Tag{
		{Type: flv.TagScript, Body: amf.Append(nil, "onMetaData", amf.Object{"framerate": 100.0})},
		{Type: flv.TagVideo, Timestamp: 0, Body: []byte{0x17, 0, 0, 0, 0, 1}},
		{Type: flv.TagVideo, Timestamp: 0, Body: []byte{0x17, 1, 0, 0, 0, 9}},
		{Type: flv.TagVideo, Timestamp: 10, Body: []byte{0x27, 1, 0, 0, 0, 9}},
		{Type: flv.TagVideo, Timestamp: 20, Body: []byte{0x17, 2, 0, 0, 0}},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Loop(ctx, tags) }()
	d.wait(t, "video 50")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("loop: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var last uint32
	for _, v := range d.video {
		if v.Timestamp < last || v.Payload[1] == 2 {
			t.Errorf("%d after %d, kind %d", v.Timestamp, last, v.Payload[1])
		}
		last = v.Timestamp
	}
}

// Of whom nothing can be taken is told so, in the words that encoders show, and is let go.
func TestRefusedMediaIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.refusal = fmt.Errorf("%w: H.263", ErrMedia)
	k := newTalk(t, serve(t, &Server{Handler: d}))
	k.publish()
	k.say(Message{Type: typeAudio, StreamID: 1, Payload: []byte{0x2f, 0xff}})
	told, _ := k.hear("onStatus", 0)[3].(amf.Object)
	if told["level"] != "error" || told["code"] != "NetStream.Failed" || told["description"] != mediaRefusal {
		t.Errorf("told: %v", told)
	}
	k.ends()
	d.wait(t, "close room: "+d.refusal.Error())
}

// What people paste into an encoder names the same stream; what does not, does not.
func TestFormsOfAnAddress(t *testing.T) {
	t.Parallel()
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	for _, c := range []struct{ app, name, wantApp, wantName string }{
		{"live", "room", "live", "room"},
		{"live/room", "", "live", "room"},
		{"/live/room/", "", "live", "room"},
		{"live/room?key=x", "", "live", "room"},
		{"live", "room ", "live", "room"},
		{"live", "\troom\r\n", "live", "room"},
		{"live", "room\u200b", "live", "room"},
		{"live", "/room/", "live", "room"},
		{"live", "room?key=x", "live", "room"},
		{"live", "room ?key=x", "live", "room"},
		{"live/_definst_", "room", "live", "room"},
		{"live", "_definst_/room", "live", "room"},
		{"live/_definst_/room", "", "live", "room"},
		{"live", "", "live", ""},
		{"live/other", "room", "live/other", "room"},
		{"live", "a b", "live", "a b"},
	} {
		k := newTalk(t, addr)
		k.command("connect", 1, amf.Object{"app": c.app})
		k.hear("_result", 1)
		k.command("publish", 5, nil, c.name, "live")
		k.hear("onStatus", 0)
		d.mu.Lock()
		got := d.requests[len(d.requests)-1]
		d.mu.Unlock()
		if got.App != c.wantApp || got.Name != c.wantName {
			t.Errorf("%q and %q: %q and %q", c.app, c.name, got.App, got.Name)
		}
		_ = k.conn.Close()
	}
}
