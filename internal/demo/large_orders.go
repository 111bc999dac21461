package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// errNoDemo is an installation that demo has not filled.
var errNoDemo = errors.New("this mall is not one that `hawker demo` filled")

// young is how old orders are at the most that still wait for something.
const young = 3 * 24 * time.Hour

// growOrders has some orders placed, paid, sent and received as people do, and copies them. Of the last days some wait
// to be sent or received; of the time before all are over.
func (l Large) growOrders(ctx context.Context, want int) error {
	there, err := multiply.Count(ctx, l.DB.Reader(), "orders")
	if err != nil || there >= want {
		return err
	}
	over, open, err := l.examples(ctx)
	if err != nil {
		return err
	}
	plan := l.plan()
	models := map[bool][]*multiply.Model{}
	for old, list := range map[bool][]id.Checkout{true: over, false: open} {
		for _, c := range list {
			m, err := multiply.Load(ctx, l.DB.Reader(), plan, c.Int())
			if err != nil {
				return err
			}
			models[old] = append(models[old], m)
		}
	}
	all := append(models[true], models[false]...)
	if err := l.provide(ctx, all, int64(want-there)); err != nil {
		return err
	}
	now := l.clock.Now()
	return l.grow(ctx, growth{"orders", "orders", plan, func(n int, at time.Time) multiply.Copy {
		list := all
		if now.Sub(at) > young {
			list = models[true]
		}
		return multiply.Copy{Of: list[n%len(list)]}
	}}, want)
}

// provide has as many units be there as copies will take.
func (l Large) provide(ctx context.Context, models []*multiply.Model, copies int64) error {
	wanted := map[id.SKU]int64{}
	for _, m := range models {
		for sku, units := range m.Total("order_line", "sku_id", "quantity") {
			of := id.FromInt[id.SKU](sku)
			wanted[of] = max(wanted[of], units*copies)
		}
	}
	for sku, units := range wanted {
		err := l.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			levels, err := inventory.Levels(ctx, tx, []id.SKU{sku})
			for left := units - levels[sku].Available; left > 0 && err == nil; left -= inventory.QuantityMax {
				_, err = inventory.Adjust(ctx, tx, sku, min(left, inventory.QuantityMax),
					"demo:"+id.Make[id.Movement](tx).String(), id.User{}, "demo")
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// examples are orders that went as orders go: those that are over, and those that wait for something.
func (l Large) examples(ctx context.Context) (over, open []id.Checkout, err error) {
	b, err := l.buyer(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer l.clock.PutBack(0)
	l.clock.PutBack(l.Distribution.Settings().AfterSale + 24*time.Hour)
	for i, wish := range b.wishes() {
		life := received
		if i == 0 {
			life = cancelled
		}
		c, err := b.order(ctx, wish, life)
		if err != nil {
			return nil, nil, err
		}
		over = append(over, c)
	}
	if err := l.Drain(ctx); err != nil { // the window begins
		return nil, nil, err
	}
	l.clock.PutBack(time.Hour)
	if _, err := l.Distribution.MatureDue(ctx, l.clock.Now(), len(over)); err != nil {
		return nil, nil, err
	}
	for i, life := range []life{paid, paid, sent} {
		c, err := b.order(ctx, b.wishes()[1+i], life)
		if err != nil {
			return nil, nil, err
		}
		open = append(open, c)
	}
	l.clock.PutBack(0)
	return over, open, l.Drain(ctx)
}

// life is how far an order goes.
type life int

const (
	cancelled life = iota
	paid
	sent
	received
)

// customer buys in the demo shop.
type customer struct {
	Large
	user, merchant id.User
	shop           id.Shop
	address        id.Address
	skus           []id.SKU
}

func (l Large) buyer(ctx context.Context) (c customer, err error) {
	c.Large = l
	var shopper, merchant account.User
	if shopper, err = l.Accounts.ByEmail(ctx, Shopper); err != nil {
		return c, err
	}
	if merchant, err = l.Accounts.ByEmail(ctx, Merchant); err != nil {
		return c, err
	}
	c.user, c.merchant = shopper.ID, merchant.ID
	if c.shop, err = l.shopOf(ctx, c.merchant); err != nil {
		return c, err
	}
	book, err := l.Accounts.Addresses(ctx, c.user)
	if err != nil {
		return c, err
	}
	if len(book) == 0 {
		return c, fmt.Errorf("%w: the shopper has no address", errNoDemo)
	}
	c.address = book[0].ID
	first, err := l.firstStall(ctx, c.shop)
	for _, p := range first.products {
		var whole catalog.Product
		if whole, err = l.Catalog.OnSale(ctx, p); err != nil {
			return c, err
		}
		for _, k := range whole.SKUs {
			c.skus = append(c.skus, k.ID)
		}
	}
	return c, err
}

// wishes are what the customer buys, one order each.
func (c customer) wishes() (out [][]checkout.LineRequest) {
	for i := range 8 {
		wish := []checkout.LineRequest{{SKU: c.skus[i%len(c.skus)], Quantity: int64(1 + i%2)}}
		if i%4 == 3 && len(c.skus) > 1 {
			wish = append(wish, checkout.LineRequest{SKU: c.skus[(i+1)%len(c.skus)], Quantity: 1})
		}
		out = append(out, wish)
	}
	return out
}

// order places one and has it go so far.
func (c customer) order(ctx context.Context, wish []checkout.LineRequest, far life) (id.Checkout, error) {
	if err := c.stock(ctx, wish); err != nil {
		return id.Checkout{}, err
	}
	placed, err := c.Checkout.Place(ctx, idem.Fresh("demo"), checkout.Command{
		User: c.user, Lines: wish, Address: c.address,
	})
	if err != nil {
		return id.Checkout{}, err
	}
	o := placed.Orders[0]
	c.clock.Pass(time.Minute)
	if far == cancelled {
		return placed.Checkout, c.Orders.Cancel(ctx, idem.Fresh("demo"), c.user, o)
	}
	if err := c.pay(ctx, o); err != nil || far == paid {
		return placed.Checkout, err
	}
	c.clock.Pass(time.Minute)
	_, err = c.Fulfilment.Ship(ctx, idem.Fresh("demo"), c.merchant, fulfilment.Shipment{
		Order: o, Shop: c.shop, Carrier: "SF", TrackingNumber: "SF1020304050",
	})
	if err != nil || far == sent {
		return placed.Checkout, err
	}
	c.clock.Pass(time.Minute)
	return placed.Checkout, c.Orders.Confirm(ctx, idem.Fresh("demo"), c.user, o)
}

// stock has what is wished for be there.
func (c customer) stock(ctx context.Context, wish []checkout.LineRequest) error {
	for _, w := range wish {
		err := c.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := inventory.Adjust(ctx, tx, w.SKU, w.Quantity, "demo:"+id.Make[id.Movement](tx).String(), c.merchant,
				"demo")
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pay pays at the bank and has the mall ask it.
func (c customer) pay(ctx context.Context, o id.Order) error {
	p, err := c.payments.Start(ctx, idem.Fresh("demo"), payment.Command{
		User: c.user, Order: o, Provider: payment.SandboxName, ReturnURL: "http://localhost/",
	})
	if err != nil {
		return err
	}
	if err := approve(ctx, p.PayURL); err != nil {
		return err
	}
	c.clock.Pass(time.Minute)
	if _, err := c.payments.Poll(ctx, 1); err != nil {
		return err
	}
	got, err := c.Orders.Find(ctx, c.DB.Reader(), o)
	if err == nil && got.Status != order.StatusPaid {
		err = fmt.Errorf("order %s is %s, not paid", o, got.Status)
	}
	return err
}
