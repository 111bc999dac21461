package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"
)

// Peers that open a connection and then do little hold it for the idle time at
// the most, whether they say nothing, stop half-way or drip.
func TestSlowPeersAreLetGo(t *testing.T) {
	const idle = 150 * time.Millisecond
	addr := serve(t, &Server{Handler: newDesk(), IdleTimeout: idle})
	for name, start := range map[string]func(t *testing.T) net.Conn{
		"says nothing": func(t *testing.T) net.Conn { return plain(t, addr) },
		"half a handshake": func(t *testing.T) net.Conn {
			c := plain(t, addr)
			_, _ = c.Write(make([]byte, 0, 1)) // the version comes below, by drops
			return c
		},
		"no commands after the handshake": func(t *testing.T) net.Conn { return newTalk(t, addr).conn },
		"publishes, then nothing": func(t *testing.T) net.Conn {
			k := newTalk(t, addr)
			k.publish()
			return k.conn
		},
		"half a message": func(t *testing.T) net.Conn {
			k := newTalk(t, addr)
			k.publish()
			_, _ = k.conn.Write([]byte{6, 0, 0, 0, 0x10, 0, 0, 9, 1, 0, 0, 0})
			return k.conn
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			gone := make(chan struct{})
			go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }()
			drip := time.NewTicker(20 * time.Millisecond)
			defer drip.Stop()
			limit := time.After(time.Minute)
			first := byte(version)
			for {
				select {
				case <-gone:
					return
				case <-limit:
					t.Fatal("still there")
				case <-drip.C:
					if name != "says nothing" {
						_, _ = c.Write([]byte{first}) // a byte at a time never is a message
					}
				}
			}
		})
	}
}

func plain(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	return c
}

func TestWrongVersionIsRefused(t *testing.T) {
	c := plain(t, serve(t, &Server{Handler: newDesk()}))
	if _, err := c.Write(append([]byte{6}, make([]byte, handshakeSize)...)); err != nil {
		t.Fatal(err)
	}
	if n, _ := io.Copy(io.Discard, c); n != 0 {
		t.Errorf("%d bytes in answer to an encrypted handshake", n)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	addr := serve(t, &Server{Handler: newDesk(), ConnsPerHome: 2})
	dial(t, addr, "/live/a")
	second := dial(t, addr, "/live/b")
	if _, err := Dial(t.Context(), "rtmp://"+addr+"/live/c"); err == nil {
		t.Fatal("a third connection from one address was let in")
	}
	second.Cut()
	limit := time.Now().Add(time.Minute)
	for {
		c, err := Dial(t.Context(), "rtmp://"+addr+"/live/c")
		if err == nil {
			c.Cut()
			return
		}
		if time.Now().After(limit) {
			t.Fatal("a place that became free is not given again")
		}
	}
}

// brought is a connection that a proxy brings: whose it is stands in a header.
type brought struct {
	net.Conn
	addr func() net.Addr
}

func (b *brought) RemoteAddr() net.Addr { return b.addr() }

// hand is a listener to which the test hands connections.
type hand struct {
	conns chan net.Conn
	done  chan struct{}
}

func (h hand) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}
func (h hand) Close() error { close(h.done); return nil }
func (hand) Addr() net.Addr { return &net.TCPAddr{} }

// A home of IPv6 counts as one caller, a trusted proxy as many, and one whose header does
// not come keeps nobody else waiting.
func TestWhoseAConnectionIs(t *testing.T) {
	h := hand{make(chan net.Conn), make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	s := &Server{
		Handler: newDesk(), Log: slog.New(slog.DiscardHandler), ConnsPerHome: 1,
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	go func() { served <- s.Serve(ctx, h) }()
	come := func(addr func() net.Addr) net.Conn {
		t.Helper()
		here, there := net.Pipe()
		t.Cleanup(func() { there.Close() })
		h.conns <- &brought{here, addr}
		return there
	}
	at := func(text string) func() net.Addr {
		return func() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text)) }
	}
	silent := make(chan struct{})
	come(func() net.Addr { <-silent; return &net.TCPAddr{} })
	come(func() net.Addr { return nil }) // a header that named nobody: it ends nobody else
	for _, c := range []struct {
		addr string
		in   bool
	}{
		{"[2001:db8::1]:1", true},
		{"[2001:db8::ffff]:2", false},
		{"[2001:db8:0:1::1]:3", true},
		{"192.0.2.1:4", true},
		{"[::ffff:192.0.2.1]:5", false},
		{"10.0.0.1:6", true},
		{"10.0.0.1:7", true},
	} {
		conn := come(at(c.addr))
		// Whoever is let in is read from: a version that does not exist is taken before it is refused.
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write([]byte{3}); (err == nil) != c.in {
			t.Errorf("%s: %v, want let in %v", c.addr, err, c.in)
		}
	}
	close(silent)
	stop()
	if err := <-served; !errors.Is(err, ErrServerClosed) {
		t.Error(err)
	}
}
