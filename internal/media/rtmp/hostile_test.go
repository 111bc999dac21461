package rtmp

import (
	"io"
	"net"
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
	addr := serve(t, &Server{Handler: newDesk(), ConnsPerIP: 2})
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
