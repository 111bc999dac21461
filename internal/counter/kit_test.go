package counter_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// desk is a shop with one buyer, whose orders are made by hand.
type desk struct {
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	orders *order.Service
	parcel *fulfilment.Service
	buyer  id.User
	shop   id.Shop
	sku    id.SKU
	keys   int
}

func open(t *testing.T) *desk {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &desk{
		t: t, db: db, clock: c, buyer: id.Make[id.User](db), shop: id.Make[id.Shop](db),
		sku: id.Make[id.SKU](db),
	}
	k.orders = order.New(db, box, order.Terms{PayWithin: 15 * time.Minute, ReceiveWithin: 240 * time.Hour})
	k.parcel = fulfilment.New(db, k.orders)
	k.update(func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Open(ctx, tx, k.shop, k.sku, 100, id.User{})
	})
	return k
}

func (k *desk) update(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	k.t.Helper()
	if err := k.db.Update(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) place() order.Order {
	k.t.Helper()
	o := order.Order{
		User: k.buyer, Shop: k.shop, Payable: 100, Currency: "CNY",
		Lines: []order.Line{{SKU: k.sku, Quantity: 1, Payable: 100}},
	}
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.Create(ctx, tx, &o) })
	return o
}

func (k *desk) pay(o order.Order) {
	k.t.Helper()
	k.update(func(ctx context.Context, tx *sqldb.Tx) error { return k.orders.MarkPaid(ctx, tx, o) })
}

func (k *desk) key() idem.Key {
	k.keys++
	return idem.Key{Scope: "test", Value: fmt.Sprint(k.keys)}
}

func (k *desk) ship(o order.Order, shop id.Shop) error {
	_, err := k.parcel.Ship(k.t.Context(), k.key(), id.User{}, fulfilment.Shipment{
		Order: o.ID, Shop: shop,
		Carrier: "SF", TrackingNumber: "1",
	})
	return err
}
