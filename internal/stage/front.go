package stage

import (
	"context"
	"errors"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Fronts are the servers in front of us, and what is pulled from them.
type Fronts interface {
	// Recheck lets go of what is pulled for a room and is its picture no more.
	Recheck(ctx context.Context, room id.Room)
	// Dismiss has a server send a publisher away, where it lets itself be told.
	Dismiss(ctx context.Context, room id.Room, connection string)
}

// ErrStale is a picture pulled of a connection that the room has no more, or that another
// node pulls by now.
var ErrStale = errors.New("stage: pulled of a connection that is over")

// Expect notes a publisher at a server in front whose picture is to be pulled. The room
// goes on air when that comes (Pulled).
func (s *Service) Expect(ctx context.Context, r id.Room, connection string) error {
	var out leaving
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		out, err = connect(ctx, tx, r, room.Connection{ID: connection})
		return err
	})
	if err != nil {
		return err
	}
	s.dismiss(ctx, out)
	return s.settle(ctx, r)
}

// Pulled is Arrived for a picture that this node pulls. ErrStale if it is to stop.
func (s *Service) Pulled(ctx context.Context, r id.Room, connection string) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := room.KeepPulling(ctx, tx, r, connection)
		if err == nil && !ok {
			err = ErrStale
		}
		if err != nil {
			return err
		}
		return s.begin(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, r)
}

// leaving is a connection at a server in front that is the room's no more; its zero is none.
type leaving struct {
	room       id.Room
	connection string
}

// connect makes a connection the room's, and gives the one that it takes the place of.
func connect(ctx context.Context, tx *sqldb.Tx, r id.Room, c room.Connection) (leaving, error) {
	old, err := room.Outside(ctx, tx, r)
	if err != nil {
		return leaving{}, err
	}
	if old.ID == c.ID {
		old.ID = ""
	}
	return leaving{r, old.ID}, room.Connect(ctx, tx, r, c)
}

func detach(ctx context.Context, tx *sqldb.Tx, r id.Room) (leaving, error) {
	old, err := room.Outside(ctx, tx, r)
	if err != nil {
		return leaving{}, err
	}
	_, err = room.Detach(ctx, tx, r)
	return leaving{r, old.ID}, err
}

func (s *Service) dismiss(ctx context.Context, l leaving) {
	if l.connection != "" && s.options.Fronts != nil {
		s.options.Fronts.Dismiss(ctx, l.room, l.connection)
	}
}

func (s *Service) recheck(ctx context.Context, r id.Room) {
	if s.options.Fronts != nil {
		s.options.Fronts.Recheck(ctx, r)
	}
}

// Kick sends the publisher away; unlike after End it may come again. Faults:
// live.not_found, live.no_picture.
func (s *Service) Kick(ctx context.Context, shop id.Shop, r id.Room) error {
	if _, err := s.rooms.OfShop(ctx, shop, r); err != nil {
		return err
	}
	o, err := room.Outside(ctx, s.db.Reader(), r)
	if err != nil {
		return err
	}
	if !s.picture.Kick(r.String()) {
		return fault.Conflict("live.no_picture")
	}
	s.dismiss(ctx, leaving{r, o.ID})
	return nil
}

// ResetKey makes the old key useless and sends a publisher that used it away: one at a
// server in front that cannot be told, when that server asks next. Fault live.not_found.
func (s *Service) ResetKey(ctx context.Context, shop id.Shop, r id.Room) error {
	if err := s.rooms.ResetKey(ctx, shop, r); err != nil {
		return err
	}
	s.picture.Close(r.String())
	var out leaving
	err := s.pause(ctx, r, func(ctx context.Context, tx *sqldb.Tx, _ show.Standing) (_ bool, err error) {
		out, err = detach(ctx, tx, r)
		return out.connection != "", err
	})
	if err == nil {
		s.dismiss(ctx, out)
	}
	return err
}
