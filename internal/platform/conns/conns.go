// Package conns keeps the connections that come in within bounds: how many there are,
// how many of them one address has, and how slowly any of them may read what it asked
// for or send what it announced. Whoever waits for something to happen (a stream's next
// part, news on a socket) is not slow: only the time counts for which somebody waits for
// that caller's network.
package conns

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of a listener; zero values are the defaults.
type Limits struct {
	Total      int // connections at a time
	PerAddress int // of them, from one IPv4 address or IPv6 home
	// Trusted are proxies: they bring the connections of many.
	Trusted []netip.Prefix
	// Patience is how long anybody may keep us waiting for their network beyond what a
	// slow one needs.
	Patience time.Duration
}

const (
	totalDefault      = 16384
	perAddressDefault = 4096
	patienceDefault   = 20 * time.Second
	readRate          = 2 << 10 // bytes a second, what a slow network sends
	writeRate         = 4 << 10 // and takes
	complainEvery     = 10 * time.Second
)

// Shares of the files that the process may open: what is left is for the database,
// recordings, and publishers.
const (
	shareOfFiles   = 2
	shareOfAddress = 2
)

// Within makes the limits fit the number of files that this process may open: no one
// address takes all.
func (l Limits) Within(files int) Limits {
	l = l.filled()
	if files > 0 {
		l.Total = max(1, min(l.Total, files/shareOfFiles))
		l.PerAddress = max(1, min(l.PerAddress, l.Total/shareOfAddress))
	}
	return l
}

func (l Limits) filled() Limits {
	if l.Total <= 0 {
		l.Total = totalDefault
	}
	if l.PerAddress <= 0 {
		l.PerAddress = perAddressDefault
	}
	if l.Patience <= 0 {
		l.Patience = patienceDefault
	}
	return l
}

// Listener accepts within limits. What is too many is closed at once, without a word.
type Listener struct {
	net.Listener
	limits  Limits
	log     *slog.Logger
	refused atomic.Int64

	mu         sync.Mutex
	total      int
	by         map[netip.Addr]int
	complained time.Time
}

// Limit wraps a listener.
func Limit(ln net.Listener, l Limits, log *slog.Logger) *Listener {
	return &Listener{Listener: ln, limits: l.filled(), log: log, by: map[netip.Addr]int{}}
}

// Accept gives the next connection that is let in. An error is the listener's.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		home := Home(addrOf(c.RemoteAddr()))
		if l.enter(home) {
			return newConn(c, l.limits.Patience, func() { l.leave(home) }), nil
		}
		_ = c.Close()
		l.complain(home)
	}
}

// Refused counts the connections that were too many.
func (l *Listener) Refused() int64 { return l.refused.Load() }

// Open counts the connections that are there.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *Listener) enter(home netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.limits.Total || l.by[home] >= l.limits.PerAddress && !l.trusted(home) {
		return false
	}
	l.total++
	l.by[home]++
	return true
}

func (l *Listener) trusted(a netip.Addr) bool { return Contains(l.limits.Trusted, a) }

func (l *Listener) leave(home netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.by[home]--; l.by[home] <= 0 {
		delete(l.by, home)
	}
}

// complain says so now and then: a flood of connections is none of lines.
func (l *Listener) complain(home netip.Addr) {
	l.refused.Add(1)
	now := time.Now()
	l.mu.Lock()
	said := now.Sub(l.complained) < complainEvery
	if !said {
		l.complained = now
	}
	l.mu.Unlock()
	if !said {
		l.log.Warn("connections refused: too many (limits.connections, limits.connections_per_address)",
			"remote", home.String(), "refused", l.refused.Load())
	}
}

func addrOf(a net.Addr) netip.Addr {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{} // all whose address we do not know share one
	}
	return p.Addr().Unmap().WithZone("")
}

type connKey struct{}

// WithConn puts a connection into the context of what is asked on it: for
// http.Server.ConnContext.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if c, ok := c.(*Conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// From is the connection of a request; nil where it came by another listener.
func From(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}
