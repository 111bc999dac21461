// Package coupon owns what shops promise to take off: coupons, who holds them, and in
// which orders they went. It keeps true that a coupon is claimed no more often than
// there are and no more per person than may be, that a claim is used once, and that
// what people hold keeps its worth. Which of them an order uses is checkout's.
package coupon

import (
	"context"
	"log/slog"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

// Rooms answers whose a room is. A room that is not there has no shop.
type Rooms interface {
	OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (shop id.Shop, onAir bool, err error)
}

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
}

// Deps are what the module stands on.
type Deps struct {
	DB       *sqldb.DB
	Log      *slog.Logger
	Catalog  *catalog.Service
	Shops    catalog.ShopNames
	Rooms    Rooms
	News     Publisher
	Currency money.Currency
}

// Service is the module.
type Service struct{ Deps }

// New makes the module.
func New(d Deps) *Service { return &Service{d} }

// Module is what the module brings.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "coupon", Operations: []module.Operations{API{s}, MerchantAPI{s}}, Checks: Checks(),
	}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{Code: "coupon_claims", Name: "coupon: what is counted is what wallets hold", Run: Check}}
}

// inRoom checks that a room is the shop's. Fault promotion.no_such_room.
func (s *Service) inRoom(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room) error {
	owner, _, err := s.Rooms.OnAir(ctx, q, room)
	if err == nil && (owner.IsZero() || owner != shop) {
		err = fault.NotFound("promotion.no_such_room")
	}
	return err
}

// newsCoupon is the type of news that a room hears.
const newsCoupon = "coupon"

type couponNews struct {
	Type   string      `json:"type"`
	Coupon *CouponView `json:"coupon"`
	ID     id.Coupon   `json:"coupon_id"`
}

// tell publishes news to a room. News that do not arrive are logged: whoever opens
// the room reads the state anew.
func (s *Service) tell(ctx context.Context, room id.Room, news couponNews) {
	if err := s.News.Publish(ctx, realtime.RoomChannel(room), news); err != nil {
		s.Log.Warn("room not told", "room", room.String(), "error", err)
	}
}

func (s *Service) tellOf(ctx context.Context, room id.Room, c Coupon) error {
	views, err := s.views(ctx, []Coupon{c}, id.User{}, lang.Chinese)
	if err == nil {
		s.tell(ctx, room, couponNews{newsCoupon, &views[0], c.ID})
	}
	return err
}
