package room

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Notices writes to people's inboxes, a notice once per person, kind and ref.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// Notice is what an inbox says of a room.
type Notice struct {
	Room  id.Room   `json:"room_id"`
	Show  id.Show   `json:"show_id,omitzero"`
	Shop  id.Shop   `json:"shop_id"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// Planned names what was planned for a time, as a notice's ref.
func (n Notice) Planned() string { return n.Room.String() + "@" + n.At.UTC().Format("20060102T150405") }

const (
	noticeSoon = "live.soon"
	soon       = 10 * time.Minute // before the start, those who asked are reminded

	// PeopleBatch is how many people are told in one transaction.
	PeopleBatch = 300
)

// Remind notes that somebody wants to hear when a room opens, or not any more.
// Fault live.not_found.
func (s *Service) Remind(ctx context.Context, room id.Room, user id.User, want bool) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := ByID(ctx, tx, room); err != nil {
			return err
		}
		return setReminder(ctx, tx, room, user, want)
	})
}

// Reminds tells whether somebody asked to be reminded.
func (s *Service) Reminds(ctx context.Context, room id.Room, user id.User) (bool, error) {
	return reminded(ctx, s.db.Reader(), room, user)
}

// EachReminded calls send for all who asked to be reminded, some at a time.
func (s *Service) EachReminded(ctx context.Context, room id.Room, send func(users []id.User) error) error {
	return EachPage(func(after id.User) ([]id.User, error) {
		return remindedAfter(ctx, s.db.Reader(), room, after, PeopleBatch)
	}, send)
}

// EachPage calls send with page after page until one is empty.
func EachPage(next func(after id.User) ([]id.User, error), send func(users []id.User) error) error {
	for after := (id.User{}); ; {
		users, err := next(after)
		if err != nil || len(users) == 0 {
			return err
		}
		if err := send(users); err != nil {
			return err
		}
		after = users[len(users)-1]
	}
}

// NextReminder is when those who asked are to be reminded of the next show, zero
// for none.
func (s *Service) NextReminder(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	at, err := nextPlanned(ctx, q, s.db.Clock().Now())
	if err != nil || at.IsZero() {
		return time.Time{}, err
	}
	return at.Add(-soon), nil
}

// SweepReminders reminds those who asked shortly before a show's time.
func (s *Service) SweepReminders(ctx context.Context) error {
	now := s.db.Clock().Now()
	rooms, err := startingSoon(ctx, s.db.Reader(), now, now.Add(soon))
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range rooms {
		n := Notice{Room: r.ID, Shop: r.Shop, Title: r.Title, At: r.ScheduledAt}
		err := s.EachReminded(ctx, r.ID, func(users []id.User) error {
			return s.options.Notices.Send(ctx, users, noticeSoon, n.Planned(), n)
		})
		if err == nil {
			err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return markAnnounced(ctx, tx, r) })
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// EventCalledOff is the name of CalledOff.
const EventCalledOff = "live.called_off"

// Cancelled tells that a planned show will not be.
type Cancelled struct {
	Room  id.Room   `json:"room"`
	Shop  id.Shop   `json:"shop"`
	Title string    `json:"title"`
	At    time.Time `json:"at"` // when it was to begin, zero if nobody had said
}

// EventName implements event.Event.
func (Cancelled) EventName() string { return EventCalledOff }

// EventKey implements event.Event.
func (e Cancelled) EventKey() string { return e.Room.String() }

var _ event.Event = Cancelled{}
