package edge

import (
	"container/list"
	"sync"
	"time"
)

// store keeps answers within so many bytes; what was asked for longest ago goes first.
type store struct {
	mu    sync.Mutex
	max   int64
	bytes int64
	of    map[string]*list.Element
	order *list.List // of *piece, what was asked for last in front
}

type piece struct {
	key    string
	answer *answer
}

func newStore(most int64) *store {
	return &store{max: most, of: map[string]*list.Element{}, order: list.New()}
}

// pieceHead is about what an answer takes beside its body.
const pieceHead = 1 << 10

func (p *piece) size() int64 { return int64(len(p.answer.body)+len(p.key)) + pieceHead }

func (s *store) find(key string, now time.Time) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.of[key]
	if e == nil {
		return nil
	}
	p := e.Value.(*piece)
	if !now.Before(p.answer.until) {
		s.drop(e)
		return nil
	}
	s.order.MoveToFront(e)
	return p.answer
}

func (s *store) keep(key string, a *answer) {
	if a.until.IsZero() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.of[key]; old != nil {
		s.drop(old)
	}
	p := &piece{key, a}
	s.of[key] = s.order.PushFront(p)
	s.bytes += p.size()
	for s.bytes > s.max {
		s.drop(s.order.Back())
	}
}

func (s *store) drop(e *list.Element) {
	p := s.order.Remove(e).(*piece)
	delete(s.of, p.key)
	s.bytes -= p.size()
}
