package inventory_test

import (
	"context"
	"strconv"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// TestStockTellsWhatOrdersDoNot has an order pass through, which costs no event here.
func TestStockTellsWhatOrdersDoNot(t *testing.T) {
	db := sqltest.New(t)
	sku := open(t, db, 20)
	items := []inventory.Item{{SKU: sku, Quantity: 3}}
	var slice id.Slice
	for _, step := range []func(ctx context.Context, tx *sqldb.Tx) error{
		func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := inventory.Adjust(ctx, tx, sku, 5, "hand:1", id.Make[id.User](tx), "counted")
			return err
		},
		func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, "o1", items) },
		func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Consume(ctx, tx, "o1", items) },
		func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, "o2", items) },
		func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Release(ctx, tx, "o2", items) },
		func(ctx context.Context, tx *sqldb.Tx) (err error) {
			slice, err = inventory.Allot(ctx, tx, "deal", sku, 4)
			return err
		},
		func(ctx context.Context, tx *sqldb.Tx) error { _, err := inventory.Return(ctx, tx, slice); return err },
		func(ctx context.Context, tx *sqldb.Tx) error { _, err := inventory.Return(ctx, tx, slice); return err },
	} {
		update(t, db, step)
	}
	is := func(available int) string {
		return `inventory.stock_changed {"sku":"` + sku.String() + `","available":` + strconv.Itoa(available) + "}"
	}
	eventstest.Want(t, eventstest.Heard(t, db, inventory.EventStockChanged), is(25), is(18), is(22))
}
