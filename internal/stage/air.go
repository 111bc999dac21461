package stage

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

const (
	// doorClosed is how long a room refuses publishers after its host has ended the
	// show: encoders reconnect by themselves and would put it on air again.
	doorClosed = time.Minute

	// PauseMax is how long a room waits for its publisher; the engine keeps the
	// playlist up as long.
	PauseMax = time.Minute
)

// Arrived puts a room on air whose publisher has come, by one of our doors or, with
// a connection, at a server in front. One that takes over or comes back finds its
// show as it was. Fault live.not_found.
func (s *Service) Arrived(ctx context.Context, r id.Room, c room.Connection) error {
	var out leaving
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if out, err = connect(ctx, tx, r, c); err != nil {
			return err
		}
		return s.begin(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	s.dismiss(ctx, out)
	return s.settle(ctx, r)
}

// Left lets a room wait for its publisher of ours that went, unless another sends by
// now: to this node, to another one, or to a server in front. Fault live.not_found.
func (s *Service) Left(ctx context.Context, r id.Room) error {
	if h, ok := s.picture.Stream(r.String()); ok && h.Live {
		return nil // taken over by a newer publisher
	}
	return s.pause(ctx, r, func(ctx context.Context, tx *sqldb.Tx, st show.Standing) (bool, error) {
		if st.Now.Node != tx.Node() {
			return false, nil
		}
		return room.Here(ctx, tx, r)
	})
}

// Hung is Left for a connection at a server in front, unless a newer one is there.
func (s *Service) Hung(ctx context.Context, r id.Room, connection string) error {
	return s.pause(ctx, r, func(ctx context.Context, tx *sqldb.Tx, _ show.Standing) (bool, error) {
		return room.Disconnect(ctx, tx, r, connection)
	})
}

func (s *Service) pause(
	ctx context.Context, r id.Room, may func(context.Context, *sqldb.Tx, show.Standing) (bool, error),
) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		st, err := show.Of(ctx, tx, r)
		if err != nil {
			return err
		}
		if ok, err := may(ctx, tx, st); err != nil || !ok {
			return err
		}
		_, err = show.Pause(ctx, tx, st.Now) // nothing for one that its host has ended
		return err
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, r)
}

// End closes the show: the publisher is sent away and the replay is there. Faults:
// live.not_found, live.not_on_air.
func (s *Service) End(ctx context.Context, shop id.Shop, r id.Room) error {
	out, err := s.end(ctx, shop, r, func(ctx context.Context, tx *sqldb.Tx, st show.Standing) error {
		if !st.OnAir() {
			return fault.Conflict("live.not_on_air")
		}
		return room.CloseDoor(ctx, tx, r, tx.Now().Add(doorClosed))
	})
	if err == nil {
		s.picture.Close(r.String())
		s.dismiss(ctx, out)
	}
	return err
}

// errNotDue is a show that goes on again.
var errNotDue = errors.New("the publisher is back")

func (s *Service) end(
	ctx context.Context, shop id.Shop, r id.Room,
	check func(ctx context.Context, tx *sqldb.Tx, st show.Standing) error,
) (out leaving, err error) {
	var unpinned shelf.Pin
	until := s.shelf.Clock(r)
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		st, err := show.Of(ctx, tx, r)
		if err != nil {
			return err
		}
		if err := check(ctx, tx, st); err != nil {
			return err
		}
		if unpinned, err = shelf.ClosePin(ctx, tx, r, until); err != nil {
			return err
		}
		ended, err := show.End(ctx, tx, st.Now)
		if err == nil && !ended {
			return fault.Conflict("live.not_on_air")
		}
		var gone error
		out, gone = detach(ctx, tx, r)
		return errors.Join(err, gone)
	})
	if err != nil {
		return out, err
	}
	s.shelf.Unpinned(ctx, unpinned)
	return out, s.settle(ctx, r)
}

// NextEnd is when a show has waited too long for its publisher, zero for none.
func (s *Service) NextEnd(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	at, err := show.NextPaused(ctx, q)
	if err != nil || at.IsZero() {
		return time.Time{}, err
	}
	return at.Add(PauseMax), nil
}

// Sweep ends shows whose publisher has been away too long. One that cannot be ended
// keeps no other.
func (s *Service) Sweep(ctx context.Context) error {
	limit := s.db.Clock().Now().Add(-PauseMax)
	due, err := s.shows.PausedUntil(ctx, limit)
	if err != nil {
		return err
	}
	var errs []error
	for _, x := range due {
		out, err := s.end(ctx, x.Shop, x.Room, func(_ context.Context, _ *sqldb.Tx, st show.Standing) error {
			if st.Now.ID != x.ID || st.Now.State != show.Paused || st.Now.PausedAt.After(limit) {
				return errNotDue
			}
			return nil
		})
		if err == nil {
			s.dismiss(ctx, out)
		}
		if !errors.Is(err, errNotDue) && fault.Code(err) != "live.not_on_air" {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Recover is called at start, before publishers: shows that a crash left on air
// wait for their publisher like after any cut, and what was recorded is known of which
// nobody told us any more. An archive that does not answer keeps nobody from starting.
func (s *Service) Recover(ctx context.Context) error {
	if err := s.shows.FindCut(ctx); err != nil {
		s.log.Error("recordings that a crash cut were not all found", "error", err)
	}
	if _, err := s.pauseOrphans(ctx); err != nil {
		return err
	}
	return s.shows.Load(ctx)
}

// pauseOrphans has shows wait for their publisher whose node is not there any more,
// and gives those. What other nodes have on air goes on.
func (s *Service) pauseOrphans(ctx context.Context) (paused []show.Show, err error) {
	orphans, err := s.shows.Orphans(ctx)
	for _, x := range orphans {
		ok := false
		if err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
			ok, err = show.Pause(ctx, tx, x)
			return err
		}); err != nil {
			return paused, err
		}
		if ok {
			paused = append(paused, x)
		}
	}
	return paused, err
}

// SweepOrphans looks for nodes that ended while this one runs.
func (s *Service) SweepOrphans(ctx context.Context) error {
	paused, err := s.pauseOrphans(ctx)
	for _, x := range paused {
		err = errors.Join(err, s.shows.FindRecordings(ctx, x), s.settle(ctx, x.Room))
	}
	return err
}
