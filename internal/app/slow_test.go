package app_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// call opens a connection from an address of this machine.
func call(t *testing.T, from, to string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a caller announces and does not send, whoever is asked for it: the connection
// ends, and a socket that only listens does not.
func TestABodyThatNeverComesHoldsNothing(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.Limits.Patience, cfg.Live.HookSecret = time.Second, "sesame"
	a := open(t, cfg)
	defer closed(t, a)
	stop := run(t, a)
	socket := call(t, "127.0.0.3", a.HTTPAddr())
	fmt.Fprint(socket, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if res, err := http.ReadResponse(bufio.NewReader(socket), nil); err != nil || res.StatusCode != 101 {
		t.Fatal(res, err)
	}
	const json, sdp, form = "application/json", "application/sdp", "application/x-www-form-urlencoded"
	var all sync.WaitGroup
	for _, k := range []struct{ method, path, kind string }{
		{"POST", "/whip/key", sdp},
		{"POST", "/whip", sdp},
		{"POST", "/whep/some-stream", sdp},
		{"POST", "/ws/emulation", json},
		{"POST", "/ws/http_stream", json},
		{"POST", "/ws/sse", json},
		{"POST", "/api/v1/payments/sandbox/notify", json},
		{"POST", "/hooks/srs?secret=sesame", json},
		{"POST", "/hooks/nginx-rtmp?secret=sesame", form},
		{"POST", "/hooks/srs", json},
		{"GET", "/", json},
		{"GET", "/healthz", json},
		{"GET", "/api/v1/config", json},
		{"POST", "/api/v1/merchant/shp_1/media", "multipart/form-data; boundary=x"},
		{"POST", "/api/v1/orders", json},
		{"POST", "/api/v1/auth/login", json},
		{"POST", "/api/v1/uploads/", "application/offset+octet-stream"},
		{"POST", "/nowhere", json},
	} {
		for _, head := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
			all.Go(func() {
				c := call(t, "127.0.0.1", a.HTTPAddr())
				fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n\r\n", k.method, k.path, k.kind,
					head)
				if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s %s (%s) is open still", k.method, k.path, head)
				}
			})
		}
	}
	for _, half := range []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nCookie: "} {
		all.Go(func() {
			c := call(t, "127.0.0.1", a.HTTPAddr())
			fmt.Fprint(c, half)
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%q and nothing more is open still", half)
			}
		})
	}
	all.Wait()
	_ = socket.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := socket.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a socket that listens was ended: %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// However many connections one address opens and leaves open, others are served.
func TestOneAddressShutsNobodyOut(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.Limits.PerAddress = 10
	a := open(t, cfg)
	defer closed(t, a)
	stop := run(t, a)
	for range 40 {
		call(t, "127.0.0.1", a.HTTPAddr())
	}
	c := call(t, "127.0.0.2", a.HTTPAddr())
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("somebody else: %v, %v", res, err)
	}
	flooded := call(t, "127.0.0.1", a.HTTPAddr())
	fmt.Fprint(flooded, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	if res, err := http.ReadResponse(bufio.NewReader(flooded), nil); err == nil {
		t.Errorf("the address that has all it may is answered %v", res)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
