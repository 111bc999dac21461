package bench

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this program be the one under measurement, too: bench starts its own
// executable, as `hawker bench` does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "demo":
			if fakeMood() == "no demo" {
				fmt.Println("the shelf fell")
				os.Exit(3)
			}
			return
		case "bench":
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			defer stop()
			if slices.Contains(os.Args, "--floor") {
				_ = ServeFloor(ctx, flagOf("--floor"))
				return
			}
			if err := OrderFloor(ctx, flagOf("--order-floor"), flagOf("--data")); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(6)
			}
			return
		case "serve":
			serveFake()
			return
		}
	}
	os.Exit(m.Run())
}

const fakeVariable = "HAWKER_TEST_BENCH_MOOD"

// fakeMood is how the fake goes: "" well, "no demo", "ends" at once, "deaf" (never
// ready), "no orders".
func fakeMood() string { return os.Getenv(fakeVariable) }

func flagOf(name string) string {
	return os.Args[slices.Index(os.Args, name)+1]
}

func serveFake() {
	if fakeMood() == "ends" {
		os.Exit(4)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Addr: flagOf("--http"), Handler: newFake("http://" + flagOf("--http")), ReadHeaderTimeout: time.Second,
	}
	go func() { <-ctx.Done(); server.Close() }()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(5)
	}
}

// fake is the least of a mall that can be measured: one product, one shelf.
type fake struct {
	http.ServeMux
	mu     sync.Mutex
	stock  int
	orders map[string]bool // by whether they are paid
	keys   map[string]bool
	mails  map[string]bool
}

func newFake(own string) *fake {
	f := &fake{stock: 7, orders: map[string]bool{}, keys: map[string]bool{}, mails: map[string]bool{}}
	api := "/api/v1"
	f.answer("GET /readyz", http.StatusOK, func(r *http.Request) (int, any) {
		if fakeMood() == "deaf" {
			return http.StatusServiceUnavailable, nil
		}
		return 0, nil
	})
	f.answer("GET /healthz", http.StatusOK, nil)
	one := func(id string) map[string]any { return map[string]any{"id": id} }
	shops := []any{one("shp_1")}
	f.answer("GET "+api+"/products", http.StatusOK, func(*http.Request) (int, any) {
		return 0, map[string]any{"items": []any{one("prd_1")}}
	})
	f.answer("GET "+api+"/products/prd_1", http.StatusOK, func(*http.Request) (int, any) {
		return 0, map[string]any{"skus": []any{one("sku_1")}}
	})
	f.answer("POST "+api+"/auth/login", http.StatusOK, func(*http.Request) (int, any) {
		return 0, map[string]any{"token": "merchant", "user": map[string]any{"shops": shops}}
	})
	f.answer("GET "+api+"/me", http.StatusOK, func(*http.Request) (int, any) {
		return 0, map[string]any{"shops": shops}
	})
	f.answer("POST "+api+"/auth/register", http.StatusCreated, f.register)
	f.answer("POST "+api+"/me/addresses", http.StatusCreated, func(*http.Request) (int, any) { return 0, one("adr_1") })
	f.answer("POST "+api+"/merchant/shp_1/skus/sku_1/stock", http.StatusOK, f.lay)
	f.answer("POST "+api+"/orders", http.StatusCreated, f.place)
	f.answer("GET "+api+"/orders", http.StatusOK, f.unpaid)
	for _, list := range []string{
		"/categories", "/feed", "/merchant/shp_1/orders", "/merchant/shp_1/products", "/merchant/shp_1/today",
		"/distribution/me", "/distribution/commissions",
	} {
		f.answer("GET "+api+list, http.StatusOK, func(r *http.Request) (int, any) {
			next := ""
			if r.URL.Query().Get("cursor") == "" { // there are two pages
				next = base64.RawURLEncoding.EncodeToString([]byte(noOrder))
			}
			return 0, map[string]any{
				"items": []any{map[string]any{"id": "x_1", "number": "26"}}, "next_cursor": next,
			}
		})
	}
	tries := map[string]bool{}
	f.answer("POST "+api+"/orders/{id}/pay", http.StatusOK, func(r *http.Request) (int, any) {
		if !tries[r.PathValue("id")] { // the bank is still starting
			tries[r.PathValue("id")] = true
			return http.StatusServiceUnavailable, nil
		}
		return 0, map[string]any{"action": map[string]any{"url": own + "/bank/" + r.PathValue("id")}}
	})
	f.HandleFunc("POST /bank/{id}", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.FormValue("decision") == "approve" {
			f.orders[r.PathValue("id")] = true
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	return f
}

// answer serves JSON, one request after the other. An act without a key of its own is
// refused, as is one of somebody who is not signed in.
func (f *fake) answer(pattern string, status int, fn func(r *http.Request) (status int, out any)) {
	f.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		key := r.Header.Get("Idempotency-Key")
		if r.Method == http.MethodPost && (key == "" || f.keys[key]) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		f.keys[key] = true
		private := strings.Contains(pattern, "/orders") || strings.Contains(pattern, "/me") ||
			strings.Contains(pattern, "/merchant")
		if private && !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		code, out := status, any(map[string]any{})
		if fn != nil {
			other, body := fn(r)
			if out = body; other != 0 {
				code = other
			}
		}
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(out)
	})
}

func (f *fake) register(r *http.Request) (int, any) {
	var in struct{ Email, Password string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || f.mails[in.Email] || len(in.Password) < 8 {
		return http.StatusConflict, nil
	}
	f.mails[in.Email] = true
	return 0, map[string]any{"token": in.Email}
}

func (f *fake) lay(r *http.Request) (int, any) {
	var in struct{ Delta int }
	if json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("Authorization") != "Bearer merchant" {
		return http.StatusForbidden, nil
	}
	f.stock += in.Delta
	return 0, map[string]any{}
}

func (f *fake) place(r *http.Request) (int, any) {
	var in struct {
		Items []struct {
			SKU      string `json:"sku_id"`
			Quantity int    `json:"quantity"`
		} `json:"items"`
		Address string `json:"address_id"`
	}
	switch {
	case fakeMood() == "no orders":
		return http.StatusInternalServerError, nil
	case json.NewDecoder(r.Body).Decode(&in) != nil || in.Address != "adr_1" || in.Items[0].SKU != "sku_1":
		return http.StatusUnprocessableEntity, nil
	case in.Items[0].Quantity > f.stock:
		return http.StatusConflict, nil
	}
	f.stock -= in.Items[0].Quantity
	order := fmt.Sprint("ord_", len(f.orders))
	f.orders[order] = false
	return 0, map[string]any{"orders": []any{map[string]any{"id": order}}}
}

func (f *fake) unpaid(*http.Request) (int, any) {
	items := []any{}
	for order, paid := range f.orders {
		if !paid && len(f.orders) <= ordersN { // what the rush placed is never paid
			items = append(items, order)
		}
	}
	return 0, map[string]any{"items": items}
}
