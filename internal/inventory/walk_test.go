package inventory_test

import (
	"context"
	"fmt"
	"math"
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

// promise is units that somebody waits for, of a slice or of what anybody may buy.
type promise struct {
	ref   string
	n     int64
	slice int // index of the slice, -1: none
}

// shelf goes at random through the life of one SKU and its slices, beside a naive
// count of them.
type shelf struct {
	rt     *rapid.T
	db     *sqldb.DB
	ctx    context.Context
	sku    id.SKU
	refs   int
	want   inventory.Level
	slices []inventory.Slice
	waits  []promise
}

// TestSlicesUnderAnything: units that are set aside, promised, sold, given back and
// returned are each somewhere, whatever the order of the steps.
func TestSlicesUnderAnything(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		initial := rapid.Int64Range(0, 30).Draw(rt, "initial")
		s := &shelf{rt: rt, db: db, ctx: t.Context(), sku: open(t, db, initial)}
		s.want = inventory.Level{SKU: s.sku, Available: initial}
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			s.step(rapid.SampledFrom([]string{
				"allot", "reserve", "reserve", "release", "consume", "return", "adjust",
			}).Draw(rt, "what"))
			s.check()
		}
		for i := range s.slices {
			s.giveBack(i)
		}
		s.check()
		if s.want.Allotted != 0 {
			rt.Fatalf("all slices are returned, %d units are set aside", s.want.Allotted)
		}
	})
	wantNoDrift(t, db)
}

func (s *shelf) do(want string, fn func(ctx context.Context, tx *sqldb.Tx) error) {
	if err := s.db.Update(s.ctx, fn); fault.Code(err) != want || (want == "" && err != nil) {
		s.rt.Fatalf("%v, want %q", err, want)
	}
}

func (s *shelf) ref() string { s.refs++; return fmt.Sprintf("%s:%d", s.sku, s.refs) }

func (s *shelf) step(what string) {
	n := rapid.Int64Range(1, 12).Draw(s.rt, "n")
	short := func(bad bool) string { return map[bool]string{true: "inventory.insufficient_stock"}[bad] }
	switch what {
	case "allot":
		var made id.Slice
		s.do(short(n > s.want.Available), func(ctx context.Context, tx *sqldb.Tx) (err error) {
			made, err = inventory.Allot(ctx, tx, s.ref(), s.sku, n)
			return err
		})
		if n <= s.want.Available {
			s.want.Available, s.want.Allotted = s.want.Available-n, s.want.Allotted+n
			s.slices = append(s.slices, inventory.Slice{ID: made, SKU: s.sku, Total: n, Unsold: n, Open: true})
		}
	case "adjust":
		delta := n * rapid.SampledFrom([]int64{-1, 1}).Draw(s.rt, "sign")
		s.do(short(s.want.Available+delta < 0), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := inventory.Adjust(ctx, tx, s.sku, delta, s.ref(), id.User{}, "counted")
			return err
		})
		if s.want.Available+delta >= 0 {
			s.want.Available += delta
		}
	case "reserve":
		s.reserve(n, rapid.IntRange(-1, len(s.slices)-1).Draw(s.rt, "slice"))
	case "release", "consume":
		if len(s.waits) > 0 {
			s.resolve(what, rapid.IntRange(0, len(s.waits)-1).Draw(s.rt, "which"))
		}
	case "return":
		if len(s.slices) > 0 {
			s.giveBack(rapid.IntRange(0, len(s.slices)-1).Draw(s.rt, "slice"))
		}
	}
}

func (s *shelf) item(p promise) []inventory.Item {
	it := inventory.Item{SKU: s.sku, Quantity: p.n}
	if p.slice >= 0 {
		it.Slice = s.slices[p.slice].ID
	}
	return []inventory.Item{it}
}

func (s *shelf) reserve(n int64, slice int) {
	p := promise{s.ref(), n, slice}
	free := s.want.Available
	if slice >= 0 {
		if free = 0; s.slices[slice].Open {
			free = s.slices[slice].Unsold
		}
	}
	if enough, err := inventory.Enough(s.ctx, s.db.Reader(), s.item(p)); err != nil || enough != (n <= free) {
		s.rt.Fatalf("enough: %v, %v for %d of %d", enough, err, n, free)
	}
	code := ""
	if n > free {
		code = "inventory.insufficient_stock"
	}
	s.do(code, func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, p.ref, s.item(p)) })
	if code != "" {
		return
	}
	s.want.Reserved += n
	if s.waits = append(s.waits, p); slice < 0 {
		s.want.Available -= n
		return
	}
	s.want.Allotted -= n
	s.slices[slice].Unsold, s.slices[slice].Reserved = s.slices[slice].Unsold-n, s.slices[slice].Reserved+n
}

func (s *shelf) resolve(what string, i int) {
	p := s.waits[i]
	s.waits = append(s.waits[:i:i], s.waits[i+1:]...)
	s.want.Reserved -= p.n
	step := inventory.Release
	if what == "consume" {
		step = inventory.Consume
		s.want.Sold += p.n
	}
	s.do("", func(ctx context.Context, tx *sqldb.Tx) error { return step(ctx, tx, p.ref, s.item(p)) })
	c := &inventory.Slice{}
	if p.slice >= 0 {
		c = &s.slices[p.slice]
		c.Reserved -= p.n
	}
	switch {
	case what == "consume":
		c.Sold += p.n
	case c.Open:
		c.Unsold += p.n
		s.want.Allotted += p.n
	default:
		c.Returned += p.n
		s.want.Available += p.n
	}
}

func (s *shelf) giveBack(i int) {
	c := &s.slices[i]
	want := int64(0)
	if c.Open {
		want = c.Unsold
	}
	s.do("", func(ctx context.Context, tx *sqldb.Tx) error {
		if n, err := inventory.Return(ctx, tx, c.ID); err != nil || n != want {
			return fmt.Errorf("returned %d, want %d: %w", n, want, err)
		}
		return nil
	})
	c.Open, c.Returned, c.Unsold = false, c.Returned+want, c.Unsold-want
	s.want.Available, s.want.Allotted = s.want.Available+want, s.want.Allotted-want
}

func (s *shelf) check() {
	levels, err := inventory.Levels(s.ctx, s.db.Reader(), []id.SKU{s.sku})
	if err != nil || levels[s.sku] != s.want {
		s.rt.Fatalf("stock %+v, %v; want %+v", levels[s.sku], err, s.want)
	}
	var ids []id.Slice
	for _, c := range s.slices {
		ids = append(ids, c.ID)
	}
	got, err := inventory.Slices(s.ctx, s.db.Reader(), ids)
	for _, c := range s.slices {
		if err != nil || got[c.ID] != c || c.Total != c.Unsold+c.Reserved+c.Sold+c.Returned {
			s.rt.Fatalf("slice %+v, %v; want %+v", got[c.ID], err, c)
		}
	}
}

// Each quantity that is none, for each step, and that nothing is moved by it.
func TestWhatIsNoQuantity(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	sku := open(t, db, 5)
	const most = inventory.QuantityMax
	for _, n := range []int64{0, -1, most + 1, math.MaxInt64, math.MinInt64} {
		items := []inventory.Item{{SKU: sku, Quantity: n}}
		for name, step := range map[string]func(ctx context.Context, tx *sqldb.Tx) error{
			"reserve": func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Reserve(ctx, tx, "r", items) },
			"release": func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Release(ctx, tx, "r", items) },
			"consume": func(ctx context.Context, tx *sqldb.Tx) error { return inventory.Consume(ctx, tx, "r", items) },
			"allot": func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := inventory.Allot(ctx, tx, "r", sku, n)
				return err
			},
			"adjust": func(ctx context.Context, tx *sqldb.Tx) error {
				if n == -1 {
					n = -most - 1 // one less is a quantity here
				}
				_, err := inventory.Adjust(ctx, tx, sku, n, "r", id.User{}, "")
				return err
			},
		} {
			if err := db.Update(t.Context(), step); fault.Code(err) != "inventory.bad_quantity" {
				t.Errorf("%s of %d: %v", name, n, err)
			}
		}
	}
	for _, initial := range []int64{-1, most + 1} {
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return inventory.Open(ctx, tx, id.FromInt[id.Shop](1), id.Make[id.SKU](tx), initial, id.User{})
		}); fault.Code(err) != "inventory.bad_quantity" {
			t.Errorf("opened with %d: %v", initial, err)
		}
	}
	if l := level(t, db, sku); l.Available != 5 || l.OnHand() != 5 {
		t.Errorf("moved: %+v", l)
	}
}

// A slice that is returned while people reserve from it: each unit is promised or the
// SKU's again, none is both or lost.
func TestASliceIsReturnedWhileItSells(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	sku := open(t, db, 20)
	var slice id.Slice
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		slice, err = inventory.Allot(ctx, tx, "deal", sku, 20)
		return err
	})
	var wg sync.WaitGroup
	var sold, back atomic.Int64
	for i := range 40 {
		wg.Go(func() {
			var n int64
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) (err error) {
				if i%10 == 5 {
					n, err = inventory.Return(ctx, tx, slice)
					return err
				}
				return inventory.Reserve(ctx, tx, fmt.Sprint("order ", i), []inventory.Item{
					{SKU: sku, Quantity: 1, Slice: slice},
				})
			})
			switch back.Add(n); {
			case err == nil && i%10 != 5:
				sold.Add(1)
			case err != nil && fault.Code(err) != "inventory.insufficient_stock":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l := level(t, db, sku); l.Reserved != sold.Load() || l.Available != back.Load() || l.Allotted != 0 ||
		sold.Load()+back.Load() != 20 {
		t.Errorf("%d sold, %d returned of 20: %+v", sold.Load(), back.Load(), l)
	}
	wantNoDrift(t, db)
}
