// Package promotion owns the prices that hold in a room: the room's own, and those of
// flash deals with a slice of the stock of their own. It keeps true that a deal sells
// exactly its slice and no buyer more than the limit, and that what is due by the
// clock is so at the moment of an order, whether the sweeper has come by or not. It
// answers a checkout everything that lowers a price, coupons among that, in one
// question. How the prices stack is checkout's; stock is inventory's.
package promotion

import (
	"context"
	"log/slog"
	"time"

	"hawker/internal/base/changes"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/coupon"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

// Rooms answers whose a room is and whether it is on air (live, or paused for a
// moment). A room that is not there has no shop. OnAir is asked by the program
// itself, OnAirTo for somebody: nobody but staff is told of what is private.
type Rooms interface {
	OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (shop id.Shop, onAir bool, err error)
	// Aired tells whether a show of a room was on air at a time, or a rehearsal that is
	// not forgotten.
	Aired(ctx context.Context, q sqldb.Querier, room id.Room, at time.Time) (bool, error)
	OnAirTo(ctx context.Context, q sqldb.Querier, room id.Room, user id.User) (shop id.Shop, onAir bool, err error)
}

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
}

// Terms are the times in force.
type Terms struct {
	HoldDeal time.Duration // an unpaid order holds units of a deal this long; 0: 3 minutes
}

const holdDefault = 3 * time.Minute

// Deps are what the module stands on.
type Deps struct {
	DB       *sqldb.DB
	Log      *slog.Logger
	Catalog  *catalog.Service
	Coupons  *coupon.Service
	Rooms    Rooms
	News     Publisher
	Currency money.Currency
	Terms    Terms
}

// Service is the module.
type Service struct {
	Deps
	sold changes.Set[id.Room] // rooms whose deals have sold something since they were told
}

// New makes the module.
func New(d Deps) *Service {
	if d.Terms.HoldDeal <= 0 {
		d.Terms.HoldDeal = holdDefault
	}
	return &Service{Deps: d}
}

// roomOf checks that a room is the shop's. Fault promotion.no_such_room.
func (s *Service) roomOf(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room) (onAir bool, err error) {
	owner, onAir, err := s.Rooms.OnAir(ctx, q, room)
	if err == nil && (owner.IsZero() || owner != shop) {
		err = fault.NotFound("promotion.no_such_room")
	}
	return onAir, err
}

// tell publishes news to a room. News that do not arrive are logged: whoever
// opens the room reads the state anew.
func (s *Service) tell(ctx context.Context, room id.Room, news any) {
	if err := s.News.Publish(ctx, realtime.RoomChannel(room), news); err != nil {
		s.Log.Warn("room not told", "room", room.String(), "error", err)
	}
}
