// Package keyed hands what a group hears to its consumers in this process: in the
// order in which it came, one at a time of each key, so that what concerns one thing is
// taken in order however many hands there are. Carriers stand on it; it knows no
// events and keeps nothing over an end of the process.
package keyed

import (
	"context"
	"slices"
	"sync"
	"time"

	"hawker/internal/base/clock"
)

// Item is one thing on its way. Things without a key wait for none.
type Item[T any] struct {
	Key   string
	Value T

	due time.Time
}

// Queue holds what has come and nobody has done. It may be used from anywhere.
type Queue[T any] struct {
	clock clock.Clock

	mu      sync.Mutex
	waiting []*Item[T]
	inHand  []*Item[T]
	changed chan struct{} // closed and made anew at each change
}

// NewQueue makes an empty one.
func NewQueue[T any](c clock.Clock) *Queue[T] {
	return &Queue[T]{clock: c, changed: make(chan struct{})}
}

// Put adds at the end.
func (q *Queue[T]) Put(key string, value T) {
	q.change(func() { q.waiting = append(q.waiting, &Item[T]{Key: key, Value: value}) })
}

// Take waits for the first thing that is due and of whose key nothing is in hand. It
// answers nil when ctx ends. Whoever takes calls Done, Return or Later.
func (q *Queue[T]) Take(ctx context.Context) *Item[T] {
	for ctx.Err() == nil {
		item, next, changed := q.pop()
		if item != nil {
			return item
		}
		q.await(ctx, next, changed)
	}
	return nil
}

// Done lets go of an item.
func (q *Queue[T]) Done(item *Item[T]) { q.change(func() { q.release(item) }) }

// Return puts an item back before all others: it was not tried.
func (q *Queue[T]) Return(item *Item[T]) {
	q.change(func() {
		q.release(item)
		q.waiting = slices.Insert(q.waiting, 0, item)
	})
}

// Later puts an item at the end, to be taken at due. Others of its key go on.
func (q *Queue[T]) Later(item *Item[T], due time.Time) {
	q.change(func() {
		q.release(item)
		item.due = due
		q.waiting = append(q.waiting, item)
	})
}

// Drop forgets what waits and is of a kind.
func (q *Queue[T]) Drop(of func(value T) bool) {
	q.change(func() {
		q.waiting = slices.DeleteFunc(q.waiting, func(i *Item[T]) bool { return of(i.Value) })
	})
}

// Settled waits until nothing of a kind is in hand, or ctx ends.
func (q *Queue[T]) Settled(ctx context.Context, of func(value T) bool) {
	q.until(ctx, func() bool {
		return !slices.ContainsFunc(q.inHand, func(i *Item[T]) bool { return of(i.Value) })
	})
}

// Room waits until fewer than most things wait, or ctx ends.
func (q *Queue[T]) Room(ctx context.Context, most int) {
	q.until(ctx, func() bool { return len(q.waiting) < most })
}

func (q *Queue[T]) until(ctx context.Context, is func() bool) {
	for ctx.Err() == nil {
		q.mu.Lock()
		done, changed := is(), q.changed
		q.mu.Unlock()
		if done {
			return
		}
		q.await(ctx, time.Time{}, changed)
	}
}

func (q *Queue[T]) change(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	do()
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *Queue[T]) release(item *Item[T]) {
	q.inHand = slices.DeleteFunc(q.inHand, func(i *Item[T]) bool { return i == item })
}

// pop takes what may be taken; without, it answers when the next is due, unless that
// depends on a change.
func (q *Queue[T]) pop() (item *Item[T], next time.Time, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	busy := map[string]bool{}
	for _, i := range q.inHand {
		busy[i.Key] = i.Key != ""
	}
	for n, i := range q.waiting {
		switch {
		case i.due.After(now):
			if next.IsZero() || i.due.Before(next) {
				next = i.due
			}
		case !busy[i.Key]:
			q.waiting = slices.Delete(q.waiting, n, n+1)
			q.inHand = append(q.inHand, i)
			return i, next, nil
		}
	}
	return nil, next, q.changed
}

func (q *Queue[T]) await(ctx context.Context, next time.Time, changed <-chan struct{}) {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := q.clock.NewTimer(max(next.Sub(q.clock.Now()), time.Millisecond))
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-due:
	case <-changed:
	}
}
