package commission

import (
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Line is one order line before any coupon. Amounts are minor units.
type Line struct {
	ID           id.OrderLine
	Shop         id.Shop
	Unit         int64
	Quantity     int64
	ItemDiscount int64 // on the whole line
	Rule         Rule
}

// Coupon takes Amount off the lines it is good for; no lines means all.
type Coupon struct {
	Amount int64
	Lines  []id.OrderLine
}

// PricedLine is a line whose price is settled: Owed = Cash + PlatformCoupon +
// Points. A pricing engine of its own may fill it without Price.
type PricedLine struct {
	ID             id.OrderLine
	Shop           id.Shop
	Quantity       int64
	Owed           int64
	ShopCoupon     int64
	PlatformCoupon int64
	Points         int64
	Cash           int64
	Rule           Rule
}

// Price takes item discounts, then each shop coupon in order, each platform
// coupon in order, then points, off the lines. A coupon is spread over its
// lines by the value left on them, largest remainder first; what exceeds their
// value is lost, never moved to another line. Faults: distribution.bad_line.
func Price(lines []Line, shop, platform []Coupon, points int64) ([]PricedLine, error) {
	priced := make([]PricedLine, len(lines))
	left := make([]int64, len(lines))
	for i, l := range lines {
		gross, err := money.Times(l.Unit, l.Quantity)
		if err != nil || l.Quantity <= 0 || l.ItemDiscount < 0 || l.ItemDiscount > gross {
			return nil, fault.Invalid("distribution.bad_line", "index", i).Because(err)
		}
		left[i] = gross - l.ItemDiscount
		priced[i] = PricedLine{ID: l.ID, Shop: l.Shop, Quantity: l.Quantity, Rule: l.Rule}
	}
	if _, err := money.Sum(left...); err != nil {
		return nil, fault.Invalid("distribution.bad_line").Because(err)
	}
	for _, c := range shop {
		for i, off := range spread(c, lines, left) {
			priced[i].ShopCoupon += off
		}
	}
	for i := range priced {
		priced[i].Owed = left[i]
	}
	for _, c := range platform {
		for i, off := range spread(c, lines, left) {
			priced[i].PlatformCoupon += off
		}
	}
	for i, off := range spread(Coupon{Amount: points}, lines, left) {
		priced[i].Points = off
		priced[i].Cash = left[i]
	}
	return priced, nil
}

// spread takes a coupon off what is left on its lines and says how much each gave.
func spread(c Coupon, lines []Line, left []int64) []int64 {
	weights := make([]int64, len(left))
	for i, l := range lines {
		if len(c.Lines) == 0 || slices.Contains(c.Lines, l.ID) {
			weights[i] = left[i]
		}
	}
	off := money.Allocate(c.Amount, weights)
	for i := range left {
		left[i] -= off[i]
	}
	return off
}
