package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"hawker/internal/platform/conns"
)

// forwardedMax bounds how many addresses of X-Forwarded-For are looked at: a
// caller may write as many as the header holds.
const forwardedMax = 16

// callerAddress is who calls: the peer of the connection, or, where that is a
// trusted proxy, the right-most address of X-Forwarded-For that is none. What
// stands left of it was written by the caller and proves nothing.
func callerAddress(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap().WithZone("") // no network has one
	hops := forwarded(r.Header)
	for range forwardedMax {
		if !conns.Contains(trusted, addr) || len(hops) == 0 {
			break
		}
		next, err := conns.ParseHop(hops[len(hops)-1])
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

// Home is what the caller of a request is counted by: an IPv4 address or the home of an
// IPv6 one.
func Home(ctx context.Context) string { return network(Address(ctx)) }

// network is what limits count by.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	return conns.Home(addr).String()
}
