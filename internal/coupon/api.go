package coupon

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

// API is the module's door for viewers and buyers.
type API struct{ Service *Service }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "room-coupon-list", Method: "GET", Path: "/live/rooms/{id}/coupons",
		Access: httpapi.RoomVisitor, Summary: "Coupons that a room shows",
	}, h.coupons)
	httpapi.Register(api, httpapi.Operation{
		ID: "coupon-claim", Method: "POST", Path: "/coupons/{id}/claim",
		Access: httpapi.SignedIn, Summary: "Put a coupon into my wallet",
	}, h.claim)
	httpapi.Register(api, httpapi.Operation{
		ID: "wallet-list", Method: "GET", Path: "/me/coupons",
		Access: httpapi.SignedIn, Summary: "My coupons, newest first",
	}, h.wallet)
}

// RoomPath names a room in a path.
type RoomPath struct {
	ID id.Room `path:"id"`
}

func (h API) coupons(ctx context.Context, in *RoomPath) (*httpapi.Body[page.List[CouponView]], error) {
	list, err := h.Service.Pinned(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	views, err := h.Service.views(ctx, list, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	return httpapi.OK(page.List[CouponView]{Items: views}, err)
}

type claimInput struct {
	httpapi.IdempotencyKey
	ID id.Coupon `path:"id"`
}

func (h API) claim(ctx context.Context, in *claimInput) (*httpapi.Body[CouponView], error) {
	user := httpapi.ActorFrom(ctx).User
	key, err := in.Once(ctx, "coupon-claim", in.ID)
	if err == nil {
		err = h.Service.Take(ctx, key, user, in.ID)
	}
	if err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.ID)
}

// oneCoupon draws a coupon for the caller.
func (s *Service) oneCoupon(ctx context.Context, coupon id.Coupon) (*httpapi.Body[CouponView], error) {
	c, err := Find(ctx, s.DB.Reader(), coupon)
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, []Coupon{c}, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	return httpapi.OK(views[0], nil)
}

type walletInput struct {
	httpapi.PageQuery
	State string `query:"state" enum:"usable,used,expired" default:"usable"`
}

func (h API) wallet(ctx context.Context, in *walletInput) (*httpapi.Body[page.Page[ClaimView]], error) {
	user := httpapi.ActorFrom(ctx).User
	p, err := h.Service.Wallet(ctx, user, in.State, page.Request(in.PageQuery))
	if err != nil {
		return nil, err
	}
	coupons := make([]Coupon, len(p.Items))
	for i, c := range p.Items {
		coupons[i] = c.Coupon
	}
	views, err := h.Service.views(ctx, coupons, user, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	out := page.Page[ClaimView]{Items: []ClaimView{}, NextCursor: p.NextCursor}
	now := h.Service.DB.Clock().Now()
	for i, c := range p.Items {
		out.Items = append(out.Items, ClaimView{c.ID, views[i], c.State(now), c.ClaimedAt, c.UsedAt, c.Order})
	}
	return httpapi.OK(out, nil)
}
