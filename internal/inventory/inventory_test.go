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
	t.Parallel()
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
	t.Parallel()
	db := sqltest.New(t)
	plenty, short := open(t, db, 10), open(t, db, 1)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return inventory.Reserve(ctx, tx, "order:1", []inventory.Item{
			{SKU: plenty, Quantity: 2},
			{SKU: short, Quantity: 2},
		})
	})
	if f := fault.As(err); f == nil || f.Code != "inventory.insufficient_stock" || f.Params["sku"] != short.String() {
		t.Fatalf("got %v, want insufficient stock of %s", err, short)
	}
	if l := level(t, db, plenty); l.Available != 10 || l.Reserved != 0 {
		t.Errorf("the other SKU was touched: %+v", l)
	}
}

func TestRepeatedStepIsRefused(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	sku := open(t, db, 5)
	items := []inventory.Item{{SKU: sku, Quantity: 1}}
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, "order:1", items) })
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Consume(ctx, tx, "order:1", items) })
	for name, step := range map[string]func(context.Context, *sqldb.Tx, string, []inventory.Item) error{
		"consume": inventory.Consume, "reserve": inventory.Reserve, "release": inventory.Release,
	} {
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return step(ctx, tx, "order:1",
				items)
		}); err == nil {
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
	t.Parallel()
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

func TestSliceIsSoldFromItselfAndReturnsItsRest(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	sku := open(t, db, 30)
	var slice id.Slice
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		slice, err = inventory.Allot(ctx, tx, "deal:1", sku, 20)
		return err
	})
	if l := level(t, db, sku); l.Available != 10 || l.Allotted != 20 || l.OnHand() != 30 {
		t.Fatalf("allotted: %+v", l)
	}
	item := func(n int64) []inventory.Item { return []inventory.Item{{SKU: sku, Quantity: n, Slice: slice}} }
	step := func(f func(context.Context, *sqldb.Tx, string, []inventory.Item) error, ref string, n int64) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return f(ctx, tx, ref, item(n)) })
	}
	for _, s := range []error{
		step(inventory.Reserve, "order:1", 5), step(inventory.Consume, "order:1", 5),
		step(inventory.Reserve, "order:2", 7), step(inventory.Release, "order:2", 7),
		step(inventory.Reserve, "order:3", 4),
	} {
		if s != nil {
			t.Fatal(s)
		}
	}
	if err := step(inventory.Reserve, "order:4", 12); fault.Code(err) != "inventory.insufficient_stock" {
		t.Errorf("more than the slice has left, though the SKU has: %v", err)
	}
	if l := level(t, db, sku); l != (inventory.Level{SKU: sku, Available: 10, Reserved: 4, Allotted: 11, Sold: 5}) {
		t.Errorf("before the end: %+v", l)
	}
	for _, want := range []int64{11, 0} { // a second closing does nothing
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			if n, err := inventory.Return(ctx, tx, slice); n != want || err != nil {
				t.Errorf("returned %d, %v; want %d", n, err, want)
			}
			return nil
		})
	}
	if err := step(inventory.Reserve, "order:5", 1); fault.Code(err) != "inventory.insufficient_stock" {
		t.Errorf("from a closed slice: %v", err)
	}
	if err := step(inventory.Release, "order:3", 4); err != nil { // comes back after the end: to the SKU
		t.Fatal(err)
	}
	if l := level(t, db, sku); l != (inventory.Level{SKU: sku, Available: 25, Sold: 5}) {
		t.Errorf("at the end: %+v", l)
	}
	slices, err := inventory.Slices(t.Context(), db.Reader(), []id.Slice{slice})
	if want := (inventory.Slice{ID: slice, SKU: sku, Total: 20, Sold: 5, Returned: 15}); err != nil ||
		slices[slice] != want {
		t.Errorf("%+v, %v; want %+v", slices[slice], err, want)
	}
	wantNoDrift(t, db)
}

func TestTwoHundredWantASliceOfTwenty(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	sku := open(t, db, 100)
	var slice id.Slice
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		slice, err = inventory.Allot(ctx, tx, "deal:1", sku, 20)
		return err
	})
	var wg sync.WaitGroup
	var sold atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				return inventory.Reserve(ctx, tx, fmt.Sprint("order:", i),
					[]inventory.Item{{SKU: sku, Quantity: 1, Slice: slice}})
			})
			if err == nil {
				sold.Add(1)
			} else if fault.Code(err) != "inventory.insufficient_stock" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l := level(t, db, sku); sold.Load() != 20 || l.Available != 80 || l.Reserved != 20 || l.Allotted != 0 {
		t.Errorf("%d sold, left with %+v", sold.Load(), l)
	}
	wantNoDrift(t, db)
}
