package inventory

import (
	"context"
	"fmt"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Slice is a part of a SKU's stock that is set aside for one purpose. Total =
// Unsold + Reserved + Sold + Returned, always. While it is open its unsold units
// can be reserved by whoever names it, and promises that are taken back return
// to it; once it is closed both are the SKU's again.
type Slice struct {
	ID       id.Slice
	SKU      id.SKU
	Total    int64
	Unsold   int64
	Reserved int64
	Sold     int64
	Returned int64
	Open     bool
}

// Allot moves units out of what anybody may buy into a slice of their own. ref
// names the purpose and is the slice's only one of this SKU. Fault
// inventory.insufficient_stock.
func Allot(ctx context.Context, tx *sqldb.Tx, ref string, sku id.SKU, n int64) (id.Slice, error) {
	if n <= 0 || n > QuantityMax {
		return id.Slice{}, fault.Invalid("inventory.bad_quantity", "max", QuantityMax)
	}
	slice := id.Make[id.Slice](tx)
	// The stock row comes first: whoever else wants the SKU waits there.
	if err := apply(ctx, tx, movement{
		sku: sku, kind: kindAllot, quantity: n, available: -n, allotted: n,
		ref: ref,
	}); err != nil {
		return id.Slice{}, err
	}
	if err := insertSlice(ctx, tx, Slice{ID: slice, SKU: sku, Total: n}, ref); err != nil {
		return id.Slice{}, err
	}
	_, err := changed(ctx, tx, sku)
	return slice, err
}

// Return closes a slice and gives what is left of it back to the SKU; it answers
// how many that were. A slice that is closed already is left alone.
func Return(ctx context.Context, tx *sqldb.Tx, slice id.Slice) (int64, error) {
	if err := lockSlice(ctx, tx, slice); err != nil {
		return 0, err
	}
	found, err := slicesOf(ctx, tx, []id.Slice{slice})
	c, ok := found[slice]
	if err != nil || !ok || !c.Open {
		return 0, err
	}
	if err := closeSlice(ctx, tx, slice); err != nil || c.Unsold == 0 {
		return 0, err
	}
	if err := mustMoveSlice(ctx, tx, slice, sliceChange{unsold: -c.Unsold, returned: c.Unsold}); err != nil {
		return 0, err
	}
	m := movement{
		sku: c.SKU, kind: kindReturn, quantity: c.Unsold, available: c.Unsold, allotted: -c.Unsold,
		ref: slice.String(),
	}
	if err := apply(ctx, tx, m); err != nil {
		return 0, err
	}
	_, err = changed(ctx, tx, c.SKU)
	return c.Unsold, err
}

// Slices reads slices; unknown ones are left out.
func Slices(ctx context.Context, q sqldb.Querier, slices []id.Slice) (map[id.Slice]Slice, error) {
	return slicesOf(ctx, q, slices)
}

// sliceChange is what a guarded update does to a slice.
type sliceChange struct {
	unsold    int64
	reserved  int64
	sold      int64
	returned  int64
	whileOpen bool
}

// mustMoveSlice is for changes that the order's own state allows only once: that
// the slice cannot follow is a defect, not a refusal.
func mustMoveSlice(ctx context.Context, tx *sqldb.Tx, slice id.Slice, c sliceChange) error {
	ok, err := moveSlice(ctx, tx, slice, c)
	if err == nil && !ok {
		err = fmt.Errorf("slice %s does not hold what %+v takes", slice, c)
	}
	return err
}
