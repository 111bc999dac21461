package distribution

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/commission"
	"hawker/internal/ledger"
	"hawker/internal/platform/sqldb"
)

// States of an order's shares and of each commission.
const (
	StateEstimated = "estimated" // ordered, not paid
	StateFrozen    = "frozen"    // paid, inside the after-sale window
	StateAvailable = "available"
	StateVoid      = "void" // never paid, or given back in full
)

// Faults of the order's events.
const (
	CodeNoSuchOrder = "distribution.no_such_order"
	CodeWrongState  = "distribution.wrong_state"
)

// Which rule chose the promoter; kept with the order.
const (
	AttributedByLink    = "link"
	AttributedByBinding = "binding"
	AttributedToNobody  = "none"
)

// AttributeRequest asks who earns on an order. A line whose Rule is empty gets
// the installation's rule; a product that pays nobody says Percent().
type AttributeRequest struct {
	Buyer   id.User
	RefCode string // of the link by which the buyer came, "" for none
	Lines   []commission.PricedLine
}

// Attribution is what an order promises.
type Attribution struct {
	Source string
	Lines  []commission.Snapshot
}

// Attribute finds who earns and counts it. It binds a buyer who has no promoter yet to the owner of
// the link. It is called in the transaction that creates the order; Save stores the answer.
func (d *Distribution) Attribute(ctx context.Context, tx *sqldb.Tx, r AttributeRequest) (Attribution, error) {
	who, err := d.people.Trace(ctx, tx, r.Buyer, r.RefCode)
	if err != nil {
		return Attribution{}, err
	}
	lines := make([]commission.PricedLine, len(r.Lines))
	for i, l := range r.Lines {
		if l.Quantity <= 0 || l.Cash < 0 || l.Owed != l.Cash+l.PlatformCoupon+l.Points {
			return Attribution{}, fault.Invalid("distribution.bad_line", "index", i)
		}
		lines[i] = l
		if l.Rule.Kind == "" {
			lines[i].Rule = d.settings.Default
		}
	}
	chain := commission.Beneficiaries(r.Buyer, who.Promoter, who.Tree, d.settings.Policy)
	a := Attribution{Source: AttributedByBinding, Lines: commission.Snapshots(lines, chain, d.settings.Policy)}
	switch {
	case chain == commission.Chain{}:
		a.Source = AttributedToNobody
	case !who.Promoter.IsZero() && (who.Promoter != r.Buyer || d.settings.Policy.SelfPurchase):
		a.Source = AttributedByLink
	}
	return a, nil
}

// OrderRecord is what is kept of an order beside its snapshots.
type OrderRecord struct {
	Order    id.Order
	Number   string
	Shop     id.Shop
	Buyer    id.User
	Currency money.Currency
	Shipping int64                      // to the shop, never part of a base
	Titles   map[id.OrderLine]lang.Text // of the products, as the buyer saw them
}

// Save stores what an order promises; the snapshots never change afterwards.
func (d *Distribution) Save(ctx context.Context, tx *sqldb.Tx, o OrderRecord, a Attribution) error {
	s := store{tx}
	if err := s.insertOrder(ctx, o, a.Source); err != nil {
		return err
	}
	for _, snap := range a.Lines {
		if snap.Shop != o.Shop {
			return fault.Invalid("distribution.bad_line", "shop", snap.Shop)
		}
		if err := s.insertLine(ctx, o, snap); err != nil {
			return err
		}
		for _, share := range snap.Shares {
			if share.Amount == 0 {
				continue
			}
			if err := s.insertEntry(ctx, o, snap, share); err != nil {
				return err
			}
		}
	}
	return nil
}

// PayableShares is what an order owes to whom, after refunds.
type PayableShares struct {
	Order          id.Order
	Shop           id.Shop
	Buyer          id.User
	Currency       money.Currency
	Cash           int64 // with shipping; the wallet's part is in it
	PlatformCoupon int64
	Points         int64
	ShopAmount     int64 // with shipping
	Fee            int64
	Commissions    []ledger.Commission
}

// Paid is Dues as the ledger takes a paid order; wallet is the part of the cash
// that the buyer's wallet paid, provider holds the rest.
func (d PayableShares) Paid(provider string, wallet int64) ledger.PaidOrder {
	return ledger.PaidOrder{
		Order: d.Order, Shop: d.Shop, Buyer: d.Buyer, Currency: d.Currency, Provider: provider,
		Cash: d.Cash - wallet, Wallet: wallet, Points: d.Points, PlatformCoupon: d.PlatformCoupon,
		ShopAmount: d.ShopAmount, Fee: d.Fee, Commissions: d.Commissions,
	}
}

// OrderPaid freezes what the order promised and answers what the ledger is to
// post: ledger.OrderPaid(ctx, tx, dues.Paid(provider, wallet)). Late money for a
// closed order revives its shares; whether it may is payment's to decide.
// Calling it again answers the same. Faults: CodeNoSuchOrder.
func (d *Distribution) OrderPaid(ctx context.Context, tx *sqldb.Tx, order id.Order) (PayableShares, error) {
	s := store{tx}
	for _, from := range []string{StateEstimated, StateVoid} { // an order is void only as long as nobody paid it
		moved, err := s.moveOrder(ctx, order, from, StateFrozen)
		if err == nil && moved {
			err = s.moveEntries(ctx, order, from, StateFrozen, time.Time{})
		}
		if err == nil && moved {
			err = s.countEarned(ctx, order, 1)
		}
		if err != nil {
			return PayableShares{}, err
		}
		if moved {
			break
		}
	}
	o, err := s.order(ctx, order)
	if err != nil {
		return PayableShares{}, err
	}
	lines, err := s.lines(ctx, order)
	if err != nil {
		return PayableShares{}, err
	}
	for i := range lines { // what was paid is the whole, whatever was refunded since
		lines[i].kept = lines[i].snapshot.Whole()
	}
	return dues(o, lines, o.shipping), nil
}

// OrderClosed voids what an order promised that was never paid. An order that
// was paid is left alone: refunds take its shares back.
func (d *Distribution) OrderClosed(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	s := store{tx}
	moved, err := s.moveOrder(ctx, order, StateEstimated, StateVoid)
	if err != nil || !moved {
		return err
	}
	return s.moveEntries(ctx, order, StateEstimated, StateVoid, time.Time{})
}

// OrderCompleted starts the after-sale window at the receipt. The first call counts.
func (d *Distribution) OrderCompleted(ctx context.Context, tx *sqldb.Tx, order id.Order, at time.Time) error {
	return store{tx}.setMatureAt(ctx, order, at.Add(d.settings.AfterSale))
}

// HoldOrder keeps an order from maturing while an after-sale is open; each hold
// needs its ReleaseOrder.
func (d *Distribution) HoldOrder(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	return store{tx}.addHold(ctx, order, 1)
}

// ReleaseOrder ends one hold.
func (d *Distribution) ReleaseOrder(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	return store{tx}.addHold(ctx, order, -1)
}

// dues adds up the kept parts of an order's lines.
func dues(o orderRow, lines []lineRow, shipping int64) PayableShares {
	out := PayableShares{
		Order: o.order, Shop: o.shop, Buyer: o.buyer, Currency: o.currency, Cash: shipping, ShopAmount: shipping,
	}
	for _, l := range lines {
		p := l.snapshot.Parts(l.kept)
		out.Cash += l.kept.Cash
		out.PlatformCoupon += p.PlatformCoupon
		out.Points += p.Points
		out.Fee += p.Fee
		out.ShopAmount += p.Owed - p.Fee
		for i, amount := range p.Shares {
			if amount == 0 {
				continue
			}
			out.ShopAmount -= amount
			share := l.snapshot.Shares[i]
			out.Commissions = append(out.Commissions, ledger.Commission{
				User: share.User, Level: share.Level,
				Amount: amount,
			})
		}
	}
	return out
}
