package room

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Airing tells rehearsed time from time that viewers saw.
type Airing interface {
	Aired(ctx context.Context, q sqldb.Querier, room id.Room, at time.Time) (bool, error)
}

// Aired leaves out of things what was begun in a rehearsal that its room has left. begun
// is where and when; the zero time is that of a plan, which stays.
func Aired[T any](
	ctx context.Context, q sqldb.Querier, rooms Airing, things []T, begun func(T) (id.Room, time.Time),
) (out []T, err error) {
	for _, t := range things {
		room, at := begun(t)
		aired := at.IsZero()
		if !aired {
			if aired, err = rooms.Aired(ctx, q, room, at); err != nil {
				return nil, err
			}
		}
		if aired {
			out = append(out, t)
		}
	}
	return out, nil
}

// EndRehearsed ends what was begun in a rehearsal when its room leaves it, each whatever
// became of the others.
func EndRehearsed[T any](
	ctx context.Context, e ModeChanged, begun func(context.Context, id.Room) ([]T, error),
	end func(context.Context, T) error,
) error {
	if e.From != Rehearsal {
		return nil
	}
	things, err := begun(ctx, e.Room)
	errs := []error{err}
	for _, t := range things {
		errs = append(errs, end(ctx, t))
	}
	return errors.Join(errs...)
}
