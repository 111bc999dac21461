// Package changes keeps things that change too often to be told each time: a
// change is noted when it happens and told a moment later, together with the
// others of the same thing. What is told, and to whom, is the owner's business;
// so is how a thing stands by then, for only its name is kept.
package changes

import (
	"context"
	"sync"
	"time"

	"hawker/internal/base/clock"
)

// Set is the things that changed since they were told. The zero value is ready;
// all methods may be called at the same time.
type Set[K comparable] struct {
	mu    sync.Mutex
	noted map[K]struct{}
	first chan struct{} // closed by the first note after a telling; nil while nobody waits
}

// Note remembers that k changed. It never waits for a telling.
func (s *Set[K]) Note(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noted == nil {
		s.noted = map[K]struct{}{}
	}
	s.noted[k] = struct{}{}
	if s.first != nil {
		close(s.first)
		s.first = nil
	}
}

// Flush tells at once, one after another in no order, what was noted until now.
// What tell could not tell is not kept: it is told when it changes again.
func (s *Set[K]) Flush(ctx context.Context, tell func(ctx context.Context, k K)) {
	s.mu.Lock()
	noted := s.noted
	s.noted = nil // what changes while it is told is told once more
	s.mu.Unlock()
	for k := range noted {
		tell(ctx, k)
	}
}

// Run flushes until ctx ends, that long after the first note since the last
// telling. While nothing changes it sleeps.
func (s *Set[K]) Run(ctx context.Context, c clock.Clock, every time.Duration, tell func(ctx context.Context, k K)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed():
		}
		t := c.NewTimer(every)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C():
		}
		s.Flush(ctx, tell)
	}
}

// changed is closed when something is noted that has not been told.
func (s *Set[K]) changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.noted) > 0 {
		c := make(chan struct{})
		close(c)
		return c
	}
	if s.first == nil {
		s.first = make(chan struct{})
	}
	return s.first
}
