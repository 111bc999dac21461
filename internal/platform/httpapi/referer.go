package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hawker/internal/base/fault"
)

// hotlinks refuses files to pages of others where a list says whose may show them. Who does
// not say from where they come (apps, players, readers of a link) is let through: a header
// is no lock, it keeps others' pages from showing what this mall pays for.
func (a *API) hotlinks(next http.Handler) http.Handler {
	if len(a.deps.Referers) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file(r.URL.Path) && !a.showsFiles(r) {
			a.writeProblem(w, r, fault.Forbidden("request.hotlinked"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// file tells of pictures, films and replays.
func file(path string) bool {
	return strings.HasPrefix(path, "/media/") || strings.HasPrefix(path, "/replay/")
}

func (a *API) showsFiles(r *http.Request) bool {
	from := r.Referer()
	if from == "" {
		return true
	}
	u, err := url.Parse(from)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Host == r.Host || u.Host == a.public.Host || slices.Contains(a.deps.Referers, u.Hostname())
}
