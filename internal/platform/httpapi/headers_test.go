package httpapi_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

type origin struct {
	Origin string `json:"origin"`
}

// at opens an API at a public address, with an operation for each kind of caller.
func at(public string) *httpapi.API {
	p := people{id.FromInt[id.User](7)}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: quiet{}, PublicURL: public,
		Cookies: httpapi.CookiePolicy{Secure: strings.HasPrefix(public, "https:")},
	})
	tell := func(ctx context.Context, _ *struct{}) (*httpapi.Body[origin], error) {
		return httpapi.OK(origin{httpapi.Origin(ctx)}, nil)
	}
	for _, op := range []httpapi.Operation{
		{ID: "goods", Method: "GET", Path: "/goods", Access: httpapi.Anyone},
		{ID: "login", Method: "POST", Path: "/login", Access: httpapi.Anyone},
		{ID: "own", Method: "GET", Path: "/own", Access: httpapi.SignedIn},
	} {
		httpapi.Register(a, op, tell)
	}
	for _, path := range []string{"/live/x/index.m3u8", "/media/a.jpg", "/page"} {
		a.Mount(httpapi.Route{Pattern: path, Access: httpapi.Anyone, Handler: http.NotFoundHandler()})
	}
	a.Mount(httpapi.Route{Pattern: "/uploads", Access: httpapi.SignedIn, Handler: http.NotFoundHandler()})
	return a
}

// What is somebody's own, and a token, is kept by nobody, refusals included; what is for
// everybody may be.
func TestWhatIsSomebodysOwnIsNotKept(t *testing.T) {
	t.Parallel()
	a := at("")
	for _, c := range []struct {
		method, path, token string
		kept                bool
	}{
		{"GET", "/api/v1/goods", "", true},
		{"GET", "/api/v1/goods", "good", false},
		{"GET", "/api/v1/goods", "broken", false},
		{"POST", "/api/v1/login", "", false},
		{"GET", "/api/v1/own", "good", false},
		{"GET", "/api/v1/own", "", false},
		{"GET", "/api/v1/nothing", "", false},
		{"GET", "/uploads", "good", false},
		{"GET", "/page", "", true},
	} {
		headers := []string{}
		if c.token != "" {
			headers = []string{"Authorization", "Bearer " + c.token}
		}
		rw := ask(a, c.method, c.path, headers...)
		if got := !strings.Contains(rw.Header().Get("Cache-Control"), "no-store"); got != c.kept {
			t.Errorf("%s %s as %q: %d, Cache-Control %q", c.method, c.path, c.token, rw.Code,
				rw.Header()["Cache-Control"])
		}
	}
}

// What says nothing of being kept is asked for again: a cache in between that guesses
// would hide a film that has just been published, or call a node well that is not.
func TestNoCacheGuesses(t *testing.T) {
	t.Parallel()
	a := at("")
	for _, path := range []string{"/page", "/media/a.jpg", "/api/v1/goods"} {
		if got := ask(a, "GET", path).Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

func TestBrowsersAreToldWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ public, path, name, want string }{
		{"https://mall.example", "/page", "Strict-Transport-Security", "max-age=31536000"},
		{"http://mall.example", "/page", "Strict-Transport-Security", ""},
		{"", "/page", "Strict-Transport-Security", ""},
		{"", "/page", "Cross-Origin-Opener-Policy", "same-origin"},
		{"", "/page", "Cross-Origin-Resource-Policy", "same-origin"},
		{"", "/api/v1/goods", "Cross-Origin-Resource-Policy", "same-origin"},
		{"", "/live/x/index.m3u8", "Cross-Origin-Resource-Policy", "cross-origin"},
		{"", "/media/a.jpg", "Cross-Origin-Resource-Policy", "cross-origin"},
	} {
		if got := ask(at(c.public), "GET", c.path).Header().Get(c.name); got != c.want {
			t.Errorf("%s at %q: %s %q, want %q", c.path, c.public, c.name, got, c.want)
		}
	}
	h := ask(at("https://mall.example"), "GET", "/page").Header()
	for name, want := range map[string]string{
		"Content-Security-Policy": "connect-src 'self' wss://mall.example ws://mall.example;",
		"Permissions-Policy":      "camera=(self), microphone=(self),",
	} {
		if !strings.Contains(h.Get(name), want) {
			t.Errorf("%s: %q lacks %q", name, h.Get(name), want)
		}
	}
}

// Links are to where the installation says that it is; what a caller calls it is believed
// of this machine alone.
func TestNobodyNamesUsToOthers(t *testing.T) {
	t.Parallel()
	local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8080}
	for _, c := range []struct{ public, host, want string }{
		{"https://mall.example", "evil.example", "https://mall.example"},
		{"https://mall.example/", "localhost", "https://mall.example"},
		{"", "evil.example", "http://192.0.2.7:8080"},
		{"", "192.0.2.7.evil.example", "http://192.0.2.7:8080"},
		{"", "127.0.0.1.evil.example:80", "http://192.0.2.7:8080"},
		{"", "localhost.evil.example", "http://192.0.2.7:8080"},
		{"", "192.0.2.8:8080", "http://192.0.2.7:8080"},
		{"", "192.0.2.7:9090", "http://192.0.2.7:9090"},
		{"", "127.0.0.1:5173", "http://127.0.0.1:5173"},
		{"", "localhost:5173", "http://localhost:5173"},
		{"", "[::1]:5173", "http://[::1]:5173"},
	} {
		r := httptest.NewRequest("GET", "/api/v1/goods", nil)
		r.Host = c.host
		rw := httptest.NewRecorder()
		at(c.public).ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
		if !strings.Contains(rw.Body.String(), `"`+c.want+`"`) {
			t.Errorf("%q called %s: %s, want %s", c.public, c.host, rw.Body, c.want)
		}
	}
}

// However much is wrong, the answer is short.
func TestOfManyErrorsSomeAreTold(t *testing.T) {
	t.Parallel()
	a := at("")
	type list struct {
		Body struct {
			Cups []int `json:"cups" maxItems:"50"`
		}
	}
	httpapi.Register(a, httpapi.Operation{ID: "many", Method: "POST", Path: "/many", Access: httpapi.Anyone},
		func(context.Context, *list) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil })
	for n, want := range map[int]int{3: 3, 20: 20, 20_000: 20} {
		r := httptest.NewRequest("POST", "/api/v1/many", strings.NewReader(
			`{"cups":[`+strings.TrimSuffix(strings.Repeat(`"x",`, n), ",")+`]}`))
		r.Header.Set("Content-Type", "application/json")
		rw := httptest.NewRecorder()
		a.ServeHTTP(rw, r)
		if got := len(problemOf(t, rw).Errors); got != want || rw.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d wrong items: %d, %d errors of %d bytes", n, rw.Code, got, rw.Body.Len())
		}
	}
}
