// Package events carries facts from the module where they happened to the
// modules that want to know. A fact is recorded in the transaction that made it
// true (the outbox); the relay hands it to every subscriber at least once, and a
// subscriber's effect happens once because its inbox row is written with it.
//
// Handlers must not depend on the order of events. A handler that fails is
// tried again with growing pauses and set aside as dead after triesMax; doctor
// reports what is dead.
package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
)

// Record stores facts beside the effect they tell of. They are carried only if
// the transaction commits.
func Record(ctx context.Context, tx *sqldb.Tx, facts ...event.Event) error {
	for _, f := range facts {
		payload, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("record %s: %w", f.EventName(), err)
		}
		env := event.Envelope{
			ID: id.Make[id.Event](tx), Name: f.EventName(), Key: f.EventKey(), At: tx.Now(),
			Payload: payload,
		}
		if err := insertOutbox(ctx, tx, env); err != nil {
			return fmt.Errorf("record %s: %w", f.EventName(), err)
		}
	}
	return nil
}

// Handler takes an event in a transaction, which also holds its inbox row.
type Handler func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error

// Notifier takes an event outside any transaction, at least once: for what
// leaves the database (a push to a viewer's screen), where twice does no harm.
type Notifier func(ctx context.Context, env event.Envelope) error

type subscription struct {
	consumer string
	handle   Handler
	notify   Notifier
}

// Bus relays events to subscribers in this process.
type Bus struct {
	db   *sqldb.DB
	log  *slog.Logger
	subs map[string][]subscription
}

// NewBus makes a bus without subscribers. Subscribe before Run.
func NewBus(db *sqldb.DB, log *slog.Logger) *Bus {
	return &Bus{db: db, log: log, subs: map[string][]subscription{}}
}

// Handle subscribes a transactional handler. consumer is stable and unique for
// the event: it is half of the inbox key.
func (b *Bus) Handle(consumer, name string, h Handler) {
	b.subs[name] = append(b.subs[name], subscription{consumer: consumer, handle: h})
}

// Notify subscribes a handler whose effect is outside the database.
func (b *Bus) Notify(consumer, name string, n Notifier) {
	b.subs[name] = append(b.subs[name], subscription{consumer: consumer, notify: n})
}

const (
	gather     = 20 * time.Millisecond // what this process committed in that time is delivered together
	pollOthers = time.Second           // for what other nodes committed, or what has become due
	batchMax   = 200
	parallel   = 16
	triesMax   = 12
	retryFirst = time.Second
	retryMax   = 10 * time.Minute
	leaseFor   = 10 * time.Second
	inboxKeep  = 14 * 24 * time.Hour
)

// Run relays until ctx ends. Several nodes may run it; a lease chooses one.
func (b *Bus) Run(ctx context.Context) error {
	l := lease.Lease{DB: b.db, Name: "events.relay", Holder: id.Token(), For: leaseFor}
	var heldUntil, prunedAt time.Time
	for ctx.Err() == nil {
		now := b.db.Clock().Now()
		if now.Add(leaseFor * 2 / 3).After(heldUntil) {
			held, err := l.Hold(ctx)
			if err != nil && ctx.Err() == nil {
				b.log.Error("relay lease", "error", err)
			}
			if heldUntil = (time.Time{}); held {
				heldUntil = now.Add(leaseFor)
			}
		}
		delivered, changed := 0, b.db.Changed()
		if !heldUntil.IsZero() {
			var err error
			if delivered, err = b.deliver(ctx); err != nil && ctx.Err() == nil {
				b.log.Error("relay", "error", err)
			}
			if now.Sub(prunedAt) > time.Hour {
				prunedAt = now
				b.prune(ctx)
			}
		}
		if delivered == 0 {
			b.db.Await(ctx, changed, gather, pollOthers)
		}
	}
	return l.Release(context.WithoutCancel(ctx))
}

func (b *Bus) prune(ctx context.Context) {
	if err := pruneInbox(ctx, b.db, b.db.Clock().Now().Add(-inboxKeep)); err != nil && ctx.Err() == nil {
		b.log.Error("prune inbox", "error", err)
	}
}

// Drain delivers until nothing is due; tests and shutdown use it.
func (b *Bus) Drain(ctx context.Context) error {
	for {
		n, err := b.deliver(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// deliver hands on one batch and answers how many events it held. Events of a
// batch run side by side, so that on SQLite they share commits.
func (b *Bus) deliver(ctx context.Context) (int, error) {
	due, err := dueOutbox(ctx, b.db.Reader(), b.db.Clock().Now(), batchMax)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var g errgroup.Group
	g.SetLimit(parallel)
	for _, d := range due {
		g.Go(func() error { return b.deliverOne(ctx, d) })
	}
	return len(due), g.Wait()
}

func (b *Bus) deliverOne(ctx context.Context, d dueEvent) error {
	var failed []error
	var told []string // notifiers that took it
	for _, s := range b.subs[d.Name] {
		err := b.hand(ctx, s, d)
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", s.consumer, err))
		case s.notify != nil:
			told = append(told, s.consumer)
		}
	}
	if len(failed) == 0 {
		return deleteOutbox(ctx, b.db, d.ID)
	}
	if ctx.Err() != nil {
		return nil // stopping is not the event's fault
	}
	err := errors.Join(failed...)
	b.log.Warn("event not taken", "event", d.Name, "id", d.ID.String(), "attempt", d.attempts+1, "error", err)
	return postponeOutbox(ctx, b.db, d, told, backoff(d.attempts), err)
}

// hand gives an event to one subscriber. A notifier is asked for its inbox row
// only on a later try: the row is written when a neighbour failed, so that this
// one is not told again.
func (b *Bus) hand(ctx context.Context, s subscription, d dueEvent) error {
	if s.notify != nil {
		if d.attempts > 0 {
			if done, err := inInbox(ctx, b.db.Reader(), s.consumer, d.ID); done || err != nil {
				return err
			}
		}
		return s.notify(ctx, d.Envelope)
	}
	return b.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh, err := insertInbox(ctx, tx, s.consumer, d.ID)
		if err != nil || !fresh {
			return err
		}
		return s.handle(ctx, tx, d.Envelope)
	})
}

func backoff(attempts int) time.Duration {
	return min(retryFirst<<min(attempts, 20), retryMax)
}
