// Package checkouttest opens a shop for tests of what sells: a real store with
// products, stock, orders and a checkout, one room, and somebody to answer what
// modules ask of each other.
package checkouttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/checkout"
	"hawker/internal/coupon"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/promotion"
)

// Shipping is what an order pays for being sent, in minor units.
const Shipping = 800

// Market is a shop with a room on air, and everybody who is asked about it.
type Market struct {
	Bus      *events.Bus // set by Carry
	T        *testing.T
	DB       *sqldb.DB
	Clock    *clock.Manual
	Log      *slog.Logger
	Box      *secret.Box
	Products *catalog.Service
	Orders   *order.Service
	Checkout *checkout.Service
	Shop     id.Shop
	Room     id.Room

	media    *picture.Service
	category id.Category
	keys     atomic.Int64
	mu       sync.Mutex
	offAir   bool
	since    time.Time // when it left a rehearsal
	news     []map[string]any
	notices  []string
}

// Must gives a value that is there, or ends the test.
func Must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// New opens the shop; it closes with the test.
func New(t *testing.T) *Market {
	t.Helper()
	db, c := sqltest.NewManual(t)
	disk := Must[*blob.Disk](t)(blob.NewDisk(t.TempDir()))
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	m := &Market{
		T: t, DB: db, Clock: c, Log: log, Box: Must[*secret.Box](t)(secret.NewBox(make([]byte, secret.KeySize))),
		Shop: id.Make[id.Shop](db), Room: id.Make[id.Room](db), media: picture.New(db, disk),
	}
	m.Products = catalog.New(db, m.media)
	m.Orders = order.New(db, m.Box, order.Terms{PayWithin: 15 * time.Minute, ReceiveWithin: 24 * time.Hour},
		coupon.Book(), promotion.Book(), luckybag.Book())
	m.Checkout = m.CheckoutWith(checkout.Tools{})
	m.category = Must[category.Category](t)(category.New(m.DB).Add(t.Context(), lang.Text{lang.Chinese: "茶"})).ID
	return m
}

// CheckoutWith makes a checkout that also sells with these tools.
func (m *Market) CheckoutWith(tools checkout.Tools) *checkout.Service {
	return checkout.New(checkout.Options{
		DB: m.DB, Orders: m.Orders, Addresses: m, Attribution: m,
		Prices: checkout.Prices{Currency: "CNY", Shipping: Shipping}, Tools: tools,
	})
}

// Carry makes the bus that carries what happens in the shop to these modules.
func (m *Market) Carry(modules ...module.Module) *events.Bus {
	var subs []events.Subscription
	for _, b := range modules {
		subs = append(subs, b.Subscriptions...)
	}
	m.Bus = events.NewBus(m.DB, supervise.New(m.Log, m.Clock), subs...)
	return m.Bus
}

// LeaveAir ends the room's show.
func (m *Market) LeaveAir() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offAir = true
}

// OnAir answers whose the room is and whether its show runs.
func (m *Market) OnAir(_ context.Context, _ sqldb.Querier, room id.Room) (id.Shop, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if room != m.Room {
		return id.Shop{}, false, nil
	}
	return m.Shop, !m.offAir, nil
}

// LeaveRehearsal forgets that the room was on air until now: it was a rehearsal.
func (m *Market) LeaveRehearsal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since = m.Clock.Now()
}

// Aired tells whether the room was on air at a time, unless in a rehearsal that it left.
func (m *Market) Aired(_ context.Context, _ sqldb.Querier, room id.Room, at time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return room == m.Room && at.After(m.since), nil
}

// OnAirTo is OnAir: the room is everybody's.
func (m *Market) OnAirTo(ctx context.Context, q sqldb.Querier, room id.Room, _ id.User) (id.Shop, bool, error) {
	return m.OnAir(ctx, q, room)
}

// Publish keeps what rooms are told.
func (m *Market) Publish(_ context.Context, _ string, v any) error {
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

// Send keeps what people's inboxes are told.
func (m *Market) Send(_ context.Context, users []id.User, kind, ref string, _ any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range users {
		m.notices = append(m.notices, kind+" "+ref+" to "+u.String())
	}
	return nil
}

// Noticed delivers what happened and gives what inboxes were told until now, in
// the order of the words.
func (m *Market) Noticed() []string {
	m.T.Helper()
	if err := m.Bus.Drain(m.T.Context()); err != nil {
		m.T.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(slices.Values(m.notices))
}

// Heard takes the news since the last time.
func (m *Market) Heard() []map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.news
	m.news = nil
	return n
}

// Last is what the newest news say of a thing, by its field.
func (m *Market) Last(field string) map[string]any {
	m.T.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.news) == 0 {
		m.T.Fatal("no news")
	}
	of, _ := m.news[len(m.news)-1][field].(map[string]any)
	return of
}

// ShopRefs names shops.
func (m *Market) ShopRefs(_ context.Context, shops []id.Shop, _ lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	out := map[id.Shop]catalog.ShopRef{}
	for _, s := range shops {
		out[s] = catalog.ShopRef{ID: s, Name: "店"}
	}
	return out, nil
}

// AddressOf gives everybody the same address.
func (m *Market) AddressOf(context.Context, sqldb.Querier, id.User, id.Address) (account.SavedAddress, error) {
	return account.SavedAddress{Address: account.Address{Name: "王", Phone: "1", Region: "云南", Detail: "1 号"}}, nil
}

// DisplayNames calls everybody the same.
func (m *Market) DisplayNames(_ context.Context, users []id.User) (map[id.User]string, error) {
	out := map[id.User]string{}
	for _, u := range users {
		out[u] = "王小明"
	}
	return out, nil
}

// AttributeOrder lets nobody earn.
func (m *Market) AttributeOrder(context.Context, *sqldb.Tx, order.Placement) error { return nil }

// User is somebody new.
func (m *Market) User() id.User { return id.Make[id.User](m.DB) }

// NextKey names a new intent.
func (m *Market) NextKey() idem.Key {
	return idem.Key{Scope: "test", Value: fmt.Sprintf("intent-%06d", m.keys.Add(1))}
}

// Product puts a product of one SKU on sale in the shop.
func (m *Market) Product(price, stock int64) catalog.Product {
	m.T.Helper()
	return m.ProductOf(m.Shop, price, stock)
}

// ProductOf puts one on sale in any shop.
func (m *Market) ProductOf(shop id.Shop, price, stock int64) catalog.Product {
	m.T.Helper()
	return m.sell(shop, listing.Listing{SKUs: []listing.SKU{{Price: price, Initial: stock}}})
}

// Colours puts a product of n colours on sale, "色0" first, a SKU of each.
func (m *Market) Colours(n int, price, stock int64) catalog.Product {
	m.T.Helper()
	return m.sell(m.Shop, colours(n, func(int) listing.SKU {
		return listing.SKU{
			Price:   price,
			Initial: stock,
		}
	}))
}

func colours(n int, sku func(i int) listing.SKU) listing.Listing {
	d := listing.Listing{Options: []listing.Option{{Name: lang.Text{lang.Chinese: "颜色"}}}}
	for i := range n {
		d.Options[0].Values = append(d.Options[0].Values, lang.Text{lang.Chinese: fmt.Sprintf("色%d", i)})
		k := sku(i)
		k.Choice = []int{i}
		d.SKUs = append(d.SKUs, k)
	}
	return d
}

// DropColour is a merchant's ordinary edit of what Colours has made: its last
// colour is no more. The answer is the SKU that was of that colour.
func (m *Market) DropColour(p catalog.Product) catalog.SKU {
	m.T.Helper()
	last := len(p.SKUs) - 1
	d := colours(last, func(i int) listing.SKU {
		return listing.SKU{ID: p.SKUs[i].ID, Price: p.SKUs[i].Price}
	})
	d.Title, d.Category = p.Title, p.Category
	for _, o := range p.Pictures {
		d.Pictures = append(d.Pictures, o.ID)
	}
	Must[catalog.Product](m.T)(m.Products.Change(m.T.Context(), p.Shop, id.User{}, p.ID, d))
	return p.SKUs[last]
}

func (m *Market) sell(shop id.Shop, d listing.Listing) catalog.Product {
	m.T.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		m.T.Fatal(err)
	}
	ctx := m.T.Context()
	o := Must[picture.Object](m.T)(m.media.Add(ctx, shop, &raw))
	d.Title, d.Category, d.Pictures = lang.Text{lang.Chinese: "茶"}, m.category, []id.Media{o.ID}
	p := Must[catalog.Product](m.T)(m.Products.Create(ctx, shop, id.User{}, d))
	return Must[catalog.Product](m.T)(m.Products.SetState(ctx, shop, p.ID, catalog.OnSale))
}

// Any is a number of units that WantStock does not look at.
const Any = -1

// WantStock proves a product's only row of stock, its movements, what orders wait
// for and what promotions keep.
func (m *Market) WantStock(p catalog.Product, available, reserved, allotted, sold int64) {
	m.T.Helper()
	ctx, q, sku := m.T.Context(), m.DB.Reader(), p.SKUs[0].ID
	got := Must[map[id.SKU]inventory.Level](m.T)(inventory.Levels(ctx, q, []id.SKU{sku}))[sku]
	if sold == Any {
		sold = got.Sold
	}
	if want := (inventory.Level{
		SKU: sku, Available: available, Reserved: reserved, Allotted: allotted,
		Sold: sold,
	}); got != want {
		m.T.Errorf("stock %+v, want %+v", got, want)
	}
	if drift := Must[[]inventory.Drift](m.T)(inventory.Check(ctx, q)); len(drift) > 0 {
		m.T.Errorf("stock does not add up: %+v", drift)
	}
	if odd := Must[[]order.Unmatched](m.T)(order.UnmatchedReservations(ctx, q)); len(odd) > 0 {
		m.T.Errorf("promises that no order waits for: %+v", odd)
	}
	for _, check := range slices.Concat(coupon.Checks(), promotion.Checks()) {
		if odd := Must[[]string](m.T)(check.Run(ctx, q)); len(odd) > 0 {
			m.T.Errorf("%s: %v", check.Name, odd)
		}
	}
}
