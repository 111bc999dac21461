package counter

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// API is the door for buyers and staff.
type API struct {
	Views   Views
	DB      *sqldb.DB
	Notices Notices
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "counter", Operations: []module.Operations{h}, Subscriptions: h.subscriptions()}
}

const permitRead = permission.OrdersRead

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "order-list", Method: "GET", Path: "/orders", Access: httpapi.SignedIn,
		Summary: "My orders, newest first",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "order-get", Method: "GET", Path: "/orders/{id}",
		Access: httpapi.SignedIn, Summary: "One of my orders",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "order-cancel", Method: "POST", Path: "/orders/{id}/cancel",
		Access: httpapi.SignedIn, Summary: "Cancel before paying",
	}, h.cancel)
	httpapi.Register(api, httpapi.Operation{
		ID: "order-confirm", Method: "POST", Path: "/orders/{id}/confirm",
		Access: httpapi.SignedIn, Summary: "Say that the goods arrived",
	}, h.confirm)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-order-list", Method: "GET", Path: "/merchant/{shop}/orders",
		Access: httpapi.Staff(permitRead), Summary: "Orders of the shop, newest first",
	}, h.merchantList)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-order-get", Method: "GET",
		Path: "/merchant/{shop}/orders/{id}", Access: httpapi.Staff(permitRead), Summary: "One order of the shop",
	},
		h.merchantGet)
}

// ListInput narrows a list of orders.
type ListInput struct {
	httpapi.PageQuery
	Status order.Status `query:"status" enum:",pending_payment,paid,shipped,delivered,completed,closed"`
}

func (h API) list(ctx context.Context, in *ListInput) (*httpapi.Body[page.Page[View]], error) {
	return h.page(ctx, order.Filter{User: httpapi.ActorFrom(ctx).User, Status: in.Status}, in.PageQuery, BuyerSide)
}

type merchantListInput struct {
	httpapi.ShopPath
	ListInput
	Query string  `query:"q" maxLength:"32"`
	Room  id.Room `query:"room_id" doc:"In which they were placed"`
}

func (h API) merchantList(ctx context.Context, in *merchantListInput) (*httpapi.Body[page.Page[View]], error) {
	return h.page(ctx, order.Filter{Shop: in.Shop, Room: in.Room, Status: in.Status, Query: in.Query}, in.PageQuery,
		ShopSide)
}

func (h API) page(ctx context.Context, f order.Filter, q httpapi.PageQuery, side Side) (*httpapi.Body[page.Page[View]],
	error,
) {
	p, err := h.Views.Service.List(ctx, f, page.Request(q))
	if err != nil {
		return nil, err
	}
	views, err := h.Views.Draw(ctx, p.Items, side, httpapi.Language(ctx))
	return httpapi.OK(page.Page[View]{Items: views, NextCursor: p.NextCursor}, err)
}

// OrderPath names an order in a path.
type OrderPath struct {
	ID id.Order `path:"id"`
}

func (h API) get(ctx context.Context, in *OrderPath) (*httpapi.Body[View], error) {
	o, err := h.Views.Service.OfBuyer(ctx, h.DB.Reader(), httpapi.ActorFrom(ctx).User, in.ID)
	return httpapi.OK(h.Views.DrawOne(ctx, o, err, BuyerSide, httpapi.Language(ctx)))
}

// MerchantOrderPath names an order of a shop in a path.
type MerchantOrderPath struct {
	httpapi.ShopPath
	OrderPath
}

func (h API) merchantGet(ctx context.Context, in *MerchantOrderPath) (*httpapi.Body[View], error) {
	o, err := h.Views.Service.OfShop(ctx, h.DB.Reader(), in.Shop, in.ID)
	return httpapi.OK(h.Views.DrawOne(ctx, o, err, ShopSide, httpapi.Language(ctx)))
}

type moveInput struct {
	httpapi.IdempotencyKey
	OrderPath
}

func (h API) cancel(ctx context.Context, in *moveInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "order-cancel", in.ID)
	if err == nil {
		err = h.Views.Service.Cancel(ctx, key, httpapi.ActorFrom(ctx).User, in.ID)
	}
	if err != nil {
		return nil, err
	}
	return h.get(ctx, &in.OrderPath)
}

func (h API) confirm(ctx context.Context, in *moveInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "order-confirm", in.ID)
	if err == nil {
		err = h.Views.Service.Confirm(ctx, key, httpapi.ActorFrom(ctx).User, in.ID)
	}
	if err != nil {
		return nil, err
	}
	return h.get(ctx, &in.OrderPath)
}
