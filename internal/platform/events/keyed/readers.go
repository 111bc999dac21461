package keyed

import (
	"context"
	"sync"

	"hawker/internal/base/clock"
)

// Readers are those of one process: one a group, for as long as somebody consumes it.
type Readers[T any] struct {
	clock clock.Clock

	mu sync.Mutex
	by map[string]*reader[T]
}

type reader[T any] struct {
	queue *Queue[T]
	users int
	stop  context.CancelFunc
	done  chan struct{}
}

// NewReaders makes none yet.
func NewReaders[T any](c clock.Clock) *Readers[T] {
	return &Readers[T]{clock: c, by: map[string]*reader[T]{}}
}

// Join takes part in a group. The first has read fill the queue until the last has left;
// who leaves last waits for its end.
func (r *Readers[T]) Join(ctx context.Context, group string, read func(context.Context, *Queue[T]),
) (q *Queue[T], leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.by[group]
	if one == nil {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		one = &reader[T]{queue: NewQueue[T](r.clock), stop: stop, done: make(chan struct{})}
		r.by[group] = one
		go func() {
			defer close(one.done)
			read(ctx, one.queue)
		}()
	}
	one.users++
	return one.queue, func() { r.leave(group, one) }
}

func (r *Readers[T]) leave(group string, one *reader[T]) {
	r.mu.Lock()
	one.users--
	last := one.users == 0
	if last {
		delete(r.by, group)
	}
	r.mu.Unlock()
	if last {
		one.stop()
		<-one.done
	}
}
