package promotion_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/promotion"
)

const shipping = 800

// mall is a shop with a room on air, and everybody who is asked about it.
type mall struct {
	t        *testing.T
	db       *sqldb.DB
	clock    *clock.Manual
	bus      *events.Bus
	orders   *order.Service
	products *catalog.Service
	media    *catalog.Media
	tools    *promotion.Service
	checkout *checkout.Service
	shop     id.Shop
	room     id.Room
	category id.Category
	keys     int

	mu     sync.Mutex
	offAir bool
	news   []map[string]any
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (m *mall) OnAir(_ context.Context, _ sqldb.Querier, room id.Room) (id.Shop, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if room != m.room {
		return id.Shop{}, false, nil
	}
	return m.shop, !m.offAir, nil
}

func (m *mall) Publish(_ context.Context, _ string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var n map[string]any
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.news = append(m.news, n)
	return nil
}

// heard takes the news since the last time.
func (m *mall) heard() []map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.news
	m.news = nil
	return n
}

func (m *mall) ShopRefs(_ context.Context, shops []id.Shop, _ lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	out := map[id.Shop]catalog.ShopRef{}
	for _, s := range shops {
		out[s] = catalog.ShopRef{ID: s, Name: "店"}
	}
	return out, nil
}

// AddressOf gives everybody the same address.
func (m *mall) AddressOf(context.Context, sqldb.Querier, id.User, id.Address) (account.SavedAddress, error) {
	return account.SavedAddress{Address: account.Address{Name: "王", Phone: "1", Region: "云南", Detail: "1 号"}}, nil
}

func (m *mall) Attribute(context.Context, *sqldb.Tx, checkout.Placed) error { return nil }

func open(t *testing.T) *mall {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box := must[*secret.Box](t)(secret.NewBox(make([]byte, secret.KeySize)))
	disk := must[*blob.Disk](t)(blob.NewDisk(t.TempDir()))
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	m := &mall{t: t, db: db, clock: c, bus: events.NewBus(db, log), shop: id.Make[id.Shop](db), room: id.Make[id.Room](db), media: catalog.NewMedia(db, disk)}
	m.products = catalog.New(db, m.media)
	m.orders = order.New(db, box, order.Terms{PayWithin: 15 * time.Minute, ReceiveWithin: 24 * time.Hour})
	m.tools = promotion.New(promotion.Deps{DB: db, Log: log, Catalog: m.products, Shops: m, Rooms: m, News: m, Currency: "CNY"})
	m.orders.Attach(m.tools)
	m.checkout = checkout.New(db, m.orders, m, m, checkout.Prices{Currency: "CNY", Shipping: shipping})
	m.checkout.Attach(checkout.Tools{Promotions: m.tools, HoldDeal: m.tools.Terms.HoldDeal})
	m.tools.Subscribe(m.bus)
	m.category = must[catalog.Category](t)(m.products.AddCategory(t.Context(), lang.Text{lang.Chinese: "茶"})).ID
	return m
}

// product puts a product of one SKU on sale.
func (m *mall) product(price, stock int64) catalog.Product { return m.productOf(m.shop, price, stock) }

func (m *mall) productOf(shop id.Shop, price, stock int64) catalog.Product {
	m.t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		m.t.Fatal(err)
	}
	o := must[catalog.Object](m.t)(m.media.Add(m.t.Context(), shop, &raw))
	p := must[catalog.Product](m.t)(m.products.Create(m.t.Context(), shop, id.User{}, catalog.DraftProduct{
		Title: lang.Text{lang.Chinese: "茶"}, Category: m.category, Pictures: []id.Media{o.ID}, SKUs: []catalog.DraftSKU{{Price: price, Initial: stock}},
	}))
	return must[catalog.Product](m.t)(m.products.SetState(m.t.Context(), shop, p.ID, catalog.OnSale))
}

func (m *mall) key(name string) idem.Key { return idem.Key{Scope: "test", Value: name} }

func (m *mall) nextKey() idem.Key {
	m.keys++
	return m.key(fmt.Sprint("next ", m.keys))
}

func (m *mall) buyer() id.User { return id.Make[id.User](m.db) }

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
	d := must[promotion.Deal](m.t)(m.tools.PlanDeal(m.t.Context(), m.nextKey(), m.deal(p, price, quantity, limit), true))
	m.clock.Advance(10 * time.Second)
	return d
}

func buy(user id.User, room id.Room, p catalog.Product, n int64) checkout.Command {
	return checkout.Command{User: user, Room: room, Wishes: []checkout.Wish{{SKU: p.SKUs[0].ID, Quantity: n}}}
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
	if err := m.db.Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return m.orders.MarkPaid(ctx, tx, o) }); err != nil {
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

// wantStock proves the SKU's row, its movements and what orders wait for.
func (m *mall) wantStock(p catalog.Product, available, reserved, allotted, sold int64) {
	m.t.Helper()
	sku := p.SKUs[0].ID
	levels := must[map[id.SKU]inventory.Level](m.t)(inventory.Levels(m.t.Context(), m.db.Reader(), []id.SKU{sku}))
	if want := (inventory.Level{SKU: sku, Available: available, Reserved: reserved, Allotted: allotted, Sold: sold}); levels[sku] != want {
		m.t.Errorf("stock %+v, want %+v", levels[sku], want)
	}
	if drift := must[[]inventory.Drift](m.t)(inventory.Check(m.t.Context(), m.db.Reader())); len(drift) > 0 {
		m.t.Errorf("stock does not add up: %+v", drift)
	}
	if odd := must[[]order.Unmatched](m.t)(order.UnmatchedReservations(m.t.Context(), m.db.Reader())); len(odd) > 0 {
		m.t.Errorf("promises that no order waits for: %+v", odd)
	}
	if odd := must[[]string](m.t)(promotion.Check(m.t.Context(), m.db.Reader())); len(odd) > 0 {
		m.t.Errorf("promotion does not add up: %v", odd)
	}
}
