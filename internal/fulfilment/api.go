package fulfilment

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct {
	Service *Service
	Orders  *order.Service
	Views   counter.Views
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-order-ship", Method: "POST", Path: "/merchant/{shop}/shipments",
		Access: httpapi.Staff(permission.OrdersShip), Summary: "Send an order",
	}, h.ship)
}

type shipInput struct {
	httpapi.ShopPath
	httpapi.IdempotencyKey
	Body struct {
		Order          id.Order `json:"order_id"`
		Carrier        string   `json:"carrier" maxLength:"64"`
		TrackingNumber string   `json:"tracking_number" maxLength:"64"`
	}
}

func (h API) ship(ctx context.Context, in *shipInput) (*httpapi.Body[counter.View], error) {
	key, err := in.Once(ctx, "merchant-order-ship:"+in.Shop.String(), in.Body)
	if err != nil {
		return nil, err
	}
	sent, err := h.Service.Ship(ctx, key, httpapi.ActorFrom(ctx).User, Shipment{
		Order: in.Body.Order, Shop: in.Shop, Carrier: in.Body.Carrier, TrackingNumber: in.Body.TrackingNumber,
	})
	if err != nil {
		return nil, err
	}
	o, err := h.Orders.OfShop(ctx, h.Service.db.Reader(), in.Shop, sent)
	return httpapi.OK(h.Views.DrawOne(ctx, o, err, counter.ShopSide, httpapi.Language(ctx)))
}
