package kit

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Link is a network between the program and a server, which can be cut, or stand still while both
// ends believe that it is there.
type Link struct {
	t    testing.TB
	to   string
	from net.Listener
	work sync.WaitGroup

	mu    sync.Mutex
	flows chan struct{} // closed while bytes pass
	down  bool
	open  map[net.Conn]bool
}

// NewLink leads to an address. It ends with the test.
func NewLink(t testing.TB, to string) *Link {
	t.Helper()
	from, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{t: t, to: to, from: from, flows: make(chan struct{}), open: map[net.Conn]bool{}}
	close(l.flows)
	l.work.Go(l.accept)
	t.Cleanup(func() {
		l.Mend()
		from.Close()
		l.closeAll()
		l.work.Wait()
	})
	return l
}

// Addr is where it is entered.
func (l *Link) Addr() string { return l.from.Addr().String() }

// Cut ends what goes over it and lets nobody in.
func (l *Link) Cut() {
	l.mu.Lock()
	l.down = true
	l.mu.Unlock()
	l.closeAll()
}

// Stall lets no byte pass, and tells nobody.
func (l *Link) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flows = make(chan struct{})
}

// Mend has it work again.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
	select {
	case <-l.flows:
	default:
		close(l.flows)
	}
}

func (l *Link) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
}

func (l *Link) accept() {
	for {
		in, err := l.from.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", l.to)
		if err != nil || !l.keep(in, out) {
			in.Close()
			continue
		}
		var both sync.WaitGroup
		both.Go(func() { l.pass(in, out) })
		both.Go(func() { l.pass(out, in) })
		l.work.Go(func() { both.Wait(); l.forget(in, out) })
	}
}

// keep takes note of two ends; false, and the second closed, while the link is cut.
func (l *Link) keep(in, out net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		out.Close()
		return false
	}
	l.open[in], l.open[out] = true, true
	return true
}

func (l *Link) forget(ends ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range ends {
		c.Close()
		delete(l.open, c)
	}
}

func (l *Link) pass(from, to net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		l.mu.Lock()
		flows := l.flows
		l.mu.Unlock()
		<-flows
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			if c, ok := to.(*net.TCPConn); ok && err == io.EOF {
				_ = c.CloseWrite()
				return
			}
			to.Close()
			return
		}
	}
}
