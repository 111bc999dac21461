package config

import (
	"net/url"
)

// Telemetry says which traces are recorded, and where a collector takes them by OTLP over
// HTTP; without an address none is.
type Telemetry struct {
	URL     string  `koanf:"otlp_url"`
	Sample  float64 `koanf:"sample"`
	Service string  `koanf:"service"`
}

// On reports whether traces are recorded.
func (t Telemetry) On() bool { return t.URL != "" }

// Endpoint is where they are sent: /v1/traces of a server, or the path that is named.
func (t Telemetry) Endpoint() string {
	u, err := url.Parse(t.URL)
	if err != nil || u.Path != "" && u.Path != "/" {
		return t.URL
	}
	return u.JoinPath("v1", "traces").String()
}

func (c Config) checkTelemetry(bad func(cond bool, format string, args ...any)) {
	t := c.Telemetry
	bad(!publicAddress(t.URL), "telemetry.otlp_url must be an http or https address")
	bad(t.Sample < 0 || t.Sample > 1, "telemetry.sample must be 0 to 1")
	bad(t.Service == "", "telemetry.service must name the program among others")
}
