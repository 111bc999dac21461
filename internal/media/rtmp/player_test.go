package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"hawker/internal/media/rtmp/amf"
)

func TestPlayerHearsAServer(t *testing.T) {
	d := newDesk()
	d.reel = newReel()
	p, err := Dialer{}.Play(t.Context(), "rtmp://"+serve(t, &Server{Handler: d})+"/live/room?pass=7", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Cut()
	sent := []Tag{
		{Type: typeData, Body: amf.Append(nil, "onMetaData", amf.Object{"framerate": 25})},
		{Type: typeVideo, Timestamp: 0x01000007, Body: pattern(200_000)},
		{Type: typeAudio, Timestamp: 9, Body: []byte{0xaf, 1, 2}},
	}
	for _, want := range sent {
		d.reel.tags <- want
		got, err := p.Read()
		for err == nil && got.Type == typeData && want.Type != typeData { // the access that players are told of
			got, err = p.Read()
		}
		for err == nil && want.Type == typeData && FrameRate(got.Body) != 25 {
			got, err = p.Read()
		}
		if err != nil || got.Type != want.Type || got.Timestamp != want.Timestamp || !bytes.Equal(got.Body, want.Body) {
			t.Fatalf("type %d at %d of %d bytes, %v", got.Type, got.Timestamp, len(got.Body), err)
		}
	}
	close(d.reel.tags)
	if _, err := p.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream's end is %v", err)
	}
	if r := d.plays[0]; r.App != "live" || r.Name != "room" || r.Query.Get("pass") != "7" {
		t.Errorf("%+v", r)
	}
}

func TestPlayerIsRefused(t *testing.T) {
	_, err := Dialer{}.Play(t.Context(), "rtmp://"+serve(t, &Server{Handler: newDesk()})+"/live/room", 0)
	if !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
}

// server answers one player as a server does, and then says what the test wants.
func server(t *testing.T, then func(c net.Conn, out *chunkWriter)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if serverHandshake(c, c) != nil {
			return
		}
		in, out := newChunkReader(c), newChunkWriter(c)
		for _, answer := range []Message{
			command("_result", 1, nil, amf.Object{"level": "status"}), command("_result", 2, nil, 1),
			command("onStatus", 0, nil, amf.Object{"level": "status", "code": "NetStream.Play.Start"}),
		} {
			for m, err := in.read(); m.Type != typeCommand; m, err = in.read() {
				if err != nil {
					return
				}
			}
			_ = errors.Join(out.write(csCommand, answer), out.flush()) // the player may be gone
		}
		then(c, out)
		_, _ = io.Copy(io.Discard, c)
	}()
	return "rtmp://" + ln.Addr().String() + "/live/room"
}

// What a server in front sends is held to limits, and one that says much and shows nothing is left.
func TestPlayerAndHostileServers(t *testing.T) {
	const idle = 150 * time.Millisecond
	status := func(code, level string) Message {
		return command("onStatus", 0, nil, amf.Object{"level": level, "code": code})
	}
	chatter := func(m Message) func(net.Conn, *chunkWriter) {
		return func(_ net.Conn, out *chunkWriter) {
			for errors.Join(out.write(csControl, m), out.flush()) == nil {
				<-time.NewTimer(20 * time.Millisecond).C
			}
		}
	}
	for name, c := range map[string]struct {
		then func(c net.Conn, out *chunkWriter)
		want error
	}{
		"stalls": {func(net.Conn, *chunkWriter) {}, errIdle},
		"pings for ever": {
			chatter(Message{Type: typeUserControl, Payload: []byte{0, pingRequest, 0, 0, 0, 1}}), errIdle,
		},
		"an endless start": {func(c net.Conn, _ *chunkWriter) {
			for _, err := c.Write([]byte{6}); err == nil; _, err = c.Write([]byte{0}) {
				<-time.NewTimer(20 * time.Millisecond).C
			}
		}, errIdle},
		"a huge message": {func(c net.Conn, _ *chunkWriter) {
			_, _ = c.Write([]byte{6, 0, 0, 0, 0xff, 0xff, 0xff, typeVideo, 1, 0, 0, 0})
		}, ErrProtocol},
		"huge chunks": {func(c net.Conn, out *chunkWriter) {
			size := binary.BigEndian.AppendUint32(nil, 1<<30)
			_ = errors.Join(out.write(csControl, Message{Type: typeSetChunkSize, Payload: size}), out.flush())
			_, _ = c.Write([]byte{6, 0, 0, 0, 0x9f, 0xff, 0xff, typeVideo, 1, 0, 0, 0})
		}, errIdle},
		"many unfinished messages": {func(c net.Conn, out *chunkWriter) {
			_ = errors.Join(out.setSize(4<<20), out.flush())
			for id := byte(10); id < 20; id++ {
				head := []byte{id, 0, 0, 0, 0x80, 0, 0, typeVideo, 1, 0, 0, 0}
				if _, err := c.Write(append(head, make([]byte, 4<<20)...)); err != nil {
					return
				}
			}
		}, ErrProtocol},
		"garbage": {func(c net.Conn, _ *chunkWriter) {
			_, _ = c.Write(bytes.Repeat([]byte{0xff}, 100))
		}, ErrProtocol},
		"a refusal later": {func(_ net.Conn, out *chunkWriter) {
			_ = errors.Join(out.write(csStatus, status("NetStream.Play.Failed", "error")), out.flush())
		}, ErrRefused},
		"a publisher that left": {func(_ net.Conn, out *chunkWriter) {
			_ = errors.Join(out.write(csStatus, status("NetStream.Play.UnpublishNotify", "status")), out.flush())
		}, io.EOF},
		"the stream's end": {func(_ net.Conn, out *chunkWriter) {
			end := Message{Type: typeUserControl, Payload: []byte{0, eventEOF, 0, 0, 0, 1}}
			_ = errors.Join(out.write(csControl, end), out.flush())
		}, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patience := idle
			if !errors.Is(c.want, errIdle) {
				patience = time.Minute
			}
			p, err := Dialer{}.Play(t.Context(), server(t, c.then), patience)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Cut()
			for err == nil {
				_, err = p.Read()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("ends with %v, want %v", err, c.want)
			}
			if p.in.held > openBytesMax {
				t.Errorf("%d bytes are held", p.in.held)
			}
		})
	}
}

func TestPlayerTakesAggregatesApart(t *testing.T) {
	tag := func(kind, ts byte, body ...byte) []byte {
		b := append([]byte{kind, 0, 0, byte(len(body)), 0, 0, ts, 0, 0, 0, 0}, body...)
		return append(b, 0, 0, 0, byte(tagHeader+len(body)))
	}
	payload := append(append(tag(typeVideo, 5, 1, 2), tag(typeAudio, 8, 3)...), tag(typeData, 9)...)
	p, err := Dialer{}.Play(t.Context(), server(t, func(_ net.Conn, out *chunkWriter) {
		m := Message{Type: typeAggregate, StreamID: 1, Timestamp: 100, Payload: payload}
		next := Message{Type: typeVideo, Timestamp: 200, Payload: []byte{9}}
		_ = errors.Join(out.write(csVideo, m), out.write(csVideo, next), out.flush())
	}), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Cut()
	for _, want := range []Tag{
		{Type: typeVideo, Timestamp: 100, Body: []byte{1, 2}},
		{Type: typeAudio, Timestamp: 103, Body: []byte{3}},
		{Type: typeData, Timestamp: 104},
		{Type: typeVideo, Timestamp: 200, Body: []byte{9}},
	} {
		got, err := p.Read()
		if err != nil || got.Type != want.Type || got.Timestamp != want.Timestamp || !bytes.Equal(got.Body, want.Body) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}

// FuzzPlayer reads whatever a server may send after it has agreed.
func FuzzPlayer(f *testing.F) {
	f.Add(said(f, Message{Type: typeVideo, Payload: pattern(5000)}, command("onStatus", 0, nil, amf.Object{
		"level": "status", "code": "NetStream.Play.Stop",
	})))
	f.Add(said(f, Message{Type: typeAggregate, Payload: make([]byte, 40)}))
	f.Add(said(f, Message{Type: typeUserControl, Payload: []byte{0, pingRequest, 0, 0, 0, 1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		conn := wire{in: bytes.NewReader(b)}
		from := &inbound{conn: conn}
		p := &Player{
			link: &link{conn: conn, from: from, in: newChunkReader(from), out: newChunkWriter(conn)}, idle: time.Second,
			window: 100,
		}
		for {
			got, err := p.Read()
			if err != nil {
				return
			}
			_ = FrameRate(got.Body)
			if len(got.Body) > messageMax {
				t.Fatalf("a tag of %d bytes", len(got.Body))
			}
		}
	})
}
