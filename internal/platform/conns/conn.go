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

	held   []byte // written and kept back, see hold
	holds  bool
	pieces net.Buffers
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
	if c.holds && len(c.held)+len(p) <= heldMax {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	w := c.writes.start(len(p))
	n, err = c.Conn.Write(p)
	c.writes.finish(w, 0)
	return n, err
}

const (
	piece   = 1 << 20 // how much of a file is sent under one deadline
	heldMax = 4 << 10 // more is kept back of nothing
)

// hold keeps back what is written next, the head of an answer, until the body that comes
// by ReadFrom goes out with it, or until release. Only who writes may call either.
func (c *Conn) hold() { c.holds = true }

// release writes what hold kept back.
func (c *Conn) release() (err error) {
	c.holds = false
	if p := c.held; len(p) > 0 {
		c.held = p[:0]
		_, err = c.Write(p)
	}
	return err
}

// sendPieces writes all pieces at once, and before them what was kept back.
func (c *Conn) sendPieces(b *net.Buffers) (int64, error) {
	c.pieces = append(append(c.pieces[:0], c.held), *b...)
	size := 0
	for _, p := range c.pieces {
		size += len(p)
	}
	all, head := c.pieces, int64(len(c.held))
	w := c.writes.start(size)
	n, err := all.WriteTo(c.Conn)
	c.writes.finish(w, 0)
	*b, c.held, c.holds = nil, c.held[:0], false
	return max(0, n-head), err
}

// ReadFrom lets the kernel send files by itself, a piece at a time, and what lies in
// several pieces in one go.
func (c *Conn) ReadFrom(src io.Reader) (sum int64, err error) {
	if b, ok := src.(*net.Buffers); ok {
		return c.sendPieces(b)
	}
	if err := c.release(); err != nil {
		return 0, err
	}
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
	kept  time.Time // what the connection was told last
	waits int       // how many are going on
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
		_ = p.keep() // a closed connection has none
	}
}

// also takes the deadline of somebody else. A server sets several for each request, so
// the connection hears of those alone under which somebody waits.
func (p *pace) also(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.other = t
	if p.waits == 0 {
		return nil
	}
	return p.keep()
}

// keep has the connection keep whichever deadline is earlier; a closed one keeps none.
func (p *pace) keep() error {
	t := earlier(p.other, p.own)
	if t.Equal(p.kept) {
		return nil
	}
	p.kept = t
	return p.set(t)
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
	p.waits++
	if p.on {
		w.began, w.allowed = time.Now(), p.left+p.cost(n)
		p.own = w.began.Add(w.allowed)
	}
	_ = p.keep() // the read or write says that the connection is closed
	return w
}

// finish takes how many bytes came, if that was not known before. The deadline stays
// where it is: the next wait moves it, end takes it away.
func (p *pace) finish(w wait, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits--
	if w.began.IsZero() {
		return
	}
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
