package order

import (
	"context"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Close ends an order that waits for money and gives its stock back, and what
// else was promised to it.
func (s *Service) Close(ctx context.Context, tx *sqldb.Tx, o Order, reason string, by Actor) error {
	if err := s.move(ctx, tx, o, StatusPendingPayment, StatusClosed, time.Time{}, by); err != nil {
		return err
	}
	if err := setCloseReason(ctx, tx, o.ID, reason); err != nil {
		return err
	}
	if err := inventory.Release(ctx, tx, o.stockRef(), o.Items()); err != nil {
		return err
	}
	for _, p := range s.promisedTo(o) {
		if err := p.Release(ctx, tx, o.ID); err != nil {
			return err
		}
	}
	return events.Record(ctx, tx, Closed{payloadOf(o), reason})
}

// promisedTo tells from the calculation who has promised something to the order.
func (s *Service) promisedTo(o Order) []Reservations {
	var out []Reservations
	for _, l := range o.Lines {
		for _, a := range l.Adjustments {
			if p := s.reservations[a.Kind]; p != nil && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// CanReopen reports whether late money could revive an order that closed unpaid:
// its goods are there, in their slice or beside it, and its coupon is still free.
func (s *Service) CanReopen(ctx context.Context, q sqldb.Querier, o Order) (bool, error) {
	if o.Status != StatusClosed || o.CloseReason != ReasonUnpaid {
		return false, nil
	}
	for _, p := range s.promisedTo(o) {
		if free, err := p.CanReacquire(ctx, q, o.ID); err != nil || !free {
			return false, err
		}
	}
	for _, it := range o.Items() {
		if _, enough, err := fromWhere(ctx, q, it); err != nil || !enough {
			return false, err
		}
	}
	return true, nil
}

// fromWhere finds the units of a line anew: its slice if that still has them,
// else what anybody may buy.
func fromWhere(ctx context.Context, q sqldb.Querier, it inventory.Item) (inventory.Item, bool, error) {
	enough, err := inventory.Enough(ctx, q, []inventory.Item{it})
	if err != nil || enough || it.Slice.IsZero() {
		return it, enough, err
	}
	it.Slice = id.Slice{}
	enough, err = inventory.Enough(ctx, q, []inventory.Item{it})
	return it, enough, err
}

// Reopen revives an order that closed unpaid, for money that came late: it takes
// the goods again if there are any left. Ask CanReopen first. The price stays
// what the money was for. Fault inventory.insufficient_stock.
func (s *Service) Reopen(ctx context.Context, tx *sqldb.Tx, o Order) (Order, error) {
	if err := s.move(ctx, tx, o, StatusClosed, StatusPendingPayment, tx.Now().Add(s.terms.PayWithin),
		System()); err != nil {
		return o, err
	}
	o.Status, o.CloseReason, o.Revived = StatusPendingPayment, "", o.Revived+1
	if err := setRevived(ctx, tx, o); err != nil {
		return o, err
	}
	for i, it := range o.Items() {
		it, _, err := fromWhere(ctx, tx, it)
		if err != nil {
			return o, err
		}
		if it.Slice != o.Lines[i].Slice {
			o.Lines[i].Slice = it.Slice
			if err := setLineSlice(ctx, tx, o.Lines[i]); err != nil {
				return o, err
			}
		}
	}
	for _, p := range s.promisedTo(o) {
		if err := p.Reacquire(ctx, tx, o.ID); err != nil {
			return o, err
		}
	}
	return o, inventory.Reserve(ctx, tx, o.stockRef(), o.Items())
}
