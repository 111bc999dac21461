package sqldb

import (
	"context"
	"sync"
	"time"
)

// signal tells whoever waits that something was committed. The zero value is ready.
type signal struct {
	mu   sync.Mutex
	next chan struct{} // nil while nobody waits
}

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = make(chan struct{})
	}
	return s.next
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		close(s.next)
		s.next = nil
	}
}

// Changed gives a channel that is closed by the next commit of this process. Whoever works
// off a table takes it before looking there, and gives it to Await when there was nothing.
func (db *DB) Changed() <-chan struct{} { return db.changed.wait() }

// Await waits until there may be something new in a table: for a commit of this process and
// gather more, since what is committed together is better done together; or for as long as
// others, what another node wrote. An idle program that waits like this wakes up once in it.
func (db *DB) Await(ctx context.Context, changed <-chan struct{}, gather, others time.Duration) {
	timer := db.clock.NewTimer(others)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C():
		return
	case <-ctx.Done():
		return
	}
	more := db.clock.NewTimer(gather)
	defer more.Stop()
	select {
	case <-more.C():
	case <-ctx.Done():
	}
}
