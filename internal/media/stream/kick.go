package stream

import (
	"context"
	"errors"
)

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

// Admits asks whether a publisher would be let in, and lets nobody in: for
// protocols whose media come some time after the asking.
func (h *Hub) Admits(ctx context.Context, r PublishRequest) error {
	_, err := h.cfg.Admission.Admit(ctx, r)
	return err
}
