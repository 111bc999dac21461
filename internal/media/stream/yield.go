package stream

import (
	"context"
	"errors"
)

// ErrElsewhere is Store.Save's of a state that is older than the one which is kept: a newer
// publisher has come at another node since.
var ErrElsewhere = errors.New("stream: a newer publisher has come at another node")

// Publishing tells whether somebody publishes to a stream here.
func (h *Hub) Publishing(id string) bool {
	s := h.find(id)
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pub != nil
}

// Yield gives a stream up whose publisher number generation has come at another node: whoever
// publishes here is sent away, and nothing of the stream is shown here any more.
func (h *Hub) Yield(id string, generation int64) {
	s := h.find(id)
	if s == nil {
		return
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	older := s.state.Generation < generation
	s.mu.Unlock()
	if older {
		s.surrender()
	}
}

// upToDate looks whether another node has had the stream since it was here, before somebody
// publishes here again: what was in memory is of another time then, and is forgotten. The
// caller holds turn.
func (s *Stream) upToDate(ctx context.Context) error {
	s.mu.Lock()
	live, have := s.pub != nil, s.state.Generation
	s.mu.Unlock()
	if live {
		return nil // it would have been told
	}
	kept, err := s.hub.load(ctx, s.id)
	if err != nil {
		return err
	}
	if kept.Generation > have {
		s.surrender()
		return errForgotten
	}
	return nil
}

// surrender ends what there is of a stream here and forgets it, as if it had never been
// here: its state, its window and its viewers are another node's. The caller holds turn.
func (s *Stream) surrender() {
	s.evict(ErrReplaced)
	s.mu.Lock()
	s.stopLinger()
	s.ended = true
	s.drop()
	if s.feed != nil {
		s.feed.close()
	}
	rec, generation := s.recorder, s.state.Generation
	s.recorder = nil
	s.mu.Unlock()
	s.closeRecorder(rec, generation)
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[s.id] == s {
		delete(h.streams, s.id)
		h.forgotten++
	}
}
