package show

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// Staff knows who works in a shop and may do what.
type Staff interface {
	May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error)
}

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Rooms   *room.Service
	Staff   Staff
	Archive Archive
	CDN     config.CDN
}

// Service is the module.
type Service struct {
	db      *sqldb.DB
	rooms   *room.Service
	staff   Staff
	archive Archive
	bases   bases
	running *running
}

// New makes the module.
func New(o Options) *Service {
	return &Service{
		db: o.DB, rooms: o.Rooms, staff: o.Staff, archive: o.Archive, bases: bases{o.CDN.Live, o.CDN.Replays},
		running: newRunning(),
	}
}

// Of reads how a room stands; fault live.not_found.
func Of(ctx context.Context, q sqldb.Querier, r id.Room) (Standing, error) {
	st, err := standingOf(ctx, q, r)
	if errors.Is(err, sql.ErrNoRows) {
		return st, fault.NotFound("live.not_found")
	}
	return st, err
}

// Standing reads how a room stands; fault live.not_found.
func (s *Service) Standing(ctx context.Context, r id.Room) (Standing, error) {
	return Of(ctx, s.db.Reader(), r)
}

// OfShop reads how a room of a shop stands; fault live.not_found.
func (s *Service) OfShop(ctx context.Context, shop id.Shop, r id.Room) (Standing, error) {
	st, err := s.Standing(ctx, r)
	if err == nil && st.Shop != shop {
		return Standing{}, fault.NotFound("live.not_found")
	}
	return st, err
}

// Find reads a show that is no rehearsal of a room; fault live.no_such_show.
func (s *Service) Find(ctx context.Context, r id.Room, show id.Show) (Show, error) {
	found, err := showByID(ctx, s.db.Reader(), show)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (found.Room != r || found.Rehearsal) {
		return Show{}, fault.NotFound("live.no_such_show")
	}
	return found, err
}

// List answers rooms, newest first; live counts paused ones. Without staff, what
// is not for everybody to know is left out.
func (s *Service) List(
	ctx context.Context, shop id.Shop, state State, staff bool, r page.Request,
) (page.Page[Standing], error) {
	var before id.Room
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Standing]{}, err
	}
	f := filter{shop: shop, state: state, before: before, staff: staff}
	rows, err := listRooms(ctx, s.db.Reader(), f, r.Size()+1)
	return page.Cut(rows, r.Size(), func(st Standing) any { return st.ID }), err
}

// OfRoom lists the shows of a room, newest first; rehearsals are none.
func (s *Service) OfRoom(ctx context.Context, r id.Room, p page.Request) (page.Page[Show], error) {
	var before id.Show
	if err := page.Decode(p.Cursor, &before); err != nil {
		return page.Page[Show]{}, err
	}
	rows, err := showsOf(ctx, s.db.Reader(), r, before, p.Size()+1)
	return page.Cut(rows, p.Size(), func(x Show) any { return x.ID }), err
}

// Since lists a shop's shows that have been on air since a time, in their rooms.
func (s *Service) Since(ctx context.Context, shop id.Shop, since time.Time) ([]Standing, error) {
	return showsSince(ctx, s.db.Reader(), shop, since)
}

// RoomsOnAir tells where shops are on air for everybody; a shop that is not has no
// entry.
func (s *Service) RoomsOnAir(ctx context.Context, shops []id.Shop) (map[id.Shop]id.Room, error) {
	if len(shops) == 0 {
		return nil, nil
	}
	return roomsOnAir(ctx, s.db.Reader(), shops)
}

// PausedUntil lists shows and rehearsals that have waited for their publisher since
// a time or longer.
func (s *Service) PausedUntil(ctx context.Context, at time.Time) ([]Show, error) {
	return pausedBefore(ctx, s.db.Reader(), at)
}

// NextPaused is since when the one waits that has waited longest, zero for none.
func NextPaused(ctx context.Context, q sqldb.Querier) (time.Time, error) { return firstPaused(ctx, q) }

// OnAir tells whose room it is and whether its show, or its rehearsal, runs. It is
// for what the program asks itself; who asks for somebody asks OnAirTo. The shop is
// zero for a room that is not there.
func (s *Service) OnAir(ctx context.Context, q sqldb.Querier, r id.Room) (id.Shop, bool, error) {
	st, err := Of(ctx, q, r)
	if fault.Code(err) == "live.not_found" {
		return id.Shop{}, false, nil
	}
	return st.Shop, st.OnAir(), err
}

// Aired tells whether a show of a room was on air at a time, or a rehearsal that is not
// forgotten: what began at another time is of a rehearsal that the room has left.
func (s *Service) Aired(ctx context.Context, q sqldb.Querier, r id.Room, at time.Time) (bool, error) {
	return airedAt(ctx, q, r, at)
}

// OnAirTo is OnAir for a person: a room that is private is on air for those who
// moderate there, and for nobody without a name.
func (s *Service) OnAirTo(ctx context.Context, q sqldb.Querier, r id.Room, user id.User) (id.Shop, bool, error) {
	st, err := Of(ctx, q, r)
	if fault.Code(err) == "live.not_found" {
		return id.Shop{}, false, nil
	}
	if err != nil || !st.OnAir() || !st.Private() {
		return st.Shop, st.OnAir(), err
	}
	may, err := s.Moderates(ctx, user, st.Shop)
	return st.Shop, may, err
}

// Moderates tells whether somebody moderates the rooms of a shop; nobody without a
// name does.
func (s *Service) Moderates(ctx context.Context, user id.User, shop id.Shop) (bool, error) {
	if user.IsZero() {
		return false, nil
	}
	return s.staff.May(ctx, user, shop, permission.LiveModerate)
}

// AddFigures adds to a show what was counted since; the peak is the new one where
// it is higher. It answers the figures as they are then, ErrNoRows for a rehearsal
// that was forgotten meanwhile.
func AddFigures(ctx context.Context, tx *sqldb.Tx, s id.Show, more Figures) (Figures, error) {
	if err := addFigures(ctx, tx, s, more); err != nil {
		return Figures{}, err
	}
	return figuresOf(ctx, tx, s)
}

// NoteMinute writes the row of a minute: viewers at its end, likes and messages
// since the beginning.
func NoteMinute(ctx context.Context, tx *sqldb.Tx, s id.Show, viewers int64) error {
	f, err := figuresOf(ctx, tx, s)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return putMinute(ctx, tx, s, tx.Now().Truncate(time.Minute), Figures{
		ViewersPeak: viewers, Likes: f.Likes, Messages: f.Messages,
	})
}

// CountMessage counts a message of a show that runs; false: it does not.
func CountMessage(ctx context.Context, tx *sqldb.Tx, s id.Show) (bool, error) {
	return countMessage(ctx, tx, s)
}
