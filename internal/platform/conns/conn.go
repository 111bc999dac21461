package conns

import (
	"io"
	"math"
	"net"
	"sync"
	"time"
)

// Conn is a connection whose writes must go on, and whose reads must while a body is
// awaited. Deadlines that others set hold besides, whichever is earlier.
type Conn struct {
	net.Conn
	closed func()
	once   sync.Once

	reads, writes pace
}

func newConn(c net.Conn, patience time.Duration, closed func()) *Conn {
	n := &Conn{Conn: c, closed: closed}
	n.reads = pace{patience: patience, rate: readRate, set: c.SetReadDeadline}
	n.writes = pace{patience: patience, rate: writeRate, set: c.SetWriteDeadline, on: true, left: patience}
	return n
}

// AwaitBody begins to count how long reads wait: a request has announced a body.
func (c *Conn) AwaitBody() { c.reads.begin() }

// BodyOver ends that: the body has come, or there is none.
func (c *Conn) BodyOver() { c.reads.end() }

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (n int, err error) {
	w := c.reads.start(0)
	n, err = c.Conn.Read(p)
	c.reads.finish(w, n)
	return n, err
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (n int, err error) {
	w := c.writes.start(len(p))
	n, err = c.Conn.Write(p)
	c.writes.finish(w, 0)
	return n, err
}

// piece is how much of a file is sent under one deadline.
const piece = 1 << 20

// ReadFrom lets the kernel send files by itself, a piece at a time.
func (c *Conn) ReadFrom(src io.Reader) (sum int64, err error) {
	all, ok := src.(*io.LimitedReader)
	if !ok {
		all = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	for all.N > 0 {
		part := io.LimitedReader{R: all.R, N: min(all.N, piece)}
		wanted := part.N
		w := c.writes.start(int(wanted))
		n, err := io.Copy(c.Conn, &part)
		c.writes.finish(w, 0)
		sum, all.N = sum+n, all.N-n
		if err != nil || n < wanted {
			return sum, err
		}
	}
	return sum, nil
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

// CloseWrite says that nothing more comes, where the connection can.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.reads.also(t); err != nil {
		return err
	}
	return c.writes.also(t)
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.reads.also(t) }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.writes.also(t) }

// pace allows one direction of a connection to wait: patience, and for each byte what a
// slow network takes. What is waited is used up, what goes through earns it anew, never
// more than patience. It reads the machine's clock, as the kernel's deadlines do.
type pace struct {
	patience time.Duration
	rate     int // bytes a second
	set      func(time.Time) error

	mu    sync.Mutex
	on    bool
	left  time.Duration
	other time.Time // deadline that somebody else has set
	own   time.Time // of the wait that is going on; zero for none
}

func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on, p.left = true, p.patience
}

func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on {
		p.on, p.own = false, time.Time{}
		_ = p.set(p.other) // a closed connection has none
	}
}

// also takes the deadline of somebody else.
func (p *pace) also(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.other = t
	return p.set(earlier(t, p.own))
}

// wait is one read or write.
type wait struct {
	began   time.Time // zero: it is not counted
	allowed time.Duration
}

// start begins a wait for n bytes; finish ends it.
func (p *pace) start(n int) (w wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.on {
		return w
	}
	w.began, w.allowed = time.Now(), p.left+p.cost(n)
	p.own = w.began.Add(w.allowed)
	_ = p.set(earlier(p.other, p.own)) // a closed connection has none
	return w
}

// finish takes how many bytes came, if that was not known before. The deadline stays
// where it is: the next wait moves it, end takes it away.
func (p *pace) finish(w wait, n int) {
	if w.began.IsZero() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own = time.Time{}
	p.left = min(p.patience, w.allowed-time.Since(w.began)+p.cost(n))
}

func (p *pace) cost(n int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(p.rate)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
