package stage

import (
	"context"

	"hawker/internal/base/id"
)

// opStepped tells other nodes that a room has made a step.
const opStepped = "room"

// stepped is settle for a step that another node made: what is remembered here of the room is
// read anew, and a picture that is here keeps to what it may be seen by.
func (s *Service) stepped(ctx context.Context, what string) error {
	var r id.Room
	if err := r.UnmarshalText([]byte(what)); err != nil {
		return err
	}
	st, err := s.shows.Look(ctx, r)
	if err != nil {
		return err
	}
	if st.Private() || st.OnAir() {
		s.picture.SetStage(r.String(), s.StageOf(st))
	}
	s.recheck(ctx, r)
	return nil
}
