package events

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/platform/events/keyed"
)

// Memory is a Carrier within one process. What it holds is gone with that: it is for
// tests, and the measure for carriers that keep more.
type Memory struct {
	clock clock.Clock
	pause time.Duration

	mu     sync.Mutex
	groups map[string]*queue
}

// queue is what waits for a group.
type queue struct {
	*keyed.Queue[Delivery]

	hears map[string]bool
}

// NewMemory makes a carrier that brings again after pause what was not taken.
func NewMemory(c clock.Clock, pause time.Duration) *Memory {
	return &Memory{clock: c, pause: pause, groups: map[string]*queue{}}
}

// Declare implements Carrier.
func (m *Memory) Declare(_ context.Context, groups []Group) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range groups {
		q := m.groups[g.Name]
		if q == nil {
			q = &queue{Queue: keyed.NewQueue[Delivery](m.clock)}
			m.groups[g.Name] = q
		}
		q.hears = map[string]bool{}
		for _, name := range g.Events {
			q.hears[name] = true
		}
	}
	return nil
}

// Publish implements Carrier.
func (m *Memory) Publish(ctx context.Context, batch []event.Envelope) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, env := range batch {
		for _, q := range m.groups {
			if q.hears[env.Name] {
				q.Put(env.Key, Delivery{Envelope: env, Attempt: 1})
			}
		}
	}
	return nil
}

// Consume implements Carrier.
func (m *Memory) Consume(ctx context.Context, group string, take func(ctx context.Context, d Delivery) error) error {
	m.mu.Lock()
	q := m.groups[group]
	m.mu.Unlock()
	if q == nil {
		return fmt.Errorf("events: group %s was not declared", group)
	}
	for item := q.Take(ctx); item != nil; item = q.Take(ctx) {
		switch err := take(ctx, item.Value); {
		case err == nil:
			q.Done(item)
		case ctx.Err() != nil:
			q.Return(item)
		default:
			item.Value.Attempt++
			q.Later(item, m.clock.Now().Add(m.pause))
		}
	}
	return nil
}
