// Package stage runs what concerns a room as a whole: it is opened, goes behind the
// curtain, comes on air when its picture does, is ended or called off. Each of
// these is one transaction over the room, its show, its shelf and its chat, and
// afterwards the engine, the screens and the sockets are told how the room stands.
// It also draws the room as a whole, for viewers and for the control room.
package stage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/media/stream"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

// Picture is the live engine as the stage sees it.
type Picture interface {
	Stream(id string) (stream.Health, bool)
	Close(id string) bool
	Kick(id string) bool
	SetStage(id string, s stream.Stage) bool
}

// Sender sends rooms on to other servers; Sync tells it that a room has changed.
type Sender interface {
	Sync(ctx context.Context, room id.Room) error
}

// Sockets asks again who may listen to a channel.
type Sockets interface {
	Recheck(ctx context.Context, channel string) error
	Curtain(channel string) (lift func() error)
}

// Options are what the module needs of others.
type Options struct {
	DB        *sqldb.DB
	Log       *slog.Logger
	Rooms     *room.Service
	Shows     *show.Service
	Shelf     *shelf.Service
	News      room.News
	Picture   Picture
	Sender    Sender      // may be nil
	Fronts    Fronts      // may be nil
	Sockets   Sockets     // may be nil
	Nodes     cache.Nodes // may be nil
	Followers Followers
	Notices   room.Notices
}

// Service is the module.
type Service struct {
	options  Options
	db       *sqldb.DB
	log      *slog.Logger
	rooms    *room.Service
	shows    *show.Service
	shelf    *shelf.Service
	picture  Picture
	promises promises
}

// New makes the module.
func New(o Options) *Service {
	s := &Service{
		options: o, db: o.DB, log: o.Log, rooms: o.Rooms, shows: o.Shows, shelf: o.Shelf, picture: o.Picture,
		promises: promises{of: map[id.Room]id.Show{}},
	}
	if o.Nodes != nil {
		o.Nodes.OnTold(opStepped, s.stepped)
	}
	return s
}

// promises are the ids of shows that are about to begin: the engine must know where
// to keep a picture before there is one.
type promises struct {
	mu sync.Mutex
	of map[id.Room]id.Show
}

// Promised is the id that the next show of a room will have.
func (s *Service) Promised(r id.Room) id.Show {
	s.promises.mu.Lock()
	defer s.promises.mu.Unlock()
	if s.promises.of[r].IsZero() {
		s.promises.of[r] = id.Make[id.Show](s.db)
	}
	return s.promises.of[r]
}

func (s *Service) kept(st show.Standing) {
	s.promises.mu.Lock()
	defer s.promises.mu.Unlock()
	if s.promises.of[st.ID] == st.Now.ID {
		delete(s.promises.of, st.ID)
	}
}

// StageOf is where the picture of a room belongs that is sent now.
func (s *Service) StageOf(st show.Standing) stream.Stage {
	x := st.Now.ID
	switch {
	case st.Private():
		return stream.Stage{Private: true}
	case !st.Recorded:
		return stream.Stage{}
	case !st.OnAir():
		x = s.Promised(st.ID)
	}
	return stream.Stage{Show: x.String()}
}

// Plan is what a merchant says of a room and what it sells.
type Plan struct {
	room.Plan
	Products []id.Product
}

// Create makes a room with its shelf and a stream key, once under the key. Faults: live.bad_title,
// live.bad_schedule, live.bad_shelf, live.key_taken.
func (s *Service) Create(ctx context.Context, key idem.Key, p Plan) (show.Standing, error) {
	draft, err := s.rooms.Draft(ctx, p.Plan)
	if err != nil {
		return show.Standing{}, err
	}
	if err := s.shelf.Check(ctx, p.Shop, p.Products); err != nil {
		return show.Standing{}, err
	}
	made, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Room, error) {
		return s.add(ctx, tx, draft, p.Products)
	})
	if err != nil {
		return show.Standing{}, err
	}
	return s.shows.Standing(ctx, made)
}

func (s *Service) add(ctx context.Context, tx *sqldb.Tx, d room.Draft, products []id.Product) (id.Room, error) {
	r, err := s.rooms.Add(ctx, tx, d)
	if err != nil {
		return r.ID, err
	}
	if r.Mode == room.Rehearsal {
		x, err := show.Rehearse(ctx, tx, r)
		if err != nil {
			return r.ID, err
		}
		if _, err := room.Stage(ctx, tx, r, r.Mode, x); err != nil {
			return r.ID, err
		}
	}
	return r.ID, shelf.Put(ctx, tx, r.ID, products)
}

// Update changes a room; see room.Service.Update for its faults.
func (s *Service) Update(ctx context.Context, shop id.Shop, r id.Room, c room.Change) error {
	err := s.rooms.Update(ctx, shop, r, c)
	if err == nil {
		s.tell(ctx, r)
	}
	return err
}

// SetMode takes a room behind the curtain or opens it. A room whose picture is on
// goes on air at once when it leaves the warm-up. Leaving a rehearsal forgets it.
// Faults: live.not_found, live.not_staged for a public show that runs.
func (s *Service) SetMode(ctx context.Context, shop id.Shop, r id.Room, mode room.Mode) error {
	st, err := s.shows.OfShop(ctx, shop, r)
	if err != nil || st.Mode == mode {
		return err
	}
	if s.options.Sockets != nil && mode == room.Open { // what was said in private stays there
		lift := s.options.Sockets.Curtain(realtime.RoomChannel(r))
		defer func() {
			if err := lift(); err != nil {
				s.log.Error("what was said in private is not forgotten", "room", r.String(), "error", err)
			}
		}()
	}
	h, ok := s.picture.Stream(r.String())
	pictured := ok && h.Live
	if opens := pictured && mode == room.Open; opens {
		// The curtain: what was filmed until now is in another window and file before
		// anybody may come in.
		next := st
		next.Mode = room.Open
		next.Now = show.Show{}
		s.picture.SetStage(r.String(), s.StageOf(next))
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := s.stage(ctx, tx, shop, r, mode); err != nil {
			return err
		}
		o, err := room.Outside(ctx, tx, r)
		if err == nil && (pictured || o.ID != "" && !o.Pulled()) && mode != room.WarmUp {
			err = s.begin(ctx, tx, r)
		}
		return err
	})
	if err == nil {
		err = s.sync(ctx, r)
	}
	settled := s.settle(ctx, r) // also where nothing changed: the curtain may have been moved
	return errors.Join(err, settled)
}

// stage is SetMode's step.
func (s *Service) stage(ctx context.Context, tx *sqldb.Tx, shop id.Shop, r id.Room, mode room.Mode) error {
	return show.Turn(ctx, tx, r, func(st show.Standing) (bool, error) {
		switch {
		case st.Shop != shop:
			return false, fault.NotFound("live.not_found")
		case st.Mode == mode:
			return true, nil
		case !st.CancelledAt.IsZero(), st.Mode == room.Open && st.Now.Running():
			return false, fault.Conflict("live.not_staged")
		}
		next, err := st.Now.ID, error(nil)
		switch {
		case mode == room.Rehearsal:
			next, err = show.Rehearse(ctx, tx, st.Room)
		case st.Mode == room.Rehearsal:
			next, err = show.Last(ctx, tx, r)
		}
		if err != nil {
			return false, err
		}
		ok, err := room.Stage(ctx, tx, st.Room, mode, next)
		switch {
		case err != nil:
			return false, err
		case !ok && mode == room.Rehearsal:
			return false, show.Forget(ctx, tx, next)
		case ok && st.Mode == room.Rehearsal:
			return true, forget(ctx, tx, st)
		}
		return ok, nil
	})
}

// forget takes away what a rehearsal left. Orders stay: they are real.
func forget(ctx context.Context, tx *sqldb.Tx, st show.Standing) error {
	return errors.Join(
		shelf.Forget(ctx, tx, st.Now.ID), chat.Forget(ctx, tx, st.Room, st.Now.ID), show.Forget(ctx, tx, st.Now.ID))
}

// begin puts a room on air whose picture is there.
func (s *Service) begin(ctx context.Context, tx *sqldb.Tx, r id.Room) error {
	st, began, err := show.Begin(ctx, tx, r, s.Promised(r))
	if err != nil || !began || st.Now.Rehearsal {
		return err
	}
	return errors.Join(shelf.Begun(ctx, tx, st, s.shelf.Clock(r)), chat.Begun(ctx, tx, st))
}

// Cancel takes back a show that has not begun: its page says so, its key opens
// nothing more, and who asked to be reminded is told. Faults: live.not_found,
// live.not_planned.
func (s *Service) Cancel(ctx context.Context, shop id.Shop, r id.Room) error {
	var out leaving
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if out, err = detach(ctx, tx, r); err != nil {
			return err
		}
		return show.Turn(ctx, tx, r, func(st show.Standing) (bool, error) {
			if st.Shop != shop {
				return false, fault.NotFound("live.not_found")
			}
			if st.State() != show.Scheduled {
				return false, fault.Conflict("live.not_planned")
			}
			if ok, err := room.Cancel(ctx, tx, st.Room); err != nil || !ok {
				return ok, err
			}
			if st.Mode == room.Rehearsal { // nobody had heard of it
				return true, forget(ctx, tx, st)
			}
			return true, events.Record(ctx, tx, room.Cancelled{
				Room: r, Shop: shop, Title: st.Title, At: st.ScheduledAt,
			})
		})
	})
	if err != nil {
		return err
	}
	s.picture.Close(r.String()) // of a warm-up, before anybody may come in
	s.dismiss(ctx, out)
	return s.settle(ctx, r)
}

// sync lets a change of a room reach what sends it on.
func (s *Service) sync(ctx context.Context, r id.Room) error {
	if s.options.Sender == nil {
		return nil
	}
	return s.options.Sender.Sync(ctx, r)
}

// settle lets the rest of the program know how a room stands, when a step of it is
// committed: the memory of doors and shows, the engine, sockets and screens.
func (s *Service) settle(ctx context.Context, r id.Room) error {
	st, err := s.shows.Look(ctx, r)
	if err != nil {
		return err
	}
	if st.OnAir() {
		s.kept(st)
	}
	if st.Private() || st.OnAir() {
		s.picture.SetStage(r.String(), s.StageOf(st))
	}
	if s.options.Sockets != nil && st.Private() {
		if err := s.options.Sockets.Recheck(ctx, realtime.RoomChannel(r)); err != nil {
			s.log.Warn("who listens was not asked again", "room", r.String(), "error", err)
		}
	}
	s.tellState(ctx, st)
	s.recheck(ctx, r)
	if s.options.Nodes != nil {
		s.options.Nodes.TellNodes(opStepped, r.String())
	}
	return nil
}

type stateNews struct {
	Type        string     `json:"type"`
	State       show.State `json:"state"`
	Mode        room.Mode  `json:"mode"`
	PlaybackURL string     `json:"playback_url"`
	ReplayURL   string     `json:"replay_url"`
	// Rules of the chat, which hold for the next message.
	SlowSeconds   int64 `json:"slow_seconds"`
	FollowersOnly bool  `json:"followers_only"`
}

const newsState = "state"

func (s *Service) tellState(ctx context.Context, st show.Standing) {
	s.options.News.Tell(ctx, st.ID, stateNews{
		newsState, st.State(), st.Mode, s.shows.PlaybackURL(st), s.shows.ReplayURL(st), int64(st.Slow / time.Second),
		st.FollowersOnly,
	})
}

func (s *Service) tell(ctx context.Context, r id.Room) {
	st, err := s.shows.Standing(ctx, r)
	if err != nil {
		s.log.Error("room not told", "room", r.String(), "error", err)
		return
	}
	s.tellState(ctx, st)
}
