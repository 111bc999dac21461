package id_test

import (
	"encoding/json"
	"math"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
)

func TestIDsRoundTripAndSortAsTheirNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.Int64Range(1, math.MaxInt64).Draw(rt, "a"), rapid.Int64Range(1, math.MaxInt64).Draw(rt, "b")
		x, y := id.FromInt[id.Order](a), id.FromInt[id.Order](b)
		raw, err := json.Marshal(x)
		var back id.Order
		if err != nil || json.Unmarshal(raw, &back) != nil || back != x || back.Int() != a {
			rt.Fatalf("%s became %v", raw, back)
		}
		if (x.String() < y.String()) != (a < b) {
			rt.Fatalf("%s and %s do not sort as %d and %d", x, y, a, b)
		}
	})
}

func TestWhatIsNoIDIsRefused(t *testing.T) {
	t.Parallel()
	good := id.FromInt[id.Order](7).String()
	for _, text := range []string{
		id.FromInt[id.SKU](7).String(), good + "0", good[:len(good)-1], "ord_000000000000u", "ord_000000000000A",
		"ord_0000000000000",
		"ord_zzzzzzzzzzzzz", "ord_8000000000000", "7", "ord_",
	} {
		var o id.Order
		if err := o.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, o.Int())
		}
	}
	var none id.Order
	if err := none.UnmarshalText(nil); err != nil || !none.IsZero() || none.String() != "" {
		t.Errorf("none is %q, %v", none, err)
	}
}

// TestIDsNeverRepeat asks from many sides, for more than a millisecond holds, on
// a clock that stands still and then goes back.
func TestIDsNeverRepeat(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := clock.NewManual(start)
	g, err := id.NewGenerator(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	other, err := id.NewGenerator(c, 4)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1500 {
				a, b := g.NextID(), other.NextID()
				mu.Lock()
				if seen[a] || seen[b] || a == b || a <= 0 {
					t.Errorf("%d or %d came before", a, b)
				}
				seen[a], seen[b] = true, true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	last := g.NextID()
	c.Advance(-time.Hour)
	if next := g.NextID(); next <= last {
		t.Errorf("after the clock went back: %d after %d", next, last)
	}
	if _, err := id.NewGenerator(c, id.NodeMax+1); err == nil {
		t.Error("a node that does not fit")
	}
}

// An id that is not to be guessed says when it was made, to the second, and nothing of
// which was made before or after it; ids that were made otherwise are ids still.
func TestIDsThatAreNotGuessed(t *testing.T) {
	t.Parallel()
	hands := clock.NewManual(time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC))
	g, err := id.NewGenerator(hands, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen, ones := map[int64]bool{}, [32]int{}
	var last int64
	const many = 4000
	for range many {
		v := id.MakeUnguessable[id.Video](g)
		seen[v.Int()] = true
		for bit := range ones {
			ones[bit] += int(v.Int() >> bit & 1)
		}
		last = max(last, v.Int())
		if back, err := parsed(v.String()); err != nil || back != v {
			t.Fatal(v, err)
		}
	}
	if len(seen) != many {
		t.Errorf("of %d ids of one moment %d are different", many, len(seen))
	}
	for bit, n := range ones { // six sigma of a fair coin
		if n < many/2-190 || n > many/2+190 {
			t.Errorf("bit %d is 1 in %d of %d", bit, n, many)
		}
	}
	hands.Advance(3 * time.Second)
	if later := id.MakeUnguessable[id.Video](g); later.Int() <= last {
		t.Errorf("%d, seconds after %d", later.Int(), last)
	}
}

func parsed(text string) (v id.Video, err error) { return v, v.UnmarshalText([]byte(text)) }
