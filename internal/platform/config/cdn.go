package config

import (
	"net/url"
	"slices"
	"strings"
)

// CDN says by which addresses everybody is given what is for everybody, a kind of file each;
// empty: by the mall's own. Behind each stands a cache that asks the mall.
type CDN struct {
	Pictures string `koanf:"pictures"`
	Videos   string `koanf:"videos"`
	Replays  string `koanf:"replays"`
	Live     string `koanf:"live"`
}

func (c CDN) bases() []string { return []string{c.Pictures, c.Videos, c.Replays, c.Live} }

// Origins are the servers that pages fetch from, each once.
func (c CDN) Origins() (out []string) {
	for _, base := range c.bases() {
		if u, err := url.Parse(base); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkCDN reports what no path can stand behind. The addresses come to stand in a header, too.
func (c Config) checkCDN(bad func(cond bool, format string, args ...any)) {
	for i, name := range []string{"pictures", "videos", "replays", "live"} {
		base := c.CDN.bases()[i]
		u, err := url.Parse(base)
		bad(base != "" && (err != nil || !publicAddress(base) || u.User != nil || u.Opaque != "" ||
			strings.ContainsAny(base, "?#;, \"'\\") || strings.HasSuffix(base, "/")),
			"cdn.%s must be an https address without a slash at its end, say https://cdn.example", name)
	}
}
