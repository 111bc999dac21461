package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"hawker/internal/app"
	"hawker/internal/demo"
	"hawker/internal/platform/config"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb/sqltest"
)

// grown opens an empty installation whose clock can be put back and fills it.
func grown(t *testing.T, cfg config.Config, size demo.Size, tell func(demo.Progress)) (*mall, error) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: &demo.Clock{}})
	if err != nil {
		t.Fatal(err)
	}
	m := &mall{a, t}
	m.fill()
	return m, m.GrowDemo(t.Context(), size, tell)
}

// A mall that is filled to be measured has as much as was asked for, its lists show it, its figures are what its orders
// come to, and doctor finds nothing; one whose filling was ended goes on.
func TestALargeMallIsSound(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	last := map[string]demo.Progress{}
	note := func(p demo.Progress) { last[p.What] = p }
	for _, size := range []demo.Size{{Goods: 120, Orders: 100, Videos: 40}, {Goods: 300, Orders: 500, Videos: 100}} {
		m, err := grown(t, cfg, size, note)
		if err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"product": size.Goods, "orders": size.Orders, "video": size.Videos} {
			if n, err := multiply.Count(t.Context(), m.DB().Reader(), table); err != nil || n != want {
				t.Errorf("%s: %d, want %d: %v", table, n, want, err)
			}
		}
		m.wantFigures()
		m.wantLists()
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil || !r.Healthy {
			t.Errorf("%v\n%s", err, r)
		}
	}
	for _, what := range []string{"goods", "orders", "videos"} {
		if p := last[what]; p.Done != p.Of || p.Done == 0 {
			t.Errorf("%s ended at %d of %d", what, p.Done, p.Of)
		}
	}
}

// wantFigures counts what the tables of figures say.
func (m *mall) wantFigures() {
	m.t.Helper()
	for what, query := range map[string]string{
		"placed": `SELECT SUM(placed) - (SELECT COUNT(*) FROM orders) FROM trade_figure WHERE since = 0`,
		"revenue": `SELECT SUM(revenue) - (SELECT SUM(payable) FROM orders WHERE paid_at > 0) FROM trade_figure
			WHERE since > 0`,
		"earned": `SELECT SUM(amount) - (SELECT SUM(kept) FROM commission_entry WHERE state IN ('frozen', 'available'))
			FROM promoter_figure`,
		"stock": `SELECT COUNT(*) FROM stock WHERE available < 0`,
		"units": `SELECT SUM(sold) - (SELECT SUM(l.quantity) FROM order_line l JOIN orders o ON o.id = l.order_id
			WHERE o.paid_at > 0) FROM stock`,
		"numbers": `SELECT COUNT(*) FROM commission_order c JOIN orders o ON o.id = c.order_id
			WHERE o.number <> c.order_number`,
		"payments": `SELECT SUM(amount) - (SELECT SUM(payable) FROM orders WHERE paid_at > 0) FROM payment
			WHERE status = 'succeeded'`,
		"due": `SELECT COUNT(*) FROM commission_order WHERE state = 'frozen' AND mature_at > 0
			AND mature_at < 1000 * unixepoch()`,
		"overdue": `SELECT COUNT(*) FROM orders WHERE due_at > 0 AND due_at < 1000 * unixepoch()`,
	} {
		var n int64
		if err := m.DB().Reader().QueryRow(m.t.Context(), query).Scan(&n); err != nil || n != 0 {
			m.t.Errorf("%s is off by %d: %v", what, n, err)
		}
	}
}

// wantLists asks as people do.
func (m *mall) wantLists() {
	m.t.Helper()
	shopper, _ := m.signIn(demo.Shopper)
	merchant, user := m.signIn(demo.Merchant)
	promoter, _ := m.signIn(demo.Promoter)
	shop := "/merchant/" + user["shops"].([]any)[0].(object)["id"].(string)
	for path, token := range map[string]string{
		"/products?limit=20&sort=sold": "", "/products?limit=20&q=" + demo.FrequentWord: "", "/feed?limit=20": "",
		"/orders?limit=20": shopper, shop + "/orders?limit=20": merchant, shop + "/orders?limit=20&q=26": merchant,
		shop + "/products?limit=20": merchant, "/distribution/commissions?limit=20": promoter,
	} {
		items, _ := m.call(http.MethodGet, path, token, nil)["items"].([]any)
		if len(items) != 20 && !slices.Contains([]string{"/products?limit=20&q=" + demo.FrequentWord}, path) {
			m.t.Errorf("%s has %d items", path, len(items))
		}
		if len(items) == 0 {
			m.t.Errorf("%s is empty", path)
		}
	}
	if found := m.call(http.MethodGet, "/products?q="+demo.AbsentWord, "", nil)["items"].([]any); len(found) != 0 {
		m.t.Errorf("%s is found: %v", demo.AbsentWord, found)
	}
}

// Whoever gives up in the middle of it leaves a sound mall.
func TestGrowingThatIsEnded(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: &demo.Clock{}})
	if err != nil {
		t.Fatal(err)
	}
	m := &mall{a, t}
	m.fill()
	ctx, cancel := context.WithCancel(t.Context())
	err = m.GrowDemo(ctx, demo.Size{Goods: 6, Orders: 2000, Videos: 6}, func(p demo.Progress) {
		if p.What == "orders" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n, err := multiply.Count(t.Context(), m.DB().Reader(), "orders"); err != nil || n < 100 || n >= 2000 {
		t.Errorf("%d orders, %v", n, err)
	}
	m.wantFigures()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil || !r.Healthy {
		t.Errorf("%v\n%s", err, r)
	}
}
