package checkout_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/cart"
	"hawker/internal/checkout"
)

// What stands in two windows is ordered once: of a cart no more is sold than it holds, and
// what is refused leaves cart and stock as they were.
func TestACartIsOrderedOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	shop := id.Make[id.Shop](k.db)
	tea, cup := k.product(shop, 100, 20), k.product(shop, 200, 20)
	put := func(n int64) {
		t.Helper()
		must[cart.Item](t)(k.carts.Add(t.Context(), k.buyer, tea.SKUs[0].ID, n))
		must[cart.Item](t)(k.carts.Add(t.Context(), k.buyer, cup.SKUs[0].ID, n))
	}
	ask := func(key string, lines ...checkout.LineRequest) string {
		t.Helper()
		_, err := k.place(key, checkout.Command{Lines: lines, FromCart: true})
		return fault.Code(err)
	}
	put(3)
	for _, c := range []struct {
		what  string
		lines []checkout.LineRequest
		want  string
	}{
		{"more than there is", []checkout.LineRequest{wish(tea, 4), wish(cup, 3)}, "checkout.cart_changed"},
		{"more in two lines", []checkout.LineRequest{wish(tea, 2), wish(tea, 2)}, "checkout.cart_changed"},
		{"the first window", []checkout.LineRequest{wish(tea, 3), wish(cup, 3)}, ""},
		{"the second window", []checkout.LineRequest{wish(tea, 3), wish(cup, 3)}, "checkout.cart_changed"},
	} {
		if got := ask(c.what, c.lines...); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	put(1)
	if got := ask("half of it is gone", wish(tea, 1), wish(cup, 2)); got != "checkout.cart_changed" {
		t.Errorf("half of it is gone: %q", got)
	}
	if items := must[[]cart.Item](t)(k.carts.List(t.Context(), k.buyer)); len(items) != 2 {
		t.Errorf("a refused order left %d items in the cart, of 2", len(items))
	}
	if got := ask("what is left", wish(tea, 1), wish(cup, 1)); got != "" {
		t.Errorf("what is left: %q", got)
	}
	if k.available(tea) != 16 || k.available(cup) != 16 {
		t.Errorf("%d and %d are left, want 16", k.available(tea), k.available(cup))
	}
}

// However many windows send a cart at the same moment, one of them orders it.
func TestManyWindowsOrderACartOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	tea := k.product(id.Make[id.Shop](k.db), 100, 50)
	must[cart.Item](t)(k.carts.Add(t.Context(), k.buyer, tea.SKUs[0].ID, 2))
	var placed, changed atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			c := checkout.Command{Lines: []checkout.LineRequest{wish(tea, 2)}, FromCart: true}
			switch _, err := k.place(fmt.Sprint("window ", i), c); fault.Code(err) {
			case "":
				placed.Add(1)
			case "checkout.cart_changed":
				changed.Add(1)
			}
		})
	}
	all.Wait()
	if placed.Load() != 1 || changed.Load() != 7 || k.available(tea) != 48 {
		t.Errorf("%d ordered, %d refused, %d left; want 1, 7, 48", placed.Load(), changed.Load(), k.available(tea))
	}
}
