package events

import (
	"context"
	"slices"
	"sync"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/platform/sqldb"
)

// prompt are facts of this process of which somebody is to be told at once, from when they
// were recorded: whether their transaction commits shows in the outbox.
type prompt struct {
	added chan struct{}

	mu    sync.Mutex
	facts []event.Envelope
}

func newPrompt() *prompt { return &prompt{added: make(chan struct{}, 1)} }

const (
	promptFor = time.Minute // what is not in the outbox by then was taken back, or the carrier has had it
	promptMax = 1000        // more are told by the carrier alone
)

// leave writes to the outbox what a transaction recorded.
func (b *Bus) leave(ctx context.Context, tx *sqldb.Tx) error {
	for _, env := range recorded(tx) {
		if err := insertOutbox(ctx, tx, env, nil); err != nil {
			return err
		}
		if slices.ContainsFunc(b.subs[env.Name], func(s Subscription) bool { return s.atOnce }) {
			b.prompt.add(env)
		}
	}
	return nil
}

func (p *prompt) add(env event.Envelope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.facts) < promptMax {
		p.facts = append(p.facts, env)
	}
	select {
	case p.added <- struct{}{}:
	default:
	}
}

func (p *prompt) pending() []event.Envelope {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.facts)
}

func (p *prompt) drop(is func(env event.Envelope) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.facts = slices.DeleteFunc(p.facts, is)
}

// tellAtOnce tells of what this process has committed, whatever the carrier does.
func (b *Bus) tellAtOnce(ctx context.Context) error {
	for ctx.Err() == nil {
		changed := b.db.Changed("outbox")
		facts := b.prompt.pending()
		if len(facts) == 0 {
			select {
			case <-b.prompt.added:
			case <-ctx.Done():
			}
			continue
		}
		if b.tellOf(ctx, facts) {
			continue
		}
		timer := b.db.Clock().NewTimer(pollOthers)
		select {
		case <-changed:
		case <-timer.C():
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// tellOf tells of those facts that are committed, and forgets those that are too old; it
// answers whether there was any.
func (b *Bus) tellOf(ctx context.Context, facts []event.Envelope) bool {
	committed, err := stillRecorded(ctx, b.db.Reader(), facts)
	if err != nil {
		b.guard.Log().Debug("tell at once", "error", err)
		return false
	}
	for _, env := range facts {
		if !committed[env.ID] {
			continue
		}
		for _, s := range b.subs[env.Name] {
			if !s.atOnce || s.Notify == nil {
				continue
			}
			if err := b.notify(ctx, s, env); err != nil {
				b.guard.Log().Warn("not told at once", "consumer", s.Consumer, "event", env.Name, "error", err)
			}
		}
	}
	old := b.db.Clock().Now().Add(-promptFor)
	b.prompt.drop(func(env event.Envelope) bool { return committed[env.ID] || env.At.Before(old) })
	return len(committed) > 0
}
