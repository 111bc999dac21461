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
}

// Note remembers that k changed. It never waits for a telling.
func (s *Set[K]) Note(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noted == nil {
		s.noted = map[K]struct{}{}
	}
	s.noted[k] = struct{}{}
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

// Run flushes again and again, with that much time between, until ctx ends.
func (s *Set[K]) Run(ctx context.Context, c clock.Clock, every time.Duration, tell func(ctx context.Context, k K)) {
	for {
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
