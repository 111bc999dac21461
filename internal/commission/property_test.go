package commission_test

import (
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/commission"
)

func drawRule(t *rapid.T) commission.Rule {
	levels := rapid.IntRange(0, 3).Draw(t, "configured")
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		return commission.Rule{Kind: commission.RuleFixed, Amounts: rapid.SliceOfN(rapid.Int64Range(0, 3000),
			levels, levels).Draw(t, "amounts")}
	case 1:
		return commission.Rule{
			Kind: commission.RulePool, Pool: money.BasisPoints(rapid.Int64Range(0, 5000).Draw(t, "pool")),
			Weights: rapid.SliceOfN(rapid.Int64Range(0, 9), levels, levels).Draw(t, "weights"),
		}
	}
	rates := make([]money.BasisPoints, levels)
	for i := range rates {
		rates[i] = money.BasisPoints(rapid.Int64Range(0, 4000).Draw(t, "rate"))
	}
	return commission.Percent(rates...)
}

func drawInput(t *rapid.T) commission.Input {
	in := commission.Input{
		Points: rapid.Int64Range(0, 4000).Draw(t, "points"),
		Buyer:  id.FromInt[id.User](1), Attributed: id.FromInt[id.User](rapid.Int64Range(0, 5).Draw(t, "attributed")),
		Policy: commission.Policy{
			Levels: rapid.IntRange(0, 3).Draw(t, "levels"), SelfPurchase: rapid.Bool().Draw(t, "self"),
			LineCap:               money.BasisPoints(rapid.Int64Range(1, 8000).Draw(t, "cap")),
			Fee:                   money.BasisPoints(rapid.Int64Range(0, 500).Draw(t, "fee")),
			OrderCap:              rapid.Int64Range(0, 9000).Draw(t, "order cap"),
			BaseHasPlatformCoupon: rapid.Bool().Draw(t, "platform in base"), BaseHasPoints: rapid.Bool().Draw(t,
				"points in base"),
		},
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "lines") {
		l := commission.Line{
			ID: id.FromInt[id.OrderLine](int64(i + 1)), Shop: id.FromInt[id.Shop](rapid.Int64Range(1, 2).Draw(t,
				"shop")),
			Unit: rapid.Int64Range(0, 20000).Draw(t, "unit"), Quantity: rapid.Int64Range(1, 7).Draw(t, "quantity"),
			Rule: drawRule(t),
		}
		l.ItemDiscount = rapid.Int64Range(0, l.Unit*l.Quantity).Draw(t, "discount")
		in.Lines = append(in.Lines, l)
	}
	for range rapid.IntRange(0, 3).Draw(t, "coupons") {
		c := commission.Coupon{Amount: rapid.Int64Range(0, 9000).Draw(t, "coupon")}
		for _, l := range in.Lines {
			if rapid.Bool().Draw(t, "eligible") {
				c.Lines = append(c.Lines, l.ID)
			}
		}
		if rapid.Bool().Draw(t, "platform") {
			in.PlatformCoupons = append(in.PlatformCoupons, c)
		} else {
			in.ShopCoupons = append(in.ShopCoupons, c)
		}
	}
	parents := rapid.SliceOfN(rapid.Int64Range(0, 5), 6, 6).Draw(t, "parents") // loops included
	in.Tree.Parent = func(u id.User) id.User { return id.FromInt[id.User](parents[u.Int()]) }
	return in
}

// Every cent of an order is somebody's, and nobody is paid out of nothing.
func TestEveryCentIsExplained(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		if err := in.Policy.Validate(); err != nil {
			t.Fatal(err)
		}
		r, err := commission.Calculate(in)
		if err != nil {
			t.Fatal(err)
		}
		earned := map[id.User]int64{}
		for _, s := range r.Lines {
			if s.Cash+s.PlatformCoupon+s.Points != s.ShopAmount()+s.Fee+s.Commission() {
				t.Fatalf("line does not add up: %+v", s)
			}
			if s.Cash < 0 || s.ShopAmount() < 0 {
				t.Fatalf("somebody pays for the line: %+v", s)
			}
			for _, share := range s.Shares {
				if share.Amount < 0 || (share.User.IsZero() && share.Amount != 0) {
					t.Fatalf("share %+v", share)
				}
				if share.User == in.Buyer && (share.Level > 1 || !in.Policy.SelfPurchase) {
					t.Fatalf("the buyer is level %d", share.Level)
				}
				earned[share.User] += share.Amount
			}
		}
		for who, amount := range earned {
			if in.Policy.OrderCap > 0 && amount > in.Policy.OrderCap {
				t.Fatalf("%v earns %d above the cap %d", who, amount, in.Policy.OrderCap)
			}
		}
	})
}

// No refund raises a commission, refusals change nothing, and when everything
// has come back nothing is kept.
func TestRefundsEndAtZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := commission.Calculate(drawInput(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Lines {
			k, sum := s.Whole(), commission.Reversal{Shares: make([]int64, len(s.Shares))}
			for k.Units > 0 {
				next, rev := step(t, s, k)
				add(t, &sum, rev)
				k = next
			}
			if sum.Cash != s.Cash || sum.Fee != s.Fee || sum.Shop != s.ShopAmount() || sum.Points != s.Points ||
				sum.PlatformCoupon != s.PlatformCoupon {
				t.Fatalf("reversed %+v of %+v", sum, s)
			}
			for i, share := range s.Shares {
				if sum.Shares[i] != share.Amount {
					t.Fatalf("level %d: reversed %d of %d", i+1, sum.Shares[i], share.Amount)
				}
			}
		}
	})
}

func add(t *rapid.T, sum *commission.Reversal, rev commission.Reversal) {
	sum.Cash, sum.Fee, sum.Shop = sum.Cash+rev.Cash, sum.Fee+rev.Fee, sum.Shop+rev.Shop
	sum.PlatformCoupon, sum.Points = sum.PlatformCoupon+rev.PlatformCoupon, sum.Points+rev.Points
	for i, amount := range rev.Shares {
		if amount < 0 {
			t.Fatalf("a refund raised level %d by %d", i+1, -amount)
		}
		sum.Shares[i] += amount
	}
}

func step(t *rapid.T, s commission.Snapshot, k commission.Kept) (commission.Kept, commission.Reversal) {
	if rapid.Bool().Draw(t, "allowance") {
		amount := rapid.Int64Range(1, max(k.Cash+2, 2)).Draw(t, "amount")
		next, rev, err := s.Allow(k, amount)
		if err != nil {
			if fault.Code(err) != "distribution.refund_exceeds_kept" || amount <= k.Cash || next != k {
				t.Fatalf("allowance of %d on %+v: %v", amount, k, err)
			}
			return k, commission.Reversal{Shares: make([]int64, len(s.Shares))}
		}
		return next, rev
	}
	if _, _, err := s.Return(k, k.Units+1); fault.Code(err) != "distribution.refund_exceeds_kept" {
		t.Fatalf("returned more than was kept: %v", err)
	}
	next, rev, err := s.Return(k, rapid.Int64Range(1, k.Units).Draw(t, "units"))
	if err != nil {
		t.Fatal(err)
	}
	return next, rev
}

// Returns alone give the same end whatever their order.
func TestReturnsCommute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := commission.Calculate(drawInput(t))
		if err != nil {
			t.Fatal(err)
		}
		s := r.Lines[0]
		if s.Quantity < 3 {
			return
		}
		oneThenTwo, _, _ := s.Return(s.Whole(), 1)
		oneThenTwo, _, _ = s.Return(oneThenTwo, 2)
		three, _, _ := s.Return(s.Whole(), 3)
		if oneThenTwo != three {
			t.Fatalf("%+v and %+v", oneThenTwo, three)
		}
	})
}

func TestPolicyLeavesShopWhole(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]commission.Policy{
		"four levels":        {Levels: 4, LineCap: 5000},
		"fee on a whole cap": {Fee: 1},
		"together too much":  {LineCap: 9000, Fee: 1001},
		"negative fee":       {LineCap: 5000, Fee: -1},
	} {
		if fault.Code(p.Validate()) != "distribution.bad_policy" {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (commission.Policy{Levels: 2, LineCap: 5000, Fee: 500}).Validate(); err != nil {
		t.Error(err)
	}
}
