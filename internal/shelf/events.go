package shelf

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

type stockNews struct {
	Type      string     `json:"type"`
	Product   id.Product `json:"product_id"`
	Available int64      `json:"available"`
	Sold      int64      `json:"sold"`
}

func (s *Service) subscriptions() []events.Subscription {
	subs := []events.Subscription{events.On("live.sold", order.EventPaid, countSold)}
	for _, name := range []string{order.EventPlaced, order.EventClosed, order.EventPaid} {
		subs = append(subs, events.Tell("live.stock", name, s.showStock))
	}
	return subs
}

// countSold counts what an order took on the shelf of its room.
func countSold(ctx context.Context, tx *sqldb.Tx, f order.Payload) error {
	if f.Room.IsZero() {
		return nil
	}
	for _, l := range f.Lines {
		if err := addSold(ctx, tx, f.Room, l.Product, l.Quantity); err != nil {
			return err
		}
	}
	return nil
}

// showStock tells every room that shows one of an order's products what is left
// of it.
func (s *Service) showStock(ctx context.Context, f order.Payload) error {
	products := make([]id.Product, 0, len(f.Lines))
	for _, l := range f.Lines {
		products = append(products, l.Product)
	}
	shown, err := onScreens(ctx, s.db.Reader(), products)
	if err != nil || len(shown) == 0 {
		return err
	}
	available, err := catalog.Available(ctx, s.db.Reader(), products)
	if err != nil {
		return err
	}
	states, err := s.catalog.ProductsByID(ctx, products)
	if err != nil {
		return err
	}
	for _, x := range shown {
		left := available[x.product]
		if states[x.product].State != catalog.OnSale {
			left = 0 // as the shelf shows it
		}
		s.news.Tell(ctx, x.room, stockNews{newsStock, x.product, left, x.sold})
	}
	return nil
}
