package distribution

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
	p := s.parts(k)
	return p.shares
}

type parts struct {
	platform, points, owed, fee int64
	shares                      []int64
}

// parts counts every kept part afresh from the original.
func (s Snapshot) parts(k Kept) parts {
	p := parts{
		platform: money.MulDiv(s.PlatformCoupon, k.Units, s.Quantity),
		points:   money.MulDiv(s.Points, k.Units, s.Quantity),
		shares:   make([]int64, len(s.Shares)),
	}
	p.owed = k.Cash + p.platform + p.points
	p.fee = ratio(s.Fee, p.owed, s.Owed)
	base := k.Cash
	if s.BaseHasPlatformCoupon {
		base += p.platform
	}
	if s.BaseHasPoints {
		base += p.points
	}
	for i, share := range s.Shares {
		if s.Rule.Kind == RuleFixed && !k.Allowed {
			p.shares[i] = money.MulDiv(share.Amount, k.Units, s.Quantity)
			continue
		}
		p.shares[i] = ratio(share.Amount, base, s.Base)
	}
	return p
}

func (s Snapshot) reversal(from, to Kept) Reversal {
	a, b := s.parts(from), s.parts(to)
	r := Reversal{
		Cash:           from.Cash - to.Cash,
		PlatformCoupon: a.platform - b.platform,
		Points:         a.points - b.points,
		Fee:            a.fee - b.fee,
		Shares:         make([]int64, len(a.shares)),
	}
	r.Shop = a.owed - b.owed - r.Fee
	for i := range a.shares {
		r.Shares[i] = a.shares[i] - b.shares[i]
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
