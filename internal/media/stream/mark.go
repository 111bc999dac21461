package stream

import "hawker/internal/media/hls"

// earlyMarksMax are kept for a stream whose first part is still to come.
const earlyMarksMax = 50

// Mark is something that happened in a stream; see hls.Mark.
type Mark = hls.Mark

// Mark puts a mark into the media playlist of a stream that has not ended. Times
// are on the clock of Health.Clock, which is the machine's.
func (h *Hub) Mark(streamID string, m Mark) error {
	if _, err := m.Line(); err != nil {
		return err
	}
	s := h.find(streamID)
	if s == nil {
		return ErrNoStream
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return ErrNoStream
	case s.pack.window != nil:
		for _, r := range s.ladderNow() {
			if w := r.shown.Load(); w != nil {
				_ = w.Mark(m) // the line was looked at above
			}
		}
		return s.pack.window.Mark(m)
	case len(s.marks) < earlyMarksMax:
		s.marks = append(s.marks, m)
	}
	return nil
}
