package live

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
)

// Notices writes to people's inboxes.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// Kinds of notice.
const (
	noticeStarted   = "live.started"
	noticeSoon      = "live.soon"
	noticeCalledOff = "live.called_off"
)

type roomNotice struct {
	Room  id.Room   `json:"room_id"`
	Shop  id.Shop   `json:"shop_id"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

const (
	soon = 10 * time.Minute // before the start, those who asked are reminded

	announceKind  = "live.announce"
	announceBatch = 300
)

// announcement is a notice for those who asked to be reminded of a room, and
// perhaps for its shop's followers.
type announcement struct {
	Kind      string
	Notice    roomNotice
	Followers bool
}

// ref names one show: a room goes on air again after a cut that lasted.
func (a announcement) ref() string {
	return a.Notice.Room.String() + "@" + a.Notice.At.UTC().Format("20060102T150405")
}

// Announcements tell followers, and those who asked, that shows begin or will not
// be: by a job, for followers are many.
func (s *Service) Announcements(notices Notices) ([]events.Subscription, []jobs.Kind) {
	later := func(ctx context.Context, tx *sqldb.Tx, env event.Envelope, a announcement) error {
		return jobs.Enqueue(ctx, tx, jobs.Job{Kind: announceKind, Key: announceKind + ":" + env.ID.String(), Payload: a})
	}
	work := func(ctx context.Context, run jobs.Run) error {
		var a announcement
		if err := run.Decode(&a); err != nil {
			return err
		}
		return s.announce(ctx, a, notices)
	}
	return []events.Subscription{
		{Consumer: "live.announce", Event: EventStarted, Handle: func(ctx context.Context, tx *sqldb.Tx,
			env event.Envelope,
		) error {
			e, err := event.Decode[Started](env)
			if err != nil {
				return err
			}
			return later(ctx, tx, env, announcement{noticeStarted, roomNotice{e.Room, e.Shop, e.Title, e.At}, true})
		}},
		{Consumer: "live.announce", Event: EventCalledOff, Handle: func(ctx context.Context, tx *sqldb.Tx,
			env event.Envelope,
		) error {
			e, err := event.Decode[CalledOff](env)
			if err != nil {
				return err
			}
			return later(ctx, tx, env, announcement{noticeCalledOff, roomNotice(e), false})
		}},
	}, []jobs.Kind{{
		Name: announceKind, Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 5}, Work: work,
	}}
}

func (s *Service) announce(ctx context.Context, a announcement, notices Notices) error {
	room, shop := a.Notice.Room, a.Notice.Shop
	pages := []func(after id.User) ([]id.User, error){
		func(after id.User) ([]id.User, error) {
			return remindedAfter(ctx, s.db.Reader(), room, after, announceBatch)
		},
	}
	if a.Followers {
		pages = append(pages, func(after id.User) ([]id.User, error) {
			return s.Follows.FollowersAfter(ctx, shop, after, announceBatch)
		})
	}
	for _, next := range pages {
		var after id.User
		for {
			users, err := next(after)
			if err != nil {
				return err
			}
			if len(users) == 0 {
				break
			}
			if err := notices.Send(ctx, users, a.Kind, a.ref(), a.Notice); err != nil {
				return err
			}
			after = users[len(users)-1]
		}
	}
	return nil
}

// SweepReminders reminds those who asked shortly before a show's time.
func (s *Service) SweepReminders(ctx context.Context, notices Notices) error {
	now := s.db.Clock().Now()
	rooms, err := startingSoon(ctx, s.db.Reader(), now, now.Add(soon))
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range rooms {
		users, err := remindedAfter(ctx, s.db.Reader(), r.ID, id.User{}, remindersMax)
		if err == nil && len(users) > 0 {
			err = notices.Send(ctx, users, noticeSoon, r.ID.String()+"@"+r.ScheduledAt.UTC().Format("20060102T150405"), roomNotice{r.ID, r.Shop, r.Title, r.ScheduledAt})
		}
		if err == nil {
			err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return markAnnounced(ctx, tx, r.ID) })
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const remindersMax = 5000
