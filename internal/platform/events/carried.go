package events

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
)

// Over has a carrier take the events: the relay publishes them and takes them out of
// the outbox, and each subscriber of this process consumes as a group, in this
// process and in whichever others have it. Call it before Run; nil is none.
func (b *Bus) Over(c Carrier) *Bus {
	b.carrier = c
	return b
}

// hands is how many of a group's events are handled at once in this process.
const hands = 2

// groups are this process's subscribers by their names.
func (b *Bus) groups() (out []Group) {
	by := map[string][]string{}
	for name, subs := range b.subs {
		for _, s := range subs {
			by[s.Consumer] = append(by[s.Consumer], name)
		}
	}
	for consumer, names := range by {
		slices.Sort(names)
		out = append(out, Group{consumer, names})
	}
	return out
}

// carried relays to the carrier and consumes from it.
func (b *Bus) carried(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.tellAtOnce(ctx) })
	g.Go(func() error { return b.exchange(ctx) })
	return g.Wait()
}

func (b *Bus) exchange(ctx context.Context) error {
	groups := b.groups()
	for pause := retryFirst; ; pause = min(2*pause, carrierPauseMax) {
		err := b.carrier.Declare(ctx, groups)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			break
		}
		b.guard.Log().Error("relay", "error", fmt.Errorf("declare groups: %w", err))
		b.sleep(ctx, pause)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, group := range groups {
		for range hands {
			g.Go(func() error {
				return b.carrier.Consume(ctx, group.Name, func(ctx context.Context, d Delivery) error {
					return b.consume(ctx, group.Name, d)
				})
			})
		}
	}
	g.Go(func() error {
		if !b.db.Shared() {
			return b.publish(ctx)
		}
		l := lease.In(b.db, "events.relay", leaseFor)
		for ctx.Err() == nil {
			if _, err := l.While(ctx, b.publish); err != nil && ctx.Err() == nil {
				b.guard.Log().Error("relay", "error", err)
			}
			b.sleep(ctx, leasePause)
		}
		return nil
	})
	return g.Wait()
}

// publish hands over what is due until ctx ends. A carrier that is down keeps
// nothing from being recorded: it waits in the outbox.
func (b *Bus) publish(ctx context.Context) error {
	f := newFlow(ctx, b, 0)
	pause := retryFirst
	for ctx.Err() == nil {
		changed := b.db.Changed("outbox")
		n, err := b.publishDue(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			b.guard.Log().Error("relay", "error", err)
			b.sleep(ctx, pause)
			pause = min(2*pause, carrierPauseMax)
		case n == 0:
			pause = retryFirst
			next := b.db.Clock().Now().Add(pollOthers)
			b.await(ctx, f, changed, next)
		}
	}
	return nil
}

const carrierPauseMax = 10 * retryFirst

func (b *Bus) publishDue(ctx context.Context) (int, error) {
	due, _, err := dueOutbox(ctx, b.db.Reader(), b.db.Clock().Now(), batchMax)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	batch, ids := make([]event.Envelope, len(due)), make([]id.Event, len(due))
	steps := make([]span.Span, len(due)) // of as many traces
	for i, d := range due {
		batch[i], ids[i] = d.Envelope, d.ID
		batch[i].Trace, steps[i] = leave(ctx, d.Envelope)
	}
	err = b.carrier.Publish(ctx, batch)
	for _, s := range steps {
		s.End(err)
	}
	if err != nil {
		return 0, err
	}
	return len(due), b.published(ctx, ids)
}

// leave begins the publishing of an event as a step below the one that recorded it, to which those
// who take it belong. What was recorded by no step stays without one.
func leave(ctx context.Context, env event.Envelope) (trace string, s span.Span) {
	if env.Trace == "" {
		return "", s
	}
	ctx, s = span.Begin(ctx, span.Step{Kind: span.Producer, Name: "publish " + env.Name, Parent: env.Trace})
	if trace = span.Parent(ctx); trace == "" {
		trace = env.Trace // recorded by another process than this one
	}
	return trace, s
}

// published takes out of the outbox what the carrier has.
func (b *Bus) published(ctx context.Context, events []id.Event) error {
	return b.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if b.keep > 0 {
			if err := keepLog(ctx, tx, events); err != nil {
				return err
			}
		}
		return takeOut(ctx, tx, events)
	})
}

// consume has one subscriber take an event: its effect is written together with the
// note that it was, so it happens once however often the event comes. An event that
// nobody could make it take is set aside where dead ones are.
func (b *Bus) consume(ctx context.Context, consumer string, d Delivery) error {
	for _, s := range b.subs[d.Name] {
		if s.Consumer != consumer {
			continue
		}
		ctx, step := span.Begin(ctx, span.Step{Kind: span.Consumer, Name: "take " + d.Name, Parent: d.Trace})
		step.Set(slog.String("messaging.consumer.group.name", consumer), slog.Int("hawker.attempt", d.Attempt))
		err := b.guard.Call(consumer, func() error { return b.takeOne(ctx, s, d.Envelope) })
		step.End(err)
		if err == nil || ctx.Err() != nil || d.Attempt < triesMax {
			return err
		}
		b.guard.Log().Warn("event not taken", "event", d.Name, "id", d.ID.String(), "consumer", consumer, "error", err)
		return setAside(ctx, b.db, d, fmt.Errorf("%s: %w", consumer, err))
	}
	return nil // a subscription of an older program
}

func (b *Bus) takeOne(ctx context.Context, s Subscription, env event.Envelope) error {
	if s.Notify != nil {
		return s.Notify(ctx, env)
	}
	return b.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh, err := noteConsumed(ctx, tx, s.Consumer, env)
		if err != nil || !fresh {
			return err
		}
		return s.Handle(ctx, tx, env)
	})
}
