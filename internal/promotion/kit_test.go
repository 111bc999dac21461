package promotion_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

const shipping = checkouttest.Shipping

// mall is a market with the selling tools.
type mall struct {
	*checkouttest.Market
	t        *testing.T
	db       *sqldb.DB
	clock    *clock.Manual
	bus      *events.Bus
	orders   *order.Service
	products *catalog.Service
	coupons  *coupon.Service
	tools    *promotion.Service
	checkout *checkout.Service
	shop     id.Shop
	room     id.Room
}

func must[T any](t *testing.T) func(v T, err error) T { return checkouttest.Must[T](t) }

func open(t *testing.T) *mall {
	t.Helper()
	k := checkouttest.New(t)
	m := &mall{
		Market: k, t: t, db: k.DB, clock: k.Clock, orders: k.Orders, products: k.Products,
		checkout: k.Checkout, shop: k.Shop, room: k.Room,
	}
	m.coupons = coupon.New(coupon.Deps{
		DB: k.DB, Log: k.Log, Catalog: k.Products, Shops: k, Rooms: k, News: k, Currency: "CNY",
	})
	m.tools = promotion.New(promotion.Deps{
		DB: k.DB, Log: k.Log, Catalog: k.Products, Coupons: m.coupons, Rooms: k, News: k, Currency: "CNY",
	})
	m.checkout = k.CheckoutWith(checkout.Tools{Promotions: m.tools, HoldDeal: m.tools.Terms.HoldDeal})
	m.bus = m.Carry(m.tools.Module())
	return m
}

func (m *mall) heard() []map[string]any { return m.Heard() }

// product puts a product of one SKU on sale.
func (m *mall) product(price, stock int64) catalog.Product {
	m.t.Helper()
	return m.Product(price, stock)
}

func (m *mall) productOf(shop id.Shop, price, stock int64) catalog.Product {
	m.t.Helper()
	return m.ProductOf(shop, price, stock)
}

func (m *mall) key(name string) idem.Key { return idem.Key{Scope: "test", Value: name} }

func (m *mall) nextKey() idem.Key { return m.NextKey() }

func (m *mall) buyer() id.User { return m.User() }

// deal prepares a deal of a product's only SKU.
func (m *mall) deal(p catalog.Product, price, quantity, limit int64) promotion.Deal {
	return promotion.Deal{
		Shop: m.shop, Room: m.room, Product: p.ID, Countdown: 10 * time.Second, Run: 5 * time.Minute, Limit: limit,
		Items: []promotion.DealItem{{SKU: p.SKUs[0].ID, Price: price, Quantity: quantity}},
	}
}

// running starts a deal and lets its countdown pass.
func (m *mall) running(p catalog.Product, price, quantity, limit int64) promotion.Deal {
	m.t.Helper()
	d := must[promotion.Deal](m.t)(m.tools.PlanDeal(m.t.Context(), m.nextKey(), m.deal(p, price, quantity, limit),
		true))
	m.clock.Advance(10 * time.Second)
	return d
}

func buy(user id.User, room id.Room, p catalog.Product, n int64) checkout.Command {
	return checkout.Command{User: user, Room: room, Lines: []checkout.LineRequest{{SKU: p.SKUs[0].ID, Quantity: n}}}
}

func (m *mall) place(c checkout.Command) (order.Order, error) {
	m.t.Helper()
	r, err := m.checkout.Place(m.t.Context(), m.nextKey(), c)
	if err != nil {
		return order.Order{}, err
	}
	return m.orders.Find(m.t.Context(), m.db.Reader(), r.Orders[0])
}

func (m *mall) pay(o order.Order) {
	m.t.Helper()
	if err := m.db.Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return m.orders.MarkPaid(ctx,
			tx, o)
	}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mall) sweep() {
	m.t.Helper()
	if err := m.tools.Sweep(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mall) closeUnpaid() {
	m.t.Helper()
	if _, err := m.orders.Sweep(m.t.Context(), 1000); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mall) wantStock(p catalog.Product, available, reserved, allotted, sold int64) {
	m.t.Helper()
	m.WantStock(p, available, reserved, allotted, sold)
}
