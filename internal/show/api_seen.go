package show

import (
	"context"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
)

// Seen tells whether the caller may see a room, though perhaps only its waiting
// page: a rehearsal is there for those who moderate it. Fault live.not_found.
func (s *Service) Seen(ctx context.Context, r id.Room) error {
	door, err := s.rooms.Door(ctx, r)
	if err != nil || door.Mode != room.Rehearsal {
		return err
	}
	actor := httpapi.ActorFrom(ctx)
	if !actor.SignedIn() {
		return fault.NotFound("live.not_found")
	}
	may, err := s.staff.May(ctx, actor.User, door.Shop, permModerate)
	if err == nil && !may {
		return fault.NotFound("live.not_found")
	}
	return err
}
