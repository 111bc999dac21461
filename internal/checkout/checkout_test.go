package checkout_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/checkout"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/order"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

const shipping = 800

// attribution records whom the checkout asks about, and refuses on demand.
type attribution struct {
	placed map[id.Order]string // by which code they came
	refuse error
}

func (e *attribution) AttributeOrder(_ context.Context, _ *sqldb.Tx, p order.Placement) error {
	e.placed[p.Order.ID] = p.RefCode
	return e.refuse
}

type till struct {
	t           *testing.T
	db          *sqldb.DB
	clock       *clock.Manual
	accounts    *account.Service
	products    *catalog.Service
	media       *picture.Service
	orders      *order.Service
	carts       *cart.Service
	service     *checkout.Service
	attribution *attribution
	buyer       id.User
	address     id.Address
	category    id.Category
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

func open(t *testing.T) *till {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box := must[*secret.Box](t)(secret.NewBox(make([]byte, secret.KeySize)))
	disk := must[*blob.Disk](t)(blob.NewDisk(t.TempDir()))
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &till{
		t: t, db: db, clock: c, attribution: &attribution{placed: map[id.Order]string{}}, buyer: id.Make[id.User](db),
		media: picture.New(db,
			disk), carts: cart.New(db),
	}
	k.accounts = account.New(account.Options{DB: db, Box: box})
	k.products = catalog.New(db, k.media)
	k.orders = order.New(db, box, order.Terms{PayWithin: 15 * time.Minute, ReceiveWithin: 24 * time.Hour})
	k.service = checkout.New(checkout.Options{
		DB: db, Orders: k.orders, Addresses: k.accounts, Attribution: k.attribution,
		Prices: checkout.Prices{
			Currency: "CNY",
			Shipping: shipping,
		},
	})
	k.category = must[category.Category](t)(category.New(k.db).Add(t.Context(), lang.Text{lang.Chinese: "茶"})).ID
	a := account.SavedAddress{Address: account.Address{Name: "王", Phone: "13800000000", Region: "云南", Detail: "1 号"}}
	k.address = must[account.SavedAddress](t)(k.accounts.SaveAddress(t.Context(), k.buyer, a)).ID
	return k
}

// product puts a product of one SKU on sale.
func (k *till) product(shop id.Shop, price, stock int64) catalog.Product {
	k.t.Helper()
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		k.t.Fatal(err)
	}
	o := must[picture.Object](k.t)(k.media.Add(k.t.Context(), shop, &raw))
	p := must[catalog.Product](k.t)(k.products.Create(k.t.Context(), shop, id.User{}, listing.Listing{
		Title: lang.Text{lang.Chinese: "茶"}, Category: k.category, Pictures: []id.Media{o.ID},
		SKUs: []listing.SKU{{Price: price, Initial: stock}},
	}))
	return must[catalog.Product](k.t)(k.products.SetState(k.t.Context(), shop, p.ID, catalog.OnSale))
}

func (k *till) place(key string, c checkout.Command) (checkout.Result, error) {
	k.t.Helper()
	if c.User.IsZero() {
		c.User, c.Address = k.buyer, k.address
	}
	return k.service.Place(k.t.Context(), must[idem.Key](k.t)(idem.NewKey("place", c.User.String(), key, c)), c)
}

func (k *till) available(p catalog.Product) int64 {
	k.t.Helper()
	levels := must[map[id.SKU]inventory.Level](k.t)(inventory.Levels(k.t.Context(), k.db.Reader(),
		[]id.SKU{p.SKUs[0].ID}))
	return levels[p.SKUs[0].ID].Available
}

func wish(p catalog.Product, n int64) checkout.LineRequest {
	return checkout.LineRequest{SKU: p.SKUs[0].ID, Quantity: n}
}

func TestOneOrderForEachShopAndThePriceThatWasQuoted(t *testing.T) {
	t.Parallel()
	k := open(t)
	here, there := k.product(id.Make[id.Shop](k.db), 6900, 10), k.product(id.Make[id.Shop](k.db), 100, 10)
	lines := []checkout.LineRequest{wish(there, 1), wish(here, 2), wish(there, 2)}
	q := must[checkout.Quote](t)(k.service.Quote(t.Context(), checkout.Command{User: k.buyer, Lines: lines}))
	if q.Goods != 2*6900+3*100 || q.Payable != q.Goods+2*shipping || len(q.Groups) != 2 {
		t.Fatalf("quoted %+v", q)
	}
	for _, line := range lines {
		if _, err := k.carts.Add(t.Context(), k.buyer, line.SKU, line.Quantity); err != nil {
			t.Fatal(err)
		}
	}
	r := must[checkout.Result](t)(k.place("k1", checkout.Command{Lines: lines, FromCart: true, RefCode: "ref"}))
	list := must[[]order.Order](t)(k.orders.OfCheckout(t.Context(), k.db.Reader(), r.Checkout))
	if len(list) != 2 || r.Payable != q.Payable || !r.PayBy.Equal(k.clock.Now().Add(15*time.Minute)) {
		t.Fatalf("placed %+v", r)
	}
	var sum int64
	for _, o := range list {
		sum += o.Payable
		var lines int64
		for _, l := range o.Lines {
			lines += l.Payable
		}
		if o.Payable != lines+o.ShippingTotal || o.Status != order.StatusPendingPayment || o.Address.Name != "王" ||
			len(o.Lines) != 1 {
			t.Errorf("order %+v", o)
		}
	}
	if sum != q.Payable {
		t.Errorf("the orders cost %d, the checkout %d", sum, q.Payable)
	}
	if k.available(here) != 8 || k.available(there) != 7 {
		t.Errorf("left: %d and %d", k.available(here), k.available(there))
	}
	if items := must[[]cart.Item](t)(k.carts.List(t.Context(), k.buyer)); len(items) != 0 {
		t.Errorf("still in the cart: %+v", items)
	}
	for _, o := range list {
		if code, asked := k.attribution.placed[o.ID]; !asked || code != "ref" {
			t.Errorf("who earns on %s was asked: %v, by the code %q", o.ID, asked, code)
		}
	}
}

func TestThePriceIsKeptWhenTheProductChanges(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.product(id.Make[id.Shop](k.db), 6900, 10)
	r := must[checkout.Result](t)(k.place("k1", checkout.Command{Lines: []checkout.LineRequest{wish(p, 1)}}))
	_, err := k.products.Change(t.Context(), p.Shop, id.User{}, p.ID, listing.Listing{
		Title: lang.Text{lang.Chinese: "别的"}, Category: k.category,
		SKUs: []listing.SKU{{ID: p.SKUs[0].ID, Price: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := must[order.Order](t)(k.orders.Find(t.Context(), k.db.Reader(), r.Orders[0]))
	if o.Payable != 6900+shipping || o.Lines[0].Title.In(lang.Chinese) != "茶" {
		t.Errorf("the order became %+v", o)
	}
}

func TestSentTwicePlacedOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.product(id.Make[id.Shop](k.db), 100, 10)
	c := checkout.Command{Lines: []checkout.LineRequest{wish(p, 2)}}
	results := make([]checkout.Result, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			r, err := k.place("same", c)
			if err != nil {
				t.Error(err)
			}
			results[i] = r
		})
	}
	wg.Wait()
	for _, r := range results {
		if r.Checkout != results[0].Checkout || len(r.Orders) != 1 || r.Orders[0] != results[0].Orders[0] {
			t.Errorf("two answers: %+v and %+v", r, results[0])
		}
	}
	if k.available(p) != 8 {
		t.Errorf("%d left of 10", k.available(p))
	}
	c.Note = "other"
	if _, err := k.place("same", c); fault.Code(err) != "request.idempotency_key_reused" {
		t.Errorf("other content under the same key: %v", err)
	}
}

func TestWhatCannotBePlacedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	k := open(t)
	shop := id.Make[id.Shop](k.db)
	p, off := k.product(shop, 100, 10), k.product(shop, 100, 10)
	if _, err := k.products.SetState(t.Context(), shop, off.ID, catalog.OffSale); err != nil {
		t.Fatal(err)
	}
	many := make([]checkout.LineRequest, 51)
	for i := range many {
		many[i] = wish(p, 1)
	}
	for _, c := range []struct {
		name    string
		command checkout.Command
		code    string
	}{
		{"nothing", checkout.Command{}, "checkout.empty"},
		{"51 lines", checkout.Command{Lines: many}, "checkout.too_many_lines"},
		{"none of it", checkout.Command{Lines: []checkout.LineRequest{wish(p, 0)}}, "cart.bad_quantity"},
		{
			"less than none",
			checkout.Command{Lines: []checkout.LineRequest{wish(p, 3), wish(p, -2)}},
			"cart.bad_quantity",
		},
		{
			"off sale",
			checkout.Command{Lines: []checkout.LineRequest{wish(p, 1), wish(off, 1)}},
			"checkout.not_for_sale",
		},
		{
			"unknown",
			checkout.Command{Lines: []checkout.LineRequest{{SKU: id.Make[id.SKU](k.db), Quantity: 1}}},
			"checkout.not_for_sale",
		},
		{
			"more than there are",
			checkout.Command{Lines: []checkout.LineRequest{wish(p, 6), wish(p, 5)}},
			"inventory.insufficient_stock",
		},
		{
			"a long note",
			checkout.Command{Lines: []checkout.LineRequest{wish(p, 1)}, Note: strings.Repeat("好", 201)},
			"checkout.note_too_long",
		},
		{"somebody's address", checkout.Command{
			User: id.Make[id.User](k.db), Address: k.address,
			Lines: []checkout.LineRequest{wish(p, 1)},
		}, "account.no_address"},
	} {
		if _, err := k.place(c.name, c.command); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	k.attribution.refuse = fault.Conflict("test.refused")
	if _, err := k.place("refused", checkout.Command{Lines: []checkout.LineRequest{wish(p, 1)}}); fault.Code(
		err) != "test.refused" {
		t.Error(err)
	}
	if k.available(p) != 10 {
		t.Errorf("%d left of 10", k.available(p))
	}
	k.attribution.refuse = nil
	if _, err := k.place("refused", checkout.Command{Lines: []checkout.LineRequest{wish(p, 1)}}); err != nil {
		t.Errorf("a refusal was kept under its key: %v", err)
	}
}

func TestACartLooksAgain(t *testing.T) {
	t.Parallel()
	k := open(t)
	shop := id.Make[id.Shop](k.db)
	p := k.product(shop, 100, 5)
	ctx, sku := t.Context(), p.SKUs[0].ID
	it := must[cart.Item](t)(k.carts.Add(ctx, k.buyer, sku, 2))
	if again := must[cart.Item](t)(k.carts.Add(ctx, k.buyer, sku, 3)); again.ID != it.ID || again.Quantity != 5 ||
		again.Invalid() != "" {
		t.Errorf("added on top: %+v", again)
	}
	if _, err := k.carts.Add(ctx, k.buyer, sku, cart.QuantityMax); fault.Code(err) != "cart.bad_quantity" {
		t.Errorf("above the most: %v", err)
	}
	if _, err := k.carts.SetQuantity(ctx, id.Make[id.User](k.db), it.ID, 1); fault.Code(err) != "cart.no_such_item" {
		t.Errorf("a stranger changes it: %v", err)
	}
	if err := k.carts.Drop(ctx, id.Make[id.User](k.db), it.ID); err != nil {
		t.Error(err)
	}
	must[checkout.Result](t)(k.place("k", checkout.Command{Lines: []checkout.LineRequest{wish(p, 1)}}))
	if items := must[[]cart.Item](t)(k.carts.List(ctx, k.buyer)); len(items) != 1 ||
		items[0].Invalid() != cart.InvalidSoldOut || items[0].Available != 4 {
		t.Errorf("after somebody bought: %+v", items)
	}
	must[catalog.Product](t)(k.products.SetState(ctx, shop, p.ID, catalog.OffSale))
	if items := must[[]cart.Item](t)(k.carts.List(ctx, k.buyer)); items[0].Invalid() != cart.InvalidOffSale {
		t.Errorf("off sale: %+v", items)
	}
	if _, err := k.carts.Add(ctx, k.buyer, sku, 1); fault.Code(err) != "cart.no_such_sku" {
		t.Errorf("adding what is off sale: %v", err)
	}
}
