package referral_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/referral"
)

// door answers for sessions and staff: a token is the id of its user.
type door struct{}

func (door) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	var u id.User
	if err := u.UnmarshalText([]byte(token)); err != nil || u.IsZero() {
		return httpapi.Actor{}, fault.Unauthorized("auth.no_session")
	}
	return httpapi.Actor{User: u}, nil
}

func (door) May(context.Context, id.User, id.Shop, permission.Permission) (bool, error) {
	return false, nil
}

func (door) ObserveRequest(string, int, float64) {}

func (m *mall) serve() *httptest.Server {
	log := slog.New(slog.DiscardHandler)
	api := httpapi.New(httpapi.Deps{
		Log: log, Clock: m.clock, Limiter: cache.NewMemoryLimiter(m.clock), Sign: door{}, Staff: door{},
		Metrics: door{},
	})
	referral.API{Service: m.people, Clock: m.clock, Log: log}.Register(api)
	s := httptest.NewServer(api)
	m.t.Cleanup(s.Close)
	return s
}

func call[T any](t *testing.T, s *httptest.Server, who id.User, target, body string) (int, T) {
	t.Helper()
	method, path, _ := strings.Cut(target, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+httpapi.Prefix+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if !who.IsZero() {
		req.Header.Set("Authorization", "Bearer "+who.String())
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out T
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, out
}

func TestAPITeam(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	buyer, promoter, upline := m.user("王五"), m.user("Pat"), m.user("upline")
	m.mustBind(promoter, upline)
	m.mustBind(buyer, promoter)
	type team struct {
		Items []struct {
			Name  string `json:"name"`
			Level int    `json:"level"`
		} `json:"items"`
	}
	_, got := call[team](t, s, upline, "GET /distribution/team", "")
	levels := map[string]int{}
	for _, one := range got.Items {
		levels[one.Name] = one.Level
	}
	if len(levels) != 2 || levels["P**"] != 1 || levels["王**"] != 2 {
		t.Errorf("team %+v", got)
	}
}

func TestAPILinks(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	u, product := m.user("u"), id.FromInt[id.Product](m.db.NextID())
	type link struct{ Code, URL string }
	status, l := call[link](t, s, u, "POST /distribution/links", `{"product_id":"`+product.String()+`"}`)
	if status != 200 || l.URL != "https://mall.example/s/"+l.Code {
		t.Errorf("%d %+v", status, l)
	}
	if status, home := call[link](t, s, u, "POST /distribution/links", `{}`); status != 200 || home.Code != m.code(u) {
		t.Errorf("%d %+v", status, home)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(s.URL + "/s/" + l.Code)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookies := res.Cookies()
	if res.StatusCode != http.StatusFound || res.Header.Get("Location") != "/p/"+product.String() || len(cookies) != 1 {
		t.Fatalf("%d to %q with %v", res.StatusCode, res.Header.Get("Location"), cookies)
	}
	if c := cookies[0]; c.Name != "hawker_ref" || c.Value != l.Code || !c.HttpOnly ||
		c.SameSite != http.SameSiteLaxMode || c.MaxAge != 15*24*3600 {
		t.Errorf("cookie %+v", c)
	}
	res, err = client.Get(s.URL + "/s/unknown1")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Location") != "/" || len(res.Cookies()) != 0 {
		t.Errorf("an unknown code leads to %q with %v", res.Header.Get("Location"), res.Cookies())
	}
}

// Without a configured address links name the one the mall was called by.
func TestAPILinksWithoutAPublicAddress(t *testing.T) {
	t.Parallel()
	m := newMallAt(t, "")
	s := m.serve()
	type link struct{ Code, URL string }
	if _, l := call[link](t, s, m.user("u"), "POST /distribution/links", `{}`); l.URL != s.URL+"/s/"+l.Code {
		t.Errorf("%+v", l)
	}
}
