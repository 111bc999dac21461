package cart_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/cart"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// shopper has a cart and a browser; the token of a session is the id of its user.
type shopper struct {
	*checkouttest.Market
	t     *testing.T
	carts *cart.Service
	door  *httptest.Server
	user  id.User
}

func (*shopper) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	var u id.User
	if err := u.UnmarshalText([]byte(token)); err != nil {
		return httpapi.Actor{}, fault.Unauthorized("auth.no_session")
	}
	return httpapi.Actor{User: u}, nil
}

func (*shopper) May(context.Context, id.User, id.Shop, permission.Permission) (bool, error) {
	return false, nil
}

func (*shopper) ObserveRequest(string, int, float64) {}

func open(t *testing.T) *shopper {
	t.Helper()
	m := checkouttest.New(t)
	k := &shopper{Market: m, t: t, carts: cart.New(m.DB), user: m.User()}
	api := httpapi.New(httpapi.Deps{
		Log: m.Log, Clock: m.Clock, Limiter: cache.NewMemoryLimiter(m.Clock), Sign: k, Staff: k, Metrics: k,
	})
	cart.API{Service: k.carts, Shops: m, Currency: "CNY"}.Register(api)
	k.door = httptest.NewServer(api)
	t.Cleanup(k.door.Close)
	return k
}

type item struct {
	ID       string `json:"id"`
	SKU      string `json:"sku_id"`
	Options  string `json:"options_text"`
	Quantity int64  `json:"quantity"`
	Invalid  string `json:"invalid_reason"`
}

// call sends a request and answers its status; what came is read into answer.
func (k *shopper) call(method, path, body string, answer any) int {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.door.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+k.user.String())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", "zh-CN")
	res, err := k.door.Client().Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
			k.t.Fatal(err)
		}
	}
	return res.StatusCode
}

func (k *shopper) items() []item {
	k.t.Helper()
	var list struct {
		Items []item `json:"items"`
	}
	if status := k.call("GET", "/cart/items", "", &list); status != http.StatusOK {
		k.t.Fatalf("the cart answers %d", status)
	}
	return list.Items
}

func (k *shopper) add(sku id.SKU, quantity int64) {
	k.t.Helper()
	if _, err := k.carts.Add(k.t.Context(), k.user, sku, quantity); err != nil {
		k.t.Fatal(err)
	}
}

// The merchant took a colour out; who has it in the cart sees so and can take it out.
func TestARemovedOptionStaysInTheCartAsOffSale(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.Colours(3, 1000, 9)
	k.add(p.SKUs[2].ID, 2)
	k.add(p.SKUs[0].ID, 1)
	k.DropColour(p)
	items := k.items()
	if len(items) != 2 {
		t.Fatalf("%d items in the cart, want 2", len(items))
	}
	want := []item{
		{items[0].ID, p.SKUs[0].ID.String(), "色0", 1, ""},
		{items[1].ID, p.SKUs[2].ID.String(), "色2", 2, cart.InvalidOffSale},
	}
	for i := range want {
		if items[i] != want[i] {
			t.Errorf("item %d is %+v, want %+v", i, items[i], want[i])
		}
	}
	if status := k.call("PATCH", "/cart/items/"+items[1].ID, `{"quantity":1}`, nil); status != http.StatusOK {
		t.Errorf("changing how many answers %d", status)
	}
	if status := k.call("DELETE", "/cart/items/"+items[1].ID, "", nil); status != http.StatusNoContent {
		t.Errorf("taking it out answers %d", status)
	}
	if left := k.items(); len(left) != 1 || left[0].SKU != p.SKUs[0].ID.String() {
		t.Errorf("left in the cart: %+v", left)
	}
}

// A double click, two tabs: whoever is answered has its units in the cart.
func TestUnitsPutInAtOnceAllCount(t *testing.T) {
	t.Parallel()
	k := open(t)
	for range 6 {
		sku := k.Product(1000, 99).SKUs[0].ID
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() { k.add(sku, 2) })
		}
		group.Wait()
		if it := k.items()[0]; it.SKU != sku.String() || it.Quantity != 12 {
			t.Errorf("6 × 2 units put in at once are %+v", it)
		}
	}
}

func TestACartHasLimits(t *testing.T) {
	t.Parallel()
	k := open(t)
	var skus []id.SKU
	for len(skus) < cart.ItemsMax+6 {
		for _, s := range k.Colours(30, 1000, 9).SKUs {
			skus = append(skus, s.ID)
		}
	}
	for _, sku := range skus[:cart.ItemsMax-3] {
		k.add(sku, 1)
	}
	var group sync.WaitGroup
	var taken, full atomic.Int64
	for _, sku := range skus[cart.ItemsMax : cart.ItemsMax+6] {
		group.Go(func() {
			switch _, err := k.carts.Add(t.Context(), k.user, sku, 1); {
			case err == nil:
				taken.Add(1)
			case fault.Code(err) == "cart.full":
				full.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if taken.Load() != 3 || full.Load() != 3 || len(k.items()) != cart.ItemsMax {
		t.Errorf("%d of 6 were put in, %d refused; the cart has %d items", taken.Load(), full.Load(), len(k.items()))
	}
	k.add(skus[0], cart.QuantityMax-1)
	for _, quantity := range []int64{1, 0, -1, cart.QuantityMax + 1} {
		if _, err := k.carts.Add(t.Context(), k.user, skus[0], quantity); fault.Code(err) != "cart.bad_quantity" {
			t.Errorf("%d more than 999: %v", quantity, err)
		}
	}
	for _, it := range k.items() {
		if it.SKU == skus[0].String() && it.Quantity != cart.QuantityMax {
			t.Errorf("a refused unit was counted: %+v", it)
		}
	}
}
