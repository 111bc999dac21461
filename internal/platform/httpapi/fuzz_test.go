package httpapi_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
)

// told is what an operation was told of its caller.
type told struct {
	in, local                                    bool
	address, ref, device, agent, request, origin string
}

// teller is an API with an operation that notes who calls.
func teller(secure bool) (a *httpapi.API, last *told) {
	p, last := people{id.FromInt[id.User](7)}, &told{}
	a = httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: quiet{}, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Cookies: httpapi.CookiePolicy{Secure: secure},
	})
	httpapi.Register(a, httpapi.Operation{ID: "who", Method: "GET", Path: "/who", Access: httpapi.Anyone},
		func(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
			*last = told{
				httpapi.ActorFrom(ctx).SignedIn(), httpapi.Local(ctx), httpapi.Address(ctx), httpapi.RefCode(ctx),
				httpapi.Device(ctx), httpapi.Agent(ctx), httpapi.RequestID(ctx), httpapi.Origin(ctx),
			}
			return &httpapi.Empty{}, nil
		})
	return a, last
}

// received is a request as it comes from a wire and from a peer; nil for one that the server answers itself.
func received(raw, peer string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil || strings.ContainsAny(r.Host, "/@?#\\ \"<>^`{|}") {
		return nil
	}
	r.RemoteAddr = peer
	here := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(here)))
}

// FuzzHead sends the head of a request, with cookies, proofs and what proxies write: nobody is let in but by the right
// token under the right name, nobody is at another address but by a trusted proxy's word, and what is told on is short.
func FuzzHead(f *testing.F) {
	for _, head := range []string{
		"Host: mall.example\r\nCookie: hawker_session=good; hawker_ref=abc; hawker_device=usr_1.a.b~usr_2.c.d",
		"Host: mall.example\r\nCookie: __Host-hawker_session=good;__Host-hawker_device=\"x\"",
		"Host: a\r\nCookie: hawker_session=\"good\"\r\nCookie: hawker_session=bad",
		"Host: a\r\nAuthorization: Bearer good\r\nCookie: hawker_session=bad",
		"Host: a\r\nAuthorization: bearer good\r\nCookie: hawker_ref=" + strings.Repeat("x", 40),
		"Host: a\r\nX-Forwarded-For: 6.6.6.6, 1.2.3.4:80\r\nX-Forwarded-For: [2001:db8::1%eth0]:443, 10.0.0.9",
		"Host: a\r\nForwarded: for=\"[2001:db8::1]\";host=evil.example;proto=https\r\nX-Real-Ip: ::1\r\nVia: 1.1 x",
		"Host: localhost:80\r\nX-Forwarded-Host: evil.example\r\nX-Request-Id: " + strings.Repeat("a", 70),
		"Host: evil.localhost.\r\nAccept-Language: en;q=0.5, zh-Hans-CN;q=\xff\r\nUser-Agent: a\xffb",
		"Host: [::1]:0\r\nX-Request-Id: a b\r\nIf-None-Match: *\r\nRange: bytes=-1\r\nAccept-Encoding: gzip;q=0",
	} {
		f.Add(head, false, "203.0.113.9:1")
		f.Add(head, true, "10.0.0.1:1")
		f.Add(head, false, "127.0.0.1:1")
	}
	f.Fuzz(func(t *testing.T, head string, secure bool, peer string) {
		at, err := netip.ParseAddrPort(peer)
		r := received("GET "+httpapi.Prefix+"/who HTTP/1.1\r\n"+head+"\r\n\r\n", peer)
		if err != nil || r == nil || strings.Contains(head, "broken") { // whose session a broken database tells
			return
		}
		name := httpapi.CookiePolicy{Secure: secure}.Name()
		a, last := teller(secure)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusNoContent && last.address == "" {
			t.Fatalf("%q is answered %d %s", head, w.Code, w.Body)
		}
		for key, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("%q is answered %s: %q", head, key, values)
			}
		}
		if w.Code == http.StatusNoContent {
			last.judge(t, head, name, at.Addr().Unmap().WithZone(""))
		}
	})
}

func (l *told) judge(t *testing.T, head, name string, peer netip.Addr) {
	t.Helper()
	if l.in && !strings.Contains(head, "Bearer good") && !strings.Contains(head, name+"=") {
		t.Errorf("%q is let in", head)
	}
	proxy := netip.MustParsePrefix("10.0.0.0/8").Contains(peer)
	if at, err := netip.ParseAddr(l.address); err != nil || at != peer && !proxy || at.Zone() != "" {
		t.Errorf("%q from %s is at %s", head, peer, l.address)
	}
	if l.local && (!peer.IsLoopback() || strings.Contains(head, "X-Forwarded-For: 1")) {
		t.Errorf("%q from %s is at this machine", head, peer)
	}
	if len(l.ref) > 32 || len(l.device) > 1024 || len(l.agent) > 512 || len(l.request) > 64 || l.request == "" {
		t.Errorf("%q tells %+v", head, l)
	}
	u, err := url.Parse(l.origin)
	if err != nil {
		return // no link
	}
	host := u.Hostname()
	if at, err := netip.ParseAddr(host); host != "localhost" && !strings.HasSuffix(host, ".localhost") &&
		(err != nil || !at.IsLoopback() && at != netip.MustParseAddr("192.0.2.1")) {
		t.Errorf("%q has links go to %s", head, l.origin)
	}
}

type keyed struct {
	httpapi.IdempotencyKey
}

// FuzzIdempotencyKey sends two commands of one person with two keys as they come from a wire: a key is taken as it is
// or refused, what is done under one is done once, and no two keys are one.
func FuzzIdempotencyKey(f *testing.F) {
	for _, pair := range [][2]string{
		{"12345678", "12345678"},
		{"abcdefgh", "ABCDEFGH"},
		{"abcdefgh", "abcdefgh "},
		{"abcdefgh", "abcdefg\xe9"},
		{"", "1234567"},
		{"abcdefgh\r\nIdempotency-Key: ijklmnop", "abcdefgh"},
		{"abcdefg\u212a", "abcdefgK"},
		{strings.Repeat("a", 128), strings.Repeat("a", 129)},
		{"'; DROP--", "%00%00%00"},
		{"a:b:c:d:", "a.b_c-d."},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		p := people{id.FromInt[id.User](7)}
		a := httpapi.New(httpapi.Deps{
			Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
			Sign: p, Staff: p, Metrics: quiet{},
		})
		done, seen := 0, ""
		once := idem.NewBrief[int]()
		httpapi.Register(a, httpapi.Operation{ID: "do", Method: "POST", Path: "/do", Access: httpapi.SignedIn},
			func(ctx context.Context, in *keyed) (*httpapi.Empty, error) {
				seen = in.Key
				k, err := in.Once(ctx, "do", struct{}{})
				if err != nil {
					return nil, err
				}
				_, err = once.Once(ctx, k, func(context.Context) (int, error) { done++; return done, nil })
				return &httpapi.Empty{}, err
			})
		keys := map[string]bool{}
		for _, key := range []string{first, second, first} {
			r := received("POST "+httpapi.Prefix+"/do HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\n"+
				"Idempotency-Key: "+key+"\r\n\r\n", "203.0.113.9:1")
			if r == nil {
				continue
			}
			w := httptest.NewRecorder()
			seen = ""
			a.ServeHTTP(w, r)
			if w.Code >= 500 || (w.Code == http.StatusNoContent) != (seen != "") {
				t.Fatalf("%q is answered %d %s", key, w.Code, w.Body)
			}
			if seen == "" {
				continue
			}
			if seen != r.Header.Get("Idempotency-Key") || len(seen) < 8 || len(seen) > 128 {
				t.Errorf("%q is taken for %q", key, seen)
			}
			keys[seen] = true
		}
		if done != len(keys) {
			t.Errorf("%q and %q: done %d times under %d keys", first, second, done, len(keys))
		}
	})
}
