package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/crash"
)

const (
	windowDefault = 2_500_000
	chunkOut      = 4096
	mediaStream   = 1 // the one message stream a connection gets
	deadlineStep  = 5 // the idle deadline is moved when a fifth of it has passed
	tagHeader     = 11
	tagTrailer    = 4
	pingRequest   = 6
	pingResponse  = 7
	canForward    = 4 // of Enhanced RTMP: a codec passes through
	capsModEx     = 4 // and modifiers are understood
)

var (
	errIdle    = errors.New("rtmp: idle")
	errLeft    = errors.New("rtmp: publisher left")
	errPlayers = errors.New("rtmp: too many players")
	errEnded   = errors.New("rtmp: the stream ended")
)

// ErrMedia is what a Sink answers to a publisher of whom nothing can be taken; it is told so.
var ErrMedia = errors.New("rtmp: media refused")

const mediaRefusal = "codec not supported: send H.264, HEVC or AV1 with AAC or Opus"

// session is one connection. One goroutine reads, writes and calls the sink;
// while it plays, a second one writes the media, under the lock of writing.
type session struct {
	srv   *serving
	conn  net.Conn
	in    *chunkReader
	out   *chunkWriter
	from  *inbound
	idle  time.Duration
	moved time.Time // when the deadline was set

	window   uint32 // bytes after which the peer wants an acknowledgement
	acked    uint32
	request  PublishRequest
	tcQuery  string
	enhanced bool // the peer speaks Enhanced RTMP
	sink     Sink
	kicked   atomic.Pointer[error]
	playing  *playing
	writing  sync.Mutex // of out
}

func newSession(srv *serving, conn net.Conn) *session {
	idle := srv.IdleTimeout
	if idle <= 0 {
		idle = idleDefault
	}
	return &session{
		srv: srv, conn: conn, from: &inbound{conn: conn}, idle: idle, window: windowDefault,
		request: PublishRequest{RemoteAddr: peerOf(conn)},
	}
}

func (s *session) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	err := crash.Told(s.srv.Log, "an rtmp connection", func() error { return s.serve(ctx) })
	cancel()
	if s.playing != nil {
		_ = s.conn.Close() // a write that is under way returns
		s.stopPlaying()
	}
	if k := s.kicked.Load(); k != nil {
		err = *k
	}
	if s.sink != nil {
		s.sink.Close(err)
	}
	if s.in != nil {
		s.in.release()
	}
	quiet := errors.Is(err, io.EOF) || errors.Is(err, errLeft) || errors.Is(err, errEnded) ||
		errors.Is(err, net.ErrClosed)
	if !quiet {
		app, _, _ := strings.Cut(s.request.App, "/") // what follows may be a key
		s.srv.Log.Info("rtmp connection ended", "remote", s.request.RemoteAddr, "app", app, "error", err)
	}
}

func (s *session) serve(ctx context.Context) error {
	// One deadline for the whole handshake: a peer that drips bytes gains nothing.
	if err := s.conn.SetDeadline(time.Now().Add(s.idle)); err != nil {
		return err
	}
	if err := serverHandshake(s.from, s.conn); err != nil {
		return err
	}
	// Only now, so that a half-open connection costs little.
	s.in, s.out = newChunkReader(s.from), newChunkWriter(s.conn)
	s.in.most, s.in.tallies = openBytesFirst, s.srv.talliesOf(s.conn)
	for {
		s.moveDeadline()
		m, err := s.in.read()
		if err != nil {
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				return errIdle
			}
			return err
		}
		if err := s.answer(ctx, m); err != nil {
			return err
		}
	}
}

// answer obeys a message and writes what is to be said to it.
func (s *session) answer(ctx context.Context, m Message) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.playing != nil {
		_ = s.conn.SetWriteDeadline(time.Now().Add(playPatience)) // fails as the next write will
	}
	if err := s.handle(ctx, m); err != nil {
		_ = s.out.flush() // the refusal may still reach the peer
		return err
	}
	if err := s.acknowledge(); err != nil {
		return err
	}
	if s.out.w.Buffered() > 0 {
		return s.out.flush()
	}
	return nil
}

// moveDeadline is called after each whole message, and does something a few
// times per idle period only.
func (s *session) moveDeadline() {
	now := time.Now()
	if now.Sub(s.moved) < s.idle/deadlineStep {
		return
	}
	s.moved, s.from.until = now, now.Add(s.idle)
	if s.sink != nil { // not from the beginning: its first frames set the stream's clock
		s.from.publishes(true)
	}
	if s.playing != nil { // a player is silent; its writes have deadlines of their own
		_ = s.conn.SetReadDeadline(time.Time{})
		return
	}
	_ = s.conn.SetDeadline(now.Add(s.idle)) // fails on a closed connection, as the next read will
}

func (s *session) acknowledge() error {
	if s.from.n-s.acked < s.window {
		return nil
	}
	s.acked = s.from.n
	return s.out.write(csControl, Message{Type: typeAck, Payload: be32(s.acked)})
}

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func (s *session) handle(ctx context.Context, m Message) error {
	switch m.Type {
	case typeVideo, typeAudio:
		return s.media(m.Type, m.Timestamp, m.Payload)
	case typeAggregate:
		return s.aggregate(m)
	case typeCommandAMF3, typeCommand:
		return s.command(ctx, amfBody(m))
	case typeDataAMF3, typeData:
		return s.data(amfBody(m))
	case typeWindowAckSize:
		if len(m.Payload) >= 4 {
			s.window = max(binary.BigEndian.Uint32(m.Payload)/2, 1<<16)
		}
	case typeUserControl:
		return s.userControl(m.Payload)
	}
	return nil
}

// amfBody is the AMF0 part of a message. The AMF3 kinds of message carry AMF0
// after a byte that says so.
func amfBody(m Message) []byte {
	if (m.Type == typeCommandAMF3 || m.Type == typeDataAMF3) && len(m.Payload) > 0 && m.Payload[0] == 0 {
		return m.Payload[1:]
	}
	return m.Payload
}

func (s *session) media(kind uint8, ts uint32, body []byte) error {
	if s.sink == nil {
		return nil // before publish, or after its end
	}
	take := s.sink.Audio
	if kind == typeVideo {
		take = s.sink.Video
	}
	err := take(ts, body)
	if errors.Is(err, ErrMedia) { // what encoders show, and end by
		return errors.Join(s.status("error", "NetStream.Failed", mediaRefusal), err)
	}
	return err
}

// aggregate takes what is in a message that holds FLV tags.
func (s *session) aggregate(m Message) error {
	return eachOf(m, func(t Tag) error {
		if t.Type == typeData {
			return s.data(t.Body)
		}
		return s.media(t.Type, t.Timestamp, t.Body)
	})
}

// eachOf splits a message that holds FLV tags. Their times count from the first of them, which has
// the time of the message.
func eachOf(m Message, take func(Tag) error) error {
	b := m.Payload
	var first uint32
	for i := 0; len(b) >= tagHeader; i++ {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		ts := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
		if i == 0 {
			first = ts
		}
		if size > len(b)-tagHeader {
			return nil // a torn tail
		}
		kind := b[0] & 0x1f
		body := bytes.Clone(b[tagHeader : tagHeader+size]) // who keeps one of them keeps no other
		switch kind {
		case typeAudio, typeVideo, typeData:
			if err := take(Tag{Type: kind, Timestamp: m.Timestamp + (ts - first), Body: body}); err != nil {
				return err
			}
		}
		b = b[min(len(b), tagHeader+size+tagTrailer):]
	}
	return nil
}

// data takes metadata: only the frame rate is of use, and only as a hint.
func (s *session) data(b []byte) error {
	if s.sink == nil {
		return nil
	}
	if fps := FrameRate(b); fps > 0 {
		return s.sink.FrameRate(fps)
	}
	return nil
}

func (s *session) userControl(b []byte) error {
	if len(b) < 6 || binary.BigEndian.Uint16(b) != pingRequest {
		return nil
	}
	answer := append([]byte{0, pingResponse}, b[2:6]...)
	return s.out.write(csControl, Message{Type: typeUserControl, Payload: answer})
}

// kick ends the connection from outside.
func (s *session) kick(reason error) {
	err := fmt.Errorf("rtmp: sent away: %w", reason)
	s.kicked.CompareAndSwap(nil, &err)
	_ = s.conn.Close()
}
