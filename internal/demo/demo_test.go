package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hawker/internal/account"
	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/demo"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// mall is an installation in a folder of the test's, asked without a port.
type mall struct {
	*app.App
	t *testing.T
}

func open(t *testing.T) *mall {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return &mall{a, t}
}

func (m *mall) fill() {
	m.t.Helper()
	if err := m.FillDemo(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

type object = map[string]any

func (m *mall) call(method, path, token string, body any) object {
	m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(m.t.Context(), method, "/api/v1"+path, strings.NewReader(string(raw)))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rw := httptest.NewRecorder()
	m.API().ServeHTTP(rw, r)
	out := object{}
	if err := json.Unmarshal(rw.Body.Bytes(), &out); err != nil || rw.Code/100 != 2 {
		m.t.Fatalf("%s %s answers %d: %s", method, path, rw.Code, rw.Body)
	}
	return out
}

func (m *mall) signIn(email string) (token string, user object) {
	m.t.Helper()
	in := m.call(http.MethodPost, "/auth/login", "", object{"email": email, "password": demo.Password})
	user, _ = in["user"].(object)
	token, _ = in["token"].(string)
	return token, user
}

// shown is what a shopper finds: the titles of goods, of rooms, of categories.
func (m *mall) shown() map[string][]string {
	m.t.Helper()
	out := map[string][]string{}
	for what, path := range map[string]string{
		"goods": "/products?limit=50", "rooms": "/live/rooms?limit=50", "categories": "/categories",
	} {
		items, _ := m.call(http.MethodGet, path, "", nil)["items"].([]any)
		for _, i := range items {
			o, _ := i.(object)
			title, _ := o["title"].(string)
			if title == "" {
				title, _ = o["name"].(string)
			}
			out[what] = append(out[what], title)
		}
		slices.Sort(out[what])
	}
	return out
}

func (m *mall) wantAll() {
	m.t.Helper()
	got := m.shown()
	var goods []string
	for _, g := range demo.Goods() {
		goods = append(goods, g.Draft.Title.In(lang.Chinese))
	}
	own, clip := demo.RoomTitles()
	rooms := []string{own, clip, demo.NextTitle()}
	slices.Sort(goods)
	slices.Sort(rooms)
	if !slices.Equal(got["goods"], goods) || !slices.Equal(got["rooms"], rooms) || len(got["categories"]) != 4 {
		m.t.Errorf("shown: %q", got)
	}
}

func TestAnEmptyMallIsFilledOnce(t *testing.T) {
	t.Parallel()
	m := open(t)
	m.fill()
	m.wantAll()
	m.fill()
	m.wantAll()
	for email, want := range map[string]string{
		demo.Operator: "[shopper creator operator] 0", demo.Merchant: "[shopper creator] 1",
		demo.Streamer: "[shopper creator] 1", demo.Promoter: "[shopper creator] 0", demo.Shopper: "[shopper creator] 0",
	} {
		_, user := m.signIn(email)
		shops, _ := user["shops"].([]any)
		if got := fmt.Sprint(user["roles"], len(shops)); got != want {
			t.Errorf("%s is %s, want %s", email, got, want)
		}
	}
	token, _ := m.signIn(demo.Shopper)
	if book, _ := m.call(http.MethodGet, "/me/addresses", token, nil)["items"].([]any); len(book) != 1 {
		t.Errorf("the shopper has %d addresses", len(book))
	}
}

// What was begun and ended by a crash is gone on with, wherever it came: accounts
// without a shop are no demo, and nothing that is there is made again.
func TestAFillingThatBrokeOffGoesOn(t *testing.T) {
	t.Parallel()
	m := open(t)
	for _, p := range []string{demo.Operator, demo.Merchant, demo.Promoter} {
		if _, err := m.Operator().People.Admit(t.Context(), account.Registration{
			Email: p, Password: demo.Password, DisplayName: "x",
		}); err != nil {
			t.Fatal(err)
		}
	}
	m.fill()
	m.wantAll()
	_, shopper := m.signIn(demo.Shopper)
	var who id.User
	if err := who.UnmarshalText([]byte(shopper["id"].(string))); err != nil {
		t.Fatal(err)
	}
	err := m.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { // who is made last was not made
		_, err := tx.Exec(ctx, "DELETE FROM account_user WHERE id = ?", who)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m.fill()
	m.wantAll()
	m.signIn(demo.Shopper)
	token, _ := m.signIn(demo.Merchant)
	shop := m.call(http.MethodGet, "/me", token, nil)["shops"].([]any)
	if len(shop) != 1 {
		t.Fatalf("the merchant has the shops %v", shop)
	}
	of := "/merchant/" + shop[0].(object)["id"].(string)
	for path, want := range map[string]int{"/products": len(demo.Goods()), "/videos": len(demo.Goods()), "/rooms": 3} {
		if list, _ := m.call(http.MethodGet, of+path+"?limit=50", token, nil)["items"].([]any); len(list) != want {
			t.Errorf("%s are %d, want %d", path, len(list), want)
		}
	}
}

// Each good has its picture and its film in the program, prices that make sense and
// words in both languages.
func TestTheMaterialIsWhole(t *testing.T) {
	t.Parallel()
	for _, g := range demo.Goods() {
		for _, name := range []string{g.Name + ".jpg", g.Name + ".mp4"} {
			f, err := demo.Open(name)
			if err != nil {
				t.Errorf("%s: %v", g.Name, err)
				continue
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		for what, text := range map[string]lang.Text{"title": g.Draft.Title, "description": g.Draft.Description} {
			if text[lang.Chinese] == "" || text[lang.English] == "" {
				t.Errorf("the %s of %s is not in both languages", what, g.Name)
			}
		}
		for _, k := range g.Draft.SKUs {
			if k.Price <= 0 || k.WasPrice != 0 && k.WasPrice <= k.Price || k.Initial <= 0 {
				t.Errorf("%s %s costs %d, was %d, %d in stock", g.Name, k.Code, k.Price, k.WasPrice, k.Initial)
			}
		}
		if g.Category < 0 || g.Category >= len(demo.Categories()) {
			t.Errorf("%s stands on shelf %d", g.Name, g.Category)
		}
	}
	for _, name := range []string{"live.jpg", "live.flv"} {
		if _, err := demo.Open(name); err != nil {
			t.Error(err)
		}
	}
}
