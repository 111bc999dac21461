package luckybag

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// endRehearsed cancels the bags of a rehearsal that a room has left: they are not drawn
// among those who come now.
func (s *Service) endRehearsed(ctx context.Context, e room.ModeChanged) error {
	return room.EndRehearsed(ctx, e, func(ctx context.Context, r id.Room) ([]Bag, error) {
		return undrawnBags(ctx, s.DB.Reader(), r)
	}, func(ctx context.Context, b Bag) error { return s.endForgotten(ctx, b.ID) })
}

func (s *Service) endForgotten(ctx context.Context, bag id.Bag) error {
	ended := false
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ended = false
		if err := touch(ctx, tx, bag); err != nil {
			return err
		}
		b, err := find(ctx, tx, bag)
		if err != nil || b.State != Open {
			return err
		}
		aired, err := s.Rooms.Aired(ctx, tx, b.Room, b.OpenedAt)
		if err != nil || aired {
			return err
		}
		ended = true
		return cancel(ctx, tx, b)
	})
	if err != nil || !ended {
		return err
	}
	_, err = s.told(ctx, bag)
	return err
}

// shown leaves out what is of a rehearsal that its room has left.
func (s *Service) shown(ctx context.Context, q sqldb.Querier, bags []Bag) ([]Bag, error) {
	return room.Aired(ctx, q, s.Rooms, bags, func(b Bag) (id.Room, time.Time) { return b.Room, b.OpenedAt })
}
