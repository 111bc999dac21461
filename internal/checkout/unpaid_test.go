package checkout_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/checkout/checkouttest"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// careful is a shop where little may wait for money.
type careful struct {
	*checkouttest.Market
	orders *order.Service
	sells  *checkout.Service
	people *account.Service
}

func openCareful(t *testing.T) *careful {
	m := checkouttest.New(t)
	c := &careful{Market: m, people: account.New(account.Options{DB: m.DB, Box: m.Box})}
	c.orders = order.New(m.DB, m.Box, order.Terms{PayWithin: 15 * time.Minute, UnpaidMax: 3, UnitsMax: 10})
	c.sells = checkout.New(checkout.Options{
		DB: m.DB, Orders: c.orders, Addresses: m, Attribution: m, Prices: checkout.Prices{Currency: "CNY"},
	})
	return c
}

func (c *careful) buyer(email string) id.User {
	c.T.Helper()
	u, err := c.people.Register(c.T.Context(), account.Registration{
		Email: email, Password: "a long pass phrase", DisplayName: "x",
	})
	if err != nil {
		c.T.Fatal(err)
	}
	return u.ID
}

func (c *careful) buy(u id.User, n int64, goods ...catalog.Product) (checkout.Result, string) {
	var lines []checkout.LineRequest
	for _, p := range goods {
		lines = append(lines, checkout.LineRequest{SKU: p.SKUs[0].ID, Quantity: n})
	}
	r, err := c.sells.Place(c.T.Context(), c.NextKey(), checkout.Command{User: u, Lines: lines})
	if err != nil && fault.As(err) == nil {
		c.T.Error(err)
	}
	return r, fault.Code(err)
}

// One buyer holds a few checkouts and units at a time, of however many shops; what is paid
// or closed counts no more, and others are not touched.
func TestWhatWaitsForMoneyIsLittle(t *testing.T) {
	t.Parallel()
	c := openCareful(t)
	tea, cup := c.Product(100, 1000), c.Product(200, 1000)
	far := c.ProductOf(id.Make[id.Shop](c.DB), 300, 1000)
	one, two := c.buyer("one@example.com"), c.buyer("two@example.com")
	steps := func(u id.User, n int64, want string, goods ...catalog.Product) checkout.Result {
		t.Helper()
		r, code := c.buy(u, n, goods...)
		if code != want {
			t.Errorf("%d units: %q, want %q", n, code, want)
		}
		return r
	}
	steps(one, 11, "order.too_many_units", tea)
	steps(one, 10, "", tea)
	steps(one, 1, "order.too_many_units", tea)
	first := steps(one, 1, "", cup, far) // two orders of one checkout
	if len(first.Orders) != 2 {
		t.Fatalf("%d orders", len(first.Orders))
	}
	steps(one, 1, "", cup)
	steps(one, 1, "order.too_many_unpaid", cup)
	steps(two, 10, "", tea)
	err := c.DB.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		for _, o := range first.Orders {
			full, err := c.orders.Find(ctx, tx, o)
			if err == nil {
				err = c.orders.MarkPaid(ctx, tx, full)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	steps(one, 1, "", cup)
	steps(one, 1, "order.too_many_unpaid", cup)
}

// However many hands one buyer has, what passes is what may.
func TestTwoAtOnceDoNotPassTogether(t *testing.T) {
	t.Parallel()
	c := openCareful(t)
	tea := c.Product(100, 1000)
	u := c.buyer("one@example.com")
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if _, code := c.buy(u, 4, tea); code == "" {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if got := passed.Load(); got != 2 { // 8 of at most 10 units
		t.Errorf("%d orders of 4 units passed", got)
	}
}

// proved are those whose mailbox is theirs.
type proved map[id.User]bool

func (p proved) ByID(_ context.Context, user id.User) (u account.User, err error) {
	if p[user] {
		u.VerifiedAt = sqltest.Start
	}
	return u, nil
}

// Where the operator asks for it, nobody holds stock by an account behind which there is
// no mailbox. What it would cost they may ask.
func TestStockIsHeldByWhoIsProved(t *testing.T) {
	t.Parallel()
	known, of := proved{}, checkouttest.New(t)
	m := marketOf(t, of, of.CheckoutWith(checkout.Tools{Proofs: known}))
	tea := m.Product(1000, 5)
	wish := func() body { return m.order(wanted(tea.SKUs[0].ID, 1)) }
	m.door.Call(m.buyer, 200, "POST /checkout/quote", wanted(tea.SKUs[0].ID, 1))
	m.door.Refuse(m.buyer, 403, "order.verify_first", "POST /orders", wish())
	m.WantStock(tea, 5, 0, 0, 0)
	known[m.buyer] = true
	m.door.Call(m.buyer, 201, "POST /orders", wish())
	m.WantStock(tea, 4, 1, 0, 0)
}
