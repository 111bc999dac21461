package events

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/platform/sqldb"
)

// inlineMax bounds the events that one transaction hands on, those that its handlers record
// among them; the relay does the rest.
const inlineMax = 64

// Inline has handlers take each fact in the transaction that records it, from now on, one
// commit instead of three. What a carrier takes to others goes through the outbox as
// before; who is to be told at once is.
func (b *Bus) Inline() {
	if b.carrier == nil {
		b.db.Last(b.atEnd)
		return
	}
	b.db.Last(b.leave)
}

// atEnd hands on what was recorded in a transaction. When a handler fails, the transaction is
// taken back and done without any, and the relay hands the facts to each by itself.
func (b *Bus) atEnd(ctx context.Context, tx *sqldb.Tx) error {
	queue := recorded(tx)
	if err := tx.Alone(); err != nil {
		b.guard.Log().Warn("events not taken with their facts", "first", queue[0].Name, "error", err)
		return leaveAll(ctx, tx, queue)
	}
	for n := 0; n < len(queue); n++ {
		if err := b.inline(ctx, tx, queue[n], n < inlineMax); err != nil {
			return err
		}
		queue = append(queue, recorded(tx)...)
	}
	return nil
}

func leaveAll(ctx context.Context, tx *sqldb.Tx, facts []event.Envelope) error {
	for _, env := range facts {
		if err := insertOutbox(ctx, tx, env, nil); err != nil {
			return err
		}
	}
	return nil
}

// inline runs the handlers of an event, and leaves to the relay who is to be notified.
func (b *Bus) inline(ctx context.Context, tx *sqldb.Tx, env event.Envelope, handle bool) error {
	taken, left := map[string]bool{}, false
	for _, s := range b.subs[env.Name] {
		if s.Handle == nil || !handle {
			left = true
			continue
		}
		if err := handOver(ctx, tx, s, env); err != nil {
			return err
		}
		taken[s.Consumer] = true
	}
	if !left {
		return nil
	}
	return insertOutbox(ctx, tx, env, taken)
}

// recorded are the facts that were recorded since it was last asked.
func recorded(tx *sqldb.Tx) (out []event.Envelope) {
	for _, note := range tx.Notes() {
		if env, ok := note.(event.Envelope); ok {
			out = append(out, env)
		}
	}
	return out
}
