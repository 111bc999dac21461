package httpapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// tally writes down what was observed.
type tally struct {
	mu   sync.Mutex
	seen []string
}

func (t *tally) ObserveRequest(operation string, status int, _ float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, fmt.Sprint(operation, " ", status))
}

func counted(t *testing.T) (*httpapi.API, *tally) {
	t.Helper()
	p, seen := people{id.FromInt[id.User](7)}, &tally{}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: seen, PictureOrigins: []string{"https://edge.example"},
	})
	type path struct {
		Cup string `path:"cup"`
	}
	httpapi.Register(a, httpapi.Operation{ID: "cup", Method: "GET", Path: "/cups/{cup}", Access: httpapi.Anyone},
		func(_ context.Context, in *path) (*httpapi.Empty, error) {
			switch in.Cup {
			case "broken":
				panic("it fell")
			case "gone":
				return nil, fault.NotFound("request.no_such_path")
			}
			return &httpapi.Empty{}, nil
		})
	return a, seen
}

func ask(a *httpapi.API, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rw := httptest.NewRecorder()
	a.ServeHTTP(rw, r)
	return rw
}

// Every request is counted once under the pattern of its path, also one whose
// operation panicked: that is when an operator looks at the figures.
func TestEveryRequestIsCounted(t *testing.T) {
	t.Parallel()
	a, seen := counted(t)
	for _, path := range []string{
		"/api/v1/cups/1", "/api/v1/cups/2", "/api/v1/cups/gone", "/api/v1/cups/broken",
		"/wp-login.php", "/x/y",
	} {
		ask(a, "GET", path)
	}
	ask(a, "PUT", "/api/v1/cups/1")
	const cup = "GET /api/v1/cups/{cup} "
	want := []string{cup + "204", cup + "204", cup + "404", cup + "500"}
	if len(seen.seen) != 7 || !slices.Equal(seen.seen[:4], want) {
		t.Errorf("counted: %q", seen.seen)
	}
	for _, s := range seen.seen[4:] {
		if strings.Contains(s, "wp-login") || strings.Contains(s, "/x/y") {
			t.Errorf("a scanner names its own figures: %q", s)
		}
	}
}

// A panic is answered like any failure: a problem with a request id and no word of
// what happened, with the headers that keep a browser safe.
func TestAPanicTellsNothing(t *testing.T) {
	t.Parallel()
	a, _ := counted(t)
	rw := ask(a, "GET", "/api/v1/cups/broken", "X-Request-Id", "mine-1")
	h := rw.Result().Header
	if rw.Code != 500 || strings.Contains(rw.Body.String(), "fell") || !strings.Contains(rw.Body.String(), "mine-1") {
		t.Errorf("%d %s", rw.Code, rw.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "X-Request-Id": "mine-1",
		"Referrer-Policy": "strict-origin-when-cross-origin",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"script-src 'self';", "object-src 'none'", "frame-ancestors 'none'",
		"media-src 'self' blob: https://edge.example;",
		"connect-src 'self' https://edge.example;",
	} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy %q lacks %q", csp, want)
		}
	}
}

// What a browser sends on behalf of another site writes nothing.
func TestAnotherSiteWritesNothing(t *testing.T) {
	t.Parallel()
	a := door()
	for _, c := range []struct {
		what   string
		header []string
		status int
	}{
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a sibling", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"an old browser elsewhere", []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{"our own page", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusUnprocessableEntity},
		{"a program", nil, http.StatusUnprocessableEntity},
	} {
		header := append([]string{"Content-Type", "application/json"}, c.header...)
		r := httptest.NewRequest("POST", "/api/v1/pour", strings.NewReader(`{"password":"x","cups":1}`))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		rw := httptest.NewRecorder()
		a.ServeHTTP(rw, r)
		if rw.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.what, rw.Code, rw.Body, c.status)
		}
		if strings.Contains(rw.Body.String(), `"x"`) {
			t.Errorf("%s: the answer repeats a password: %s", c.what, rw.Body)
		}
	}
}
