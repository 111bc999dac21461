package inventory_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

func open(t *testing.T, db *sqldb.DB, initial int64) (sku id.SKU) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		sku = id.Make[id.SKU](tx)
		return inventory.Open(ctx, tx, id.FromInt[id.Shop](1), sku, initial, id.User{})
	})
	return sku
}

func update(t *testing.T, db *sqldb.DB, fn func(ctx context.Context, tx *sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func level(t *testing.T, db *sqldb.DB, sku id.SKU) inventory.Level {
	t.Helper()
	levels, err := inventory.Levels(t.Context(), db.Reader(), []id.SKU{sku})
	if err != nil {
		t.Fatal(err)
	}
	return levels[sku]
}

func wantNoDrift(t *testing.T, db *sqldb.DB) {
	t.Helper()
	drift, err := inventory.Check(t.Context(), db.Reader())
	if err != nil || len(drift) > 0 {
		t.Fatalf("stock does not add up: %+v, %v", drift, err)
	}
}

func TestTwoHundredWantTwenty(t *testing.T) {
	db := sqltest.New(t)
	sku := open(t, db, 20)
	var wg sync.WaitGroup
	var sold, refused atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return inventory.Reserve(ctx, tx, fmt.Sprint("order:", i), []inventory.Item{{SKU: sku, Quantity: 1}})
			})
			switch {
			case err == nil:
				sold.Add(1)
			case fault.Code(err) == "inventory.insufficient_stock":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sold.Load() != 20 || refused.Load() != 180 {
		t.Errorf("%d sold and %d refused, want 20 and 180", sold.Load(), refused.Load())
	}
	if l := level(t, db, sku); l.Available != 0 || l.Reserved != 20 {
		t.Errorf("left with %+v", l)
	}
	wantNoDrift(t, db)
}

func TestReserveIsAllOrNothing(t *testing.T) {
	db := sqltest.New(t)
	plenty, short := open(t, db, 10), open(t, db, 1)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Reserve(ctx, tx, "order:1", []inventory.Item{{SKU: plenty, Quantity: 2}, {SKU: short, Quantity: 2}})
	})
	if f := fault.As(err); f == nil || f.Code != "inventory.insufficient_stock" || f.Params["sku"] != short.String() {
		t.Fatalf("got %v, want insufficient stock of %s", err, short)
	}
	if l := level(t, db, plenty); l.Available != 10 || l.Reserved != 0 {
		t.Errorf("the other SKU was touched: %+v", l)
	}
}

func TestRepeatedStepIsRefused(t *testing.T) {
	db := sqltest.New(t)
	sku := open(t, db, 5)
	items := []inventory.Item{{SKU: sku, Quantity: 1}}
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, "order:1", items) })
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Consume(ctx, tx, "order:1", items) })
	for name, step := range map[string]func(context.Context, *sqldb.Tx, string, []inventory.Item) error{
		"consume": inventory.Consume, "reserve": inventory.Reserve, "release": inventory.Release,
	} {
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return step(ctx, tx, "order:1", items) }); err == nil {
			t.Errorf("%s a second time was taken", name)
		}
	}
	if l := level(t, db, sku); l.Available != 4 || l.Reserved != 0 || l.Sold != 1 {
		t.Errorf("left with %+v", l)
	}
	wantNoDrift(t, db)
}

// TestAnySequenceAddsUp walks random orders through random lives.
func TestAnySequenceAddsUp(t *testing.T) {
	db := sqltest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		start := rapid.Int64Range(0, 30).Draw(rt, "start")
		sku := open(t, db, start)
		reserved := map[string]int64{}
		var sold int64
		for i := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			var ref string
			for r := range reserved {
				ref = r
				break
			}
			step := rapid.SampledFrom([]string{"reserve", "release", "consume"}).Draw(rt, "step")
			if step == "reserve" || ref == "" {
				ref, n := fmt.Sprintf("%s:%d", sku, i), rapid.Int64Range(1, 5).Draw(rt, "n")
				err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
					return inventory.Reserve(ctx, tx, ref, []inventory.Item{{SKU: sku, Quantity: n}})
				})
				if err == nil {
					reserved[ref] = n
				} else if fault.Code(err) != "inventory.insufficient_stock" {
					rt.Fatal(err)
				}
				continue
			}
			item := []inventory.Item{{SKU: sku, Quantity: reserved[ref]}}
			update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
				if step == "release" {
					return inventory.Release(ctx, tx, ref, item)
				}
				return inventory.Consume(ctx, tx, ref, item)
			})
			if step == "consume" {
				sold += reserved[ref]
			}
			delete(reserved, ref)
		}
		var held int64
		for _, n := range reserved {
			held += n
		}
		if l := level(t, db, sku); l.Reserved != held || l.Sold != sold || l.Available != start-held-sold {
			rt.Fatalf("started with %d, sold %d, hold %d, but the row says %+v", start, sold, held, l)
		}
	})
	wantNoDrift(t, db)
}
