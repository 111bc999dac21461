package promotion

import (
	"context"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Ask is what a price engine wants to know: who buys what with which coupons, and
// where they watch.
type Ask struct {
	User    id.User
	Room    id.Room
	SKUs    []id.SKU
	Coupons []id.Coupon // that the buyer names
	Now     time.Time
}

// Answer is what holds at that moment.
type Answer struct {
	RoomShop   id.Shop // whose the room is: what other shops sell at that moment is not of it
	RoomPrices map[id.SKU]int64
	Deals      map[id.SKU]DealOffer
	Claims     []coupon.Claim              // free ones, whether they apply or not
	Wanted     map[id.Coupon]coupon.Wanted // that were named; unknown ones are left out
}

// DealOffer is what a running deal offers of a SKU.
type DealOffer struct {
	Deal      id.Deal
	Slice     id.Slice
	Price     int64
	Left      int64 // units that can be taken now
	Limit     int64 // units per buyer
	BuyerLeft int64 // of which this buyer may take so many more
}

// Ask answers a price engine. Outside a room it costs one read of the buyer's
// wallet.
func (s *Service) Ask(ctx context.Context, q sqldb.Querier, a Ask) (out Answer, err error) {
	if out.Claims, err = coupon.Free(ctx, q, a.User, a.Now); err != nil {
		return out, err
	}
	if out.Wanted, err = s.Coupons.Wanted(ctx, q, a.User, a.Coupons); err != nil || a.Room.IsZero() {
		return out, err
	}
	shop, onAir, err := s.Rooms.OnAirTo(ctx, q, a.Room, a.User)
	if out.RoomShop = shop; err != nil || !onAir {
		return out, err
	}
	if out.RoomPrices, err = roomPrices(ctx, q, a.Room, a.SKUs); err != nil {
		return out, err
	}
	if out.Deals, err = runningItems(ctx, q, a.Room, a.SKUs, a.Now); err != nil || len(out.Deals) == 0 {
		return out, err
	}
	return out, fillOffers(ctx, q, a.User, out.Deals)
}

func fillOffers(ctx context.Context, q sqldb.Querier, user id.User, offers map[id.SKU]DealOffer) error {
	var deals []id.Deal
	var items []DealItem
	for _, o := range offers {
		items = append(items, DealItem{Slice: o.Slice})
		if !slices.Contains(deals, o.Deal) {
			deals = append(deals, o.Deal)
		}
	}
	stock, err := stockOf(ctx, q, Deal{Items: items})
	if err != nil {
		return err
	}
	taken, err := takenBy(ctx, q, user, deals)
	for sku, o := range offers {
		if stock[o.Slice].Open {
			o.Left = stock[o.Slice].Unsold
		}
		o.BuyerLeft = max(o.Limit-taken[o.Deal], 0)
		offers[sku] = o
	}
	return err
}

// Redemption is what an order takes of deals and of a coupon.
type Redemption struct {
	Order id.Order
	User  id.User
	Deals []Taking
	Claim coupon.Claim // the zero value: none
}

// Taking is what an order takes of one deal.
type Taking struct {
	Offer    DealOffer
	Quantity int64 // over all SKUs of the deal
}

// Redeem counts what an order takes of deals against the buyer's limits, and uses its
// claim, all exactly. Faults promotion.limit_reached, promotion.coupon_used.
func (s *Service) Redeem(ctx context.Context, tx *sqldb.Tx, r Redemption) error {
	for _, t := range r.Deals {
		ok, err := addTaken(ctx, tx, t.Offer.Deal, r.User, t.Quantity, t.Offer.Limit)
		if err != nil {
			return err
		}
		if !ok {
			return LimitReached(t.Offer.BuyerLeft)
		}
		if err := insertDealOrder(ctx, tx, r.Order, t.Offer.Deal, r.User, t.Quantity); err != nil {
			return err
		}
	}
	if r.Claim.ID.IsZero() {
		return nil
	}
	return s.Coupons.Redeem(ctx, tx, r.Claim, r.Order)
}

// LimitReached is the refusal of more units of a deal than a buyer may take.
func LimitReached(left int64) *fault.Error {
	return fault.Conflict("promotion.limit_reached", "left", left)
}

// reservations are what orders took of deals.
type reservations struct{}

// Book is where orders release and reacquire what they took of deals.
func Book() order.Book {
	return order.Book{Of: reservations{}, Kinds: []string{order.AdjustDeal}}
}

// Release implements order.Reservations: parts of deals are free again.
func (reservations) Release(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	redemptions, err := dealOrders(ctx, tx, order, 0)
	if err != nil {
		return err
	}
	for _, t := range redemptions {
		if _, err := addTaken(ctx, tx, t.Deal, t.User, -t.Quantity, t.Limit); err != nil {
			return err
		}
		if err := setGivenBack(ctx, tx, order, t.Deal, 1); err != nil {
			return err
		}
	}
	return nil
}

// CanReacquire implements order.Reservations.
func (reservations) CanReacquire(ctx context.Context, q sqldb.Querier, order id.Order) (bool, error) {
	redemptions, err := dealOrders(ctx, q, order, 1)
	for _, t := range redemptions {
		if t.Taken+t.Quantity > t.Limit {
			return false, err
		}
	}
	return err == nil, err
}

// Reacquire implements order.Reservations. What has been used otherwise since then stays
// so: the money was paid at the price it was asked for.
func (reservations) Reacquire(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	redemptions, err := dealOrders(ctx, tx, order, 1)
	if err != nil {
		return err
	}
	for _, t := range redemptions {
		ok, err := addTaken(ctx, tx, t.Deal, t.User, t.Quantity, t.Limit)
		if err == nil && ok {
			err = setGivenBack(ctx, tx, order, t.Deal, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
