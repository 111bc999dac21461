package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

type people struct{ user id.User }

func (p people) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	switch token {
	case "good":
		return httpapi.Actor{User: p.user}, nil
	case "broken":
		return httpapi.Actor{}, errors.New("database secret-dsn is down")
	}
	return httpapi.Actor{}, fault.Unauthorized("auth.session_expired")
}

func (people) May(_ context.Context, _ id.User, _ id.Shop, p permission.Permission) (bool, error) {
	return p == "tea.drink", nil
}

type quiet struct{}

func (quiet) ObserveRequest(string, int, float64) {}

type pour struct {
	Body struct {
		Password string `json:"password" minLength:"8"`
		Cups     int    `json:"cups" maximum:"3"`
	}
}

func door() *httpapi.API {
	p := people{id.FromInt[id.User](7)}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: quiet{},
	})
	ok := func(context.Context, *struct{}) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil }
	shop := func(context.Context, *httpapi.ShopPath) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil }
	httpapi.Register(a, httpapi.Operation{
		ID: "pour", Method: "POST", Path: "/pour", Access: httpapi.Anyone,
		BodyMax: 1000,
	}, func(context.Context, *pour) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil })
	httpapi.Register(a, httpapi.Operation{ID: "mine", Method: "GET", Path: "/mine", Access: httpapi.SignedIn}, ok)
	httpapi.Register(a, httpapi.Operation{ID: "all", Method: "GET", Path: "/all", Access: httpapi.OperatorOnly}, ok)
	httpapi.Register(a, httpapi.Operation{
		ID: "drink", Method: "GET", Path: "/shops/{shop}/drink",
		Access: httpapi.Staff("tea.drink"),
	}, shop)
	httpapi.Register(a, httpapi.Operation{
		ID: "sell", Method: "GET", Path: "/shops/{shop}/sell",
		Access: httpapi.Staff("tea.sell"),
	}, shop)
	httpapi.Register(a, httpapi.Operation{
		ID: "rare", Method: "GET", Path: "/rare", Access: httpapi.Anyone,
		Limit: cache.Rate{Count: 2, Per: time.Hour},
	}, ok)
	fail := func(err error) func(context.Context, *struct{}) (*httpapi.Empty, error) {
		return func(context.Context, *struct{}) (*httpapi.Empty, error) { return nil, err }
	}
	httpapi.Register(a, httpapi.Operation{ID: "wrong", Method: "GET", Path: "/wrong", Access: httpapi.Anyone},
		fail(errors.New("secret-dsn refused")))
	httpapi.Register(a, httpapi.Operation{ID: "full", Method: "GET", Path: "/full", Access: httpapi.Anyone},
		fail(fmt.Errorf("place: %w", &os.PathError{Op: "write", Path: "secret-dsn", Err: syscall.ENOSPC})))
	httpapi.Register(a, httpapi.Operation{ID: "away", Method: "GET", Path: "/away", Access: httpapi.Anyone},
		fail(fmt.Errorf("put: %w: secret-dsn", blob.ErrAway)))
	httpapi.Register(a, httpapi.Operation{ID: "gone", Method: "GET", Path: "/gone", Access: httpapi.Anyone},
		fail(fault.NotFound("order.not_found").Because(errors.New("secret-dsn"))))
	httpapi.Register(a, httpapi.Operation{ID: "bug", Method: "GET", Path: "/bug", Access: httpapi.Anyone},
		func(context.Context, *struct{}) (*httpapi.Empty, error) { panic("secret-dsn") })
	return a
}

func call(a http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, httpapi.Prefix+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestRefusalsAreProblems(t *testing.T) {
	t.Parallel()
	a := door()
	shop := id.FromInt[id.Shop](9).String()
	bearer := []string{"Authorization", "Bearer good"}
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code                     string
	}{
		{"a visitor", "GET", "/mine", "", nil, 401, "auth.sign_in_required"},
		{"a stale session", "GET", "/mine", "", []string{"Authorization", "Bearer old"}, 401, "auth.sign_in_required"},
		{"a shopper as operator", "GET", "/all", "", bearer, 403, "auth.operator_only"},
		{"staff without the permission", "GET", "/shops/" + shop + "/sell", "", bearer, 403, "shop.not_staff"},
		{"no such shop", "GET", "/shops/x/drink", "", bearer, 404, "shop.not_found"},
		{"another site", "POST", "/pour", "{}", []string{"Sec-Fetch-Site", "cross-site"}, 403, "request.cross_origin"},
		{
			"another origin", "POST", "/pour", "{}",
			[]string{"Origin", "https://elsewhere.example"},
			403,
			"request.cross_origin",
		},
		{"a big body", "POST", "/pour", strings.Repeat(" ", 1001), nil, 413, "request.too_large"},
		{"no JSON", "POST", "/pour", "{", nil, 400, "request.malformed"},
		{"bad fields", "POST", "/pour", `{"password":"hunter2","cups":4242}`, nil, 422, "request.invalid"},
		{"no path", "GET", "/nothing", "", nil, 404, "request.no_such_path"},
		{"no method", "DELETE", "/pour", "", nil, 405, "request.method_not_allowed"},
		{"what a module refuses", "GET", "/gone", "", nil, 404, "order.not_found"},
		{"what nobody expected", "GET", "/wrong", "", nil, 500, "internal"},
		{"no room", "GET", "/full", "", nil, 507, "storage.full"},
		{"no store", "GET", "/away", "", nil, 503, "storage.away"},
		{"a bug", "GET", "/bug", "", nil, 500, "internal"},
		{"no database", "GET", "/mine", "", []string{"Authorization", "Bearer broken"}, 500, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := call(a, c.method, c.path, c.body, append(c.header, "X-Request-Id", "rid-1", "Accept-Language",
				"en")...)
			var p httpapi.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != c.status || p.Status != c.status || p.Code != c.code || p.Type != "urn:hawker:problem:"+
				c.code || p.RequestID != "rid-1" {
				t.Errorf("answered %d %+v", w.Code, p)
			}
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("as %s", got)
			}
			if p.Detail == "" || p.Detail == c.code {
				t.Errorf("not explained: %+v", p)
			}
			for _, leak := range []string{"hunter2", "4242", "secret-dsn"} {
				if strings.Contains(w.Body.String(), leak) {
					t.Errorf("the answer tells %q: %s", leak, w.Body)
				}
			}
		})
	}
}

func TestWhoMayComesIn(t *testing.T) {
	t.Parallel()
	a := door()
	shop := id.FromInt[id.Shop](9).String()
	for _, c := range [][]string{
		{"GET", "/mine", "", "Authorization", "Bearer good"},
		{"GET", "/mine", "", "Cookie", "hawker_session=good"},
		{"GET", "/shops/" + shop + "/drink", "", "Authorization", "Bearer good"},
		{"POST", "/pour", `{"password":"long enough","cups":3}`, "Sec-Fetch-Site", "same-origin"},
		{"POST", "/pour", `{"password":"long enough","cups":3}`},
	} {
		if w := call(a, c[0], c[1], c[2], c[3:]...); w.Code/100 != 2 {
			t.Errorf("%v is answered %d %s", c, w.Code, w.Body)
		}
	}
}

func TestTheRateIsEachCallersOwn(t *testing.T) {
	t.Parallel()
	a := door()
	for i, want := range []int{204, 204, 429, 429} {
		if w := call(a, "GET", "/rare", ""); w.Code != want {
			t.Errorf("call %d: %d, want %d", i, w.Code, want)
		}
	}
	if w := call(a, "GET", "/rare", "", "Authorization", "Bearer good"); w.Code != 204 {
		t.Errorf("somebody else is refused too: %d %s", w.Code, w.Body)
	}
}

func TestProblemsSpeakTheCallersLanguage(t *testing.T) {
	t.Parallel()
	a := door()
	for header, want := range map[string]string{
		"en-US,en;q=0.9": "Sign in first.", "zh-CN,zh": "请先登录。", "": "请先登录。",
		"xx": "请先登录。",
	} {
		var p httpapi.Problem
		if err := json.Unmarshal(call(a, "GET", "/mine", "", "Accept-Language", header).Body.Bytes(), &p); err != nil ||
			p.Detail != want {
			t.Errorf("%q: %+v, %v", header, p, err)
		}
	}
}

func TestRequestIDsAreCleanAndPagesSafe(t *testing.T) {
	t.Parallel()
	a := door()
	for sent, kept := range map[string]bool{
		"abc-1": true, "with space": false, strings.Repeat("x", 65): false,
		"": false,
	} {
		w := call(a, "GET", "/nothing", "", "X-Request-Id", sent)
		if got := w.Header().Get("X-Request-Id"); got == "" || (got == sent) != kept {
			t.Errorf("%q became %q", sent, got)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") ||
			strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q", csp)
		}
	}
}

func TestASessionCookieIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	c := httpapi.CookiePolicy{Secure: true}.Session("t", time.Now())
	if c.Name != "__Host-hawker_session" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
		c.SameSite != http.SameSiteLaxMode {
		t.Errorf("%+v", c)
	}
	if out := (httpapi.CookiePolicy{}).Session("", time.Time{}); out.MaxAge >= 0 {
		t.Errorf("signing out keeps the cookie: %+v", out)
	}
}
