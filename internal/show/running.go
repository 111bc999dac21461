package show

import (
	"context"
	"maps"
	"slices"
	"sync"

	"hawker/internal/base/id"
)

// running remembers which shows run, so that what is done every moment for those
// needs no look into the database, and nothing at all is done while none does.
type running struct {
	turn sync.Mutex // held while the database is asked: what was asked last is what is kept

	mu      sync.Mutex
	shows   map[id.Room]Show
	changed chan struct{}
}

func newRunning() *running { return &running{shows: map[id.Room]Show{}, changed: make(chan struct{})} }

// Running gives the shows and rehearsals that run.
func (s *Service) Running() []Show {
	s.running.mu.Lock()
	defer s.running.mu.Unlock()
	return slices.Collect(maps.Values(s.running.shows))
}

// RunningIn gives the show or rehearsal that runs in a room.
func (s *Service) RunningIn(r id.Room) (Show, bool) {
	s.running.mu.Lock()
	defer s.running.mu.Unlock()
	x, ok := s.running.shows[r]
	return x, ok
}

// Await waits until at least one show runs; false when ctx has ended.
func (s *Service) Await(ctx context.Context) bool {
	for {
		s.running.mu.Lock()
		n, changed := len(s.running.shows), s.running.changed
		s.running.mu.Unlock()
		if n > 0 {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// Look reads how a room stands and remembers whether its show runs; whoever moved
// a room calls it as soon as that is committed.
func (s *Service) Look(ctx context.Context, r id.Room) (Standing, error) {
	s.rooms.Changed(r)
	s.running.turn.Lock()
	defer s.running.turn.Unlock()
	st, err := s.Standing(ctx, r)
	if err != nil {
		return st, err
	}
	s.running.set(func(shows map[id.Room]Show) {
		if delete(shows, r); st.OnAir() {
			shows[r] = st.Now
		}
	})
	return st, nil
}

// Load remembers what runs when the program starts.
func (s *Service) Load(ctx context.Context) error {
	s.running.turn.Lock()
	defer s.running.turn.Unlock()
	all, err := runningShows(ctx, s.db.Reader())
	if err != nil {
		return err
	}
	s.running.set(func(shows map[id.Room]Show) {
		clear(shows)
		for _, x := range all {
			shows[x.Room] = x
		}
	})
	return nil
}

func (g *running) set(change func(shows map[id.Room]Show)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g.shows)
	close(g.changed)
	g.changed = make(chan struct{})
}
