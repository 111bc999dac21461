// Package social knows who follows which shop. A follow happens once however
// often it is sent, and the count beside it is changed in the same transaction.
package social

import (
	"context"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Shops knows which shops there are; fault shop.not_found.
type Shops interface {
	Exists(ctx context.Context, shop id.Shop) error
}

// Service is the module.
type Service struct {
	db    *sqldb.DB
	shops Shops
}

// New makes the module.
func New(db *sqldb.DB, shops Shops) *Service { return &Service{db, shops} }

// Standing is how somebody and a shop stand.
type Standing struct {
	Following bool
	Followers int64
}

// Follow adds or takes back a follow; room is where the button was, or zero.
// Fault shop.not_found.
func (s *Service) Follow(ctx context.Context, user id.User, shop id.Shop, follow bool, room id.Room) (after Standing,
	err error,
) {
	if err := s.shops.Exists(ctx, shop); err != nil {
		return after, err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		changed, err := setFollow(ctx, tx, user, shop, follow)
		if err != nil {
			return err
		}
		if changed && follow {
			if err := events.Record(ctx, tx, Followed{User: user, Shop: shop, Room: room}); err != nil {
				return err
			}
		}
		after, err = standing(ctx, tx, user, shop)
		return err
	})
	return after, err
}

// Standing reads how a user and a shop stand; a visitor follows nobody.
func (s *Service) Standing(ctx context.Context, user id.User, shop id.Shop) (Standing, error) {
	return standing(ctx, s.db.Reader(), user, shop)
}

// Follows reports whether a user follows a shop.
func (s *Service) Follows(ctx context.Context, user id.User, shop id.Shop) (bool, error) {
	if user.IsZero() {
		return false, nil
	}
	return follows(ctx, s.db.Reader(), user, shop)
}

// FollowersAfter pages through the followers of a shop in id order.
func (s *Service) FollowersAfter(ctx context.Context, shop id.Shop, after id.User, limit int) ([]id.User, error) {
	return followersAfter(ctx, s.db.Reader(), shop, after, limit)
}

// EventFollowed is the name of Followed.
const EventFollowed = "social.followed"

// Followed tells that somebody follows a shop now.
type Followed struct {
	User id.User `json:"user"`
	Shop id.Shop `json:"shop"`
	Room id.Room `json:"room,omitzero"`
}

var _ event.Event = Followed{}

// EventName implements event.Event.
func (Followed) EventName() string { return EventFollowed }

// EventKey implements event.Event.
func (f Followed) EventKey() string { return f.Shop.String() }
