package rtmp

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/rtmp/amf"
)

// wire is a connection whose peer has said all that it will say.
type wire struct {
	net.Conn
	in io.Reader
}

func (w wire) Read(p []byte) (int, error)     { return w.in.Read(p) }
func (wire) Write(p []byte) (int, error)      { return len(p), nil }
func (wire) Close() error                     { return nil }
func (wire) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 1} }
func (wire) SetDeadline(time.Time) error      { return nil }
func (wire) SetReadDeadline(time.Time) error  { return nil }
func (wire) SetWriteDeadline(time.Time) error { return nil }

// alarm fails a test by what is logged as an error: a panic is.
type alarm struct{ t *testing.T }

func (alarm) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (a alarm) WithAttrs([]slog.Attr) slog.Handler         { return a }
func (a alarm) WithGroup(string) slog.Handler              { return a }

func (a alarm) Handle(_ context.Context, r slog.Record) error {
	a.t.Errorf("%s", r.Message)
	r.Attrs(func(at slog.Attr) bool { a.t.Log(at.String()); return true })
	return nil
}

// said is what a peer sends in chunks.
func said(f *testing.F, messages ...Message) []byte {
	f.Helper()
	var b bytes.Buffer
	out := newChunkWriter(&b)
	for _, m := range messages {
		if err := out.write(csCommand, m); err != nil {
			f.Fatal(err)
		}
	}
	if err := out.flush(); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}

func command(values ...any) Message {
	return Message{Type: typeCommand, StreamID: 1, Payload: amf.Append(nil, values...)}
}

// FuzzSession says anything to the server after the handshake: it ends, nothing panics, whatever publication it began
// has ended, and it holds no memory.
func FuzzSession(f *testing.F) {
	connect := command("connect", 1, amf.Object{
		"app": "live?a=1", "tcUrl": "rtmp://h/live?b=2",
		"fourCcList": []any{"hvc1"},
	})
	create, publish := command("createStream", 2, nil), command("publish", 3, nil, "room?key=x", "live")
	f.Add(said(f, connect, create, publish,
		Message{Type: typeData, Payload: amf.Append(nil, "@setDataFrame", "onMetaData", amf.Object{"framerate": 30.0})},
		Message{Type: typeVideo, Payload: []byte{0x17, 0, 0, 0, 0}}, Message{Type: typeAudio, Payload: []byte{
			0xaf, 1,
			2,
		}},
		command("FCUnpublish", 4, nil, "room"), command("deleteStream", 5, nil, 1.0)))
	f.Add(said(f, connect, create, command("play", 3, nil, "room", -2.0), Message{
		Type: typeUserControl,
		Payload: []byte{
			0, 3, 0, 0, 0, 1, 0, 0, 0, 9,
		},
	}, command("closeStream", 0)))
	f.Add(said(f, connect, command("publish", 3, nil, "room?key=wrong"), publish, publish))
	f.Add(said(f, command("releaseStream"), command("FCPublish", 1, nil), command("connect", "x", "y"), command()))
	f.Add(said(f, publish, Message{Type: typeAggregate, Payload: []byte{
		9, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0,
		13,
	}},
		Message{Type: typeSetChunkSize, Payload: []byte{0x7f, 0xff, 0xff, 0xff}}, Message{
			Type:    typeAbort,
			Payload: []byte{0},
		},
		Message{Type: typeWindowAckSize, Payload: []byte{0, 0, 0, 1}}, Message{
			Type:    typeCommandAMF3,
			Payload: []byte{0},
		}))
	hands := append(noise(), make([]byte, handshakeSize)...)
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newDesk()
		d.reel = newReel()
		d.reel.tags <- Tag{Type: typeVideo, Body: []byte{0x17, 0, 0, 0, 0}}
		close(d.reel.tags)
		v := &serving{
			Server: &Server{Handler: d, Log: slog.New(alarm{t})}, conns: map[net.Conn]netip.Addr{},
			homes: map[netip.Addr]*home{}, held: tally{most: heldMaxDefault},
		}
		c := &wire{in: io.MultiReader(bytes.NewReader(hands), bytes.NewReader(b))}
		if !v.register(c) || !v.settle(c) {
			t.Fatal("not let in")
		}
		newSession(v, c).run(t.Context())
		if n := v.held.held.Load(); n != 0 || v.plays != 0 {
			t.Errorf("%d bytes and %d players are held by nobody", n, v.plays)
		}
		v.unregister(c)
		open := 0
		for _, line := range d.log {
			switch {
			case strings.HasPrefix(line, "publish "):
				open++
			case strings.HasPrefix(line, "close "):
				open--
			}
		}
		if open != 0 {
			t.Errorf("%d publications did not end: %q", open, d.log)
		}
	})
}

// FuzzServersAnswers says anything to a client that would publish elsewhere: it begins or gives up, and nothing panics.
func FuzzServersAnswers(f *testing.F) {
	ok := amf.Object{"level": "status", "code": "NetStream.Publish.Start"}
	f.Add(said(f, command("_result", 1, nil, ok), command("_result", 2, nil, 1.0), command("onStatus", 0, nil, ok)))
	f.Add(said(f, command("_error", 1, nil, amf.Object{"level": "error", "code": "NetConnection.Connect.Rejected"})))
	f.Add(said(f, command("_result"), Message{Type: typeCommandAMF3, Payload: []byte{0, 2}},
		command("onStatus", amf.Object{
			"level": []any{"error"},
		})))
	hands := append(noise(), make([]byte, handshakeSize)...)
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &wire{in: io.MultiReader(bytes.NewReader(hands), bytes.NewReader(b))}
		d := Dialer{Connect: func(context.Context, string, string) (net.Conn, error) { return c, nil }}
		client, err := d.Dial(t.Context(), "rtmp://h/live/room?key=x")
		if err != nil {
			return
		}
		if !bytes.Contains(b, []byte("onStatus")) {
			t.Error("it publishes, and nobody has said that it may")
		}
		<-client.Done()
		client.Cut()
	})
}
