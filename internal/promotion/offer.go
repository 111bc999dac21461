package promotion

import (
	"context"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Ask is what a price engine wants to know: who buys what, and where they watch.
type Ask struct {
	User id.User
	Room id.Room
	SKUs []id.SKU
	Now  time.Time
}

// Answer is what holds at that moment.
type Answer struct {
	RoomPrices map[id.SKU]int64
	Deals      map[id.SKU]DealOffer
	Claims     []Claim // free ones, whether they apply or not
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

// claimsMax bounds how many coupons a quote looks at; the newest count.
const claimsMax = 200

const expiredShown = 7 * 24 * time.Hour // a quote says of these that they are too late

// Ask answers a price engine. Outside a room it costs one read of the buyer's
// wallet.
func (s *Service) Ask(ctx context.Context, q sqldb.Querier, a Ask) (out Answer, err error) {
	if out.Claims, err = freeClaims(ctx, q, a.User, a.Now.Add(-expiredShown), claimsMax); err != nil ||
		a.Room.IsZero() {
		return out, err
	}
	_, onAir, err := s.Rooms.OnAirTo(ctx, q, a.Room, a.User)
	if err != nil || !onAir {
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

// Redemption is what an order takes of a deal.
type Redemption struct {
	Order    id.Order
	User     id.User
	Offer    DealOffer
	Quantity int64 // over all SKUs of the deal
}

// RedeemDeal counts what an order takes against the buyer's limit, exactly. Fault
// promotion.limit_reached.
func (s *Service) RedeemDeal(ctx context.Context, tx *sqldb.Tx, t Redemption) error {
	ok, err := addTaken(ctx, tx, t.Offer.Deal, t.User, t.Quantity, t.Offer.Limit)
	if err != nil {
		return err
	}
	if !ok {
		return LimitReached(t.Offer.BuyerLeft)
	}
	return insertDealOrder(ctx, tx, t.Order, t.Offer.Deal, t.User, t.Quantity)
}

// LimitReached is the refusal of more units of a deal than a buyer may take.
func LimitReached(left int64) *fault.Error {
	return fault.Conflict("promotion.limit_reached", "left", left)
}

// RedeemCoupon takes a claim for an order, once. Fault promotion.coupon_used.
func (s *Service) RedeemCoupon(ctx context.Context, tx *sqldb.Tx, claim Claim, order id.Order) error {
	ok, err := useClaim(ctx, tx, claim.ID, order)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Conflict("promotion.coupon_used")
	}
	return addUsed(ctx, tx, claim.Coupon.ID, 1)
}

// reservations are what orders took of coupons and deals.
type reservations struct{}

// Book is where orders release and reacquire what they took of coupons and deals.
func Book() order.Book {
	return order.Book{Of: reservations{}, Kinds: []string{order.AdjustDeal, order.AdjustCoupon}}
}

// Release implements order.Reservations: coupons and parts of deals are free again.
func (reservations) Release(ctx context.Context, tx *sqldb.Tx, order id.Order) error {
	claims, err := claimsOfOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.Order != order {
			continue
		}
		if err := errors.Join(freeClaim(ctx, tx, c.ID, order), addUsed(ctx, tx, c.Coupon.ID, -1)); err != nil {
			return err
		}
	}
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
	claims, err := claimsOfOrder(ctx, q, order)
	if err != nil {
		return false, err
	}
	for _, c := range claims {
		if !c.Order.IsZero() {
			return false, nil
		}
	}
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
	claims, err := claimsOfOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	for _, c := range claims {
		ok, err := useClaim(ctx, tx, c.ID, order)
		if err == nil && ok {
			err = addUsed(ctx, tx, c.Coupon.ID, 1)
		}
		if err != nil {
			return err
		}
	}
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
