package commission

import (
	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// Input is one order: all its lines are counted together, because a cap for a
// beneficiary spans them.
type Input struct {
	Lines           []Line
	ShopCoupons     []Coupon
	PlatformCoupons []Coupon
	Points          int64             // value of the points spent, minor units
	Shipping        map[id.Shop]int64 // never part of a base
	Buyer           id.User
	Attributed      id.User // whose link or content sold; none falls back to the bound promoter
	Tree            Tree
	Policy          Policy
}

// Result is the whole calculation. Cash includes shipping.
type Result struct {
	Lines          []Snapshot
	Chain          Chain
	Cash           int64
	PlatformCoupon int64
	Points         int64
	Fee            int64
	Shops          map[id.Shop]int64 // goods less fee and commissions, plus shipping
}

// Calculate prices the lines, finds who is paid and counts each share.
// Faults: distribution.bad_line.
func Calculate(in Input) (Result, error) {
	priced, err := Price(in.Lines, in.ShopCoupons, in.PlatformCoupons, in.Points)
	if err != nil {
		return Result{}, err
	}
	chain := Beneficiaries(in.Buyer, in.Attributed, in.Tree, in.Policy)
	r := Result{Lines: Snapshots(priced, chain, in.Policy), Chain: chain, Shops: map[id.Shop]int64{}}
	for _, s := range r.Lines {
		r.Cash += s.Cash
		r.PlatformCoupon += s.PlatformCoupon
		r.Points += s.Points
		r.Fee += s.Fee
		r.Shops[s.Shop] += s.ShopAmount()
	}
	for shop, amount := range in.Shipping {
		r.Cash += amount
		r.Shops[shop] += amount
	}
	return r, nil
}

// Snapshots counts fee and shares of priced lines of one order. Each share is
// floored by line and level; what is void or cut by a cap stays with the shop.
func Snapshots(lines []PricedLine, chain Chain, p Policy) []Snapshot {
	out := make([]Snapshot, len(lines))
	for i, l := range lines {
		s := Snapshot{
			Line: l.ID, Shop: l.Shop, Quantity: l.Quantity,
			Owed: l.Owed, ShopCoupon: l.ShopCoupon, PlatformCoupon: l.PlatformCoupon, Points: l.Points, Cash: l.Cash,
			Base: l.Cash, Fee: money.Share(l.Owed, p.Fee), Rule: l.Rule,
			BaseHasPlatformCoupon: p.BaseHasPlatformCoupon, BaseHasPoints: p.BaseHasPoints,
		}
		if p.BaseHasPlatformCoupon {
			s.Base += l.PlatformCoupon
		}
		if p.BaseHasPoints {
			s.Base += l.Points
		}
		s.Shares = shares(s, chain, p)
		out[i] = s
	}
	capOrder(out, p)
	return out
}

func shares(s Snapshot, chain Chain, p Policy) []Share {
	amounts := s.Rule.amounts(s.Base, s.Quantity)
	out := make([]Share, min(len(amounts), p.levels()))
	left := money.Share(s.Base, p.lineCap())
	for i := range out {
		out[i] = Share{Level: i + 1, User: chain.At(i + 1)}
		if out[i].User.IsZero() {
			continue
		}
		out[i].Amount = min(amounts[i], left)
		left -= out[i].Amount
	}
	return out
}

// amounts is what a rule gives to each configured level, before caps.
func (r Rule) amounts(base, quantity int64) []int64 {
	out := make([]int64, r.configured())
	switch r.Kind {
	case RulePercent:
		for i, rate := range r.Rates {
			out[i] = money.Share(base, min(rate, money.Whole))
		}
	case RuleFixed:
		for i, amount := range r.Amounts {
			whole, err := money.Times(amount, quantity)
			if err != nil { // beyond int64 is beyond any base
				whole = base
			}
			out[i] = min(whole, base)
		}
	case RulePool:
		copy(out, money.Split(money.Share(base, min(r.Pool, money.Whole)), r.Weights))
	}
	return out
}

// capOrder holds each beneficiary to the cap over the lines of the order.
func capOrder(lines []Snapshot, p Policy) {
	if p.OrderCap <= 0 {
		return
	}
	for level := range LevelsMax {
		amounts, total := make([]int64, len(lines)), int64(0)
		for i, s := range lines {
			if level < len(s.Shares) {
				amounts[i] = s.Shares[level].Amount
				total += amounts[i]
			}
		}
		if total <= p.OrderCap {
			continue
		}
		for i, part := range money.Allocate(p.OrderCap, amounts) {
			if level < len(lines[i].Shares) {
				lines[i].Shares[level].Amount = part
			}
		}
	}
}
