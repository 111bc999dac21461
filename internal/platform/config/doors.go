package config

import "net/netip"

// Outgoing says what may be called of the addresses that users name.
type Outgoing struct {
	Ports    []int    `koanf:"ports"`
	Networks []string `koanf:"networks"`
}

// OutgoingNetworks are the networks that may be called although they are not public;
// Check has read them.
func (c Config) OutgoingNetworks() []netip.Prefix { return networks(c.Outgoing.Networks) }

// networks reads those that can be read.
func networks(texts []string) (out []netip.Prefix) {
	for _, n := range texts {
		if p, err := netip.ParsePrefix(n); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// checkDoors reports what cannot be of who may come in, how much at a time, and what is
// called out to.
func (c Config) checkDoors(bad func(cond bool, format string, args ...any)) {
	for name, list := range map[string][]string{
		"trusted_proxies": c.TrustedProxies, "outgoing.networks": c.Outgoing.Networks,
	} {
		for _, n := range list {
			_, err := netip.ParsePrefix(n)
			bad(err != nil, "%s: %q is no network; want, say, 10.0.0.0/8", name, n)
		}
	}
	for _, p := range c.Outgoing.Ports {
		bad(p < 0 || p > 1<<16-1, "outgoing.ports: %d is no port", p)
	}
}
