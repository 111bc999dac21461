package distribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/commission"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// RefundLine is what comes back of one line: units returned, or an allowance in
// minor units with the goods kept. One of the two.
type RefundLine struct {
	Line      id.OrderLine `json:"line"`
	Units     int64        `json:"units,omitempty"`
	Allowance int64        `json:"allowance,omitempty"`
}

// RefundRequest is one accepted refund of an order.
type RefundRequest struct {
	Refund   id.Refund    `json:"refund"`
	Order    id.Order     `json:"order"`
	Lines    []RefundLine `json:"lines"`
	Shipping int64        `json:"shipping"`
}

// Refunded is what one refund gives back to the buyer and takes from whom.
type Refunded struct {
	Refund  id.Refund     `json:"refund"`
	Matured bool          `json:"matured"` // the money was no longer frozen
	Dues    PayableShares `json:"dues"`    // the differences
}

// Ledger is Refunded as the ledger takes it; wallet is the part of the cash that
// goes back to the buyer's wallet.
func (r Refunded) Ledger(provider string, wallet int64) ledger.Refund {
	d := r.Dues
	return ledger.Refund{
		Refund: r.Refund, Order: d.Order, Shop: d.Shop, Buyer: d.Buyer, Currency: d.Currency, Provider: provider,
		Matured: r.Matured,
		Cash:    d.Cash - wallet, Wallet: wallet, Points: d.Points, PlatformCoupon: d.PlatformCoupon,
		ShopAmount: d.ShopAmount, Fee: d.Fee, Commissions: d.Commissions,
	}
}

// Refund takes back the shares of what is returned and answers what the ledger is to post:
// ledger.RefundAccepted(ctx, tx, refunded.Ledger(provider, wallet)). The same refund again answers
// the same. Faults: CodeNoSuchOrder, CodeWrongState (not paid), distribution.refund_exceeds_kept,
// distribution.refund_reused (the same refund with other contents).
func (d *Distribution) Refund(ctx context.Context, tx *sqldb.Tx, r RefundRequest) (Refunded, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return Refunded{}, err
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	s := store{tx}
	if err := s.lockOrder(ctx, r.Order); err != nil { // refunds and maturing of an order wait for one another
		return Refunded{}, err
	}
	if was, found, err := s.refund(ctx, r.Refund, hash); found || err != nil {
		return was, err
	}
	o, err := s.order(ctx, r.Order)
	if err != nil {
		return Refunded{}, err
	}
	if o.state != StateFrozen && o.state != StateAvailable {
		return Refunded{}, fault.Conflict(CodeWrongState, "state", o.state)
	}
	if r.Shipping < 0 || r.Shipping > o.shippingKept {
		return Refunded{}, fault.Conflict("distribution.refund_exceeds_kept", "kept", o.shippingKept)
	}
	out := Refunded{Refund: r.Refund, Matured: o.state == StateAvailable}
	if err := s.countEarned(ctx, r.Order, -1); err != nil {
		return Refunded{}, err
	}
	if out.Dues, err = s.takeBack(ctx, o, r); err == nil {
		err = s.countEarned(ctx, r.Order, 1)
	}
	if err != nil {
		return Refunded{}, err
	}
	return out, s.insertRefund(ctx, r, hash, out)
}

// takeBack counts the refund line by line and stores what is kept.
func (s store) takeBack(ctx context.Context, o orderRow, r RefundRequest) (PayableShares, error) {
	lines, err := s.lines(ctx, r.Order)
	if err != nil {
		return PayableShares{}, err
	}
	byLine := map[id.OrderLine]*lineRow{}
	for i := range lines {
		byLine[lines[i].snapshot.Line] = &lines[i]
	}
	out := PayableShares{
		Order: o.order, Shop: o.shop, Buyer: o.buyer, Currency: o.currency, Cash: r.Shipping, ShopAmount: r.Shipping,
	}
	for _, want := range r.Lines {
		l := byLine[want.Line]
		if l == nil || (want.Units > 0) == (want.Allowance > 0) {
			return PayableShares{}, fault.Invalid("distribution.bad_line", "line", want.Line)
		}
		delete(byLine, want.Line) // a refund names a line once
		rev, err := s.reverse(ctx, r.Refund, l, want)
		if err != nil {
			return PayableShares{}, err
		}
		out.add(l.snapshot, rev)
	}
	return out, s.keepShipping(ctx, r.Order, o.shippingKept-r.Shipping)
}

func (d *PayableShares) add(snap commission.Snapshot, rev commission.Reversal) {
	d.Cash += rev.Cash
	d.PlatformCoupon += rev.PlatformCoupon
	d.Points += rev.Points
	d.Fee += rev.Fee
	d.ShopAmount += rev.Shop
	for i, amount := range rev.Shares {
		if amount != 0 {
			d.Commissions = append(d.Commissions, ledger.Commission{
				User:  snap.Shares[i].User,
				Level: snap.Shares[i].Level, Amount: amount,
			})
		}
	}
}

func (s store) reverse(ctx context.Context, refund id.Refund, l *lineRow, want RefundLine) (rev commission.Reversal,
	err error,
) {
	if want.Units > 0 {
		l.kept, rev, err = l.snapshot.Return(l.kept, want.Units)
	} else {
		l.kept, rev, err = l.snapshot.Allow(l.kept, want.Allowance)
	}
	if err != nil {
		return rev, err
	}
	if err := s.saveKept(ctx, l.snapshot.Line, l.kept); err != nil {
		return rev, err
	}
	for i, amount := range rev.Shares {
		if amount == 0 {
			continue
		}
		if err := s.reverseEntry(ctx, refund, l.snapshot.Line, l.snapshot.Shares[i].Level, amount); err != nil {
			return rev, err
		}
	}
	return rev, nil
}
