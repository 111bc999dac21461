package sqldb

import (
	"slices"
	"strings"
	"sync"
)

// signal tells whoever waits that something was committed to the tables they look at. The
// zero value is ready.
type signal struct {
	mu    sync.Mutex
	waits map[string]wait // by their tables
}

// wait is shared by all who look at the same tables; none of them: at any.
type wait struct {
	tables []string
	over   chan struct{}
}

func (s *signal) wait(tables []string) <-chan struct{} {
	key := strings.Join(tables, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.waits[key]
	if !ok {
		if s.waits == nil {
			s.waits = map[string]wait{}
		}
		w = wait{slices.Clone(tables), make(chan struct{})}
		s.waits[key] = w
	}
	return w.over
}

// fire tells of a commit that wrote to tables; "" among them is one that is not known.
func (s *signal) fire(wrote []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.waits {
		if len(w.tables) == 0 || slices.ContainsFunc(wrote, func(t string) bool {
			return t == "" || slices.Contains(w.tables, t)
		}) {
			close(w.over)
			delete(s.waits, key)
		}
	}
}

// Changed gives a channel that is closed by the next commit of this process that writes to
// one of the tables, or to any when none is named. Whoever works off a table takes it
// before looking there.
func (db *DB) Changed(tables ...string) <-chan struct{} { return db.changed.wait(tables) }
