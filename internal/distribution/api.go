package distribution

import (
	"context"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/commission"
	"hawker/internal/platform/httpapi"
)

// API is the promoter's door.
type API struct {
	Service *Distribution
	Clock   clock.Clock
}

// PromotedShop names the shop of a promoted product.
type PromotedShop struct {
	ID   id.Shop `json:"id"`
	Name string  `json:"name"`
}

// PromotedProduct is a product card with what it pays. The shelf fills all but
// RateBP and Estimate, and Rule instead; an empty Rule is the installation's.
type PromotedProduct struct {
	ID       id.Product        `json:"id"`
	Shop     PromotedShop      `json:"shop"`
	Title    string            `json:"title"`
	CoverURL string            `json:"cover_url"`
	Price    money.Money       `json:"price"`
	WasPrice *money.Money      `json:"was_price"`
	Sold     int64             `json:"sold"`
	InStock  bool              `json:"in_stock"`
	RateBP   money.BasisPoints `json:"rate_bp" doc:"Of level 1, in ten-thousandths; 0 for fixed amounts"`
	Estimate money.Money       `json:"estimate" doc:"What level 1 earns on one"`
	Rule     commission.Rule   `json:"-"`
}

// exampleAmong is how many products are looked at for one that can be an example.
const exampleAmong = 20

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "distributor-get", Method: "GET", Path: "/distribution/me",
		Access: httpapi.SignedIn, Summary: "My earnings at a glance",
	}, h.me)
	httpapi.Register(api, httpapi.Operation{
		ID: "distribution-terms-get", Method: "GET", Path: "/distribution/terms",
		Access: httpapi.Anyone, Summary: "What bringing buyers earns here, for who is not signed in yet",
	}, h.terms)
	httpapi.Register(api, httpapi.Operation{
		ID: "distribution-product-list", Method: "GET", Path: "/distribution/products",
		Access: httpapi.SignedIn, Summary: "Products that pay for being shared",
	}, h.products)
	httpapi.Register(api, httpapi.Operation{
		ID: "commission-list", Method: "GET",
		Path: "/distribution/commissions", Access: httpapi.SignedIn, Summary: "My commissions",
	}, h.commissions)
}

// dayView is what a promoter earned on one day.
type dayView struct {
	Date   string      `json:"date"`
	Amount money.Money `json:"amount"`
}

// overviewView is a promoter's page: their link, their money, their last days.
type overviewView struct {
	Code         string      `json:"code"`
	LinkURL      string      `json:"link_url"`
	ParentName   string      `json:"parent_name" doc:"Masked; empty when nobody brought me"`
	Frozen       money.Money `json:"frozen"`
	Available    money.Money `json:"available"`
	Paid         money.Money `json:"paid"`
	Debt         money.Money `json:"debt"`
	TodayOrders  int64       `json:"today_orders" doc:"Ordered today and paid"`
	UnpaidOrders int64       `json:"unpaid_orders" doc:"Orders that wait for money"`
	Estimate     money.Money `json:"estimate" doc:"What the unpaid orders would bring; in no other figure"`
	Days         []dayView   `json:"days" doc:"What paid orders brought, by the day of the order"`
}

func (h API) me(ctx context.Context, _ *struct{}) (*httpapi.Body[overviewView], error) {
	o, err := h.Service.OverviewOf(ctx, httpapi.ActorFrom(ctx).User, h.Clock.Now())
	if err != nil {
		return nil, err
	}
	m := func(amount int64) money.Money { return money.Of(amount, h.Service.settings.Currency) }
	v := overviewView{
		Code: o.Link.Code, LinkURL: h.Service.people.Absolute(ctx, o.Link),
		ParentName: o.ParentName, Frozen: m(o.Standing.Frozen),
		Available: m(o.Standing.Available - o.Standing.Held), Paid: m(o.Standing.PaidOut), Debt: m(o.Standing.Debt),
		TodayOrders: o.TodayOrders, UnpaidOrders: o.UnpaidOrders, Estimate: m(o.Estimate),
	}
	for _, d := range o.Days {
		v.Days = append(v.Days, dayView{d.Date, m(d.Amount)})
	}
	return &httpapi.Body[overviewView]{Body: v}, nil
}

func (h API) products(ctx context.Context, in *httpapi.PageQuery) (*httpapi.Body[page.Page[PromotedProduct]], error) {
	p, err := h.Service.shelf.PromotedProducts(ctx, page.Request(*in), httpapi.Language(ctx))
	for i := range p.Items {
		one := &p.Items[i]
		rate, estimate := h.Service.Estimate(one.Price.Amount, one.Rule)
		one.RateBP, one.Estimate = rate, money.Of(estimate, one.Price.Currency)
	}
	if p.Items == nil {
		p.Items = []PromotedProduct{}
	}
	return httpapi.OK(p, err)
}

// levelView is what a level earns of products that set no rates of their own.
type levelView struct {
	Level  int               `json:"level"`
	RateBP money.BasisPoints `json:"rate_bp"`
}

// termsView is what everybody may know of earning here: no names and no sums of anybody.
type termsView struct {
	Levels  []levelView      `json:"levels" doc:"Those that earn, from level 1; none where nobody does"`
	Example *PromotedProduct `json:"example" doc:"One that can be bought now, if there is any"`
}

func (h API) terms(ctx context.Context, _ *struct{}) (*httpapi.Body[termsView], error) {
	v := termsView{Levels: []levelView{}}
	for i, rate := range h.Service.settings.LevelRates() {
		v.Levels = append(v.Levels, levelView{i + 1, rate})
	}
	if len(v.Levels) == 0 {
		return httpapi.OK(v, nil)
	}
	goods, err := h.products(ctx, &httpapi.PageQuery{Limit: exampleAmong})
	if err != nil {
		return nil, err
	}
	for _, p := range goods.Body.Items {
		if p.InStock && p.Estimate.Amount > 0 {
			v.Example = &p
			break
		}
	}
	return httpapi.OK(v, nil)
}

// commissionView is what a promoter earns by one line of an order.
type commissionView struct {
	ID           id.Commission     `json:"id"`
	Order        id.Order          `json:"order_id"`
	OrderNumber  string            `json:"order_number"`
	ProductTitle string            `json:"product_title"`
	Level        int               `json:"level"`
	Base         money.Money       `json:"base"`
	RateBP       money.BasisPoints `json:"rate_bp"`
	Amount       money.Money       `json:"amount"`
	Kept         money.Money       `json:"kept" doc:"What refunds have left"`
	State        string            `json:"state" enum:"frozen,available,void"`
	AvailableAt  time.Time         `json:"available_at,omitzero" doc:"When it was or will be freed; absent until the goods are received"`
	CreatedAt    time.Time         `json:"created_at"`
}

type commissionsInput struct {
	httpapi.PageQuery
	State string `query:"state" enum:"frozen,available,void"`
}

func (h API) commissions(ctx context.Context, in *commissionsInput) (*httpapi.Body[page.Page[commissionView]], error) {
	p, err := h.Service.CommissionsOf(ctx, httpapi.ActorFrom(ctx).User, in.State, page.Request(in.PageQuery))
	return httpapi.OK(page.Map(p, func(c Commission) commissionView { return viewOf(c, httpapi.Language(ctx)) }), err)
}

func viewOf(c Commission, tag lang.Tag) commissionView {
	return commissionView{
		ID: c.ID, Order: c.Order, OrderNumber: c.OrderNumber, ProductTitle: c.Title.In(tag), Level: c.Level,
		Base: money.Of(c.Base, c.Currency), RateBP: c.Rate, Amount: money.Of(c.Amount, c.Currency),
		Kept:  money.Of(c.Kept, c.Currency),
		State: c.State, AvailableAt: c.AvailableAt, CreatedAt: c.CreatedAt,
	}
}
