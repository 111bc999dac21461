package checkout

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/counter"
	"hawker/internal/order"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

// API is the module's door.
type API struct {
	Service *Service
	DB      *sqldb.DB
	Orders  *order.Service
	Views   counter.Views
	Shops   catalog.ShopNames
	// PerMinute is how many orders one buyer may place; 0: any number.
	PerMinute int
}

// quotesPerOrder is how often a buyer looks at the price of what is then bought.
const quotesPerOrder = 8

func (h API) rate(times int) cache.Rate {
	return cache.Rate{Count: times * h.PerMinute, Per: time.Minute}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "checkout-quote", Method: "POST", Path: "/checkout/quote",
		Access: httpapi.SignedIn, Limit: h.rate(quotesPerOrder), Summary: "What would it cost, and why",
	}, h.quote)
	httpapi.Register(api, httpapi.Operation{
		ID: "order-create", Method: "POST", Path: "/orders",
		Access: httpapi.SignedIn, Status: 201, Limit: h.rate(1),
		Summary: "Place one order per shop; the stock is promised for minutes",
	},
		h.place)
}

// lineRequestBody is what is wanted: so many units of a SKU.
type lineRequestBody struct {
	SKU      id.SKU `json:"sku_id"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"999"`
}

func lines(items []lineRequestBody) []LineRequest {
	out := make([]LineRequest, len(items))
	for i, w := range items {
		out[i] = LineRequest(w)
	}
	return out
}

type quoteInput struct {
	Body struct {
		Items   []lineRequestBody `json:"items" minItems:"1" maxItems:"50"`
		Address id.Address        `json:"address_id,omitzero"`
		Source  sourceBody        `json:"source,omitzero"`
		Coupons []id.Coupon       `json:"coupon_ids,omitempty" maxItems:"50" doc:"Absent: the best of each shop; empty: none"`
		Deal    id.Deal           `json:"deal_id,omitzero" doc:"The flash deal that was seen; refused when it is over"`
	}
}

// ineligibleView is why a coupon does not apply.
type ineligibleView struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// couponView is a coupon beside what is to be bought: what it takes off, or why it does
// not apply.
type couponView struct {
	ID         id.Coupon       `json:"id"`
	Name       string          `json:"name"`
	Applied    bool            `json:"applied"`
	Applicable bool            `json:"applicable"`
	Discount   money.Money     `json:"discount"`
	ValidTo    time.Time       `json:"valid_to"`
	Ineligible *ineligibleView `json:"ineligible"`
}

// groupView is the part of a quote that one shop sells and ships, which becomes one
// order.
type groupView struct {
	Shop     catalog.ShopRef    `json:"shop"`
	Lines    []counter.LineView `json:"lines"`
	Coupons  []couponView       `json:"coupons"`
	Goods    money.Money        `json:"goods_total"`
	Discount money.Money        `json:"discount_total"`
	Shipping money.Money        `json:"shipping_total"`
	Payable  money.Money        `json:"payable"`
}

// quoteView is what would be paid now, shop by shop; nothing is reserved by it.
type quoteView struct {
	Groups    []groupView `json:"groups"`
	Goods     money.Money `json:"goods_total"`
	Discount  money.Money `json:"discount_total"`
	Shipping  money.Money `json:"shipping_total"`
	Payable   money.Money `json:"payable"`
	PayWithin int64       `json:"pay_within_seconds"`
}

func (h API) quote(ctx context.Context, in *quoteInput) (*httpapi.Body[quoteView], error) {
	q, err := h.Service.Quote(ctx, Command{
		User: httpapi.ActorFrom(ctx).User, Lines: lines(in.Body.Items), Room: in.Body.Source.Room, Deal: in.Body.Deal,
		Coupons: in.Body.Coupons,
	})
	if err != nil {
		return nil, err
	}
	tag, c := httpapi.Language(ctx), h.Service.prices.Currency
	shops := make([]id.Shop, len(q.Groups))
	for i, g := range q.Groups {
		shops[i] = g.Shop
	}
	names, err := h.Shops.ShopRefs(ctx, shops, tag)
	v := quoteView{
		Goods: money.Of(q.Goods, c), Discount: money.Of(q.Discount, c), Shipping: money.Of(q.Shipping, c),
		Payable: money.Of(q.Payable, c), PayWithin: int64(q.PayWithin.Seconds()),
	}
	for _, g := range q.Groups {
		v.Groups = append(v.Groups, groupView{
			Shop: names[g.Shop], Lines: counter.Lines(g.Lines, c, tag), Coupons: options(g.Coupons, c, tag),
			Goods: money.Of(g.Goods, c), Discount: money.Of(g.Discount, c), Shipping: money.Of(g.Shipping, c),
			Payable: money.Of(g.Payable, c),
		})
	}
	return httpapi.OK(v, err)
}

func options(list []Option, c money.Currency, tag lang.Tag) []couponView {
	out := make([]couponView, len(list))
	for i, o := range list {
		out[i] = couponView{
			ID: o.Coupon, Name: o.Name.In(tag), Applied: o.Applied, Applicable: o.Ineligible == nil,
			Discount: money.Of(o.Discount, c), ValidTo: o.To,
		}
		if f := o.Ineligible; f != nil {
			out[i].Ineligible = &ineligibleView{f.Code, httpapi.Translate(tag, f.Code, f.Params)}
		}
	}
	return out
}

// sourceBody is where the buyer came from: the room or the video that sold it.
type sourceBody struct {
	Room  id.Room  `json:"room_id,omitzero"`
	Video id.Video `json:"video_id,omitzero"`
}

// placeBody is an order as a buyer sends it.
type placeBody struct {
	Items    []lineRequestBody `json:"items" minItems:"1" maxItems:"50"`
	Address  id.Address        `json:"address_id"`
	Note     string            `json:"note,omitempty" maxLength:"400"`
	Source   sourceBody        `json:"source,omitzero"`
	FromCart bool              `json:"from_cart,omitempty"`
	// A pointer keeps "none" apart from "not said" in the idempotency hash too.
	Coupons *[]id.Coupon `json:"coupon_ids,omitempty" maxItems:"50" doc:"Absent: the best of each shop; empty: none"`
	Deal    id.Deal      `json:"deal_id,omitzero" doc:"The flash deal that was seen; refused when it is over"`
	// What the buyer was shown. The answer 409 checkout.price_changed carries the new amount in params.
	Expected *money.Money `json:"expected_total,omitempty" doc:"The payable that was quoted; 409 if it changed. None: 409 if it is more than was quoted last"`
}

type placeInput struct {
	httpapi.IdempotencyKey
	Body placeBody
}

// placedView is the orders that were placed together, and what is to be paid for them
// until when.
type placedView struct {
	Checkout id.Checkout    `json:"checkout_id"`
	Payable  money.Money    `json:"payable"`
	PayBy    time.Time      `json:"pay_by"`
	Orders   []counter.View `json:"orders"`
}

func (h API) place(ctx context.Context, in *placeInput) (*httpapi.Body[placedView], error) {
	key, err := in.Once(ctx, "order-create", in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var coupons []id.Coupon
	if b.Coupons != nil {
		coupons = append([]id.Coupon{}, *b.Coupons...)
	}
	c := Command{
		User: httpapi.ActorFrom(ctx).User, Lines: lines(b.Items), Address: b.Address, Note: b.Note,
		Room: b.Source.Room, Video: b.Source.Video,
		Deal: b.Deal, Coupons: coupons, FromCart: b.FromCart, RefCode: httpapi.RefCode(ctx),
	}
	if b.Expected != nil {
		if b.Expected.Currency != h.Service.prices.Currency {
			return nil, fault.Invalid("request.wrong_currency", "want", h.Service.prices.Currency).
				At("body.expected_total")
		}
		c.Expected = &b.Expected.Amount
	}
	r, err := h.Service.Place(ctx, key, c)
	if err != nil {
		return nil, err
	}
	list := r.placed
	if list == nil { // the key was known
		if list, err = h.Orders.OfCheckout(ctx, h.DB.Reader(), r.Checkout); err != nil {
			return nil, err
		}
	}
	views, err := h.Views.Draw(ctx, list, counter.BuyerSide, httpapi.Language(ctx))
	return httpapi.OK(placedView{r.Checkout, money.Of(r.Payable, h.Service.prices.Currency), r.PayBy, views}, err)
}
