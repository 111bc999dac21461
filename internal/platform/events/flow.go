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
	// looks counts the readings of the outbox, and left holds during which of them an
	// event was put down: what that reading says of it is old.
	looks int
	left  map[id.Event]int
	done  []id.Event // to be taken out of the outbox
	busy  bool       // somebody is taking them out
	full  bool       // there was more than one reading holds

	stop   context.Context //nolint:containedctx // ends the waiting for others, not the work
	linger time.Duration
	many   chan struct{} // there is enough to be deleted
}

func newFlow(ctx context.Context, b *Bus, linger time.Duration) *flow {
	return &flow{
		bus: b, stop: ctx, linger: linger, many: make(chan struct{}, 1), hands: make(chan struct{}, parallel),
		free: make(chan struct{}, 1), active: map[id.Event]bool{}, left: map[id.Event]int{},
	}
}

// reading is what came of a look into the outbox.
type reading struct {
	started int       // events that were begun with
	full    bool      // there may be more
	next    time.Time // when the first of the rest is due; zero: none is
}

// start begins with what is due and not in hand. It waits for a free hand, never for a
// certain one.
func (f *flow) start(ctx context.Context) (got reading, err error) {
	look := f.look()
	due, next, err := dueOutbox(ctx, f.bus.db.Reader(), f.bus.db.Clock().Now(), batchMax)
	got.next, got.full = next, len(due) == batchMax
	f.filled(got.full)
	for _, d := range due {
		if !f.take(d.ID, look) {
			continue
		}
		select {
		case f.hands <- struct{}{}:
		case <-ctx.Done():
			f.release(d.ID)
			return got, nil
		}
		got.started++
		f.work.Go(func() {
			done := f.one(ctx, d)
			<-f.hands
			if done {
				f.finish(context.WithoutCancel(ctx), d.ID)
			}
		})
	}
	return got, err
}

func (f *flow) filled(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

// look begins a reading of the outbox.
func (f *flow) look() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	for ev, at := range f.left {
		if at < f.looks {
			delete(f.left, ev)
		}
	}
	return f.looks
}

func (f *flow) take(ev id.Event, look int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.left[ev]; f.active[ev] || ok && at >= look {
		return false
	}
	f.active[ev] = true
	return true
}

// release lets go of an event that is to be looked for again.
func (f *flow) release(ev id.Event) {
	f.put(ev)
	f.signal()
}

func (f *flow) put(events ...id.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ev := range events {
		delete(f.active, ev)
		f.left[ev] = f.looks
	}
}

// signal has the outbox looked into.
func (f *flow) signal() {
	select {
	case f.free <- struct{}{}:
	default:
	}
}

// one delivers an event and reports whether everybody has taken it.
func (f *flow) one(ctx context.Context, d dueEvent) bool {
	done, err := f.bus.deliver(ctx, d)
	if err != nil && ctx.Err() == nil && !errors.Is(err, errTakenElsewhere) {
		f.bus.guard.Log().Error("relay", "event", d.Name, "error", err)
	}
	if !done {
		f.release(d.ID)
	}
	return done
}

// manyDone are enough to be deleted at once: they stand before what is due.
const manyDone = batchMax / 4

// finish takes out of the outbox what is done. The first waits a moment for others,
// so that they share a deletion; after a crash in it their notifiers are told again,
// which does no harm, and their handlers are not.
func (f *flow) finish(ctx context.Context, ev id.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, ev)
	if len(f.done) >= manyDone {
		select {
		case f.many <- struct{}{}:
		default:
		}
	}
	if f.busy {
		return
	}
	f.busy = true
	for len(f.done) > 0 {
		f.mu.Unlock()
		f.gather()
		f.mu.Lock()
		batch := f.done
		f.done = nil
		f.mu.Unlock()
		err := deleteOutbox(ctx, f.bus.db, batch)
		if err != nil {
			f.bus.guard.Log().Error("relay", "error", err) // they are delivered again, to nobody new
		}
		f.put(batch...)
		f.mu.Lock()
		if err != nil || f.full {
			f.signal()
		}
	}
	f.busy = false
}

// gather waits until there is enough to be deleted, or a moment.
func (f *flow) gather() {
	if f.linger == 0 {
		return
	}
	timer := f.bus.db.Clock().NewTimer(f.linger)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-f.many:
	case <-f.stop.Done():
	}
}

func (f *flow) wait() { f.work.Wait() }
