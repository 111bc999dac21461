package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

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
	refusal  error // of media
	reel     *reel // what players get; nil: nothing
	plays    []PlayRequest
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

// reel is a Source that gives what the test puts into it.
type reel struct {
	tags chan Tag // closed: the stream ended
	done chan struct{}
}

func newReel() *reel { return &reel{tags: make(chan Tag, 1000), done: make(chan struct{})} }

func (r *reel) Next(ctx context.Context) (Tag, error) {
	select {
	case t, ok := <-r.tags:
		if !ok {
			return Tag{}, io.EOF
		}
		return t, nil
	case <-ctx.Done():
		return Tag{}, ctx.Err()
	}
}

func (r *reel) Buffered() int { return len(r.tags) }
func (r *reel) Close()        { close(r.done) }

func (d *desk) Play(_ context.Context, r PlayRequest) (Source, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plays = append(d.plays, r)
	if d.reel == nil {
		return nil, errForbidden
	}
	return d.reel, nil
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
	return s.d.refusal
}

func (s deskSink) Close(reason error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.note(fmt.Sprintf("close %s: %v", s.name, reason))
}

// wait waits for an entry that begins so.
func (d *desk) wait(t *testing.T, prefix string) string {
	t.Helper()
	limit := time.After(time.Minute)
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
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
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
