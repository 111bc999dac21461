package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Outgoing says what may be called of the addresses that users name.
type Outgoing struct {
	Ports    []int    `koanf:"ports"`
	Networks []string `koanf:"networks"`
}

// Limits say how much of the server callers may have at a time.
type Limits struct {
	Connections int           `koanf:"connections"`
	PerAddress  int           `koanf:"connections_per_address"`
	Patience    time.Duration `koanf:"patience"`
}

// Storage says what of the disk is left alone.
type Storage struct {
	Reserve int64 `koanf:"reserve"`
}

// Metrics says who sees the figures of this node.
type Metrics struct {
	Address string `koanf:"address"`
	Token   string `koanf:"token"`
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
	bad(c.Limits.Connections < 1 || c.Limits.PerAddress < 1,
		"limits.connections and limits.connections_per_address must be at least 1")
	bad(c.Order.UnpaidMax < 0 || c.Order.UnitsMax < 0 || c.Order.PerMinute < 0,
		"order.unpaid_max, order.unpaid_units_max and order.placed_per_minute must not be negative")
	bad(c.Storage.Reserve < 0, "storage.reserve must not be negative")
	bad(c.Video.OwnerBytes < c.Video.UploadMax || c.Video.TotalBytes < c.Video.OwnerBytes,
		"video.open_bytes_max must be at least upload_max_bytes, and open_bytes_total at least that")
	for name, address := range map[string]string{"live.srs_pull": c.Live.SRSPull, "live.nginx_pull": c.Live.NginxPull} {
		bad(address != "" && !pullable(address), "%s: %q; want rtmp://host/app/{name} or http://host/app/{name}.flv",
			name, address)
	}
	bad(c.Limits.Patience < time.Second, "limits.patience must be at least 1s")
	for _, p := range c.Outgoing.Ports {
		bad(p < 0 || p > 1<<16-1, "outgoing.ports: %d is no port", p)
	}
}

// pullable tells whether a stream can be pulled from an address.
func pullable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.Contains(address, "{name}") &&
		slices.Contains([]string{"rtmp", "rtmps", "http", "https"}, u.Scheme)
}

// PictureOrigins are where players may fetch pictures beside here: from the servers in
// front.
func (c Config) PictureOrigins() (out []string) {
	for _, p := range []string{c.Live.SRSHLS, c.Live.NginxHLS} {
		if u, err := url.Parse(p); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}
