// Package events carries facts from the module where they happened to the
// modules that want to know. The handlers of a fact run in the transaction that made
// it true, at its end (Bus.Inline). What is left to be done then is a row of the
// outbox, which also holds which of its subscribers have taken it: there are
// notifiers, or a handler failed, whose effects are taken back while the fact stays.
// The relay hands such a row to every other subscriber at least once; the effects of
// handlers are written in one transaction together with that note, so each happens
// once.
//
// Handlers must not depend on the order of events, and read by their transaction. One
// that fails is tried again with growing pauses, without its neighbours; after triesMax
// the event is set aside as dead, where doctor and the operator's page find it and it
// can be tried again or dropped.
package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
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
			Payload: payload, Trace: span.Parent(ctx),
		}
		if tx.Leave(env) {
			continue
		}
		if err := insertOutbox(ctx, tx, env, nil); err != nil {
			return fmt.Errorf("record %s: %w", f.EventName(), err)
		}
	}
	return nil
}

// Handler takes an event in a transaction, which also notes that it has.
type Handler func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error

// Notifier takes an event outside any transaction, at least once: for what
// leaves the database (a push to a viewer's screen), where twice does no harm.
type Notifier func(ctx context.Context, env event.Envelope) error

// Subscription is one subscriber of one event. Consumer is stable and unique for
// the event. One of Handle and Notify is set.
type Subscription struct {
	Consumer string
	Event    string
	Handle   Handler
	Notify   Notifier

	atOnce bool
}

// AtOnce has a notifier told by the process in which the event happened as well, right
// after the commit: it waits for no broker, and is told once more when that has brought it.
func (s Subscription) AtOnce() Subscription {
	s.atOnce = true
	return s
}

// On subscribes a handler to the event name, whose payload is an E.
func On[E any](consumer, name string, fn func(ctx context.Context, tx *sqldb.Tx, e E) error) Subscription {
	return Subscription{Consumer: consumer, Event: name, Handle: func(ctx context.Context, tx *sqldb.Tx,
		env event.Envelope,
	) error {
		e, err := event.Decode[E](env)
		if err != nil {
			return err
		}
		return fn(ctx, tx, e)
	}}
}

// Tell subscribes a notifier to the event name, whose payload is an E.
func Tell[E any](consumer, name string, fn func(ctx context.Context, e E) error) Subscription {
	return Subscription{Consumer: consumer, Event: name, Notify: func(ctx context.Context, env event.Envelope) error {
		e, err := event.Decode[E](env)
		if err != nil {
			return err
		}
		return fn(ctx, e)
	}}
}

// Bus relays events to subscribers in this process.
type Bus struct {
	db    *sqldb.DB
	guard *supervise.Supervisor
	subs  map[string][]Subscription

	carrier Carrier // nil: what is relayed is delivered here
	prompt  *prompt
	keep    time.Duration // of what the carrier has; 0: not at all
}

// NewBus makes a bus of subscribers.
func NewBus(db *sqldb.DB, guard *supervise.Supervisor, subs ...Subscription) *Bus {
	b := &Bus{db: db, guard: guard, subs: map[string][]Subscription{}, prompt: newPrompt()}
	for _, s := range subs {
		for _, known := range b.subs[s.Event] {
			if known.Consumer == s.Consumer {
				panic("events: " + s.Consumer + " takes " + s.Event + " twice")
			}
		}
		b.subs[s.Event] = append(b.subs[s.Event], s)
	}
	return b
}

const (
	gather     = 20 * time.Millisecond  // what this process committed in that time is delivered together
	pollOthers = time.Second            // on a shared database, for what other nodes committed
	linger     = 200 * time.Millisecond // what is done stays so long in the outbox, to go with others
	batchMax   = 200
	parallel   = 16
	triesMax   = 12
	retryFirst = time.Second
	retryMax   = 10 * time.Minute
	leaseFor   = 10 * time.Second
	leasePause = 2 * time.Second
)

// Run relays until ctx ends. Several nodes may run it; on a shared database a
// lease chooses one.
func (b *Bus) Run(ctx context.Context) error {
	if b.carrier != nil {
		return b.carried(ctx)
	}
	if !b.db.Shared() {
		return b.relay(ctx)
	}
	l := lease.In(b.db, "events.relay", leaseFor)
	for ctx.Err() == nil {
		if _, err := l.While(ctx, b.relay); err != nil && ctx.Err() == nil {
			b.guard.Log().Error("relay", "error", err)
		}
		b.sleep(ctx, leasePause)
	}
	return nil
}

// relay hands on what is due, each event beside the others: one whose handler is
// slow holds up nobody else. What is done is taken out of the outbox together.
func (b *Bus) relay(ctx context.Context) error {
	f := newFlow(ctx, b, linger)
	defer f.wait()
	for ctx.Err() == nil {
		changed := b.db.Changed("outbox")
		got, err := f.start(ctx)
		if err != nil && ctx.Err() == nil {
			b.guard.Log().Error("relay", "error", err)
			b.sleep(ctx, pollOthers)
			continue
		}
		if got.started == 0 || !got.full {
			b.await(ctx, f, changed, got.next)
		}
	}
	return nil
}

// await sleeps until something may be due: at next, after a commit, when a hand is
// free.
func (b *Bus) await(ctx context.Context, f *flow, changed <-chan struct{}, next time.Time) {
	wait := time.Duration(0)
	if !next.IsZero() {
		wait = max(next.Sub(b.db.Clock().Now()), time.Millisecond)
	}
	if b.db.Shared() && (wait == 0 || wait > pollOthers) {
		wait = pollOthers
	}
	var due <-chan time.Time
	if wait > 0 {
		timer := b.db.Clock().NewTimer(wait)
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-f.free:
	case <-changed:
		b.sleep(ctx, gather)
	}
}

func (b *Bus) sleep(ctx context.Context, d time.Duration) {
	timer := b.db.Clock().NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C():
	}
}

// Drain delivers until nothing is due; tests and shutdown use it.
func (b *Bus) Drain(ctx context.Context) error {
	for {
		f := newFlow(ctx, b, 0)
		got, err := f.start(ctx)
		f.wait()
		if err != nil || got.started == 0 {
			return err
		}
	}
}

// deliver hands an event to those who have not taken it. done reports that nobody
// is left.
func (b *Bus) deliver(ctx context.Context, d dueEvent) (done bool, err error) {
	ctx, step := span.Begin(ctx, span.Step{Kind: span.Consumer, Name: "take " + d.Name, Parent: d.Trace})
	defer func() { step.End(err) }()
	failed, err := b.handle(ctx, &d)
	if err != nil {
		return false, err // it is in other hands
	}
	told := false
	for _, s := range b.subs[d.Name] {
		if s.Notify == nil || d.taken[s.Consumer] {
			continue
		}
		if err := b.notify(ctx, s, d.Envelope); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", s.Consumer, err))
			continue
		}
		d.taken[s.Consumer], told = true, true
	}
	if len(failed) == 0 {
		return true, nil
	}
	if ctx.Err() != nil && !told {
		return false, nil // stopping is not the event's fault
	}
	err = errors.Join(failed...)
	b.guard.Log().Warn("event not taken", "event", d.Name, "id", d.ID.String(), "attempt", d.attempts+1, "error", err)
	return false, postpone(ctx, b.db, d, backoff(d.attempts), err)
}

// notify tells one subscriber, and handOver has one take an event: a step each.
func (b *Bus) notify(ctx context.Context, s Subscription, env event.Envelope) error {
	ctx, step := span.Start(ctx, span.Internal, s.Consumer)
	err := b.guard.Call(s.Consumer, func() error { return s.Notify(ctx, env) })
	step.End(err)
	return err
}

func handOver(ctx context.Context, tx *sqldb.Tx, s Subscription, env event.Envelope) error {
	ctx, step := span.Start(ctx, span.Internal, s.Consumer)
	err := s.Handle(ctx, tx, env)
	step.End(err)
	return err
}

// handle runs the handlers in one transaction and notes in it who has taken the
// event. When one fails, each runs in a transaction of its own, so that what it
// could not do is taken back alone.
func (b *Bus) handle(ctx context.Context, d *dueEvent) (failed []error, err error) {
	var todo []Subscription
	for _, s := range b.subs[d.Name] {
		if s.Handle != nil && !d.taken[s.Consumer] {
			todo = append(todo, s)
		}
	}
	if len(todo) == 0 {
		return nil, nil
	}
	err = b.run(ctx, d, todo...)
	if err == nil || errors.Is(err, errTakenElsewhere) {
		return nil, err
	}
	for _, s := range todo {
		if len(todo) > 1 {
			err = b.run(ctx, d, s)
		}
		switch {
		case errors.Is(err, errTakenElsewhere):
			return nil, err
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", s.Consumer, err))
		}
	}
	return failed, nil
}

// run has handlers take the event in one transaction.
func (b *Bus) run(ctx context.Context, d *dueEvent, todo ...Subscription) error {
	var taken map[string]bool
	err := b.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		taken = maps.Clone(d.taken)
		for _, s := range todo {
			if err := handOver(ctx, tx, s, d.Envelope); err != nil {
				return err
			}
			taken[s.Consumer] = true
		}
		return noteTaken(ctx, tx, *d, taken)
	})
	if err == nil {
		d.taken, d.noted = taken, takenText(taken)
	}
	return err
}

func backoff(attempts int) time.Duration {
	return min(retryFirst<<min(attempts, 20), retryMax)
}
