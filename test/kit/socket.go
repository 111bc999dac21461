package kit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Socket is a person's open connection to the real-time door: RFC 6455 frames, JSON
// lines within.
type Socket struct {
	t     testing.TB
	conn  net.Conn
	read  *bufio.Reader
	lines []string
	next  int
}

// Said is what comes over a socket.
type Said struct {
	ID    int `json:"id"`
	Error *struct{ Code int }
	Push  *struct {
		Channel     string
		Unsubscribe *struct{ Code int }
		Pub         *struct{ Data json.RawMessage }
	}
}

const socketWithin = time.Minute // a limit, not a figure

// Connect opens a person's socket.
func (p *Person) Connect(t testing.TB) *Socket {
	t.Helper()
	addr := strings.TrimPrefix(p.m.URL, "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(socketWithin)); err != nil {
		t.Fatal(err)
	}
	who := ""
	if p.Token != "" {
		who = "Authorization: Bearer " + p.Token + "\r\n"
	}
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr, who)
	s := &Socket{t: t, conn: conn, read: bufio.NewReader(conn)}
	res, err := http.ReadResponse(s.read, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	if r := s.call(`"connect":{}`); r.Error != nil {
		t.Fatalf("not connected: %+v", r.Error)
	}
	return s
}

// Subscribe asks to listen to a channel and reports whether that is allowed.
func (s *Socket) Subscribe(channel string) bool {
	s.t.Helper()
	return s.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, channel)).Error == nil
}

// WantOut waits until the channel is taken away for good.
func (s *Socket) WantOut(channel string) {
	s.t.Helper()
	for {
		r, open := s.hear()
		if !open {
			s.t.Fatalf("closed instead of sent out of %s", channel)
		}
		if p := r.Push; p != nil && p.Channel == channel && p.Unsubscribe != nil {
			if p.Unsubscribe.Code >= 2500 {
				s.t.Errorf("sent out of %s for a moment only: %d", channel, p.Unsubscribe.Code)
			}
			return
		}
	}
}

// WantSaid waits until something of a channel holds a text, and answers it.
func (s *Socket) WantSaid(channel, text string) string {
	s.t.Helper()
	for {
		r, open := s.hear()
		if !open {
			s.t.Fatalf("closed before %q was said in %s", text, channel)
		}
		if p := r.Push; p != nil && p.Channel == channel && p.Pub != nil && strings.Contains(string(p.Pub.Data), text) {
			return string(p.Pub.Data)
		}
	}
}

// WantClosed waits until the other side closes.
func (s *Socket) WantClosed() {
	s.t.Helper()
	for {
		if _, open := s.hear(); !open {
			return
		}
	}
}

func (s *Socket) call(command string) Said {
	s.t.Helper()
	s.next++
	text := fmt.Sprintf(`{"id":%d,%s}`, s.next, command)
	frame := []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text))}
	if _, err := s.conn.Write(append(append(frame, 0, 0, 0, 0), text...)); err != nil { // a mask of zeros
		s.t.Fatal(err)
	}
	for {
		r, open := s.hear()
		if !open {
			s.t.Fatalf("closed instead of answering %s", command)
		}
		if r.ID == s.next {
			return r
		}
	}
}

// hear reads what comes next; false when the other side closes.
func (s *Socket) hear() (r Said, open bool) {
	s.t.Helper()
	for len(s.lines) == 0 {
		body, open := s.frame()
		if !open {
			return r, false
		}
		s.lines = strings.Split(strings.TrimSpace(body), "\n")
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		s.t.Fatalf("%v: %s", err, line)
	}
	return r, true
}

func (s *Socket) frame() (body string, open bool) {
	s.t.Helper()
	head := make([]byte, 2)
	_, err := io.ReadFull(s.read, head)
	if err == nil && head[0]&0x0f == 8 { // close
		return "", false
	}
	size := uint64(head[1] & 0x7f)
	if more := map[uint64]int{126: 2, 127: 8}[size]; more > 0 && err == nil {
		size = 0
		for range more {
			var b byte
			if b, err = s.read.ReadByte(); err != nil {
				break
			}
			size = size<<8 | uint64(b)
		}
	}
	if err != nil || size > 1<<20 {
		s.t.Fatalf("frame %x: %v", head, err)
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(s.read, raw); err != nil {
		s.t.Fatal(err)
	}
	return string(raw), true
}

// MetricsToken is what shows an operator the figures.
const MetricsToken = "figures"
