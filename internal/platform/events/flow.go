package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"hawker/internal/base/id"
)

// flow is what the relay has in hand.
type flow struct {
	bus   *Bus
	hands chan struct{} // one for each delivery under way
	free  chan struct{} // somebody is done
	work  sync.WaitGroup

	mu     sync.Mutex
	active map[id.Event]bool
	done   []id.Event // to be taken out of the outbox
	busy   bool       // somebody is taking them out
}

func newFlow(b *Bus) *flow {
	return &flow{
		bus: b, hands: make(chan struct{}, parallel), free: make(chan struct{}, 1), active: map[id.Event]bool{},
	}
}

// start begins with what is due and not in hand, and answers how much that was and
// when the next is due. It waits for a free hand, never for a certain one.
func (f *flow) start(ctx context.Context) (started int, next time.Time, err error) {
	due, next, err := dueOutbox(ctx, f.bus.db.Reader(), f.bus.db.Clock().Now(), batchMax)
	if err != nil {
		return 0, next, err
	}
	for _, d := range due {
		if !f.take(d.ID) {
			continue
		}
		select {
		case f.hands <- struct{}{}:
		case <-ctx.Done():
			f.release(d.ID)
			return started, next, nil
		}
		started++
		f.work.Go(func() {
			f.one(ctx, d)
			<-f.hands
		})
	}
	return started, next, nil
}

func (f *flow) take(ev id.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.active[ev] {
		return false
	}
	f.active[ev] = true
	return true
}

func (f *flow) release(events ...id.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ev := range events {
		delete(f.active, ev)
	}
	select {
	case f.free <- struct{}{}:
	default:
	}
}

func (f *flow) one(ctx context.Context, d dueEvent) {
	done, err := f.bus.deliver(ctx, d)
	if err != nil && ctx.Err() == nil && !errors.Is(err, errTakenElsewhere) {
		f.bus.guard.Log().Error("relay", "event", d.Name, "error", err)
	}
	if !done {
		f.release(d.ID)
		return
	}
	f.finish(context.WithoutCancel(ctx), d.ID)
}

// finish takes out of the outbox what is done: who comes while another does it
// leaves theirs to them, so that a rush shares its deletions.
func (f *flow) finish(ctx context.Context, ev id.Event) {
	f.mu.Lock()
	f.done = append(f.done, ev)
	if f.busy {
		f.mu.Unlock()
		return
	}
	f.busy = true
	for len(f.done) > 0 {
		batch := f.done
		f.done = nil
		f.mu.Unlock()
		if err := deleteOutbox(ctx, f.bus.db, batch); err != nil {
			f.bus.guard.Log().Error("relay", "error", err) // they are delivered again, to nobody new
		}
		f.release(batch...)
		f.mu.Lock()
	}
	f.busy = false
	f.mu.Unlock()
}

func (f *flow) wait() { f.work.Wait() }
