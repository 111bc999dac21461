package conns_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"hawker/internal/platform/conns"
)

// once is a listener to whom one connection comes, whose peer has said all that it will say.
type once struct {
	net.Listener
	net.Conn
	in   io.Reader
	peer net.Addr
}

func (o once) Accept() (net.Conn, error)      { return o, nil }
func (o once) Read(p []byte) (int, error)     { return o.in.Read(p) }
func (once) Write(p []byte) (int, error)      { return len(p), nil }
func (once) Close() error                     { return nil }
func (o once) RemoteAddr() net.Addr           { return o.peer }
func (once) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1935} }
func (once) SetDeadline(time.Time) error      { return nil }
func (once) SetReadDeadline(time.Time) error  { return nil }
func (once) SetWriteDeadline(time.Time) error { return nil }

// FuzzProxyHeader begins connections with anything. Of a stranger it is what they say and proves no other address; of a
// trusted proxy a header is taken away or ends the connection, and what follows it is left as it is.
func FuzzProxyHeader(f *testing.F) {
	v2 := append([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"), 1, 2, 3, 4, 192, 0, 2, 1, 0, 80, 7, 143)
	for _, begin := range []string{
		"PROXY TCP4 1.2.3.4 192.0.2.1 80 1935\r\n", "PROXY TCP6 2001:db8::1 2001:db8::2 80 1935\r\n",
		"PROXY UNKNOWN\r\n",
		"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "PROXY TCP4 1.2.3.4\r\n", "PROXY TCP4 1.2.3.4 192.0.2.1 80 1935\n", "",
		string(v2), string(v2[:20]), "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00", "\r\n\r\n\x00\r\nQUIT\n\x21\x00\x00\x00",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x31\x00\x04abcd", "\r\n\r\n\x00\r\nQUIT\n\x21\x40\x00\x00",
	} {
		f.Add([]byte(begin+"\x03rest"), true)
		f.Add([]byte(begin+"\x03rest"), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, trusted bool) {
		peer := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 5555}
		if trusted {
			peer.IP = net.IPv4(10, 0, 0, 1)
		}
		ln := conns.Proxied(once{in: bytes.NewReader(b), peer: peer},
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, time.Second)
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		at := c.RemoteAddr()
		header := bytes.HasPrefix(b, []byte("PROXY")) || bytes.HasPrefix(b, []byte("\r\n\r\n\x00\r\nQUIT\n"))
		switch {
		case !trusted || !header:
			if err != nil || !bytes.Equal(got, b) || at.String() != peer.String() {
				t.Errorf("%q of %s is read as %q of %s, %v", b, peer, got, at, err)
			}
		case err == nil && (!bytes.HasSuffix(b, got) || len(got) == len(b)):
			t.Errorf("%q is read as %q", b, got)
		case at == nil:
			t.Errorf("%q is of nobody", b)
		}
	})
}
