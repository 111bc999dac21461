package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// Where a list says whose pages may show files, others get none, and everything else is as
// it was.
func TestHotlinks(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{nil, {"friend.example"}} {
		a := httpapi.New(httpapi.Deps{
			Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
			PublicURL: "https://mall.example", Referers: list, Metrics: quiet{},
		})
		ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		a.Mount(httpapi.Route{Pattern: "/media/*", Access: httpapi.Anyone, Handler: ok},
			httpapi.Route{Pattern: "/pages/*", Access: httpapi.Anyone, Handler: ok})
		for from, may := range map[string]bool{
			"": true, "https://mall.example/a": true, "http://example.com/": true, // the host that was asked
			"https://friend.example:8443/x": true, "https://thief.example/": false, "https://mall.example.thief.example/": false,
			"https://friend.example@thief.example/": false, "about:blank": false, "%zz": false,
		} {
			for path, want := range map[string]bool{"/media/pictures/1.jpg": may || list == nil, "/pages/1": true} {
				w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("Referer", from)
				a.ServeHTTP(w, r)
				if (w.Code == http.StatusOK) != want || !want && w.Code != http.StatusForbidden {
					t.Errorf("%s from %q with %v: %d", path, from, list, w.Code)
				}
			}
		}
	}
}
