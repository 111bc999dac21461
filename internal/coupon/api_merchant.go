package coupon

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// MerchantAPI is the module's door for staff.
type MerchantAPI struct{ Service *Service }

// Register adds the operations.
func (h MerchantAPI) Register(api *httpapi.API) {
	run, coupons := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/coupons"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-coupon-pin", Method: "POST",
		Path: "/merchant/{shop}/rooms/{room}/coupons/{coupon}/pin", Access: run, Summary: "Show a coupon in the room",
	}, h.pin)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-coupon-unpin", Method: "POST",
		Path: "/merchant/{shop}/rooms/{room}/coupons/{coupon}/unpin", Access: run, Status: 204, Summary: "Take it off the screens",
	}, h.unpin)
	read, write := httpapi.Staff(permission.CatalogRead), httpapi.Staff(permission.CatalogWrite)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-list", Method: "GET", Path: coupons, Access: read,
		Summary: "Coupons of the shop, newest first",
	}, h.coupons)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-create", Method: "POST", Path: coupons, Access: write,
		Status: 201, Summary: "Make a coupon",
	}, h.addCoupon)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-get", Method: "GET", Path: coupons + "/{coupon}",
		Access: read, Summary: "One coupon",
	}, h.coupon)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-update", Method: "PATCH", Path: coupons + "/{coupon}",
		Access: write, Summary: "Rename, extend, enlarge or switch off",
	}, h.changeCoupon)
}

type roomCouponPath struct {
	httpapi.ShopPath
	Room   id.Room   `path:"room"`
	Coupon id.Coupon `path:"coupon"`
}

func (h MerchantAPI) pin(ctx context.Context, in *roomCouponPath) (*httpapi.Body[CouponView], error) {
	if _, err := h.Service.Pin(ctx, in.Shop, in.Room, in.Coupon); err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.Coupon)
}

func (h MerchantAPI) unpin(ctx context.Context, in *roomCouponPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Unpin(ctx, in.Shop, in.Room, in.Coupon)
}

type listCouponsInput struct {
	httpapi.ShopPath
	httpapi.PageQuery
}

func (h MerchantAPI) coupons(ctx context.Context, in *listCouponsInput) (*httpapi.Body[page.Page[CouponView]], error) {
	p, err := h.Service.OfShop(ctx, in.Shop, page.Request(in.PageQuery))
	if err != nil {
		return nil, err
	}
	views, err := h.Service.views(ctx, p.Items, id.User{}, httpapi.Language(ctx))
	return httpapi.OK(page.Page[CouponView]{Items: views, NextCursor: p.NextCursor}, err)
}

// couponBody is a coupon as a merchant makes it: what it takes off, of what, for whom
// and how often.
type couponBody struct {
	Name     lang.Text    `json:"name"`
	Kind     string       `json:"kind" enum:"amount,percent"`
	Value    int64        `json:"value" minimum:"1"`
	Cap      int64        `json:"cap,omitempty" minimum:"0"`
	MinSpend int64        `json:"min_spend,omitempty" minimum:"0"`
	Scope    string       `json:"scope,omitempty" enum:"all,listed" default:"all"`
	Products []id.Product `json:"product_ids,omitempty" maxItems:"200"`
	Room     id.Room      `json:"room_id,omitzero"`
	Total    int64        `json:"total" minimum:"1" maximum:"1000000"`
	PerUser  int64        `json:"per_user,omitempty" minimum:"1" maximum:"20" default:"1"`
	From     time.Time    `json:"valid_from,omitzero"`
	To       time.Time    `json:"valid_to"`
}

type addCouponInput struct {
	httpapi.IdempotencyKey
	httpapi.ShopPath
	Body couponBody
}

func (h MerchantAPI) addCoupon(ctx context.Context, in *addCouponInput) (*httpapi.Body[CouponView], error) {
	key, err := in.Once(ctx, "coupon-create:"+in.Shop.String(), in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	c, err := h.Service.Add(ctx, key, Coupon{
		Shop: in.Shop, Name: b.Name, Kind: b.Kind, Value: b.Value, Cap: b.Cap, MinSpend: b.MinSpend, Scope: b.Scope,
		Products: b.Products, Room: b.Room,
		Total: b.Total, PerUser: b.PerUser, From: b.From.UTC(), To: b.To.UTC(),
	})
	if err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, c.ID)
}

type couponPath struct {
	httpapi.ShopPath
	Coupon id.Coupon `path:"coupon"`
}

func (h MerchantAPI) coupon(ctx context.Context, in *couponPath) (*httpapi.Body[CouponView], error) {
	if _, err := inShop(ctx, h.Service.DB.Reader(), in.Shop, in.Coupon); err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.Coupon)
}

type changeCouponInput struct {
	httpapi.ShopPath
	Coupon id.Coupon `path:"coupon"`
	Body   struct {
		Name   lang.Text `json:"name,omitempty"`
		Total  int64     `json:"total,omitempty" minimum:"1" maximum:"1000000"`
		To     time.Time `json:"valid_to,omitzero"`
		Active *bool     `json:"active,omitempty"`
	}
}

func (h MerchantAPI) changeCoupon(ctx context.Context, in *changeCouponInput) (*httpapi.Body[CouponView], error) {
	b := in.Body
	_, err := h.Service.Change(ctx, in.Shop, in.Coupon, Change{b.Name, b.Total, b.To.UTC(), b.Active})
	if err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.Coupon)
}
