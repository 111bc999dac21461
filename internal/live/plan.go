package live

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Mode says for whom a room is.
type Mode string

// The modes. In warm-up the picture is on and only staff see it; the show begins
// when the room is opened. In a rehearsal everything works and nothing is public;
// what was said, shown and liked is forgotten when the room leaves it.
const (
	Open      Mode = "open"
	WarmUp    Mode = "warmup"
	Rehearsal Mode = "rehearsal"
)

const aheadMax = 365 * 24 * time.Hour

func (s *Service) checkSchedule(at time.Time) error {
	now := s.db.Clock().Now()
	if !at.IsZero() && (at.Before(now) || at.After(now.Add(aheadMax))) {
		return fault.Invalid("live.bad_schedule").At("body.scheduled_at")
	}
	return nil
}

// Change is what a host changes of a room; nil is unchanged.
type Change struct {
	Title         *string
	CoverURL      *string
	ScheduledAt   *time.Time
	Slow          *time.Duration
	FollowersOnly *bool
	LowLatency    *bool // from the next show on
	Ladder        *bool // likewise
}

const (
	slowMax  = 10 * time.Minute
	fastPart = 200 * time.Millisecond
)

// Update changes a room. Faults: live.bad_title, live.bad_schedule,
// live.bad_chat_rules.
func (s *Service) Update(ctx context.Context, shop id.Shop, room id.Room, c Change) error {
	if c.Title != nil {
		title, err := checkTitle(*c.Title)
		if err != nil {
			return err
		}
		c.Title = &title
	}
	if c.ScheduledAt != nil {
		if err := s.checkSchedule(*c.ScheduledAt); err != nil {
			return err
		}
	}
	if c.Slow != nil && (*c.Slow < 0 || *c.Slow > slowMax) {
		return fault.Invalid("live.bad_chat_rules", "max", int(slowMax.Seconds())).At("body.slow_seconds")
	}
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, r Room) error {
		c.apply(&r)
		return updateRoom(ctx, tx, r)
	})
	if err == nil {
		s.tellState(ctx, room)
	}
	return err
}

func (c Change) apply(r *Room) {
	set(&r.Title, c.Title)
	set(&r.CoverURL, c.CoverURL)
	set(&r.ScheduledAt, c.ScheduledAt)
	set(&r.Slow, c.Slow)
	set(&r.FollowersOnly, c.FollowersOnly)
	set(&r.Ladder, c.Ladder)
	if c.LowLatency != nil {
		r.Part = 0
		if *c.LowLatency {
			r.Part = fastPart
		}
	}
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// SetMode takes a room behind the curtain or opens it. A room in warm-up whose
// picture is on goes on air at once. Fault live.not_staged for a public show
// that runs.
func (s *Service) SetMode(ctx context.Context, shop id.Shop, room id.Room, mode Mode) error {
	h, ok := s.Health(room)
	pictured := ok && h.Live
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, r Room) error {
		if r.Mode == mode {
			return nil
		}
		if r.Mode == Open && r.State != Scheduled {
			return fault.Conflict("live.not_staged")
		}
		if r.Mode == Rehearsal {
			if err := forgetShow(ctx, tx, r.ID); err != nil {
				return err
			}
			r.State = Scheduled
		}
		if err := stageRoom(ctx, tx, r.ID, mode, r.State); err != nil {
			return err
		}
		if pictured && mode != WarmUp {
			r.Mode = mode
			return s.goOnAir(ctx, tx, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.stage.set(room, shop, mode)
	s.tellState(ctx, room)
	return s.syncRelay(ctx, room)
}

// goOnAir starts a show, or goes on with a paused one, and tells who wants to
// know.
func (s *Service) goOnAir(ctx context.Context, tx *sqldb.Tx, r Room) error {
	anew := r.State != Paused
	if err := goLive(ctx, tx, r.ID, anew); err != nil || !anew || r.Mode != Open {
		return err
	}
	return events.Record(ctx, tx, Started{Room: r.ID, Shop: r.Shop, Host: r.Host, Title: r.Title, At: tx.Now()})
}

// CallOff takes back a show that has not begun: its page says so, its key opens
// nothing more, and who asked to be reminded is told. Fault live.not_planned.
func (s *Service) CallOff(ctx context.Context, shop id.Shop, room id.Room) error {
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, r Room) error {
		if r.State != Scheduled {
			return fault.Conflict("live.not_planned")
		}
		if r.Mode == Rehearsal { // nobody had heard of it
			return cancel(ctx, tx, room)
		}
		return errors.Join(cancel(ctx, tx, room), events.Record(ctx, tx, CalledOff{Room: r.ID, Shop: r.Shop, Title: r.Title, At: r.ScheduledAt}))
	})
	if err != nil {
		return err
	}
	s.stage.set(room, shop, Open)
	s.picture.Close(room.String()) // of a warm-up
	s.tellState(ctx, room)
	return nil
}

// Remind notes that somebody wants to hear when a room opens, or not any more.
func (s *Service) Remind(ctx context.Context, room id.Room, user id.User, want bool) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := find(ctx, tx, room); err != nil {
			return err
		}
		return setReminder(ctx, tx, room, user, want)
	})
}

// Names of this module's events.
const (
	EventStarted   = "live.started"
	EventExplained = "live.explained"
	EventCalledOff = "live.called_off"
)

// Started tells that a public show has begun.
type Started struct {
	Room  id.Room   `json:"room"`
	Shop  id.Shop   `json:"shop"`
	Host  id.User   `json:"host"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// EventName implements event.Event.
func (Started) EventName() string { return EventStarted }

// EventKey implements event.Event.
func (e Started) EventKey() string { return e.Room.String() }

// Explained tells that a stretch of "explaining now" is over: From and Until are
// the stream's own clock.
type Explained struct {
	Pin     id.Pin     `json:"pin"`
	Room    id.Room    `json:"room"`
	Shop    id.Shop    `json:"shop"`
	Host    id.User    `json:"host"`
	Product id.Product `json:"product"`
	From    time.Time  `json:"from"`
	Until   time.Time  `json:"until"`
}

// EventName implements event.Event.
func (Explained) EventName() string { return EventExplained }

// EventKey implements event.Event.
func (e Explained) EventKey() string { return e.Room.String() }

// CalledOff tells that a planned show will not be.
type CalledOff struct {
	Room  id.Room   `json:"room"`
	Shop  id.Shop   `json:"shop"`
	Title string    `json:"title"`
	At    time.Time `json:"at"` // when it was to begin, zero if nobody had said
}

// EventName implements event.Event.
func (CalledOff) EventName() string { return EventCalledOff }

// EventKey implements event.Event.
func (e CalledOff) EventKey() string { return e.Room.String() }

var (
	_ event.Event = Started{}
	_ event.Event = CalledOff{}
	_ event.Event = Explained{}
)
