package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"hawker/internal/media/rtmp/amf"
)

// Player takes one stream from a server, as any player does. What the server sends is held to the
// same limits as what a publisher sends. Read is called from one goroutine; Cut ends it from any.
type Player struct {
	*link
	idle   time.Duration
	moved  time.Time // when the deadline was set
	window uint32    // bytes after which the server wants an acknowledgement
	acked  uint32
	came   bool  // a picture or sound has, since
	ready  []Tag // of an aggregate, of which the first next were given
	next   int
}

const ackLeast = 1 << 16

// Play connects to rtmp[s]://host[:port]/app/name[?query] and asks to be sent the stream. The server
// may have none yet: whoever gives nothing for as long as idle, 0 means 10 s, is left by Read. ctx
// limits the connecting only.
func (d Dialer) Play(ctx context.Context, rawURL string, idle time.Duration) (*Player, error) {
	l, err := d.link(ctx, rawURL, func(name string) []any { return []any{"play", 3, nil, name} })
	if err != nil {
		return nil, err
	}
	if idle <= 0 {
		idle = idleDefault
	}
	l.in.widen()
	l.in.missing = &l.from.missing
	return &Player{link: l, idle: idle, window: windowDefault, acked: l.from.n}, nil
}

// Read gives the next tag: audio and video, whose bodies are the caller's to keep, and metadata, whose
// body is good until the next Read. io.EOF is the end of the stream.
func (p *Player) Read() (Tag, error) {
	if p.next < len(p.ready) {
		p.next++
		return p.ready[p.next-1], nil
	}
	p.moveDeadline()
	for {
		m, err := p.in.read()
		if err == nil {
			err = p.acknowledge()
		}
		var t Tag
		if err == nil {
			t, err = p.take(m)
		}
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			err = errIdle
		}
		if err != nil || t.Body != nil {
			return t, err
		}
	}
}

// moveDeadline counts from the last picture or sound, whatever else the server had to say since.
func (p *Player) moveDeadline() {
	now := time.Now()
	if !p.moved.IsZero() && (!p.came || now.Sub(p.moved) < p.idle/deadlineStep) {
		return
	}
	p.moved, p.from.until = now, now.Add(p.idle)
	if p.came { // not from the beginning: its first frames set the stream's clock
		p.from.publishes(true)
	}
	p.came = false
	_ = p.conn.SetReadDeadline(p.from.until) // fails on a closed connection, as the next read will
}

// take obeys a message; a tag without a body is none.
func (p *Player) take(m Message) (t Tag, err error) {
	switch m.Type {
	case typeVideo, typeAudio:
		p.came = true
		return Tag{Type: m.Type, Timestamp: m.Timestamp, Body: m.Payload}, nil
	case typeAggregate:
		p.ready, p.next = p.ready[:0], 0
		err = eachOf(m, func(t Tag) error { p.ready = append(p.ready, t); return nil })
		if err == nil && len(p.ready) > 0 {
			p.came, p.next, t = true, 1, p.ready[0]
		}
		return t, err
	case typeData, typeDataAMF3:
		return Tag{Type: typeData, Timestamp: m.Timestamp, Body: amfBody(m)}, nil
	case typeWindowAckSize:
		if len(m.Payload) >= 4 {
			p.window = max(binary.BigEndian.Uint32(m.Payload)/2, ackLeast)
		}
	case typeCommand, typeCommandAMF3:
		return t, p.told(m)
	case typeUserControl:
		return t, p.userControl(m.Payload)
	}
	return t, nil
}

// told hears what becomes of the stream.
func (p *Player) told(m Message) error {
	name, code, err := newsOf(m)
	if err != nil || name != "onStatus" {
		return err
	}
	if code == "NetStream.Play.UnpublishNotify" || code == "NetStream.Play.Stop" {
		return io.EOF
	}
	return nil
}

func (p *Player) userControl(b []byte) error {
	if len(b) < 6 {
		return nil
	}
	switch binary.BigEndian.Uint16(b) {
	case eventEOF:
		return io.EOF
	case pingRequest:
		return p.say(Message{Type: typeUserControl, Payload: append([]byte{0, pingResponse}, b[2:6]...)})
	}
	return nil
}

func (p *Player) acknowledge() error {
	if p.from.n-p.acked < p.window {
		return nil
	}
	p.acked = p.from.n
	return p.say(Message{Type: typeAck, Payload: be32(p.acked)})
}

func (p *Player) say(m Message) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	if err := p.out.write(csControl, m); err != nil {
		return err
	}
	return p.out.flush()
}

// Cut closes the connection; a Read that waits returns.
func (p *Player) Cut() { _ = p.conn.Close() }

// FrameRate is the one that metadata tells, 0 for none.
func FrameRate(metadata []byte) float64 {
	values, _ := amf.Decode(metadata) // what could be read is enough
	for _, v := range values {
		if o, ok := v.(amf.Object); ok {
			if fps, ok := o["framerate"].(float64); ok && fps > 0 {
				return fps
			}
		}
	}
	return 0
}
