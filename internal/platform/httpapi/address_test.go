package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// behind makes an API behind proxies of these networks; its one operation may be
// called once by each address.
func behind(t *testing.T, networks ...string) (ask func(peer string, forwarded ...string) (addr string, status int)) {
	t.Helper()
	var trusted []netip.Prefix
	for _, n := range networks {
		trusted = append(trusted, netip.MustParsePrefix(n))
	}
	p := people{id.FromInt[id.User](7)}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: quiet{}, Trusted: trusted,
	})
	seen := ""
	httpapi.Register(a, httpapi.Operation{
		ID: "once", Method: "GET", Path: "/once", Access: httpapi.Anyone, Limit: cache.Rate{Count: 1, Per: time.Hour},
	}, func(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
		seen = httpapi.Address(ctx)
		return &httpapi.Empty{}, nil
	})
	return func(peer string, forwarded ...string) (string, int) {
		r := httptest.NewRequest(http.MethodGet, httpapi.Prefix+"/once", nil)
		r.RemoteAddr = peer
		for _, f := range forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return seen, w.Code
	}
}

func TestTheCallersAddressBehindProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what      string
		trusted   []string
		peer      string
		forwarded []string
		want      string
	}{
		{"nobody is trusted", nil, "9.9.9.9:1", []string{"1.2.3.4"}, "9.9.9.9"},
		{"a stranger's word", []string{"10.0.0.0/8"}, "9.9.9.9:1", []string{"1.2.3.4"}, "9.9.9.9"},
		{"the proxy's word", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.2.3.4"}, "1.2.3.4"},
		{
			"what the caller wrote before",
			[]string{"10.0.0.0/8"},
			"10.0.0.1:1",
			[]string{"6.6.6.6, 1.2.3.4"},
			"1.2.3.4",
		},
		{"two proxies", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"6.6.6.6", "1.2.3.4,10.0.0.2"}, "1.2.3.4"},
		{"only proxies", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"10.0.0.3"}, "10.0.0.3"},
		{"nonsense", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.2.3.4, unknown"}, "10.0.0.1"},
		{"with a port", []string{"::1/128"}, "[::1]:1", []string{"1.2.3.4:5678"}, "1.2.3.4"},
		{"IPv6 in brackets", []string{"127.0.0.0/8"}, "127.0.0.1:1", []string{"[2001:db8::7]:443"}, "2001:db8::7"},
		{"IPv4 written as IPv6", []string{"127.0.0.0/8"}, "[::ffff:127.0.0.1]:1", []string{"1.2.3.4"}, "1.2.3.4"},
	} {
		ask := behind(t, c.trusted...)
		if got, status := ask(c.peer, c.forwarded...); got != c.want || status != http.StatusNoContent {
			t.Errorf("%s: %s (%d), want %s", c.what, got, status, c.want)
		}
	}
}

// TestLimitsCountCallersAndNotTheirProxy is what made a mall behind TLS one caller.
func TestLimitsCountCallersAndNotTheirProxy(t *testing.T) {
	t.Parallel()
	ask := behind(t, "10.0.0.0/8")
	for _, c := range []struct {
		caller string
		status int
	}{
		{"1.1.1.1", 204},
		{"2.2.2.2", 204},
		{"1.1.1.1", 429},
		{"2001:db8:1:2::1", 204},
		{"2001:db8:1:2:ffff::2", 429}, // the same home
		{"2001:db8:1:3::1", 204},
	} {
		if _, status := ask("10.0.0.1:1", c.caller); status != c.status {
			t.Errorf("%s: %d, want %d", c.caller, status, c.status)
		}
	}
}
