package analytics

import (
	"context"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

const (
	// bucket is the stretch that one row of figures counts. Every zone's day begins at one.
	bucket = 15 * time.Minute
	// settledAfter is when an event has been counted, as good as always: what is younger is
	// counted from the orders themselves, so that a new order shows at once.
	settledAfter = time.Minute
	// recountedAfter is how long after its end a bucket may have been recounted.
	recountedAfter = time.Hour
)

// trade is what a stretch of time brought, or a single order.
type trade struct {
	since                 time.Time
	placed, paid, revenue int64
}

// subscriptions count orders as they come.
func subscriptions() []events.Subscription {
	return []events.Subscription{
		{Consumer: "analytics.placed", Event: order.EventPlaced, Handle: func(ctx context.Context, tx *sqldb.Tx,
			env event.Envelope,
		) error {
			e, err := event.Decode[order.Placed](env)
			if err != nil {
				return err
			}
			return told(ctx, tx, e.Shop, trade{since: env.At, placed: 1})
		}},
		{Consumer: "analytics.paid", Event: order.EventPaid, Handle: func(ctx context.Context, tx *sqldb.Tx,
			env event.Envelope,
		) error {
			e, err := event.Decode[order.Paid](env)
			if err != nil {
				return err
			}
			return told(ctx, tx, e.Shop, trade{since: env.At, paid: 1, revenue: e.Payable})
		}},
	}
}

// told counts an order that an event tells of. What is told late, since its event had been set
// aside, say, may be in a recount already: its bucket is recounted then.
func told(ctx context.Context, tx *sqldb.Tx, shop id.Shop, t trade) error {
	since := t.since.Truncate(bucket)
	if tx.Now().Sub(since) < bucket+recountedAfter {
		return count(ctx, tx, shop, t)
	}
	return putRight(ctx, tx, shop, since)
}

// putRight makes a bucket say what the orders say. Nothing is added first: whoever does the
// same at once waits for the row, and finds it right.
func putRight(ctx context.Context, tx *sqldb.Tx, shop id.Shop, since time.Time) error {
	if err := count(ctx, tx, shop, trade{since: since}); err != nil {
		return err
	}
	wrong, err := wrongOf(ctx, tx, shop, since, since.Add(bucket))
	for _, c := range wrong {
		if err == nil {
			err = count(ctx, tx, c.shop, c.by)
		}
	}
	return err
}

// traded answers what happened from a time until another, in pieces that are each of one
// hour of any clock: whole buckets, and from where those are not settled single orders.
func (s *Service) traded(ctx context.Context, shop id.Shop, from, until time.Time) ([]trade, error) {
	q, cut := s.db.Reader(), s.db.Clock().Now().Add(-settledAfter)
	if until.Before(cut) {
		cut = until
	}
	if cut = cut.Truncate(bucket); cut.Before(from) {
		cut = from
	}
	list, err := countedBetween(ctx, q, shop, from, cut)
	if err != nil {
		return nil, err
	}
	placed, err := countPlaced(ctx, q, shop, cut, until)
	if err != nil {
		return nil, err
	}
	sales, err := salesBetween(ctx, q, shop, cut, until)
	return append(append(list, trade{since: cut, placed: placed}), sales...), err
}

// Recount compares the figures of yesterday and today with the orders themselves, puts right
// what differs and answers how many rows did. What events have not told yet is left to them.
func (s *Service) Recount(ctx context.Context) (drift int, err error) {
	until := s.db.Clock().Now().Add(-recountedAfter)
	var wrong []correction
	err = s.db.Snapshot(ctx, func(ctx context.Context, q sqldb.Querier) error {
		untold, err := events.OldestUntold(ctx, q)
		if err != nil {
			return err
		}
		if !untold.IsZero() && untold.Before(until) {
			until = untold
		}
		until = until.Truncate(bucket)
		wrong, err = wrongBetween(ctx, q, until.Add(-48*time.Hour), until)
		return err
	})
	for _, c := range wrong {
		if err == nil {
			err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
				return putRight(ctx, tx, c.shop, c.by.since)
			})
		}
	}
	return len(wrong), err
}
