package promotion

import (
	"context"
	"slices"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/platform/httpapi"
)

// MerchantAPI is the module's door for staff.
type MerchantAPI struct{ Service *Service }

// Register adds the operations.
func (h MerchantAPI) Register(api *httpapi.API) {
	run, room, coupon := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/rooms/{room}", "/merchant/{shop}/coupons"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-price-list", Method: "GET", Path: room + "/prices",
		Access: run, Summary: "Prices for those who buy in the room",
	}, h.prices)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-price-set", Method: "PUT", Path: room + "/prices",
		Access: run, Summary: "Change prices of the room; null takes one away",
	}, h.setPrices)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-deal-list", Method: "GET", Path: room + "/deals", Access: run,
		Summary: "All flash deals of the room",
	}, h.deals)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-deal-create", Method: "POST", Path: room + "/deals",
		Access: run, Status: 201, Summary: "Prepare a flash deal, or start it at once",
	}, h.plan)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-deal-start", Method: "POST",
		Path: room + "/deals/{deal}/start", Access: run, Summary: "Begin the countdown; the units are set aside",
	},
		h.start)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-deal-stop", Method: "POST", Path: room + "/deals/{deal}/stop",
		Access: run, Summary: "End the deal; what is left returns",
	}, h.stop)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-coupon-pin", Method: "POST",
		Path: room + "/coupons/{coupon}/pin", Access: run, Summary: "Show a coupon in the room",
	}, h.pin)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-coupon-unpin", Method: "POST",
		Path: room + "/coupons/{coupon}/unpin", Access: run, Status: 204, Summary: "Take it off the screens",
	}, h.unpin)
	read, write := httpapi.Staff(permission.CatalogRead), httpapi.Staff(permission.CatalogWrite)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-list", Method: "GET", Path: coupon, Access: read,
		Summary: "Coupons of the shop, newest first",
	}, h.coupons)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-create", Method: "POST", Path: coupon, Access: write,
		Status: 201, Summary: "Make a coupon",
	}, h.addCoupon)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-get", Method: "GET", Path: coupon + "/{coupon}",
		Access: read, Summary: "One coupon",
	}, h.coupon)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-coupon-update", Method: "PATCH", Path: coupon + "/{coupon}",
		Access: write, Summary: "Rename, extend, enlarge or switch off",
	}, h.changeCoupon)
}

// MerchantRoomPath names a room of a shop in a path.
type MerchantRoomPath struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

// RoomPriceView is what a SKU costs in the room and elsewhere.
type RoomPriceView struct {
	SKU         id.SKU      `json:"sku_id"`
	Product     id.Product  `json:"product_id"`
	Title       string      `json:"title"`
	Options     string      `json:"options_text"`
	Price       money.Money `json:"price"`
	NormalPrice money.Money `json:"normal_price"`
}

func (h MerchantAPI) prices(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.List[RoomPriceView]],
	error,
) {
	s, tag := h.Service, httpapi.Language(ctx)
	q := s.DB.Reader()
	if _, err := s.roomOf(ctx, q, in.Shop, in.Room); err != nil {
		return nil, err
	}
	prices, err := RoomPrices(ctx, q, in.Room)
	out := page.List[RoomPriceView]{Items: []RoomPriceView{}}
	if err != nil || len(prices) == 0 {
		return httpapi.OK(out, err)
	}
	var skus []id.SKU
	for sku := range prices {
		skus = append(skus, sku)
	}
	slices.SortFunc(skus, func(a, b id.SKU) int { return int(a.Int() - b.Int()) })
	offers, err := catalog.Offers(ctx, q, skus)
	for _, sku := range skus {
		o := offers[sku]
		out.Items = append(out.Items, RoomPriceView{
			sku, o.Product.ID, o.Product.Title.In(tag), o.Product.ChoiceText(o.SKU).In(tag),
			money.Of(prices[sku], s.Currency), money.Of(o.SKU.Price, s.Currency),
		})
	}
	return httpapi.OK(out, err)
}

type roomPriceBody struct {
	SKU   id.SKU `json:"sku_id"`
	Price *int64 `json:"price" minimum:"1" nullable:"true"`
}

type setPricesInput struct {
	MerchantRoomPath
	Body struct {
		Items []roomPriceBody `json:"items" minItems:"1" maxItems:"200"`
	}
}

func (h MerchantAPI) setPrices(ctx context.Context, in *setPricesInput) (*httpapi.Body[page.List[RoomPriceView]],
	error,
) {
	prices := make([]RoomPrice, len(in.Body.Items))
	for i, p := range in.Body.Items {
		prices[i].SKU = p.SKU
		if p.Price != nil {
			prices[i].Price = *p.Price
		}
	}
	if err := h.Service.SetRoomPrices(ctx, in.Shop, in.Room, prices); err != nil {
		return nil, err
	}
	return h.prices(ctx, &in.MerchantRoomPath)
}

const dealsListed = 100

func (h MerchantAPI) deals(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.List[DealView]], error) {
	s := h.Service
	if _, err := s.roomOf(ctx, s.DB.Reader(), in.Shop, in.Room); err != nil {
		return nil, err
	}
	list, err := dealsOfRoom(ctx, s.DB.Reader(), in.Room, dealsListed)
	if err != nil {
		return nil, err
	}
	views, err := s.dealViews(ctx, list, id.User{}, httpapi.Language(ctx))
	return httpapi.OK(page.List[DealView]{Items: views}, err)
}

type dealItemBody struct {
	SKU      id.SKU `json:"sku_id"`
	Price    int64  `json:"price" minimum:"1"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"1000000"`
}

type dealBody struct {
	Product   id.Product     `json:"product_id"`
	Items     []dealItemBody `json:"items" minItems:"1" maxItems:"50"`
	Countdown int64          `json:"countdown_seconds" minimum:"10" maximum:"300"`
	Run       int64          `json:"run_seconds" minimum:"60" maximum:"1200"`
	Limit     int64          `json:"limit_per_buyer" minimum:"1" maximum:"99"`
	Start     bool           `json:"start,omitempty"`
}

type planDealInput struct {
	httpapi.IdempotencyKey
	MerchantRoomPath
	Body dealBody
}

func (h MerchantAPI) plan(ctx context.Context, in *planDealInput) (*httpapi.Body[DealView], error) {
	key, err := in.Once(ctx, "deal-create:"+in.Room.String(), in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	d := Deal{
		Shop: in.Shop, Room: in.Room, Product: b.Product, Countdown: time.Duration(b.Countdown) * time.Second,
		Run: time.Duration(b.Run) * time.Second, Limit: b.Limit,
	}
	for _, it := range b.Items {
		d.Items = append(d.Items, DealItem{SKU: it.SKU, Price: it.Price, Quantity: it.Quantity})
	}
	d, err = h.Service.PlanDeal(ctx, key, d, b.Start)
	return h.one(ctx, d, err)
}

func (h MerchantAPI) one(ctx context.Context, d Deal, err error) (*httpapi.Body[DealView], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Service.dealViews(ctx, []Deal{d}, id.User{}, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	return httpapi.OK(views[0], nil)
}

type dealPath struct {
	MerchantRoomPath
	Deal id.Deal `path:"deal"`
}

func (h MerchantAPI) start(ctx context.Context, in *dealPath) (*httpapi.Body[DealView], error) {
	d, err := h.Service.StartDeal(ctx, in.Shop, in.Room, in.Deal)
	return h.one(ctx, d, err)
}

func (h MerchantAPI) stop(ctx context.Context, in *dealPath) (*httpapi.Body[DealView], error) {
	d, err := h.Service.StopDeal(ctx, in.Shop, in.Room, in.Deal)
	return h.one(ctx, d, err)
}

type roomCouponPath struct {
	MerchantRoomPath
	Coupon id.Coupon `path:"coupon"`
}

func (h MerchantAPI) pin(ctx context.Context, in *roomCouponPath) (*httpapi.Body[CouponView], error) {
	if _, err := h.Service.PinCoupon(ctx, in.Shop, in.Room, in.Coupon); err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.Coupon)
}

func (h MerchantAPI) unpin(ctx context.Context, in *roomCouponPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.UnpinCoupon(ctx, in.Shop, in.Room, in.Coupon)
}

type listCouponsInput struct {
	httpapi.ShopPath
	httpapi.PageQuery
}

func (h MerchantAPI) coupons(ctx context.Context, in *listCouponsInput) (*httpapi.Body[page.Page[CouponView]], error) {
	p, err := h.Service.Coupons(ctx, in.Shop, page.Request(in.PageQuery))
	if err != nil {
		return nil, err
	}
	views, err := h.Service.couponViews(ctx, p.Items, id.User{}, httpapi.Language(ctx))
	return httpapi.OK(page.Page[CouponView]{Items: views, NextCursor: p.NextCursor}, err)
}

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
	c, err := h.Service.AddCoupon(ctx, key, Coupon{
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
	if _, err := couponOf(ctx, h.Service.DB.Reader(), in.Shop, in.Coupon); err != nil {
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
	_, err := h.Service.ChangeCoupon(ctx, in.Shop, in.Coupon, CouponChange{b.Name, b.Total, b.To.UTC(), b.Active})
	if err != nil {
		return nil, err
	}
	return h.Service.oneCoupon(ctx, in.Coupon)
}
