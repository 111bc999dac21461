package money_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/money"
)

func weights(rt *rapid.T) []int64 {
	return rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 20).Draw(rt, "weights")
}

func sum(parts []int64) (n int64) {
	for _, p := range parts {
		n += p
	}
	return n
}

func TestAllocateGivesAllAndNoPartTooMuch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := weights(rt)
		total := rapid.Int64Range(-5, sum(w)+5).Draw(rt, "total")
		parts := money.Allocate(total, w)
		if got, want := sum(parts), max(0, min(total, sum(w))); got != want {
			rt.Fatalf("gave %d of %d", got, want)
		}
		for i, p := range parts {
			if p < 0 || p > w[i] {
				rt.Fatalf("part %d is %d of %d", i, p, w[i])
			}
		}
	})
}

func TestSplitIsWithinOneUnitOfExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := weights(rt)
		total := rapid.Int64Range(0, math.MaxInt64).Draw(rt, "total")
		parts := money.Split(total, w)
		if sum(w) > 0 && sum(parts) != total {
			rt.Fatalf("gave %d of %d", sum(parts), total)
		}
		for i, p := range parts {
			if sum(w) == 0 {
				continue
			}
			exact := new(big.Int).Mul(big.NewInt(total), big.NewInt(w[i]))
			exact.Div(exact, big.NewInt(sum(w)))
			if d := p - exact.Int64(); d < 0 || d > 1 {
				rt.Fatalf("part %d is %d, exactly %v", i, p, exact)
			}
		}
	})
}

func TestTheSpareUnitGoesToTheFirstOfEquals(t *testing.T) {
	t.Parallel()
	if got := money.Allocate(100, []int64{100, 100, 100}); got[0] != 34 || got[1] != 33 || got[2] != 33 {
		t.Errorf("%v", got)
	}
}

func TestShareIsFlooredAndNeverOverflows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, r := rapid.Int64Range(0, math.MaxInt64).Draw(rt, "amount"), rapid.Int64Range(0, 10_000).Draw(rt, "rate")
		exact := new(big.Int).Mul(big.NewInt(a), big.NewInt(r))
		exact.Div(exact, big.NewInt(10_000))
		if got := money.Share(a, money.BasisPoints(r)); got != exact.Int64() {
			rt.Fatalf("%d, exactly %v", got, exact)
		}
	})
}

func TestOverflowIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := money.Times(math.MaxInt64/2+1, 2); err == nil {
		t.Error("Times")
	}
	if _, err := money.Times(-1, 2); err == nil {
		t.Error("a price below nothing")
	}
	if _, err := money.Sum(math.MaxInt64, 1); err == nil {
		t.Error("Sum")
	}
	if n, err := money.Times(math.MaxInt64, 1); n != math.MaxInt64 || err != nil {
		t.Error(n, err)
	}
}

func TestMoneyReads(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]money.Money{
		"CNY 69.00": money.Of(6900, "CNY"), "CNY -0.05": money.Of(-5, "CNY"), "JPY 500": money.Of(500, "JPY"),
		"KWD 1.005": money.Of(1005, "KWD"),
	} {
		if got := m.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
