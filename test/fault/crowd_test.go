package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hawker/test/kit"
)

const (
	idlersMax = 400 // connections of one address
	filesMax  = 300 // that the program may open
	enough    = 60  // refusals behind which no more are tried
	patience  = 10 * time.Second
	handshake = 1536
)

// idler begins something and does not go on. What it has been refused is an error.
type idler struct {
	name string
	rtmp bool
	says func(host string) string
	hear bool // it waits for an answer to what it says
	then string
}

func idlers() []idler {
	post := func(path, more string) func(string) string {
		return func(host string) string {
			return "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n" + more
		}
	}
	get := func(path, more string) func(string) string {
		return func(host string) string { return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more }
	}
	socket := get("/api/v1/socket", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	c0c1 := func(string) string { return "\x03" + strings.Repeat("\x00", handshake) }
	return []idler{
		{name: "says nothing", says: func(string) string { return "" }},
		{name: "half a request line", says: func(string) string { return "GET /api/v1/pro" }},
		{name: "half a header", says: get("/api/v1/products", "X-Half: ")},
		{name: "a body that does not come", says: post("/api/v1/auth/login", "Content-Length: 200\r\n\r\n")},
		{name: "half a body", says: post("/api/v1/auth/login", "Content-Length: 200\r\n\r\n{\"email\":")},
		{name: "half a chunk", says: post("/api/v1/auth/login", "Transfer-Encoding: chunked\r\n\r\n5\r\n")},
		{name: "half an upload", says: post("/uploads", "Tus-Resumable: 1.0.0\r\nContent-Length: 100000\r\n\r\nabc")},
		{name: "reads no answer", says: func(host string) string {
			return strings.Repeat(get("/api/v1/products?limit=50", "\r\n")(host), 30)
		}},
		{name: "heard, and silent", says: get("/healthz", "\r\n"), hear: true},
		{name: "a socket that subscribes to nothing", says: socket, hear: true},
		{name: "half a frame on a socket", says: socket, hear: true, then: "\x81\xfe\x01"},
		{name: "RTMP: says nothing", rtmp: true, says: func(string) string { return "" }},
		{name: "RTMP: half a handshake", rtmp: true, says: func(string) string {
			return "\x03" + strings.Repeat("\x00", handshake/2)
		}},
		{
			name: "RTMP: a handshake and no command", rtmp: true, says: c0c1, hear: true,
			then: strings.Repeat("\x00", handshake),
		},
	}
}

// TestACrowdOfIdlers: whatever one address begins and does not end, others are served.
func TestACrowdOfIdlers(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getenv("HAWKER_TEST_MYSQL") != "" {
		t.Skip("a second address on loopback; and the database has no part in it")
	}
	m := kit.StartWith(t, filesMax)
	at, err := url.Parse(m.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range idlers() {
		t.Run(kind.name, func(t *testing.T) {
			to := at.Host
			if kind.rtmp {
				to = m.RTMP
			}
			idle, refused := 0, 0
			for range idlersMax {
				c, err := kind.open(t.Context(), to)
				if err != nil {
					if refused++; refused == enough {
						break
					}
					continue
				}
				idle++
				defer c.Close()
			}
			t.Logf("%d are idle, %d were refused", idle, refused)
			if idle == 0 {
				t.Fatal("nobody was let in")
			}
			others(t, m)
		})
	}
}

// open begins as the kind does. What the kernel alone has taken counts as open.
func (k idler) open(ctx context.Context, to string) (net.Conn, error) {
	dial := net.Dialer{Timeout: patience, Control: smallWindow}
	c, err := dial.DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	if err := k.begin(c, to); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (k idler) begin(c net.Conn, to string) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, k.says(to)); err != nil {
		return err
	}
	if k.hear {
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(c, k.then)
	return err
}

// smallWindow keeps what is not read from fitting into the kernel.
func smallWindow(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
	})
	return errors.Join(err, set)
}

// others are at another address: they look at the mall and begin to publish.
func others(t *testing.T, m *kit.Mall) {
	t.Helper()
	dial := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}}
	door := http.Client{
		Timeout:   patience,
		Transport: &http.Transport{DialContext: dial.DialContext, DisableKeepAlives: true},
	}
	for _, path := range []string{"/", "/api/v1/products?limit=2", "/readyz"} {
		res, err := door.Get(m.URL + path)
		if err != nil {
			t.Errorf("another address: %v", err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s was answered %s", path, res.Status)
		}
	}
	c, err := dial.DialContext(t.Context(), "tcp", m.RTMP)
	if err != nil {
		t.Errorf("another publisher: %v", err)
		return
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "\x03"+strings.Repeat("\x00", handshake))
	if _, err := io.ReadFull(c, make([]byte, 1+handshake)); err != nil {
		t.Errorf("another publisher is not answered: %v", err)
	}
}
