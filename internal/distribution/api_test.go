package distribution_test

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
	"hawker/internal/base/money"
	"hawker/internal/base/permission"
	"hawker/internal/commission"
	"hawker/internal/distribution"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
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
	distribution.API{Service: m.dist, Clock: m.clock}.Register(api)
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

type apiMoney = money.Money

func TestAPIOverview(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	buyer, promoter, _ := m.chain()
	p := m.paid(buyer, m.code(promoter), 1000)
	m.order(buyer, "", 500, 0, commission.Rule{}) // waits for money
	type overview struct {
		Code         string   `json:"code"`
		LinkURL      string   `json:"link_url"`
		ParentName   string   `json:"parent_name"`
		Frozen       apiMoney `json:"frozen"`
		Available    apiMoney `json:"available"`
		TodayOrders  int      `json:"today_orders"`
		UnpaidOrders int      `json:"unpaid_orders"`
		Estimate     apiMoney `json:"estimate"`
		Days         []struct {
			Date   string   `json:"date"`
			Amount apiMoney `json:"amount"`
		} `json:"days"`
	}
	status, o := call[overview](t, s, promoter, "GET /distribution/me", "")
	if status != 200 || o.Code != m.code(promoter) || o.LinkURL != "https://mall.example/s/"+o.Code ||
		o.ParentName != "u**" ||
		o.Frozen != money.Of(300, cny) ||
		o.TodayOrders != 1 || o.UnpaidOrders != 1 || o.Estimate != money.Of(150, cny) ||
		len(o.Days) != distribution.DaysShown || o.Days[6].Date != "2026-11-22" || o.Days[6].Amount.Amount != 300 {
		t.Errorf("%d %+v", status, o)
	}
	m.complete(p)
	m.clock.Advance(week)
	m.mature(1)
	if _, o = call[overview](t, s, promoter, "GET /distribution/me", ""); o.Available.Amount != 300 ||
		o.TodayOrders != 0 || o.Days[6].Amount.Amount != 0 {
		t.Errorf("a week later %+v", o)
	}
	if status, _ := call[httpapi.Problem](t, s, id.User{}, "GET /distribution/me",
		""); status != http.StatusUnauthorized {
		t.Errorf("a visitor got %d", status)
	}
}

func TestAPICommissions(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	buyer, promoter, upline := m.chain()
	ref := m.code(promoter)
	for range 3 {
		m.paid(buyer, ref, 1000)
	}
	type commissions struct {
		Items []struct {
			ID           string   `json:"id"`
			OrderNumber  string   `json:"order_number"`
			ProductTitle string   `json:"product_title"`
			Level        int      `json:"level"`
			RateBP       int      `json:"rate_bp"`
			Kept         apiMoney `json:"kept"`
			State        string   `json:"state"`
		} `json:"items"`
		NextCursor string `json:"next_cursor"`
	}
	seen := map[string]bool{}
	path := "GET /distribution/commissions?limit=2&state=frozen"
	for cursor := ""; ; {
		_, page := call[commissions](t, s, upline, path+"&cursor="+cursor, "")
		for _, c := range page.Items {
			seen[c.ID] = true
			if c.ProductTitle != "Mug" || c.Level != 2 || c.RateBP != 500 || c.Kept != money.Of(150, cny) ||
				c.State != "frozen" || c.OrderNumber == "" {
				t.Errorf("%+v", c)
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d commissions", len(seen))
	}
	if _, page := call[commissions](t, s, buyer, "GET /distribution/commissions", ""); page.Items == nil ||
		len(page.Items) != 0 {
		t.Errorf("somebody else's commissions: %+v", page)
	}
}

func TestAPIProducts(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	s := m.serve()
	u, product := m.user("u"), id.FromInt[id.Product](m.db.NextID())
	m.shelf = shelf{
		{ID: product, Title: "Mug", Price: money.Of(1999, cny), Rule: commission.Percent(1500, 300)},
		{Title: "Bag", Price: money.Of(1999, cny)},
	}
	type products struct {
		Items []struct {
			Title    string   `json:"title"`
			RateBP   int      `json:"rate_bp"`
			Estimate apiMoney `json:"estimate"`
		} `json:"items"`
	}
	_, got := call[products](t, s, u, "GET /distribution/products", "")
	if len(got.Items) != 2 || got.Items[0].RateBP != 1500 || got.Items[0].Estimate.Amount != 299 ||
		got.Items[0].Title != "Mug en" ||
		got.Items[1].RateBP != 1000 || got.Items[1].Estimate.Amount != 199 {
		t.Errorf("%+v", got)
	}
}

// Whoever is not signed in is told what bringing buyers earns, and of nobody what they earned.
func TestAPITerms(t *testing.T) {
	t.Parallel()
	type terms struct {
		Levels []struct {
			Level  int `json:"level"`
			RateBP int `json:"rate_bp"`
		} `json:"levels"`
		Example *struct {
			Title    string   `json:"title"`
			RateBP   int      `json:"rate_bp"`
			Estimate apiMoney `json:"estimate"`
		} `json:"example"`
	}
	goods := shelf{
		{Title: "Sold out", Price: money.Of(1999, cny)},
		{Title: "Free", InStock: true, Price: money.Of(0, cny)},
		{Title: "Mug", InStock: true, Price: money.Of(1999, cny), Rule: commission.Percent(1500, 300)},
		{Title: "Bag", InStock: true, Price: money.Of(1999, cny)},
	}
	m := newMall(t)
	s := m.serve()
	status, got := call[terms](t, s, id.User{}, "GET /distribution/terms", "")
	if status != 200 || got.Example != nil || len(got.Levels) != 2 || got.Levels[0].Level != 1 ||
		got.Levels[0].RateBP != 1000 || got.Levels[1].Level != 2 || got.Levels[1].RateBP != 500 {
		t.Errorf("a mall without goods: %d %+v", status, got)
	}
	m.shelf = goods
	if _, got = call[terms](t, s, m.user("u"), "GET /distribution/terms", ""); got.Example == nil ||
		got.Example.Title != "Mug en" || got.Example.RateBP != 1500 || got.Example.Estimate != money.Of(299, cny) {
		t.Errorf("an example that can be bought and pays: %+v", got.Example)
	}
	for _, c := range []struct {
		levels int
		rule   commission.Rule
		want   int
	}{
		{0, commission.Percent(1000, 500), 0},
		{3, commission.Percent(1000, 500, 0), 2},
		{1, commission.Percent(1000, 500), 1},
	} {
		set := testSettings()
		set.Policy.Levels, set.Default = c.levels, c.rule
		m := newMallWith(t, set)
		m.shelf = goods
		_, got := call[terms](t, m.serve(), id.User{}, "GET /distribution/terms", "")
		if len(got.Levels) != c.want || (got.Example == nil) != (c.want == 0) {
			t.Errorf("%d levels at %v: %+v", c.levels, c.rule.Rates, got)
		}
	}
}
