package checkout

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/commission"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// Fixed is an order of one unit whose price was made elsewhere: a hammer price, a
// prize. The unit comes from a slice that was set aside for it.
type Fixed struct {
	User      id.User
	Address   id.Address
	Room      id.Room
	SKU       id.SKU
	Slice     id.Slice
	Kind      string // order.AdjustAuction or order.AdjustLuckyBag
	Price     int64  // of the hammer; a prize costs nothing
	PayWithin time.Duration
}

// PlaceFixed creates the order in the caller's transaction. Coupons and deals do
// not touch it, shipping is paid. Faults account.no_address,
// inventory.insufficient_stock, checkout.not_for_sale when the SKU is unknown.
func (s *Service) PlaceFixed(ctx context.Context, tx *sqldb.Tx, f Fixed) (Result, error) {
	offers, err := catalog.Offers(ctx, tx, []id.SKU{f.SKU})
	if err != nil {
		return Result{}, err
	}
	o, ok := offers[f.SKU]
	if !ok {
		return Result{}, fault.Conflict("checkout.not_for_sale", "sku", f.SKU)
	}
	l := lineOf(o, 1, o.SKU.Price)
	switch f.Kind {
	case order.AdjustAuction: // the hammer makes the price of the unit, above or below the normal one
		l = lineOf(o, 1, f.Price)
		l.UnitPrice = f.Price
		adjust(&l, f.Kind, 0)
	default:
		off := l.Payable
		if s.prices.Shipping == 0 {
			off-- // something is left to pay: no provider takes a payment of nothing
		}
		adjust(&l, f.Kind, -off)
	}
	l.Slice = f.Slice
	p := pricing{prices: s.prices, groups: map[id.Shop]*Group{o.Product.Shop: {
		Shop: o.Product.Shop, Lines: []order.Line{l}, Goods: l.Subtotal, Shipping: s.prices.Shipping,
		room:  f.Room,
		rates: map[id.Product]commission.Levels{o.Product.ID: o.Product.Commission},
	}}}
	q := p.total()
	q.PayWithin = min(f.PayWithin, s.orders.Terms().PayWithin)
	return s.place(ctx, tx, Command{User: f.User, Address: f.Address, Room: f.Room}, q)
}
