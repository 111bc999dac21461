package auction

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// endRehearsed cancels the lots that run since a rehearsal that a room has left: what
// was bid there buys nothing. Planned ones stay.
func (s *Service) endRehearsed(ctx context.Context, e room.ModeChanged) error {
	return room.EndRehearsed(ctx, e, func(ctx context.Context, r id.Room) ([]Lot, error) {
		return allRunningIn(ctx, s.DB.Reader(), r)
	}, func(ctx context.Context, l Lot) error { return s.endForgotten(ctx, l.ID) })
}

func (s *Service) endForgotten(ctx context.Context, auction id.Auction) error {
	ended := false
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ended = false
		l, err := lock(ctx, tx, auction)
		if err != nil || l.State != Running {
			return err
		}
		aired, err := s.Rooms.Aired(ctx, tx, l.Room, l.StartsAt)
		if err != nil || aired {
			return err
		}
		ended = true
		return giveUp(ctx, tx, l, Cancelled)
	})
	if err != nil || !ended {
		return err
	}
	_, err = s.told(ctx, auction)
	return err
}

// shown leaves out what was started in a rehearsal that its room has left.
func (s *Service) shown(ctx context.Context, q sqldb.Querier, lots []Lot) ([]Lot, error) {
	return room.Aired(ctx, q, s.Rooms, lots, func(l Lot) (id.Room, time.Time) { return l.Room, l.StartsAt })
}
