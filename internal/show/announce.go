package show

import (
	"context"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// Followers knows who follows a shop.
type Followers interface {
	FollowersAfter(ctx context.Context, shop id.Shop, after id.User, limit int) ([]id.User, error)
}

// Kinds of notice.
const (
	noticeStarted   = "live.started"
	noticeCalledOff = "live.called_off"

	announceKind = "live.announce"
)

// announcement is a notice for those who asked to be reminded of a room, and
// perhaps for its shop's followers.
type announcement struct {
	Kind      string
	Notice    room.Notice
	Followers bool
}

// ref names the show, so that nobody is told twice of one, or what was planned.
func (a announcement) ref() string {
	if !a.Notice.Show.IsZero() {
		return a.Notice.Show.String()
	}
	return a.Notice.Planned()
}

// Announce tells followers, and those who asked, that shows begin or will not be:
// by a job, for followers are many.
func (s *Service) Announce(bus *events.Bus, queue *jobs.Queue) {
	later := func(ctx context.Context, tx *sqldb.Tx, env event.Envelope, a announcement) error {
		return jobs.Enqueue(ctx, tx, jobs.Job{Kind: announceKind, Key: announceKind + ":" + env.ID.String(), Payload: a})
	}
	bus.Handle("live.announce", EventStarted, func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
		e, err := event.Decode[Started](env)
		if err != nil {
			return err
		}
		n := room.Notice{Room: e.Room, Show: e.Show, Shop: e.Shop, Title: e.Title, At: e.At}
		return later(ctx, tx, env, announcement{noticeStarted, n, true})
	})
	bus.Handle("live.announce", room.EventCalledOff, func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
		e, err := event.Decode[room.CalledOff](env)
		if err != nil {
			return err
		}
		n := room.Notice{Room: e.Room, Shop: e.Shop, Title: e.Title, At: e.At}
		return later(ctx, tx, env, announcement{noticeCalledOff, n, false})
	})
	queue.Handle(announceKind, jobs.Options{Workers: 1, Lease: time.Minute, Tries: 5}, s.runAnnounce)
}

func (s *Service) runAnnounce(ctx context.Context, run jobs.Run) error {
	var a announcement
	if err := run.Decode(&a); err != nil {
		return err
	}
	send := func(users []id.User) error { return s.notices.Send(ctx, users, a.Kind, a.ref(), a.Notice) }
	if err := s.rooms.EachReminded(ctx, a.Notice.Room, send); err != nil || !a.Followers {
		return err
	}
	return room.EachPage(func(after id.User) ([]id.User, error) {
		return s.followers.FollowersAfter(ctx, a.Notice.Shop, after, room.PeopleBatch)
	}, send)
}
