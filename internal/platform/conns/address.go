package conns

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ParseHop reads an address with or without a port, as proxies write both.
func ParseHop(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addr.Unmap().WithZone(""), nil
	}
	withPort, err := netip.ParseAddrPort(text)
	return withPort.Addr().Unmap().WithZone(""), err
}

// Trusted reports whether an address, with or without a port, is of one of the
// networks.
func Trusted(networks []netip.Prefix, address string) bool {
	addr, err := ParseHop(address)
	return err == nil && Contains(networks, addr)
}

// homeBits is how much of an IPv6 address names a home: within it, everybody may
// have any number of addresses.
const homeBits = 64

// Home is what callers are counted by: an IPv4 address, or the first of the home of an
// IPv6 one.
func Home(a netip.Addr) netip.Addr {
	if !a.Is6() || a.Is4In6() {
		return a.Unmap()
	}
	home, err := a.WithZone("").Prefix(homeBits)
	if err != nil {
		return a
	}
	return home.Addr()
}

// HomeOf is Home of an address as text; what is none is a home of its own.
func HomeOf(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	return Home(addr).String()
}

// Contains reports whether one of the networks has the address.
func Contains(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedMax bounds how many addresses of X-Forwarded-For are looked at: a
// caller may write as many as the header holds.
const forwardedMax = 16

// Caller is who calls: the peer of the connection, or, where that is a
// trusted proxy, the right-most address of X-Forwarded-For that is none. What
// stands left of it was written by the caller and proves nothing.
func Caller(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap().WithZone("") // no network has one
	hops := forwarded(r.Header)
	for range forwardedMax {
		if !Contains(trusted, addr) || len(hops) == 0 {
			break
		}
		next, err := ParseHop(hops[len(hops)-1])
		if err != nil {
			break // a proxy that wrote no address: it is the last that we know
		}
		addr, hops = next, hops[:len(hops)-1]
	}
	return addr.String()
}

func forwarded(h http.Header) (hops []string) {
	for _, line := range h.Values("X-Forwarded-For") {
		hops = append(hops, strings.Split(line, ",")...)
	}
	return hops
}

// OwnHost reports whether a host is this machine: its loopback, or the address at which
// the connection came in.
func OwnHost(host string, local net.Addr) bool {
	name := (&url.URL{Host: host}).Hostname()
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return addr.IsLoopback() || err == nil && at.Addr().Unmap() == addr.Unmap()
}

// AtThisMachine reports whether who sends a request sits at this machine: by its loopback,
// by its own name, and with no trace of a proxy in between.
func AtThisMachine(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	peer, err := ParseHop(r.RemoteAddr)
	return local != nil && err == nil && peer.IsLoopback() && OwnHost(r.Host, local)
}
