package config

import "net"

// HTTPS says how this program speaks TLS by itself: with certificates that it asks an
// authority for (domains), or with files.
type HTTPS struct {
	Address   string   `koanf:"address"`
	Domains   []string `koanf:"domains"`
	Cert      string   `koanf:"cert"`
	Key       string   `koanf:"key"`
	Directory string   `koanf:"acme_directory"`
	Email     string   `koanf:"acme_email"`
	RootFile  string   `koanf:"acme_root"`
}

// On reports whether the program speaks TLS by itself.
func (h HTTPS) On() bool { return h.Address != "" }

// Reached is the configuration with the address by which people reach the mall, where the
// domain already says it.
func (c Config) Reached() Config {
	if c.PublicURL != "" || len(c.HTTPS.Domains) == 0 {
		return c
	}
	c.PublicURL = "https://" + c.HTTPS.Domains[0]
	if _, port, err := net.SplitHostPort(c.HTTPS.Address); err == nil && port != "443" && port != "0" {
		c.PublicURL += ":" + port
	}
	return c
}

// checkHTTPS reports what cannot be.
func (c Config) checkHTTPS(bad func(cond bool, format string, args ...any)) {
	h := c.HTTPS
	bad(h.On() && (len(h.Domains) > 0) == (h.Cert != ""),
		"https.address wants either https.domains, for which certificates are asked, or https.cert and https.key")
	bad(h.Cert != "" && !c.Secure(), "https.cert wants the https address of the mall in public_url")
	bad((h.Cert == "") != (h.Key == ""), "https.cert and https.key belong together")
	bad(!h.On() && (len(h.Domains) > 0 || h.Cert != ""), "https.domains and https.cert want https.address")
}
