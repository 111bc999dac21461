// Package hotlink keeps pages of others from showing the files that a mall pays for. A
// header is no lock: who does not say from where they come is let through, as apps, players
// and readers of a link do not.
package hotlink

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Guard says whose pages may show pictures, films and replays beside the mall's own.
type Guard struct {
	Hosts  []string // none: everybody's
	Public string   // the mall's host, with its port
	Refuse http.HandlerFunc
}

// Over stands before a handler.
func (g Guard) Over(next http.Handler) http.Handler {
	if len(g.Hosts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file(r.URL.Path) && !g.may(r) {
			g.Refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func file(path string) bool {
	return strings.HasPrefix(path, "/media/") || strings.HasPrefix(path, "/replay/")
}

func (g Guard) may(r *http.Request) bool {
	from := r.Referer()
	if from == "" {
		return true
	}
	u, err := url.Parse(from)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Host == r.Host || u.Host == g.Public || slices.Contains(g.Hosts, u.Hostname())
}
