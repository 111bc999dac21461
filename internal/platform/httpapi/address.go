package httpapi

import (
	"context"
	"net/netip"

	"hawker/internal/platform/conns"
)

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
