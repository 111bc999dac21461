package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/money"
)

// An amount reads back as what it was, whatever the currency and however large.
func TestWhatIsWrittenIsTheAmount(t *testing.T) {
	t.Parallel()
	check := func(rt interface{ Fatalf(string, ...any) }, amount int64, c money.Currency) {
		text, ok := strings.CutPrefix(money.Of(amount, c).String(), string(c)+" ")
		whole, cents, point := strings.Cut(text, ".")
		digits, read := new(big.Int).SetString(whole+cents, 10)
		if !ok || !read || !digits.IsInt64() || digits.Int64() != amount || len(cents) != c.Exponent() ||
			point != (c.Exponent() > 0) {
			rt.Fatalf("%d of %s is written %q", amount, c, money.Of(amount, c))
		}
	}
	currencies := []money.Currency{"CNY", "JPY", "KWD", "CLF", "XXX"}
	for _, c := range currencies {
		for _, amount := range []int64{math.MinInt64, math.MaxInt64, 0, -1, 1, 99, -100} {
			check(t, amount, c)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, rapid.Int64().Draw(rt, "amount"), rapid.SampledFrom(currencies).Draw(rt, "currency"))
	})
}

// A label groups and drops, and loses no digit that counts.
func TestALabelIsTheSameAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom([]money.Currency{"CNY", "JPY", "KWD", "EUR"}).Draw(rt, "currency")
		m := money.Of(rapid.Int64().Draw(rt, "amount"), c)
		_, plain, _ := strings.Cut(m.String(), " ")
		label := m.Label()
		got := strings.NewReplacer(",", "", "−", "-", "¥", "", "€", "", "KWD\u00a0", "").Replace(label)
		if zeros := "." + strings.Repeat("0", c.Exponent()); c.Exponent() > 0 {
			plain = strings.TrimSuffix(plain, zeros)
		}
		if got != plain {
			rt.Fatalf("%s is labelled %q", m, label)
		}
		for group := range strings.SplitSeq(strings.TrimLeft(label, "−¥€KWD\u00a0"), ",") {
			if digits, _, _ := strings.Cut(group, "."); len(digits) > 3 {
				rt.Fatalf("%q is not grouped", label)
			}
		}
	})
}

func panicOf(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

// Money that cannot be divided stops whoever divides it: parts of nothing would be
// money lost without a word.
func TestWhatCannotBeDividedStops(t *testing.T) {
	t.Parallel()
	for what, fn := range map[string]func(){
		"weights that wrap around":       func() { money.Allocate(100, []int64{math.MaxInt64, math.MaxInt64}) },
		"proportions that wrap around":   func() { money.Split(100, []int64{math.MaxInt64, 1}) },
		"a weight below nothing":         func() { money.Allocate(10, []int64{30, -10}) },
		"a proportion below nothing":     func() { money.Split(10, []int64{-1, 2}) },
		"a rate of more than there is":   func() { money.Share(math.MaxInt64, 10_001) },
		"a rate below nothing":           func() { money.Share(1, -1) },
		"of a debt":                      func() { money.Share(-1, 1) },
		"by nothing":                     func() { money.MulDiv(1, 1, 0) },
		"just over what an amount holds": func() { money.MulDiv(math.MaxInt64, 2, 1) },
	} {
		if panicOf(fn) == nil {
			t.Errorf("%s was divided", what)
		}
	}
	if got := money.MulDiv(math.MaxInt64, math.MaxInt64, math.MaxInt64); got != math.MaxInt64 {
		t.Errorf("the largest is %d", got)
	}
}

// Parts do not depend on how a total is reached: with more money nobody gets less.
func TestWithMoreMoneyNobodyGetsLessThanAUnitLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := weights(rt)
		total := rapid.Int64Range(0, 1<<40).Draw(rt, "total")
		before, after := money.Split(total, w), money.Split(total+1, w)
		for i := range w {
			if w[i] == 0 && after[i] != 0 {
				rt.Fatalf("who has no weight got %d", after[i])
			}
			if after[i] < before[i]-1 { // the Alabama paradox takes one spare unit at the most
				rt.Fatalf("part %d fell from %d to %d", i, before[i], after[i])
			}
		}
	})
}

func TestSumsAreExactOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		amounts := rapid.SliceOf(rapid.Int64()).Draw(rt, "amounts")
		running, fits := new(big.Int), true
		for _, a := range amounts {
			running.Add(running, big.NewInt(a))
			fits = fits && running.IsInt64()
		}
		got, err := money.Sum(amounts...)
		if (err == nil) != fits || fits && got != running.Int64() {
			rt.Fatalf("%d, %v; exactly %v", got, err, running)
		}
		a, b := rapid.Int64().Draw(rt, "a"), rapid.Int64().Draw(rt, "b")
		exact := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		product, err := money.Times(a, b)
		if want := a >= 0 && b >= 0 && exact.IsInt64(); (err == nil) != want || want && product != exact.Int64() {
			rt.Fatalf("%d × %d is %d, %v", a, b, product, err)
		}
	})
}

func TestWhatLooksLikeACurrency(t *testing.T) {
	t.Parallel()
	for text, want := range map[money.Currency]bool{
		"CNY": true, "XXX": true, "": false, "cny": false, "CN": false, "CNYY": false, "C1Y": false, "元": false,
	} {
		if text.Valid() != want {
			t.Errorf("%q: %v", text, text.Valid())
		}
	}
}
