package conns

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"
)

// Proxied takes the PROXY protocol's word for who connects from trusted networks, and only
// from those. A header has to be there within a time.
func Proxied(ln net.Listener, trusted []netip.Prefix, within time.Duration) net.Listener {
	return &proxyproto.Listener{
		Listener: ln, ReadHeaderTimeout: within, ValidateHeader: named,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			if Trusted(trusted, o.Upstream.String()) {
				return proxyproto.USE, nil
			}
			return proxyproto.SKIP, nil
		},
	}
}

var errNoSource = errors.New("a PROXY header that names nobody")

// named refuses a header of a kind of network that the library does not know: the connection would have no address.
func named(h *proxyproto.Header) error {
	if h.Command.IsProxy() && h.SourceAddr == nil {
		return errNoSource
	}
	return nil
}
