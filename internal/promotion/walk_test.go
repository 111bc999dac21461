package promotion_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/promotion"
)

// took is an order of the deal, as the walk remembers it.
type took struct {
	order order.Order
	user  id.User
	n     int64
	paid  bool
}

// walk goes at random through the life of one flash deal, beside a naive count of it.
type walk struct {
	*mall
	rt      *rapid.T
	product catalog.Product
	deal    promotion.Deal
	people  []id.User
	stopped bool
	swept   bool
	orders  []took
	sold    int64 // by the deal and at the normal price
}

const dealStock, dealUnits, dealLimit = 20, 6, 3

// TestADealUnderAnything: whoever buys, pays, lets go and when, the deal sells its slice
// and no more, nobody gets more than the limit, and what is left returns.
func TestADealUnderAnything(t *testing.T) {
	t.Parallel()
	m := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := &walk{mall: m, rt: rt, product: m.product(1000, dealStock), people: []id.User{
			m.buyer(), m.buyer(),
			m.buyer(),
		}}
		w.deal = must[promotion.Deal](t)(m.tools.PlanDeal(t.Context(), m.nextKey(),
			m.deal(w.product, 500, dealUnits, dealLimit), true))
		for range rapid.IntRange(3, 12).Draw(rt, "steps") {
			w.step(rapid.SampledFrom([]string{"buy", "buy", "buy", "pay", "lapse", "wait", "wait", "sweep", "stop"}).
				Draw(rt, "what"))
			w.check()
		}
		if !w.over() {
			m.clock.Advance(20 * time.Minute)
		}
		w.sweep()
		m.clock.Advance(20 * time.Minute)
		w.lapse()
		if l := w.level(); l.Available != dealStock-w.sold || l.Reserved+l.Allotted != 0 {
			rt.Fatalf("at the end %+v, %d are sold", l, w.sold)
		}
	})
}

func (w *walk) over() bool { return w.stopped || w.swept || !w.clock.Now().Before(w.deal.EndsAt) }

func (w *walk) running() bool { return !w.over() && !w.clock.Now().Before(w.deal.StartsAt) }

func (w *walk) level() inventory.Level {
	sku := w.product.SKUs[0].ID
	return must[map[id.SKU]inventory.Level](w.t)(
		inventory.Levels(w.t.Context(), w.db.Reader(), []id.SKU{sku}))[sku]
}

// has is what the deal has given: to everybody, or to one.
func (w *walk) has(u id.User) (n int64) {
	for _, o := range w.orders {
		if u.IsZero() || o.user == u {
			n += o.n
		}
	}
	return n
}

func (w *walk) step(what string) {
	switch what {
	case "buy":
		w.buy(w.people[rapid.IntRange(0, 2).Draw(w.rt, "who")], rapid.Int64Range(1, 4).Draw(w.rt, "n"))
	case "pay":
		for i, o := range w.orders {
			if !o.paid {
				w.pay(o.order)
				w.orders[i].paid = true
				w.sold += o.n
				return
			}
		}
	case "lapse":
		w.clock.Advance(4 * time.Minute)
		w.lapse()
	case "wait":
		w.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(w.rt, "seconds")) * time.Second)
	case "sweep":
		w.sweep()
		paid := int64(0)
		for _, o := range w.orders {
			if o.paid {
				paid += o.n
			}
		}
		w.swept = w.over() || (w.running() && paid == dealUnits)
	case "stop":
		_, err := w.tools.StopDeal(w.t.Context(), w.shop, w.room, w.deal.ID)
		code := ""
		if w.stopped || w.swept {
			code = "promotion.wrong_deal_state"
		}
		if fault.Code(err) != code || (code == "" && err != nil) {
			w.rt.Fatalf("stopped: %v, want %q", err, code)
		}
		w.stopped = true
	}
}

// lapse closes what was not paid in time.
func (w *walk) lapse() {
	w.closeUnpaid()
	kept := w.orders[:0]
	for _, o := range w.orders {
		now := must[order.Order](w.t)(w.mall.orders.Find(w.t.Context(), w.db.Reader(), o.order.ID))
		if now.Status != order.StatusClosed {
			kept = append(kept, o)
		}
	}
	w.orders = kept
}

// buy asks for the deal by its name.
func (w *walk) buy(u id.User, n int64) {
	c := buy(u, w.room, w.product, n)
	c.Deal = w.deal.ID
	o, err := w.place(c)
	left, code := int64(dealUnits)-w.has(id.User{}), ""
	switch {
	case !w.running():
		code = "promotion.deal_over"
	case left == 0:
		code = "promotion.deal_sold_out"
	case n > left:
		code = "promotion.deal_short"
	case n > dealLimit-w.has(u):
		code = "promotion.limit_reached"
	}
	if fault.Code(err) != code || (code == "" && err != nil) {
		w.rt.Fatalf("%d for who has %d of %d left: %v, want %q", n, w.has(u), left, err, code)
	}
	if code == "" {
		if o.DiscountTotal != 500*n {
			w.rt.Fatalf("%d units were %d cheaper", n, o.DiscountTotal)
		}
		w.orders = append(w.orders, took{o, u, n, false})
	}
}

func (w *walk) check() {
	l := w.level()
	if l.Available+l.Reserved+l.Allotted+l.Sold != dealStock || l.Sold != w.sold {
		w.rt.Fatalf("of %d there are %+v, %d are sold", dealStock, l, w.sold)
	}
	if odd := must[[]string](w.t)(promotion.Check(w.t.Context(), w.db.Reader())); len(odd) > 0 {
		w.rt.Fatalf("does not add up: %v", odd)
	}
	if w.over() {
		return
	}
	a := must[promotion.Answer](w.t)(w.tools.Ask(w.t.Context(), w.db.Reader(), promotion.Ask{
		User: w.people[0], Room: w.room, SKUs: []id.SKU{w.product.SKUs[0].ID}, Now: w.clock.Now(),
	}))
	d, offered := a.Deals[w.product.SKUs[0].ID]
	if offered != w.running() || (offered && (d.Left != dealUnits-w.has(id.User{}) ||
		d.BuyerLeft != dealLimit-w.has(w.people[0]))) {
		w.rt.Fatalf("offered %v: %+v; %d are taken, %d by who asks", offered, d, w.has(id.User{}), w.has(w.people[0]))
	}
}

// Each refusal at the door of deals and room prices, and that nothing was set aside.
func TestWhatIsRefusedAtTheDoorOfDeals(t *testing.T) {
	t.Parallel()
	m := open(t)
	d := httpapitest.Open(t, m.clock, m.tools.Module())
	host, clerk, rival, theirs := m.buyer(), m.buyer(), m.buyer(), id.Make[id.Shop](m.db)
	d.Hire(host, m.shop)
	d.Hire(clerk, m.shop, permission.CatalogWrite)
	d.Hire(rival, theirs)
	d.Room(m.room, httpapi.RoomDoor{Shop: m.shop, Mode: httpapi.RoomOpen})
	d.Name("shop", m.shop)
	d.Name("room", m.room)
	d.Strangers()
	p, foreign := m.product(1000, 10), m.productOf(theirs, 1000, 10)
	const deals, prices = "/merchant/{shop}/rooms/{room}/deals", "/merchant/{shop}/rooms/{room}/prices"
	form := func(change object) object {
		out := object{
			"product_id": p.ID, "items": []object{{"sku_id": p.SKUs[0].ID, "price": 500, "quantity": 5}},
			"countdown_seconds": 10, "run_seconds": 60, "limit_per_buyer": 2, "start": true,
		}
		for k, v := range change {
			out[k] = v
		}
		return out
	}
	item := func(sku id.SKU, price, n int64) []object {
		return []object{{"sku_id": sku, "price": price, "quantity": n}}
	}
	sku := p.SKUs[0].ID
	price := func(sku id.SKU, n any) object { return object{"items": []object{{"sku_id": sku, "price": n}}} }
	nowhere := strings.Replace(deals, "{room}", id.Make[id.Room](m.db).String(), 1)
	for name, c := range map[string]struct {
		who    id.User
		status int
		code   string
		target string
		body   any
	}{
		"a clerk": {clerk, 403, "shop.not_staff", "POST " + deals, form(nil)},
		"a rival": {rival, 404, "promotion.no_such_room", "POST " + strings.Replace(deals, "{shop}",
			theirs.String(), 1), form(nil)},
		"another room": {host, 404, "promotion.no_such_room", "POST " + nowhere, form(nil)},
		"another's goods": {
			host, 422, "promotion.no_such_sku", "POST " + deals,
			form(object{"items": item(foreign.SKUs[0].ID, 5, 5)}),
		},
		"another product": {
			host, 422, "promotion.no_such_sku", "POST " + deals,
			form(object{"product_id": foreign.ID}),
		},
		"no cheaper": {
			host, 422, "promotion.bad_deal", "POST " + deals,
			form(object{"items": item(sku, 1000, 5)}),
		},
		"one SKU twice": {
			host, 422, "promotion.bad_deal", "POST " + deals,
			form(object{"items": append(item(sku, 5, 1), item(sku, 6, 1)...)}),
		},
		"more than there is": {
			host, 409, "inventory.insufficient_stock", "POST " + deals,
			form(object{"items": item(sku, 5, 11)}),
		},
		"for nothing": {
			host, 422, "request.invalid", "POST " + deals,
			form(object{"items": item(sku, 0, 5)}),
		},
		"no time": {host, 422, "request.invalid", "POST " + deals, form(object{"run_seconds": 59})},
		"a deal of nobody's": {host, 404, "promotion.no_such_deal", "POST " + deals + "/" + id.Make[id.Deal](m.db).
			String() + "/stop", nil},
		"a price of another's": {host, 422, "promotion.no_such_sku", "PUT " + prices, price(foreign.SKUs[0].ID, 5)},
		"a price of nothing":   {host, 422, "request.invalid", "PUT " + prices, price(sku, 0)},
		"a price beyond any": {
			host, 422, "promotion.bad_price", "PUT " + prices,
			price(sku, int64(promotion.PriceMax)+1),
		},
		"prices, by a clerk": {clerk, 403, "shop.not_staff", "PUT " + prices, price(sku, 5)},
		"prices of another place": {host, 404, "promotion.no_such_room", "GET " + strings.Replace(nowhere, "deals",
			"prices", 1), nil},
	} {
		if got := d.Call(c.who, c.status, c.target, c.body); got.Text("code") != c.code {
			t.Errorf("%s: %s, want %s", name, got.Text("code"), c.code)
		}
	}
	m.wantStock(p, 10, 0, 0, 0)
	for _, list := range []string{deals, prices} {
		if got := d.Call(host, 200, "GET "+list, nil).List("items"); len(got) != 0 {
			t.Errorf("kept: %v", got)
		}
	}
	made := d.Call(host, 201, "POST "+deals, form(nil))
	d.Refuse(host, 409, "promotion.wrong_deal_state", fmt.Sprintf("POST %s/%s/start", deals, made.Text("id")), nil)
	d.Refuse(host, 409, "promotion.deal_overlap", "POST "+deals, form(nil))
	m.LeaveAir()
	planned := d.Call(host, 201, "POST "+deals, form(object{"start": false}))
	d.Refuse(host, 409, "promotion.room_not_on_air", fmt.Sprintf("POST %s/%s/start", deals, planned.Text("id")), nil)
}
