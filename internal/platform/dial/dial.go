// Package dial connects to addresses that people name. It keeps true: nobody makes this
// server call its own machine, its own network or a cloud's metadata. It judges the
// address that a name resolved to, at the moment of connecting, so a name that answers
// otherwise the second time gains nothing. Whatever calls out to where a user says takes
// its connections here; what the operator configures is not judged.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// ErrForbidden is an address that may not be called.
var ErrForbidden = errors.New("dial: not an address to call")

// AnyPort in the list of ports lets all through.
const AnyPort = 0

const within = 10 * time.Second

// Guard is a dialer with rules. Nil guards refuse everything.
type Guard struct {
	ports    []int
	networks []netip.Prefix
}

// New makes a guard: ports that may be called, and networks that may be called
// although they are not public.
func New(ports []int, networks []netip.Prefix) *Guard {
	return &Guard{slices.Clone(ports), slices.Clone(networks)}
}

// Check says whether an address may be called; ErrForbidden if not.
func (g *Guard) Check(to netip.AddrPort) error {
	if err := g.checkPort(int(to.Port())); err != nil {
		return err
	}
	addr := to.Addr().WithZone("")
	for _, n := range g.networks {
		if n.Contains(addr) || n.Contains(addr.Unmap()) {
			return nil
		}
	}
	if !Public(addr) {
		return fmt.Errorf("%w: %s is not public", ErrForbidden, addr)
	}
	return nil
}

func (g *Guard) checkPort(port int) error {
	if g == nil || !slices.Contains(g.ports, port) && !slices.Contains(g.ports, AnyPort) {
		return fmt.Errorf("%w: port %d", ErrForbidden, port)
	}
	return nil
}

// CheckNamed judges what can be judged of a host and port before anything is resolved:
// the port, and an address written as such. ErrForbidden if it may not be called.
func (g *Guard) CheckNamed(host string, port int) error {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return g.checkPort(port) // a name: judged when it is called
	}
	if port < 0 || port > 1<<16-1 {
		return fmt.Errorf("%w: port %d", ErrForbidden, port)
	}
	return g.Check(netip.AddrPortFrom(addr, uint16(port)))
}

// DialContext connects by TCP like net.Dialer's; ErrForbidden where none of the
// addresses may be called.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("%w: port %q", ErrForbidden, port)
	}
	if err := g.checkPort(n); err != nil {
		return nil, err // before a name is looked up for nothing
	}
	d := net.Dialer{Timeout: within, Control: g.control}
	return d.DialContext(ctx, network, address)
}

// control is called with each address that a name resolved to, before the socket
// connects.
func (g *Guard) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s %s", ErrForbidden, network, address)
	}
	return g.Check(to)
}

// globalUnicast is what IANA has given out of IPv6 to be reached by all.
const globalUnicast = "2000::/3"

// special are networks within the public ranges that lead elsewhere: IANA's registries
// of special-purpose addresses (RFC 6890), and forms of IPv6 that carry an IPv4 address.
// What lies outside of 2000::/3 (NAT64, mapped, compatible, unique local, link-local,
// multicast) is none of them.
var special = sync.OnceValue(func() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // behind a carrier's NAT
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("2001::/23"), // Teredo and other protocols
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), // 6to4
		netip.MustParsePrefix("3fff::/20"),
	}
})

// Public reports whether an address is one of the public internet. A mapped IPv4
// address counts as none: nothing that means well is written so.
func Public(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Is4In6() {
		return false
	}
	if addr.Is6() && !netip.MustParsePrefix(globalUnicast).Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(special(), func(n netip.Prefix) bool { return n.Contains(addr) })
}
