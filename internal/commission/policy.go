// Package commission is the arithmetic of those who bring buyers, in integers only
// and without a database: what a line's price is shared into, by which rates, over
// which people, and what a refund takes back of it. It keeps true that a share is
// counted on what the buyer really paid for a line, that what is shared out is what
// was paid, and that refunds in any order end at exactly zero. The rules are those
// of docs/books.md.
package commission

import (
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
)

// LevelsMax is how many levels may be paid. Three including the shop is where the
// law of the People's Republic of China begins to speak of pyramid selling, so
// this cannot be passed; how many are paid is the installation's setting.
const LevelsMax = 3

// Policy is how an installation pays distributors. An order keeps the policy
// it was created under.
type Policy struct {
	Levels       int               // that earn: 0, nobody, to LevelsMax
	SelfPurchase bool              // a buyer may be level 1 of the own order
	LineCap      money.BasisPoints // of the base, over all levels; 0 means the whole
	OrderCap     int64             // minor units for one beneficiary of one order; 0 means none
	Fee          money.BasisPoints // of what the shop is owed
	// By default neither a platform coupon nor points spent earn commission.
	BaseHasPlatformCoupon bool
	BaseHasPoints         bool
}

// Validate refuses a policy under which a shop could end below zero: fee and
// commissions together may take no more than the whole. Faults:
// distribution.bad_policy.
func (p Policy) Validate() error {
	switch {
	case p.Levels < 0 || p.Levels > LevelsMax:
		return fault.Invalid("distribution.bad_policy", "field", "levels")
	case p.Fee < 0 || p.LineCap < 0 || p.lineCap()+p.Fee > money.Whole:
		return fault.Invalid("distribution.bad_policy", "field", "line_cap")
	case p.OrderCap < 0:
		return fault.Invalid("distribution.bad_policy", "field", "order_cap")
	}
	return nil
}

func (p Policy) levels() int { return min(max(p.Levels, 0), LevelsMax) }

func (p Policy) lineCap() money.BasisPoints {
	if p.LineCap <= 0 || p.LineCap > money.Whole {
		return money.Whole
	}
	return p.LineCap
}

// RuleKind says how a rule counts.
type RuleKind string

// Kinds of rule.
const (
	RulePercent RuleKind = "percent" // of the base, a rate for each level
	RuleFixed   RuleKind = "fixed"   // an amount for each unit and level
	RulePool    RuleKind = "pool"    // one share of the base, split over the levels by weight
)

// Rule is what a line pays, level by level. An empty rule pays nobody.
type Rule struct {
	Kind    RuleKind            `json:"kind"`
	Rates   []money.BasisPoints `json:"rates,omitempty"`   // RulePercent
	Amounts []int64             `json:"amounts,omitempty"` // RuleFixed, minor units
	Pool    money.BasisPoints   `json:"pool,omitempty"`    // RulePool
	Weights []int64             `json:"weights,omitempty"` // RulePool
}

// Percent makes the usual rule.
func Percent(rates ...money.BasisPoints) Rule { return Rule{Kind: RulePercent, Rates: rates} }

// Levels are the rates that a product pays to each level, from level 1.
type Levels [LevelsMax]money.BasisPoints

// Rule is how a product's rates count; a product that sets none has the empty rule.
func (l Levels) Rule() Rule {
	if l == (Levels{}) {
		return Rule{}
	}
	return Percent(l[:]...)
}

// Estimate is what one unit of a price pays level 1, and at which rate.
func (p Policy) Estimate(price int64, r Rule) (money.BasisPoints, int64) {
	amounts := r.amounts(price, 1)
	if len(amounts) == 0 {
		return 0, 0
	}
	return r.Rate(1), min(amounts[0], money.Share(price, p.lineCap()))
}

// Rate is the rate shown for a level (from 1); 0 for rules that have none.
func (r Rule) Rate(level int) money.BasisPoints {
	if r.Kind != RulePercent || level < 1 || level > len(r.Rates) {
		return 0
	}
	return r.Rates[level-1]
}

func (r Rule) configured() int {
	switch r.Kind {
	case RulePercent:
		return len(r.Rates)
	case RuleFixed:
		return len(r.Amounts)
	case RulePool:
		return len(r.Weights)
	}
	return 0
}

// Share is what one level of one line earns. User is none where nobody may be
// paid; the amount is then 0 and stays with the shop.
type Share struct {
	Level  int     `json:"level"`
	User   id.User `json:"user,omitzero"`
	Amount int64   `json:"amount"`
}

// Snapshot is everything a line's commission was counted from, fixed when the
// order is created. Always Cash + PlatformCoupon + Points = ShopAmount() + Fee
// + the shares.
type Snapshot struct {
	Line     id.OrderLine `json:"line"`
	Shop     id.Shop      `json:"shop"`
	Quantity int64        `json:"quantity"`

	Owed           int64 `json:"owed"` // to the shop before fee and commissions
	ShopCoupon     int64 `json:"shop_coupon"`
	PlatformCoupon int64 `json:"platform_coupon"`
	Points         int64 `json:"points"`
	Cash           int64 `json:"cash"`

	Base                  int64   `json:"base"`
	Fee                   int64   `json:"fee"`
	Rule                  Rule    `json:"rule"`
	BaseHasPlatformCoupon bool    `json:"base_has_platform_coupon,omitempty"`
	BaseHasPoints         bool    `json:"base_has_points,omitempty"`
	Shares                []Share `json:"shares"`
}

// Commission is the sum of the shares.
func (s Snapshot) Commission() int64 {
	var sum int64
	for _, share := range s.Shares {
		sum += share.Amount
	}
	return sum
}

// ShopAmount is what the line leaves to the shop.
func (s Snapshot) ShopAmount() int64 { return s.Owed - s.Fee - s.Commission() }
