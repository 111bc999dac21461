package stream

import "errors"

// ErrKicked is a publisher that was sent away and may come again.
var ErrKicked = errors.New("stream: sent away by the host")

// Kick sends the publisher of a stream away; the stream waits for the next one.
// It reports whether anybody published.
func (h *Hub) Kick(id string) bool {
	s := h.find(id)
	if s == nil {
		return false
	}
	s.mu.Lock()
	live := s.pub != nil
	s.mu.Unlock()
	s.evict(ErrKicked)
	return live
}
