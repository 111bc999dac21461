package realtime_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
)

// people knows two.
type people struct{}

func (people) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	switch token {
	case "anna":
		return httpapi.Actor{User: id.FromInt[id.User](1)}, nil
	case "ben":
		return httpapi.Actor{User: id.FromInt[id.User](2)}, nil
	}
	return httpapi.Actor{}, fault.Unauthorized("auth.session_expired")
}

func (people) ObserveRequest(string, int, float64) {}

// However many connections somebody opens, one more watches; of visitors each address is
// one, and a home of IPv6 is one address.
func TestEachPersonListensOnce(t *testing.T) {
	n, err := realtime.New(slog.New(slog.DiscardHandler), realtime.Memory, "")
	d := &door{}
	if err == nil {
		err = n.Serve(d, d.channels())
	}
	if err != nil {
		t.Fatal(err)
	}
	api := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
		Sign: people{}, Metrics: people{}, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	api.Mount(n.Routes()...)
	web := httptest.NewServer(api)
	t.Cleanup(func() {
		if err := n.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	for _, c := range []struct {
		from, token string
		want        int
	}{
		{"192.0.2.1", "", 1},
		{"192.0.2.1", "", 1},
		{"192.0.2.2", "", 2},
		{"192.0.2.2", "anna", 3},
		{"192.0.2.9", "anna", 3},
		{"192.0.2.9", "ben", 4},
		{"2001:db8::1", "", 5},
		{"2001:db8::2", "", 5},
		{"2001:db8:0:1::1", "", 6},
	} {
		lines := []string{"X-Forwarded-For: " + c.from + "\r\n"}
		if c.token != "" {
			lines = append(lines, "Authorization: Bearer "+c.token+"\r\n")
		}
		v := knock(t, web.Listener.Addr().String(), lines...)
		v.call(`"connect":{}`)
		v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room))
		if got := n.Listeners(room); got != c.want {
			t.Errorf("with %s %q: %d listen, want %d", c.from, c.token, got, c.want)
		}
	}
}
