package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"hawker/internal/site"
)

// TestAPageMayRunWhatStandsInIt and nothing else, compressed or not; other files need no more than before.
func TestAPageMayRunWhatStandsInIt(t *testing.T) {
	const page = `<html><head><script>go()</script><script src="/assets/a.js"></script></head></html>`
	dist := fstest.MapFS{
		"mall/index.html": {Data: []byte(page)}, "mall/index.html.br": {Data: []byte("compressed")},
		"console/index.html": {Data: []byte("<html></html>")}, "mall/assets/a.js": {Data: []byte("go()")},
	}
	var h http.Handler
	for _, r := range (site.API{Dist: dist}).Module().Routes {
		if r.Pattern == "/*" {
			h = r.Handler
		}
	}
	for _, tt := range []struct{ path, encoding, want string }{
		// echo -n 'go()' | openssl dgst -sha256 -binary | base64
		{"/live/x", "", "script-src 'self' 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='; style-src"},
		{"/live/x", "br", "script-src 'self' 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='; style-src"},
		{"/console/", "", "script-src 'self'; style-src"},
		{"/assets/a.js", "", "script-src 'self'; style-src"},
	} {
		rw, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.encoding)
		rw.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self'")
		h.ServeHTTP(rw, r)
		if csp := rw.Header().Get("Content-Security-Policy"); rw.Code != http.StatusOK || !strings.Contains(csp,
			tt.want) {
			t.Errorf("%s %s: %d %q, want %q", tt.path, tt.encoding, rw.Code, csp, tt.want)
		}
	}
}
