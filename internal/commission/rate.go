package commission

import (
	"time"

	"hawker/internal/base/money"
)

// RateSource says which setting gave a rate.
type RateSource string

// Sources, the most specific first; SourceLock is an older, higher rate that a
// promoter was promised.
const (
	SourceTargeted RateSource = "targeted"
	SourceSKU      RateSource = "sku"
	SourceProduct  RateSource = "product"
	SourceCategory RateSource = "category"
	SourceGrade    RateSource = "grade"
	SourceGlobal   RateSource = "global"
	SourceLock     RateSource = "lock"
	SourceNone     RateSource = ""
)

// Plan is a rate for named promoters, in force from From up to, not including, To.
type Plan struct {
	Rate     money.BasisPoints
	From, To time.Time
}

// RateLock protects those who already promote from a cut: the old rate stays
// theirs for a while.
type RateLock struct {
	Old            money.BasisPoints
	CutAt          time.Time
	PromotingSince time.Time
	ProtectedFor   time.Duration
}

// Rates holds every setting that may answer; nil is "not set" and falls
// through, a rate of 0 is an answer.
type Rates struct {
	Targeted                              *Plan
	SKU, Product, Category, Grade, Global *money.BasisPoints
	Lock                                  *RateLock
}

// Resolve picks the rate in force at now: the most specific that is set, which
// a lock may only raise.
func (r Rates) Resolve(now time.Time) (money.BasisPoints, RateSource) {
	rate, source := r.specific(now)
	if l := r.Lock; l != nil && l.holds(now) && l.Old > rate {
		return l.Old, SourceLock
	}
	return rate, source
}

func (r Rates) specific(now time.Time) (money.BasisPoints, RateSource) {
	if p := r.Targeted; p != nil && !now.Before(p.From) && now.Before(p.To) {
		return p.Rate, SourceTargeted
	}
	for _, s := range []struct {
		rate   *money.BasisPoints
		source RateSource
	}{
		{r.SKU, SourceSKU},
		{r.Product, SourceProduct},
		{r.Category, SourceCategory},
		{r.Grade, SourceGrade},
		{r.Global, SourceGlobal},
	} {
		if s.rate != nil {
			return *s.rate, s.source
		}
	}
	return 0, SourceNone
}

func (l RateLock) holds(now time.Time) bool {
	return l.PromotingSince.Before(l.CutAt) && now.Before(l.CutAt.Add(l.ProtectedFor))
}

// WithdrawalFee is what a withdrawal costs and what arrives. The fee is
// floored, in the distributor's favour.
func WithdrawalFee(amount int64, rate money.BasisPoints) (fee, net int64) {
	fee = money.Share(amount, rate)
	return fee, amount - fee
}
