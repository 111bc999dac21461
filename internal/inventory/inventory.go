// Package inventory owns stock. For each SKU on hand = available + reserved +
// allotted; no unit is promised twice; every change is a movement row with what
// caused it, so the sums can be proved (Check). Allotted are the units of slices:
// set aside for a flash deal, a lot or a prize, and sold from there only. It is
// called inside the transaction of whoever owns the process (checkout, payment,
// order): the functions here take it.
package inventory

import (
	"cmp"
	"context"
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Level is the stock of one SKU, in units.
type Level struct {
	SKU       id.SKU
	Available int64
	Reserved  int64
	Allotted  int64
	Sold      int64
}

// OnHand is what is on the shelf, promised or not.
func (l Level) OnHand() int64 { return l.Available + l.Reserved + l.Allotted }

// Item is a number of units of one SKU, of a slice of it if one is named.
type Item struct {
	SKU      id.SKU
	Quantity int64
	Slice    id.Slice
}

// QuantityMax bounds one change of stock, in units.
const QuantityMax = 1_000_000

type kind string

// Kinds of movement. (SKU, ref, kind) is unique, so a step repeated for the same
// cause changes nothing twice.
const (
	kindAdjust  kind = "adjust"
	kindReserve kind = "reserve"
	kindRelease kind = "release"
	kindConsume kind = "consume"
	kindAllot   kind = "allot"
	kindReturn  kind = "return"
)

type movement struct {
	sku       id.SKU
	kind      kind
	quantity  int64
	available int64 // deltas
	reserved  int64
	allotted  int64
	sold      int64
	ref       string
	actor     id.User
	reason    string
}

// Open starts the stock row of a new SKU.
func Open(ctx context.Context, tx *sqldb.Tx, shop id.Shop, sku id.SKU, initial int64, actor id.User) error {
	if initial < 0 || initial > QuantityMax {
		return fault.Invalid("inventory.bad_quantity", "max", QuantityMax)
	}
	if err := insertStock(ctx, tx, shop, sku); err != nil || initial == 0 {
		return err
	}
	return apply(ctx, tx, movement{
		sku: sku, kind: kindAdjust, quantity: initial, available: initial,
		ref: openRef(sku), actor: actor, reason: "initial",
	})
}

// openRef names the first movement of a SKU.
func openRef(sku id.SKU) string { return "open:" + sku.String() }

// Adjust adds or takes units by hand; ref names the command, so a repeat is the
// same change. Fault inventory.insufficient_stock when fewer are available.
func Adjust(ctx context.Context, tx *sqldb.Tx, sku id.SKU, delta int64, ref string, actor id.User,
	reason string,
) (Level, error) {
	if delta == 0 || delta > QuantityMax || delta < -QuantityMax {
		return Level{}, fault.Invalid("inventory.bad_quantity", "max", QuantityMax)
	}
	err := apply(ctx, tx, movement{
		sku: sku, kind: kindAdjust, quantity: max(delta, -delta), available: delta, ref: ref,
		actor: actor, reason: reason,
	})
	if err != nil {
		return Level{}, err
	}
	return changed(ctx, tx, sku)
}

// Reserve promises units to an order. All or none: fault
// inventory.insufficient_stock names the SKU that is short, and the slice if it
// was to come from one.
func Reserve(ctx context.Context, tx *sqldb.Tx, ref string, items []Item) error {
	return each(items, func(i Item) error {
		m := movement{
			sku: i.SKU, kind: kindReserve, quantity: i.Quantity, available: -i.Quantity, reserved: i.Quantity,
			ref: ref,
		}
		if !i.Slice.IsZero() {
			m.available, m.allotted = 0, -i.Quantity
			ok, err := moveSlice(ctx, tx, i.Slice, sliceChange{
				unsold: -i.Quantity, reserved: i.Quantity,
				whileOpen: true,
			})
			if err != nil {
				return err
			}
			if !ok {
				return short(i)
			}
		}
		return apply(ctx, tx, m)
	})
}

// Release takes a promise back: to its slice while that is open, else to what
// anybody may buy.
func Release(ctx context.Context, tx *sqldb.Tx, ref string, items []Item) error {
	return each(items, func(i Item) error {
		m := movement{
			sku: i.SKU, kind: kindRelease, quantity: i.Quantity, available: i.Quantity, reserved: -i.Quantity,
			ref: ref,
		}
		if !i.Slice.IsZero() {
			open, err := moveSlice(ctx, tx, i.Slice, sliceChange{
				unsold: i.Quantity, reserved: -i.Quantity,
				whileOpen: true,
			})
			if err != nil {
				return err
			}
			if open {
				m.available, m.allotted = 0, i.Quantity
			} else if err := mustMoveSlice(ctx, tx, i.Slice, sliceChange{
				returned: i.Quantity,
				reserved: -i.Quantity,
			}); err != nil {
				return err
			}
		}
		return apply(ctx, tx, m)
	})
}

// Consume turns a promise into a sale.
func Consume(ctx context.Context, tx *sqldb.Tx, ref string, items []Item) error {
	return each(items, func(i Item) error {
		if !i.Slice.IsZero() {
			if err := mustMoveSlice(ctx, tx, i.Slice, sliceChange{sold: i.Quantity, reserved: -i.Quantity}); err !=
				nil {
				return err
			}
		}
		return apply(ctx, tx, movement{
			sku: i.SKU, kind: kindConsume, quantity: i.Quantity, reserved: -i.Quantity,
			sold: i.Quantity, ref: ref,
		})
	})
}

// each goes through the items in id order, so that two transactions that want
// the same rows meet in the same order.
func each(items []Item, f func(Item) error) error {
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b Item) int { return cmp.Compare(a.SKU.Int(), b.SKU.Int()) })
	for _, i := range sorted {
		if i.Quantity <= 0 || i.Quantity > QuantityMax {
			return fault.Invalid("inventory.bad_quantity", "max", QuantityMax)
		}
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

// apply is the only way stock changes: one guarded update and one movement.
func apply(ctx context.Context, tx *sqldb.Tx, m movement) error {
	ok, err := moveStock(ctx, tx, m)
	if err != nil {
		return err
	}
	if !ok {
		return short(Item{SKU: m.sku})
	}
	return insertMovement(ctx, tx, m)
}

// Levels reads the stock of SKUs; an unknown SKU has none.
func Levels(ctx context.Context, q sqldb.Querier, skus []id.SKU) (map[id.SKU]Level, error) {
	return levelsOf(ctx, q, skus)
}

// Low counts SKUs of a shop with at most limit units available, up to most of them.
func Low(ctx context.Context, q sqldb.Querier, shop id.Shop, limit int64, most int) (int, error) {
	return countLow(ctx, q, shop, limit, most)
}

// Enough reports whether all items could be reserved now, each from its slice if
// it names one.
func Enough(ctx context.Context, q sqldb.Querier, items []Item) (bool, error) {
	err := Admit(ctx, q, items)
	if fault.Code(err) == insufficient {
		return false, nil
	}
	return err == nil, err
}

// Admit refuses items as Reserve would now, and takes none. Fault
// inventory.insufficient_stock.
func Admit(ctx context.Context, q sqldb.Querier, items []Item) error {
	skus := make([]id.SKU, len(items))
	for i, it := range items {
		skus[i] = it.SKU
	}
	levels, err := levelsOf(ctx, q, skus)
	if err != nil {
		return err
	}
	for _, i := range items {
		free := levels[i.SKU].Available
		if !i.Slice.IsZero() {
			slices, err := slicesOf(ctx, q, []id.Slice{i.Slice})
			if err != nil {
				return err
			}
			if free = 0; slices[i.Slice].Open {
				free = slices[i.Slice].Unsold
			}
		}
		if free < i.Quantity {
			return short(i)
		}
	}
	return nil
}

const insufficient = "inventory.insufficient_stock"

// short names what there is too little of.
func short(i Item) error {
	if i.Slice.IsZero() {
		return fault.Conflict(insufficient, "sku", i.SKU)
	}
	return fault.Conflict(insufficient, "sku", i.SKU, "slice", i.Slice)
}

// Drift is a SKU whose row is not the sum of its movements, or whose allotted
// units are not those of its slices.
type Drift struct {
	SKU    id.SKU
	Row    Level
	Sums   Level
	Slices int64 // unsold units of the SKU's slices
}

// Check proves every stock row against its movements and its slices.
func Check(ctx context.Context, q sqldb.Querier) ([]Drift, error) { return driftOf(ctx, q) }
