package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"go.uber.org/goleak"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp/amf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errForbidden = errors.New("forbidden")

// desk is a Handler that writes down what comes.
type desk struct {
	mu       sync.Mutex
	requests []PublishRequest
	log      []string
	fps      float64
	video    []Message
	audio    []Message
	kick     func(error)
	changed  chan struct{}
}

func newDesk() *desk { return &desk{changed: make(chan struct{}, 1)} }

func (d *desk) Publish(_ context.Context, r PublishRequest, kick func(error)) (Sink, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, r)
	if r.Query.Get("key") == "wrong" {
		return nil, errForbidden
	}
	d.kick = kick
	d.note("publish " + r.Name)
	return deskSink{d, r.Name}, nil
}

// note is called with mu held.
func (d *desk) note(s string) {
	d.log = append(d.log, s)
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

type deskSink struct {
	d    *desk
	name string
}

func (s deskSink) FrameRate(fps float64) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.fps = fps
	return nil
}

func (s deskSink) Video(ts uint32, b []byte) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.video = append(s.d.video, Message{Timestamp: ts, Payload: append([]byte(nil), b...)})
	s.d.note(fmt.Sprintf("video %d", ts))
	return nil
}

func (s deskSink) Audio(ts uint32, b []byte) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.audio = append(s.d.audio, Message{Timestamp: ts, Payload: append([]byte(nil), b...)})
	s.d.note(fmt.Sprintf("audio %d", ts))
	return nil
}

func (s deskSink) Close(reason error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.note(fmt.Sprintf("close %s: %v", s.name, reason))
}

// wait waits for an entry that begins so.
func (d *desk) wait(t *testing.T, prefix string) string {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		d.mu.Lock()
		for _, l := range d.log {
			if strings.HasPrefix(l, prefix) {
				d.mu.Unlock()
				return l
			}
		}
		log := strings.Join(d.log, "; ")
		d.mu.Unlock()
		select {
		case <-d.changed:
		case <-limit:
			t.Fatalf("no %q in: %s", prefix, log)
		}
	}
}

func serve(t *testing.T, s *Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

func dial(t *testing.T, addr, path string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), "rtmp://"+addr+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Cut)
	return c
}

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
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

// talk is a client that says what the test tells it to.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *chunkReader
	out  *chunkWriter
}

func newTalk(t *testing.T, addr string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	k := &talk{t, conn, newChunkReader(conn), newChunkWriter(conn)}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := clientHandshake(k.in.r, conn); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *talk) say(m Message) {
	k.t.Helper()
	if err := errors.Join(k.out.write(csCommand, m), k.out.flush()); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talk) command(values ...any) {
	k.t.Helper()
	k.say(Message{Type: typeCommand, Payload: amf.Append(nil, values...)})
}

// hear reads up to a command with that name and transaction.
func (k *talk) hear(name string, id float64) []any {
	k.t.Helper()
	for {
		m, err := k.in.read()
		if err != nil {
			k.t.Fatalf("waiting for %s %g: %v", name, id, err)
		}
		values, _ := amf.Decode(amfBody(m))
		if m.Type == typeCommand && len(values) > 1 && values[0] == name && values[1] == id {
			return values
		}
	}
}

func (k *talk) publish() {
	k.t.Helper()
	k.command("connect", 1, amf.Object{"app": "live?token=9", "tcUrl": "rtmp://h/live?token=8&more=7"})
	k.hear("_result", 1)
	k.command("createStream", 4, nil)
	k.hear("_result", 4)
	k.command("publish", 5, nil, "room", "live")
	k.hear("onStatus", 0)
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
	k.say(Message{Type: typeDataAMF3, Payload: append([]byte{0}, amf.Append(nil, "@setDataFrame", "onMetaData", amf.Object{"framerate": 50.0})...)})
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

func TestPlayIsRefused(t *testing.T) {
	k := newTalk(t, serve(t, &Server{Handler: newDesk()}))
	k.command("connect", 1, amf.Object{"app": "live"})
	k.hear("_result", 1)
	k.command("play", 2, nil, "room")
	if v := k.hear("onStatus", 0); v[3].(amf.Object)["code"] != "NetStream.Play.StreamNotFound" {
		t.Errorf("%v", v)
	}
}

// Peers that open a connection and then do little hold it for the idle time at
// the most, whether they say nothing, stop half-way or drip.
func TestSlowPeersAreLetGo(t *testing.T) {
	const idle = 150 * time.Millisecond
	addr := serve(t, &Server{Handler: newDesk(), IdleTimeout: idle})
	for name, start := range map[string]func(t *testing.T) net.Conn{
		"says nothing": func(t *testing.T) net.Conn { return plain(t, addr) },
		"half a handshake": func(t *testing.T) net.Conn {
			c := plain(t, addr)
			_, _ = c.Write(make([]byte, 0, 1)) // the version comes below, by drops
			return c
		},
		"no commands after the handshake": func(t *testing.T) net.Conn { return newTalk(t, addr).conn },
		"publishes, then nothing": func(t *testing.T) net.Conn {
			k := newTalk(t, addr)
			k.publish()
			return k.conn
		},
		"half a message": func(t *testing.T) net.Conn {
			k := newTalk(t, addr)
			k.publish()
			_, _ = k.conn.Write([]byte{6, 0, 0, 0, 0x10, 0, 0, 9, 1, 0, 0, 0})
			return k.conn
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			gone := make(chan struct{})
			go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }()
			drip := time.NewTicker(20 * time.Millisecond)
			defer drip.Stop()
			limit := time.After(10 * time.Second)
			first := byte(version)
			for {
				select {
				case <-gone:
					return
				case <-limit:
					t.Fatal("still there")
				case <-drip.C:
					if name != "says nothing" {
						_, _ = c.Write([]byte{first}) // a byte at a time never is a message
					}
				}
			}
		})
	}
}

func plain(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c
}

func TestWrongVersionIsRefused(t *testing.T) {
	c := plain(t, serve(t, &Server{Handler: newDesk()}))
	if _, err := c.Write(append([]byte{6}, make([]byte, handshakeSize)...)); err != nil {
		t.Fatal(err)
	}
	if n, _ := io.Copy(io.Discard, c); n != 0 {
		t.Errorf("%d bytes in answer to an encrypted handshake", n)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	addr := serve(t, &Server{Handler: newDesk(), ConnsPerIP: 2})
	dial(t, addr, "/live/a")
	second := dial(t, addr, "/live/b")
	if _, err := Dial(t.Context(), "rtmp://"+addr+"/live/c"); err == nil {
		t.Fatal("a third connection from one address was let in")
	}
	second.Cut()
	limit := time.Now().Add(10 * time.Second)
	for {
		c, err := Dial(t.Context(), "rtmp://"+addr+"/live/c")
		if err == nil {
			c.Cut()
			return
		}
		if time.Now().After(limit) {
			t.Fatal("a place that became free is not given again")
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

// An independent implementation publishes to ours.
func TestGortmplibPublishes(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	u, err := url.Parse("rtmp://" + addr + "/live/room?key=x")
	if err != nil {
		t.Fatal(err)
	}
	c := &gortmplib.Client{URL: u, Publish: true}
	if err := c.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	video := &format.H264{PayloadTyp: 96, PacketizationMode: 1,
		SPS: []byte{0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 3, 0xc0, 0xf1, 0x83, 0x19, 0x60},
		PPS: []byte{0x68, 0xef, 0xbc, 0xb0}}
	audio := &format.MPEG4Audio{PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelCount: 2}}
	w := &gortmplib.Writer{Conn: c, Tracks: []format.Format{video, audio}}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteH264(video, 2*time.Second, 2*time.Second, [][]byte{{5, 1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteMPEG4Audio(audio, 3*time.Second, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "video 2000")
	d.wait(t, "audio 3000")
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := flv.ParseVideo(d.video[0].Payload)
	if err != nil || v.Kind != flv.KindConfig {
		t.Fatalf("first video tag: %+v, %v", v, err)
	}
	if c, err := flv.ParseAVC(v.Data); err != nil || c.Width != 1280 {
		t.Errorf("config %+v, %v", c, err)
	}
	if a, err := flv.ParseAudio(d.audio[len(d.audio)-1].Payload); err != nil || len(a.Data) != 3 {
		t.Errorf("audio %+v, %v", a, err)
	}
}
