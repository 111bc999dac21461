package commission_test

import (
	"strings"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/commission"
)

// replay folds the events over the order as the ledger would.
func replay(t *testing.T, v *vectorOrder, r commission.Result, users map[id.User]string, got *vectorExpected) {
	t.Helper()
	f := newFold(v, r, users)
	for _, e := range v.Events {
		if step, ok := f.apply(t, e); ok {
			got.Steps = append(got.Steps, step)
		}
	}
	got.Kept, got.MerchantEnd, got.Balances = map[string][]int64{}, map[string]int64{}, map[string]vectorBalance{}
	for i, s := range r.Lines {
		got.Kept[v.Lines[i].ID] = s.KeptShares(f.kept[i])
		got.MerchantEnd[v.Lines[i].Shop] = f.merchant[v.Lines[i].Shop]
	}
	for who, b := range f.balances {
		got.Balances[who] = *b
	}
}

type fold struct {
	v        *vectorOrder
	lines    []commission.Snapshot
	kept     []commission.Kept
	merchant map[string]int64
	shipping map[string]int64
	balances map[string]*vectorBalance
	users    map[id.User]string
	seen     map[string]bool
	mature   bool
}

func newFold(v *vectorOrder, r commission.Result, users map[id.User]string) *fold {
	f := &fold{
		v: v, lines: r.Lines, users: users, merchant: map[string]int64{}, shipping: map[string]int64{},
		balances: map[string]*vectorBalance{}, seen: map[string]bool{},
	}
	for level := range commission.LevelsMax {
		if u := r.Chain.At(level + 1); !u.IsZero() {
			f.balances[users[u]] = &vectorBalance{}
		}
	}
	for i, s := range r.Lines {
		f.kept = append(f.kept, s.Whole())
		f.merchant[v.Lines[i].Shop] = r.Shops[s.Shop]
		for _, share := range s.Shares {
			if share.Amount > 0 {
				f.balances[users[share.User]].Frozen += share.Amount
			}
		}
	}
	for shop, amount := range v.Shipping {
		f.shipping[shop] = amount
	}
	return f
}

func (b *vectorBalance) earn(amount int64) {
	pay := min(b.Debt, amount)
	b.Debt -= pay
	b.Available += amount - pay
}

func (f *fold) apply(t *testing.T, e vectorEvent) (vectorStep, bool) {
	t.Helper()
	switch e.Type {
	case "mature":
		f.mature = true
		for _, b := range f.balances {
			amount := b.Frozen
			b.Frozen = 0
			b.earn(amount)
		}
	case "withdraw":
		if f.balances[e.Who].Available < e.Amount {
			t.Fatalf("withdraws %d of %d", e.Amount, f.balances[e.Who].Available)
		}
		f.balances[e.Who].Available -= e.Amount
	case "earn":
		if f.balances[e.Who] == nil {
			f.balances[e.Who] = &vectorBalance{}
		}
		f.balances[e.Who].earn(e.Amount)
	case "rate_change": // a live setting: nothing in a snapshot could change
	case "return", "allowance", "refund_shipping":
		if f.seen[e.ID] {
			return vectorStep{Duplicate: true}, true
		}
		f.seen[e.ID] = true
		if e.Type == "refund_shipping" {
			return f.refundShipping(e), true
		}
		return f.refund(e), true
	default:
		t.Fatalf("unknown event %q", e.Type)
	}
	return vectorStep{}, false
}

func (f *fold) refundShipping(e vectorEvent) vectorStep {
	if e.Amount > f.shipping[e.Shop] {
		return vectorStep{Error: "refund_exceeds_kept"}
	}
	f.shipping[e.Shop] -= e.Amount
	f.merchant[e.Shop] -= e.Amount
	return vectorStep{Cash: e.Amount}
}

func (f *fold) refund(e vectorEvent) vectorStep {
	for i, s := range f.lines {
		if f.v.Lines[i].ID != e.Line {
			continue
		}
		var rev commission.Reversal
		var err error
		if e.Type == "return" {
			f.kept[i], rev, err = s.Return(f.kept[i], e.Qty)
		} else {
			f.kept[i], rev, err = s.Allow(f.kept[i], e.Amount)
		}
		if err != nil {
			return vectorStep{Error: strings.TrimPrefix(fault.Code(err), "distribution.")}
		}
		f.merchant[f.v.Lines[i].Shop] -= rev.Shop
		for level, amount := range rev.Shares {
			if amount > 0 {
				f.takeBack(f.balances[f.users[s.Shares[level].User]], amount)
			}
		}
		return vectorStep{
			Cash: rev.Cash, Points: rev.Points, Platform: rev.PlatformCoupon, FeeRev: rev.Fee,
			Rev: rev.Shares,
		}
	}
	return vectorStep{Error: "no such line"}
}

func (f *fold) takeBack(b *vectorBalance, amount int64) {
	if !f.mature {
		b.Frozen -= amount
		return
	}
	taken := min(b.Available, amount)
	b.Available -= taken
	b.Debt += amount - taken
}
