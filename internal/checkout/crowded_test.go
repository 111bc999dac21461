package checkout_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/inventory"
	"hawker/internal/platform/sqldb"
)

const short = "inventory.insufficient_stock"

// What sold out a moment ago is refused as it was; what was placed is answered again all the
// same, and what is laid out again is sold at once.
func TestWhatACrowdBoughtOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	p := k.product(id.Make[id.Shop](k.db), 100, 2)
	want := func(n int64) checkout.Command {
		return checkout.Command{User: k.buyer, Address: k.address, Lines: []checkout.LineRequest{wish(p, n)}}
	}
	placed := must[checkout.Result](t)(k.place("first", want(1)))
	for i := range 3 { // the first finds out, the others are told
		if _, err := k.place("late"+strconv.Itoa(i), want(2)); fault.Code(err) != short {
			t.Errorf("too many: %v", err)
		}
	}
	if _, err := k.place("last", want(1)); err != nil {
		t.Errorf("the last unit, while others want two: %v", err)
	}
	if again, err := k.place("first", want(1)); err != nil || again.Checkout != placed.Checkout {
		t.Errorf("sent again: %v, %v, want %v", again.Checkout, err, placed.Checkout)
	}
	dear := want(1)
	dear.Expected = new(int64)
	if _, err := k.place("dear", dear); fault.Code(err) != "checkout.price_changed" {
		t.Errorf("what is gone, at another price: %v", err)
	}
	if err := k.db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := inventory.Adjust(ctx, tx, p.SKUs[0].ID, 1, "more", id.User{}, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.place("again", want(1)); err != nil {
		t.Errorf("laid out again: %v", err)
	}
	if left := k.available(p); left != 0 {
		t.Errorf("%d are left", left)
	}
}

// A crowd that sends everything twice gets what there is, each its own.
func TestACrowdThatSendsTwice(t *testing.T) {
	t.Parallel()
	k := open(t)
	const units, wanted = 5, 40
	p := k.product(id.Make[id.Shop](k.db), 100, units)
	var group sync.WaitGroup
	var sold atomic.Int64
	var answers [wanted]sync.Map
	for i := range 2 * wanted {
		group.Go(func() {
			who := i % wanted
			r, err := k.place("buyer"+strconv.Itoa(who), checkout.Command{
				User: k.buyer, Address: k.address, Lines: []checkout.LineRequest{wish(p, 1)},
			})
			switch {
			case err == nil:
				if _, known := answers[who].LoadOrStore(r.Checkout, true); !known {
					sold.Add(1)
				}
			case fault.Code(err) != short:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if sold.Load() != units || k.available(p) != 0 {
		t.Errorf("%d sold, %d left of %d", sold.Load(), k.available(p), units)
	}
}
