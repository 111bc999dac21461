package stage

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
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

// later leaves an announcement to a job, for followers are many.
func later(ctx context.Context, tx *sqldb.Tx, cause string, a announcement) error {
	return jobs.Enqueue(ctx, tx, jobs.Job{Kind: announceKind, Key: announceKind + ":" + cause, Payload: a})
}

func (s *Service) announceStarted(ctx context.Context, tx *sqldb.Tx, e show.Started) error {
	n := room.Notice{Room: e.Room, Show: e.Show, Shop: e.Shop, Title: e.Title, At: e.At}
	return later(ctx, tx, e.Show.String(), announcement{noticeStarted, n, true})
}

func (s *Service) announceCalledOff(ctx context.Context, tx *sqldb.Tx, e room.Cancelled) error {
	n := room.Notice{Room: e.Room, Shop: e.Shop, Title: e.Title, At: e.At}
	return later(ctx, tx, "off:"+n.Planned(), announcement{noticeCalledOff, n, false})
}

func (s *Service) announce(ctx context.Context, run jobs.Run) error {
	var a announcement
	if err := run.Decode(&a); err != nil {
		return err
	}
	send := func(users []id.User) error { return s.options.Notices.Send(ctx, users, a.Kind, a.ref(), a.Notice) }
	if err := s.rooms.EachReminded(ctx, a.Notice.Room, send); err != nil || !a.Followers {
		return err
	}
	return room.EachPage(func(after id.User) ([]id.User, error) {
		return s.options.Followers.FollowersAfter(ctx, a.Notice.Shop, after, room.PeopleBatch)
	}, send)
}
