package stream_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"hawker/internal/media/rtmp"
	"hawker/internal/media/rtmp/amf"
	"hawker/internal/media/stream"
	"hawker/internal/media/stream/streamtest"
)

// wire publishes by RTMP as badly as a test wants it to: it writes chunks by
// itself and shares no code with package rtmp.
type wire struct {
	t        *testing.T
	conn     net.Conn
	b        bytes.Buffer
	size     int    // of a chunk
	noRepeat bool   // the extended timestamp is left out of type 3 chunks
	deltas   bool   // headers of format 1 after the first
	cs       uint32 // chunk stream of media
	last     uint32
	begun    bool
}

// listenRTMP serves the rig's hub for publishers and players.
func (r *rig) listenRTMP() string {
	r.t.Helper()
	ln := streamtest.Listen(r.t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := &rtmp.Server{Handler: r.hub.RTMP(), Log: slog.New(slog.DiscardHandler), ConnsPerHome: 2000}
	go func() { done <- s.Serve(ctx, ln) }()
	r.t.Cleanup(func() {
		cancel()
		<-done
	})
	return ln.Addr().String()
}

func dialWire(t *testing.T, addr string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, conn: conn, size: 128, cs: 6}
	hello := make([]byte, 1537)
	hello[0] = 3
	answer := make([]byte, 1+2*1536)
	if _, err = conn.Write(hello); err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	if err == nil {
		_, err = conn.Write(answer[1:1537])
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// hello says what an encoder says up to publish, and waits for the stream.
func (w *wire) hello(r *rig, extra ...[]byte) *stream.Tap {
	w.t.Helper()
	w.message(3, 20, 0, 0, amf.Append(nil, "connect", 1, amf.Object{"app": "live"}))
	for _, b := range extra {
		w.message(3, 20, 0, 0, b)
	}
	w.message(3, 20, 0, 0, amf.Append(nil, "createStream", 2, nil))
	w.message(3, 20, 0, 1, amf.Append(nil, "publish", 3, nil, "room", "live"))
	w.flush()
	go func() { _, _ = io.Copy(io.Discard, w.conn) }()
	waitFor(w.t, "the publication", func() bool { h, _ := r.hub.Stream("room"); return h.Live })
	return r.tap()
}

func (w *wire) flush() {
	w.t.Helper()
	if _, err := w.conn.Write(w.b.Bytes()); err != nil {
		w.t.Fatal(err)
	}
	w.b.Reset()
}

// setSize tells a new chunk size.
func (w *wire) setSize(n int) {
	w.message(2, 1, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(n)))
	w.size = n
}

func (w *wire) basic(format byte, cs uint32) {
	switch {
	case cs < 64:
		w.b.WriteByte(format<<6 | byte(cs))
	case cs < 320:
		w.b.Write([]byte{format << 6, byte(cs - 64)})
	default:
		w.b.Write([]byte{format<<6 | 1, byte(cs - 64), byte((cs - 64) >> 8)})
	}
}

// message writes a whole message.
func (w *wire) message(cs uint32, kind byte, ts, streamID uint32, body []byte) {
	rest := w.begin(cs, kind, ts, streamID, body)
	for len(rest) > 0 {
		rest = w.more(cs, ts, rest)
	}
}

// begin writes the first chunk and gives what is left.
func (w *wire) begin(cs uint32, kind byte, ts, streamID uint32, body []byte) []byte {
	format, value := byte(0), ts
	if w.deltas && w.begun && cs == w.cs {
		format, value = 1, ts-w.last
	}
	if cs == w.cs {
		w.last, w.begun = ts, true
	}
	w.basic(format, cs)
	short, n := min(value, 0xffffff), len(body)
	w.b.Write([]byte{byte(short >> 16), byte(short >> 8), byte(short), byte(n >> 16), byte(n >> 8), byte(n), kind})
	if format == 0 {
		_ = binary.Write(&w.b, binary.LittleEndian, streamID) // a Buffer does not fail
	}
	if short == 0xffffff {
		_ = binary.Write(&w.b, binary.BigEndian, value)
	}
	k := min(n, w.size)
	w.b.Write(body[:k])
	return body[k:]
}

// more writes one continuation.
func (w *wire) more(cs, ts uint32, rest []byte) []byte {
	w.basic(3, cs)
	if ts >= 0xffffff && !w.noRepeat && !w.deltas {
		_ = binary.Write(&w.b, binary.BigEndian, ts)
	}
	k := min(len(rest), w.size)
	w.b.Write(rest[:k])
	return rest[k:]
}

const (
	wireFrames = 90
	wireStepMs = 33
)

// film publishes frames from a timestamp on.
func (w *wire) film(first uint32) {
	w.t.Helper()
	w.message(w.cs, 9, first, 1, videoConfig())
	for i := range uint32(wireFrames) {
		w.message(w.cs, 9, first+i*wireStepMs, 1, videoBody(i%30 == 0, 0, 700))
	}
	w.flush()
}

// arrives checks that every frame reached readers in its order and at its time.
func arrives(t *testing.T, tap *stream.Tap) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var first uint32
	for i := uint32(0); i < wireFrames; {
		p, err := tap.Next(ctx)
		if err != nil {
			t.Fatalf("after %d frames: %v", i, err)
		}
		if p.Kind != stream.PacketVideo || p.Config {
			continue
		}
		if i == 0 {
			first = p.Time
		}
		if p.Time-first != i*wireStepMs || p.Key != (i%30 == 0) || len(p.Body) != 709 {
			t.Fatalf("frame %d: %d ms, key %v, %d bytes", i, p.Time-first, p.Key, len(p.Body))
		}
		i++
	}
}
