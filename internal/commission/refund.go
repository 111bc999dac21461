package commission

import (
	"hawker/internal/base/fault"
	"hawker/internal/base/money"
)

// Kept is what is left of a line after refunds. Parts are always counted from
// the original amounts and what is kept, never from earlier reversals, so that
// any sequence of returns ends at exactly zero.
type Kept struct {
	Cash  int64 `json:"cash"`
	Units int64 `json:"units"`
	// Where returns are counted from: the whole line, or the last allowance.
	AnchorCash  int64 `json:"anchor_cash"`
	AnchorUnits int64 `json:"anchor_units"`
	Allowed     bool  `json:"allowed,omitempty"` // a price allowance was given: fixed amounts now follow the value
}

// Reversal is what one refund takes back. Shop may be negative by a unit or
// two: where fee and shares all round down on a tiny allowance, the shop gains.
type Reversal struct {
	Cash           int64
	PlatformCoupon int64
	Points         int64
	Fee            int64
	Shop           int64
	Shares         []int64 // by level
}

// Whole is a line of which nothing was refunded.
func (s Snapshot) Whole() Kept {
	return Kept{Cash: s.Cash, Units: s.Quantity, AnchorCash: s.Cash, AnchorUnits: s.Quantity}
}

// Return gives units back. Faults: distribution.refund_exceeds_kept, and then
// nothing has changed.
func (s Snapshot) Return(k Kept, units int64) (Kept, Reversal, error) {
	if units <= 0 || units > k.Units {
		return k, Reversal{}, fault.Conflict("distribution.refund_exceeds_kept", "kept", k.Units)
	}
	next := k
	next.Units -= units
	next.Cash = money.MulDiv(k.AnchorCash, next.Units, k.AnchorUnits)
	return next, s.reversal(k, next), nil
}

// Allow gives money back and leaves the goods. Faults as Return.
func (s Snapshot) Allow(k Kept, amount int64) (Kept, Reversal, error) {
	if amount <= 0 || amount > k.Cash {
		return k, Reversal{}, fault.Conflict("distribution.refund_exceeds_kept", "kept", k.Cash)
	}
	next := k
	next.Cash -= amount
	next.AnchorCash, next.AnchorUnits, next.Allowed = next.Cash, next.Units, true
	return next, s.reversal(k, next), nil
}

// KeptShares is what each level still has of a line.
func (s Snapshot) KeptShares(k Kept) []int64 {
	return s.Parts(k).Shares
}

// Parts are what a line consists of.
type Parts struct {
	PlatformCoupon int64
	Points         int64
	Owed           int64 // to the shop before fee and shares
	Fee            int64
	Shares         []int64 // by level
}

// Parts counts every kept part afresh from the original.
func (s Snapshot) Parts(k Kept) Parts {
	p := Parts{
		PlatformCoupon: money.MulDiv(s.PlatformCoupon, k.Units, s.Quantity),
		Points:         money.MulDiv(s.Points, k.Units, s.Quantity),
		Shares:         make([]int64, len(s.Shares)),
	}
	p.Owed = k.Cash + p.PlatformCoupon + p.Points
	p.Fee = ratio(s.Fee, p.Owed, s.Owed)
	base := k.Cash
	if s.BaseHasPlatformCoupon {
		base += p.PlatformCoupon
	}
	if s.BaseHasPoints {
		base += p.Points
	}
	for i, share := range s.Shares {
		if s.Rule.Kind == RuleFixed && !k.Allowed {
			p.Shares[i] = money.MulDiv(share.Amount, k.Units, s.Quantity)
			continue
		}
		p.Shares[i] = ratio(share.Amount, base, s.Base)
	}
	return p
}

func (s Snapshot) reversal(from, to Kept) Reversal {
	a, b := s.Parts(from), s.Parts(to)
	r := Reversal{
		Cash:           from.Cash - to.Cash,
		PlatformCoupon: a.PlatformCoupon - b.PlatformCoupon,
		Points:         a.Points - b.Points,
		Fee:            a.Fee - b.Fee,
		Shares:         make([]int64, len(a.Shares)),
	}
	r.Shop = a.Owed - b.Owed - r.Fee
	for i := range a.Shares {
		r.Shares[i] = a.Shares[i] - b.Shares[i]
		r.Shop -= r.Shares[i]
	}
	return r
}

// ratio is floor(amount·part/whole); a whole of nothing leaves nothing.
func ratio(amount, part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return money.MulDiv(amount, part, whole)
}
