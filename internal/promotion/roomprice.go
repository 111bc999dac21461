package promotion

import (
	"context"
	"maps"
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
)

// PriceMax bounds a price, in minor units.
const PriceMax = catalog.PriceMax

const roomPricesMax = 500 // of one room

// RoomPrice is what a SKU costs for those who buy in a room. Price 0 takes it away.
type RoomPrice struct {
	SKU   id.SKU
	Price int64
}

// RoomPrices are the prices of a room, whether it is on air or not.
func RoomPrices(ctx context.Context, q sqldb.Querier, room id.Room) (map[id.SKU]int64, error) {
	return roomPrices(ctx, q, room, nil)
}

// RoomPrices tells which products cost less in a room than elsewhere, and how
// much: the lowest of their SKUs' room prices. The others are left out.
func (s *Service) RoomPrices(ctx context.Context, room id.Room, products []id.Product) (map[id.Product]int64, error) {
	prices, err := roomPrices(ctx, s.DB.Reader(), room, nil)
	if err != nil || len(prices) == 0 {
		return nil, err
	}
	offers, err := catalog.Offers(ctx, s.DB.Reader(), slices.Collect(maps.Keys(prices)))
	out := map[id.Product]int64{}
	for sku, price := range prices {
		p := offers[sku].Product
		if have, ok := out[p.ID]; slices.Contains(products, p.ID) && price < p.Price && (!ok || price < have) {
			out[p.ID] = price
		}
	}
	return out, err
}

// SetRoomPrices changes prices of a room; SKUs that are not named keep theirs.
// Faults promotion.no_such_room, promotion.no_such_sku, promotion.bad_price.
func (s *Service) SetRoomPrices(ctx context.Context, shop id.Shop, room id.Room, prices []RoomPrice) error {
	skus := make([]id.SKU, len(prices))
	for i, p := range prices {
		if p.Price < 0 || p.Price > PriceMax {
			return fault.Invalid("promotion.bad_price", "max", PriceMax).At("body.items")
		}
		skus[i] = p.SKU
	}
	return s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := s.roomOf(ctx, tx, shop, room); err != nil {
			return err
		}
		if _, err := ownOffers(ctx, tx, shop, skus); err != nil {
			return err
		}
		before, err := roomPrices(ctx, tx, room, nil)
		if err != nil {
			return err
		}
		for _, p := range prices {
			if err := putRoomPrice(ctx, tx, room, p); err != nil {
				return err
			}
		}
		all, err := roomPrices(ctx, tx, room, nil)
		if err == nil && len(all) > roomPricesMax {
			err = fault.Invalid("promotion.bad_price", "max", PriceMax).At("body.items")
		}
		if err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "room_prices.changed", shop, room, before, all)
	})
}

// ownOffers finds SKUs of one shop. Fault promotion.no_such_sku.
func ownOffers(ctx context.Context, q sqldb.Querier, shop id.Shop, skus []id.SKU) (map[id.SKU]catalog.Offer, error) {
	if len(skus) == 0 {
		return nil, nil
	}
	offers, err := catalog.Offers(ctx, q, skus)
	if err != nil {
		return nil, err
	}
	for _, sku := range skus {
		if o, ok := offers[sku]; !ok || o.Product.Shop != shop {
			return nil, fault.Invalid("promotion.no_such_sku", "sku", sku)
		}
	}
	return offers, nil
}
