package events

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
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
	hears   map[string]bool
	waiting []waiting
	more    chan struct{} // closed and made anew when something came
}

type waiting struct {
	Delivery
	due time.Time
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
			q = &queue{more: make(chan struct{})}
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
				q.add(waiting{Delivery: Delivery{Envelope: env, Attempt: 1}})
			}
		}
	}
	return nil
}

func (q *queue) add(w waiting) {
	q.waiting = append(q.waiting, w)
	close(q.more)
	q.more = make(chan struct{})
}

// Consume implements Carrier.
func (m *Memory) Consume(ctx context.Context, group string, take func(ctx context.Context, d Delivery) error) error {
	for ctx.Err() == nil {
		w, next, more, err := m.pop(group)
		if err != nil {
			return err
		}
		if more != nil {
			m.await(ctx, next, more)
			continue
		}
		err = take(ctx, w.Delivery)
		if err == nil {
			continue
		}
		w.due = m.clock.Now().Add(m.pause)
		w.Attempt++
		m.mu.Lock()
		m.groups[group].add(w)
		m.mu.Unlock()
	}
	return nil
}

// pop takes what is due; more is not nil when nothing is, until something comes or
// next, unless that is zero.
func (m *Memory) pop(group string) (w waiting, next time.Time, more <-chan struct{}, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.groups[group]
	if q == nil {
		return w, next, nil, fmt.Errorf("events: group %s was not declared", group)
	}
	now := m.clock.Now()
	for i, w := range q.waiting {
		if !w.due.After(now) {
			q.waiting = slices.Delete(q.waiting, i, i+1)
			return w, next, nil, nil
		}
		if next.IsZero() || w.due.Before(next) {
			next = w.due
		}
	}
	return w, next, q.more, nil
}

func (m *Memory) await(ctx context.Context, next time.Time, more <-chan struct{}) {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := m.clock.NewTimer(max(next.Sub(m.clock.Now()), time.Millisecond))
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-more:
	}
}
