// Package notify keeps each person's inbox: what happened that they asked to
// hear of. A notice is written once per cause (user, kind, ref), stays until it
// is read and some weeks after, and rings on the person's own channel.
package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

// Notice is one line of an inbox. Payload is what its kind needs to be drawn.
type Notice struct {
	ID        id.Notice
	User      id.User
	Kind      string // stable, e.g. live.started; screens have a text for each
	Ref       string // what it is about; (User, Kind, Ref) is written once
	Payload   json.RawMessage
	Read      bool
	CreatedAt time.Time
}

// Publisher carries news to whoever is there now.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
}

// Service is the module.
type Service struct {
	db   *sqldb.DB
	log  *slog.Logger
	news Publisher
}

// New makes the module.
func New(db *sqldb.DB, log *slog.Logger, news Publisher) *Service { return &Service{db, log, news} }

// keep is how long a notice stays.
const keep = 60 * 24 * time.Hour

// Send writes a notice to several people, once per cause, and rings for those
// to whom it is new. People are at most a few hundred: one transaction.
func (s *Service) Send(ctx context.Context, users []id.User, kind, ref string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	var fresh []Notice
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh = fresh[:0]
		for _, u := range users {
			n := Notice{ID: id.Make[id.Notice](tx), User: u, Kind: kind, Ref: ref, Payload: raw, CreatedAt: tx.Now()}
			ok, err := insertNotice(ctx, tx, n)
			if err != nil {
				return err
			}
			if ok {
				fresh = append(fresh, n)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, n := range fresh {
		if err := s.news.Publish(ctx, realtime.UserChannel(n.User), noticeNews{"notice", viewOf(n)}); err != nil {
			s.log.Warn("notice not rung", "user", n.User.String(), "error", err)
		}
	}
	return nil
}

// Inbox lists somebody's notices, the newest first.
func (s *Service) Inbox(ctx context.Context, user id.User, r page.Request) (page.Page[Notice], error) {
	var before id.Notice
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Notice]{}, err
	}
	rows, err := noticesOf(ctx, s.db.Reader(), user, before, r.Size()+1)
	return page.Cut(rows, r.Size(), func(n Notice) any { return n.ID }), err
}

// Unread counts what has not been read.
func (s *Service) Unread(ctx context.Context, user id.User) (int64, error) {
	return countUnread(ctx, s.db.Reader(), user)
}

// ReadAll marks everything as read.
func (s *Service) ReadAll(ctx context.Context, user id.User) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return readAll(ctx, tx, user) })
}

// Sweep forgets old notices.
func (s *Service) Sweep(ctx context.Context) error {
	return sqldb.Prune(ctx, s.db, "notice", "created_at", s.db.Clock().Now().Add(-keep))
}
