// Package money counts in integer minor units of one currency. There is no
// float, no rounding to nearest and no rounding account: a share is floored and
// the caller says who keeps the remainder; a split uses the largest remainder.
// docs/books.md states the arithmetic.
package money

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Currency is an ISO 4217 code.
type Currency string

// Exponent is the number of decimal digits of the minor unit, by ISO 4217: those
// that have not two are all named.
func (c Currency) Exponent() int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
		"XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// Valid reports whether c has the form of a currency code.
func (c Currency) Valid() bool {
	if len(c) != 3 {
		return false
	}
	for _, r := range c {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

// Money is an amount in minor units with its currency, as the API shows it.
type Money struct {
	Amount   int64    `json:"amount" doc:"Minor units"`
	Currency Currency `json:"currency" doc:"ISO 4217" example:"CNY"`
}

// Of makes a Money.
func Of(amount int64, c Currency) Money { return Money{amount, c} }

func (m Money) String() string {
	e := m.Currency.Exponent()
	if e == 0 {
		return fmt.Sprintf("%s %d", m.Currency, m.Amount)
	}
	sign, abs := "", uint64(m.Amount)
	if m.Amount < 0 {
		sign, abs = "-", -abs // of the least int64 too, which has no positive of its own
	}
	unit := uint64(1)
	for range e {
		unit *= 10
	}
	return fmt.Sprintf("%s %s%d.%0*d", m.Currency, sign, abs/unit, e, abs%unit)
}

// BasisPoints is a rate in ten-thousandths: 250 is 2.5 %.
type BasisPoints int64

// Whole is 100 %.
const Whole BasisPoints = 10_000

// ErrOverflow is returned when an amount leaves the range of int64.
var ErrOverflow = errors.New("money: overflow")

// Share is floor(amount·rate/10000) for amount ≥ 0 and rate ≥ 0. The product is
// taken in 128 bits, so no amount overflows on the way. The remainder stays
// with whoever owned amount.
func Share(amount int64, rate BasisPoints) int64 {
	return MulDiv(amount, int64(rate), int64(Whole))
}

// MulDiv is floor(a·b/c) for a, b ≥ 0 and c > 0, with a 128-bit product. It
// panics when the result does not fit, which no share of an amount can cause.
func MulDiv(a, b, c int64) int64 {
	if a < 0 || b < 0 || c <= 0 {
		panic(fmt.Sprintf("money: MulDiv(%d, %d, %d)", a, b, c))
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		panic(ErrOverflow)
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	if q > 1<<63-1 {
		panic(ErrOverflow)
	}
	return int64(q)
}

// Times is unit·quantity, checked.
func Times(unit int64, quantity int64) (int64, error) {
	if unit < 0 || quantity < 0 {
		return 0, fmt.Errorf("money: %d × %d", unit, quantity)
	}
	hi, lo := bits.Mul64(uint64(unit), uint64(quantity))
	if hi != 0 || lo > 1<<63-1 {
		return 0, ErrOverflow
	}
	return int64(lo), nil
}

// Sum adds amounts, checked.
func Sum(amounts ...int64) (int64, error) {
	var total int64
	for _, a := range amounts {
		next := total + a
		if (a > 0 && next < total) || (a < 0 && next > total) {
			return 0, ErrOverflow
		}
		total = next
	}
	return total, nil
}

// Allocate splits total over weights by the largest remainder, ties to the
// lowest index: each part is floor(total·w/W), and the spare units go one each
// to the largest remainders. Total is clamped to W first, so no part exceeds
// its weight; what is above is lost, never moved to another part. It panics where
// weights are negative or their sum does not fit.
func Allocate(total int64, weights []int64) []int64 {
	sum := weigh(weights)
	parts := make([]int64, len(weights))
	total = min(total, sum)
	if total <= 0 {
		return parts
	}
	return split(total, sum, weights, parts)
}

// weigh adds weights up. One that wraps around would make parts of nothing without a
// word: who divides money has it stop instead.
func weigh(weights []int64) int64 {
	for _, w := range weights {
		if w < 0 {
			panic(fmt.Sprintf("money: a weight of %d", w))
		}
	}
	sum, err := Sum(weights...)
	if err != nil {
		panic(err)
	}
	return sum
}

// Split is Allocate without the clamp: weights are proportions, not values.
func Split(total int64, weights []int64) []int64 {
	sum := weigh(weights)
	parts := make([]int64, len(weights))
	if total <= 0 || sum == 0 {
		return parts
	}
	return split(total, sum, weights, parts)
}

func split(total, sum int64, weights, parts []int64) []int64 {
	type rest struct {
		index int
		left  uint64
	}
	rests := make([]rest, len(weights))
	spare := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		parts[i] = int64(q)
		rests[i] = rest{i, r}
		spare -= parts[i]
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.left, a.left) })
	for _, r := range rests[:spare] {
		parts[r.index]++
	}
	return parts
}
