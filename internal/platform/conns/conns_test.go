package conns_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/platform/conns"
)

// from is a connection that came from an address.
type from struct {
	net.Conn
	addr string
}

func (f from) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.addr))
}

// queue is a listener at which the test stands.
type queue chan net.Conn

func (q queue) Accept() (net.Conn, error) {
	c, ok := <-q
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (queue) Close() error   { return nil }
func (queue) Addr() net.Addr { return &net.TCPAddr{} }

// come connects from an address; refused connections are closed at the other end.
func come(t *testing.T, q queue, addr string) (there net.Conn) {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	q <- from{here, addr}
	return there
}

func TestNoAddressTakesAll(t *testing.T) {
	t.Parallel()
	q, log := make(queue, 32), &bytes.Buffer{}
	ln := conns.Limit(q, conns.Limits{
		Total: 6, PerAddress: 2, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}, slog.New(slog.NewTextHandler(log, nil)))
	let := func(addr string, in bool) (c net.Conn) {
		t.Helper()
		there := come(t, q, addr)
		if !in {
			come(t, q, "203.0.113.99:1") // who comes next is let in instead
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.RemoteAddr().String() == addr; got != in {
			t.Errorf("%s is let in: %v", addr, got)
		}
		if !in {
			if _, err := there.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%s hears %v", addr, err)
			}
			c.Close()
		}
		return c
	}
	first := let("192.0.2.1:1", true)
	let("192.0.2.1:2", true)
	let("192.0.2.1:3", false)
	first.Close()
	first.Close() // a second time it is nothing
	let("192.0.2.1:4", true)
	let("[2001:db8::1]:1", true)
	let("[2001:db8::ffff:1]:1", true)
	let("[2001:db8::2]:1", false) // the same home
	if ln.Open() != 4 || ln.Refused() != 2 {
		t.Errorf("%d are here, %d were refused", ln.Open(), ln.Refused())
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines of log for a flood:\n%s", n, log)
	}
}

func TestProxiesBringMany(t *testing.T) {
	t.Parallel()
	q := make(queue, 32)
	ln := conns.Limit(q, conns.Limits{
		Total: 4, PerAddress: 1, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}, slog.New(slog.DiscardHandler))
	for range 4 {
		come(t, q, "10.1.2.3:4")
		if _, err := ln.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	come(t, q, "10.1.2.3:5")
	close(q)
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) || ln.Refused() != 1 {
		t.Errorf("more than all were let in: %v, %d refused", err, ln.Refused())
	}
}

func TestLimitsFollowTheFilesOfTheProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, total, per int }{
		{0, 16384, 4096}, {1 << 20, 16384, 4096}, {300, 150, 75}, {1, 1, 1},
	} {
		if got := (conns.Limits{}).Within(c.files); got.Total != c.total || got.PerAddress != c.per {
			t.Errorf("%d files: %d and %d", c.files, got.Total, got.PerAddress)
		}
	}
	if conns.OpenFilesMax() < 3 {
		t.Error("this process may open no files")
	}
}

// meet gives both ends of a connection with a patience of 20 s.
func meet(t *testing.T) (here *conns.Conn, there net.Conn) {
	t.Helper()
	q := make(queue, 1)
	there = come(t, q, "192.0.2.1:1")
	c, err := conns.Limit(q, conns.Limits{}, slog.New(slog.DiscardHandler)).Accept()
	if err != nil {
		t.Fatal(err)
	}
	here = conns.From(conns.WithConn(context.Background(), c))
	if here == nil {
		t.Fatal("the context does not know its connection")
	}
	return here, there
}

// within runs f and tells how long it took by the bubble's clock.
func within(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

func TestWhoNeverReadsIsEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		here, _ := meet(t)
		var err error
		took := within(func() { _, err = here.Write(make([]byte, 8<<10)) })
		if !errors.Is(err, os.ErrDeadlineExceeded) || took != 22*time.Second { // 20 s, and 2 for 8 KiB
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// A reader that is slower than any network is ended, one that is as slow as a bad one is
// not, however much there is; waiting for news is not slow.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		each time.Duration // for 1 KiB
		ends bool
	}{{time.Second, true}, {200 * time.Millisecond, false}} {
		synctest.Test(t, func(t *testing.T) {
			here, there := meet(t)
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				for p := make([]byte, 1<<10); ; <-time.After(c.each) {
					if _, err := io.ReadFull(there, p); err != nil {
						return
					}
				}
			}()
			var err error
			for i := 0; i < 400 && err == nil; i++ {
				if i == 10 {
					<-time.After(time.Hour) // nothing happened
				}
				_, err = here.Write(make([]byte, 1<<10))
			}
			if errors.Is(err, os.ErrDeadlineExceeded) != c.ends {
				t.Errorf("1 KiB each %v: %v", c.each, err)
			}
			here.Close()
			<-gone
		})
	}
}

// A body has to come: not at all and by drops it is ended, at the pace of a bad network
// it is not, and when it is there a read may wait for ever.
func TestBodiesHaveToCome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes int // each second
		ends  time.Duration
	}{{0, 20 * time.Second}, {1, 21 * time.Second}, {4 << 10, 0}} {
		synctest.Test(t, func(t *testing.T) {
			here, there := meet(t)
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Second):
						if c.bytes > 0 {
							_, _ = there.Write(make([]byte, c.bytes))
						}
					}
				}
			}()
			here.AwaitBody()
			var err error
			took := within(func() {
				for limit := time.Now().Add(10 * time.Minute); err == nil && time.Now().Before(limit); {
					_, err = here.Read(make([]byte, 8<<10))
				}
			})
			close(stop)
			if c.ends == 0 {
				if err != nil {
					t.Errorf("%d bytes a second: %v after %v", c.bytes, err, took)
				}
				here.BodyOver()
				_ = here.SetReadDeadline(time.Now().Add(time.Hour))
				if took := within(func() { _, err = here.Read(make([]byte, 1)) }); took != time.Hour {
					t.Errorf("a wait after the body: %v after %v", err, took)
				}
			} else if !errors.Is(err, os.ErrDeadlineExceeded) || took > c.ends {
				t.Errorf("%d bytes a second: %v after %v", c.bytes, err, took)
			}
		})
	}
}

// What a handler sets holds too, whichever is earlier, also in the middle of a read.
func TestDeadlinesOfOthersHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		here, _ := meet(t)
		here.AwaitBody()
		_ = here.SetDeadline(time.Now().Add(time.Minute))
		read := func() { _, _ = here.Read(make([]byte, 1)) }
		if took := within(read); took != 20*time.Second {
			t.Errorf("a later deadline kept us waiting %v", took)
		}
		here.AwaitBody()
		go func() {
			<-time.After(3 * time.Second)
			_ = here.SetReadDeadline(time.Unix(1, 0))
		}()
		if took := within(read); took != 3*time.Second {
			t.Errorf("an earlier deadline came after %v", took)
		}
		if took := within(func() { _, _ = here.Write(make([]byte, 1)) }); took > 21*time.Second {
			t.Errorf("a write took %v", took)
		}
	})
}

// A file goes out whole, in pieces.
func TestFilesAreSentWhole(t *testing.T) {
	t.Parallel()
	here, there := meet(t)
	want := bytes.Repeat([]byte("hawker"), 600_000)
	go func() {
		n, err := here.ReadFrom(&io.LimitedReader{R: bytes.NewReader(want), N: 3_000_000})
		if n != 3_000_000 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		n, err = here.ReadFrom(bytes.NewReader(want[3_000_000:]))
		if n != 600_000 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		here.CloseWrite()
		here.Close()
	}()
	if got, err := io.ReadAll(there); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
}

// notes is a connection that writes down what it is told.
type notes struct {
	net.Conn
	reads, writes []time.Time
}

func (n *notes) SetReadDeadline(t time.Time) error {
	n.reads = append(n.reads, t)
	return n.Conn.SetReadDeadline(t)
}

func (n *notes) SetWriteDeadline(t time.Time) error {
	n.writes = append(n.writes, t)
	return n.Conn.SetWriteDeadline(t)
}

// Of the deadlines that a server sets for each request the connection hears those under
// which somebody waits.
func TestDeadlinesAreSetWhenSomebodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, there := net.Pipe()
		defer one.Close()
		defer there.Close()
		q, n := make(queue, 1), &notes{Conn: from{one, "192.0.2.1:1"}}
		q <- n
		here, err := conns.Limit(q, conns.Limits{}, slog.New(slog.DiscardHandler)).Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = there.Write([]byte("x")) }()
		in := func(d time.Duration) time.Time { return time.Now().Add(d) }
		for _, d := range []time.Duration{time.Hour, time.Minute, time.Second} {
			_, _ = here.SetReadDeadline(in(d)), here.SetWriteDeadline(in(d))
		}
		if len(n.reads)+len(n.writes) != 0 {
			t.Errorf("nobody waits, and it was told of %v and %v", n.reads, n.writes)
		}
		if _, err := here.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		if took := within(func() { _, err = here.Write([]byte("y")) }); took != time.Second {
			t.Errorf("a write took %v: %v", took, err)
		}
		_ = here.SetReadDeadline(in(time.Hour))
		_ = here.SetReadDeadline(in(-time.Second))
		if took := within(func() { _, err = here.Read(make([]byte, 1)) }); took != 0 || !os.IsTimeout(err) {
			t.Errorf("a read after its time took %v: %v", took, err)
		}
		if len(n.reads) != 2 || len(n.writes) != 1 {
			t.Errorf("it was told of %v and %v", n.reads, n.writes)
		}
	})
}

// A list of slices goes out in their order, whole.
func TestListsAreSent(t *testing.T) {
	here, there := meet(t)
	var list net.Buffers
	var want []byte
	for i := range 3000 {
		b := bytes.Repeat([]byte{byte(i)}, i)
		list, want = append(list, b), append(want, b...)
	}
	go func() {
		if n, err := here.ReadFrom(&list); n != int64(len(want)) || err != nil {
			t.Errorf("%d bytes of %d, %v", n, len(want), err)
		}
		here.Close()
	}()
	if got, err := io.ReadAll(there); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
}
