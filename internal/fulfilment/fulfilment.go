// Package fulfilment sends what was bought: a shipment with its carrier and
// number moves the order on.
package fulfilment

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Shipment is a parcel of an order.
type Shipment struct {
	ID             id.Shipment
	Order          id.Order
	Shop           id.Shop
	Carrier        string
	TrackingNumber string
	ShippedAt      time.Time
}

const fieldMax = 64

// Service is the module.
type Service struct {
	db     *sqldb.DB
	orders *order.Service
}

// New makes the module.
func New(db *sqldb.DB, orders *order.Service) *Service { return &Service{db, orders} }

// Ship sends an order, once per key. Faults: fulfilment.bad_parcel,
// order.not_found, order.wrong_status.
func (s *Service) Ship(ctx context.Context, key idem.Key, by id.User, sh Shipment) (id.Order, error) {
	sh.Carrier, sh.TrackingNumber = strings.TrimSpace(sh.Carrier), strings.TrimSpace(sh.TrackingNumber)
	for _, v := range []string{sh.Carrier, sh.TrackingNumber} {
		if n := utf8.RuneCountInString(v); n == 0 || n > fieldMax {
			return id.Order{}, fault.Invalid("fulfilment.bad_parcel", "max", fieldMax)
		}
	}
	return idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Order, error) {
		o, err := s.orders.OfShop(ctx, tx, sh.Shop, sh.Order)
		if err != nil {
			return id.Order{}, err
		}
		if err := s.orders.MarkShipped(ctx, tx, o, order.Staff(by)); err != nil {
			return id.Order{}, err
		}
		sh.ID, sh.ShippedAt = id.Make[id.Shipment](tx), tx.Now()
		return o.ID, insertShipment(ctx, tx, sh)
	})
}

// ShipmentViews implements counter.Shipments.
func (s *Service) ShipmentViews(ctx context.Context, orders []id.Order) (map[id.Order][]counter.ShipmentView, error) {
	list, err := shipmentsOf(ctx, s.db.Reader(), orders)
	out := make(map[id.Order][]counter.ShipmentView, len(list))
	for _, sh := range list {
		out[sh.Order] = append(out[sh.Order], counter.ShipmentView{
			ID: sh.ID, Carrier: sh.Carrier,
			TrackingNumber: sh.TrackingNumber, ShippedAt: sh.ShippedAt,
		})
	}
	return out, err
}
