package order_test

import (
	"context"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
)

// A copy of an order has its own number, its own seal and times of its own, and takes its units of stock.
func TestOrdersAreCopied(t *testing.T) {
	t.Parallel()
	k := open(t)
	address := account.Address{Name: "Zhou", Phone: "1", Region: "R", Detail: "D"}
	model := order.Order{
		Checkout: id.Make[id.Checkout](k.db), User: k.buyer, Shop: k.shop, Payable: 100, Currency: "CNY", Address: address,
		Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		c := order.Checkout{ID: model.Checkout, User: k.buyer, Payable: 100, Currency: "CNY", PayBy: tx.Now()}
		if err := order.NewCheckout(ctx, tx, c); err != nil {
			return err
		}
		return k.orders.Create(ctx, tx, &model)
	})
	k.pay(model)
	k.clock.Advance(time.Hour)
	if err := k.ship(model, k.shop); err != nil {
		t.Fatal(err)
	}
	plan := multiply.Join(k.orders.Copied(), fulfilment.Copied())
	m, err := multiply.Load(t.Context(), k.db.Reader(), plan, model.Checkout.Int())
	if err != nil {
		t.Fatal(err)
	}
	if units := m.Total("order_line", "sku_id", "quantity"); units[k.sku.Int()] != 1 || len(units) != 1 {
		t.Errorf("it takes %v", units)
	}
	w, err := multiply.NewWriter(k.db, id.NodeMax)
	if err != nil {
		t.Fatal(err)
	}
	first := k.clock.Now().AddDate(-1, 0, 0)
	var copies []multiply.Copy
	for n := range 99 {
		copies = append(copies, multiply.Copy{Of: m, At: first.Add(time.Duration(n) * time.Minute)})
	}
	if err := w.Write(t.Context(), plan, copies); err != nil {
		t.Fatal(err)
	}
	k.wantStock(0, 0, 100)
	if odd, err := inventory.Check(t.Context(), k.db.Reader()); err != nil || len(odd) > 0 {
		t.Errorf("stock: %+v, %v", odd, err)
	}
	k.wantCopy(first, address)
	if err := w.Write(t.Context(), plan, copies[:1]); !sqldb.IsCheck(err) {
		t.Errorf("one for which nothing is left: %v", err)
	}
}

// wantCopy looks at the oldest order.
func (k *desk) wantCopy(placed time.Time, address account.Address) {
	k.t.Helper()
	var oldest id.Order
	err := k.db.Reader().QueryRow(k.t.Context(), "SELECT MIN(id) FROM orders").Scan(&oldest)
	if err != nil {
		k.t.Fatal(err)
	}
	o := k.find(order.Order{ID: oldest})
	if !o.CreatedAt.Equal(placed) || !o.DueAt.Equal(placed.Add(time.Hour+receiveWithin)) || !o.CompletedAt.IsZero() ||
		o.Address != address || len(o.Lines) != 1 || o.Number != k.orders.Number(oldest.Int(), placed) {
		k.t.Errorf("it is %+v", o)
	}
	steps, err := k.orders.Timeline(k.t.Context(), []id.Order{oldest})
	if err != nil || len(steps[oldest]) != 3 || !steps[oldest][0].At.Equal(placed) {
		k.t.Errorf("its steps are %+v, %v", steps, err)
	}
	parcels, err := k.parcel.ShipmentViews(k.t.Context(), []id.Order{oldest})
	if err != nil || len(parcels[oldest]) != 1 || !parcels[oldest][0].ShippedAt.Equal(placed.Add(time.Hour)) {
		k.t.Errorf("its parcels are %+v, %v", parcels, err)
	}
}
