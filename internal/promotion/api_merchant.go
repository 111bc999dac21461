package promotion

import (
	"context"
	"slices"
	"time"

	"hawker/internal/base/id"
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
	run, room := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/rooms/{room}"
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

// roomPriceBody is the price of a SKU in a room, in minor units; null takes it back.
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

// dealItemBody is a SKU of a flash deal: its price in minor units, and how many are
// there.
type dealItemBody struct {
	SKU      id.SKU `json:"sku_id"`
	Price    int64  `json:"price" minimum:"1"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"1000000"`
}

// dealBody is a flash deal as a host makes it.
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
