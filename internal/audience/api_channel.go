package audience

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
)

// channel is where a room talks. A warm-up's waiting page hears it, a rehearsal is
// heard by staff only.
func (s *Service) channel() realtime.Channel {
	return realtime.Channel{
		Name: "room", Access: httpapi.RoomLobby,
		Subject: func(room string) httpapi.Subject { return httpapi.Subject{Room: room} },
		Enter:   s.enter, Stay: s.mayStay,
	}
}

// enter lets somebody into a room and counts them, unless they work there.
func (s *Service) enter(
	ctx context.Context, actor httpapi.Actor, text string, pass httpapi.Pass,
) (realtime.Entry, error) {
	var r id.Room
	if err := r.UnmarshalText([]byte(text)); err != nil {
		return realtime.Refused, err
	}
	staff := pass.Staff
	if actor.SignedIn() && !staff {
		var err error
		if staff, err = s.shows.Moderates(ctx, actor.User, pass.Room.Shop); err != nil {
			return realtime.Refused, err
		}
	}
	if staff {
		return realtime.Uncounted, nil
	}
	banned, err := s.banned(ctx, actor, pass.Room.Shop)
	if err != nil || banned {
		return realtime.Refused, err
	}
	s.entered(r, actor.User)
	return realtime.Counted, nil
}

func (s *Service) banned(ctx context.Context, actor httpapi.Actor, shop id.Shop) (bool, error) {
	if !actor.SignedIn() {
		return false, nil
	}
	x, silenced, err := s.words.Silenced(ctx, shop, actor.User)
	return silenced && x.Banned, err
}

func (s *Service) mayStay(ctx context.Context, actor httpapi.Actor, text string) (bool, error) {
	var r id.Room
	if err := r.UnmarshalText([]byte(text)); err != nil {
		return false, err
	}
	st, err := s.shows.Standing(ctx, r)
	if err != nil {
		return false, err
	}
	staff, err := s.shows.Moderates(ctx, actor.User, st.Shop)
	if err != nil || staff {
		return staff, err
	}
	banned, err := s.banned(ctx, actor, st.Shop)
	return !banned, err
}
