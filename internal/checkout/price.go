package checkout

import (
	"context"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/commission"
	"hawker/internal/coupon"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// Quote is what a wish would cost, one group per shop in id order.
type Quote struct {
	Groups    []Group
	Goods     int64 // at normal prices
	Discount  int64
	Shipping  int64
	Payable   int64
	PayWithin time.Duration // how long the stock would be held
}

// Group is the part of one shop.
type Group struct {
	Shop     id.Shop
	Lines    []order.Line
	Coupons  []Option // what the buyer holds of the shop, or asked for
	Goods    int64
	Discount int64
	Shipping int64
	Payable  int64

	room  id.Room // in which it was bought: one of the group's shop
	rates map[id.Product]commission.Levels
	claim coupon.Claim // the coupon that is applied
	deals []promotion.Taking
}

// Quote prices a wish without promising anything. Faults: checkout.empty,
// checkout.too_many_lines, checkout.not_for_sale, cart.bad_quantity,
// promotion.deal_over, promotion.deal_sold_out, promotion.deal_short,
// promotion.limit_reached, promotion.one_coupon_per_shop,
// promotion.coupon_other_shop.
func (s *Service) Quote(ctx context.Context, c Command) (Quote, error) {
	q, err := s.quote(ctx, s.db.Reader(), c, s.db.Clock().Now())
	if err == nil {
		s.shownTo.note(c, q.Payable)
	}
	return q, err
}

func (s *Service) quote(ctx context.Context, q sqldb.Querier, c Command, now time.Time) (Quote, error) {
	merged, err := merge(c.Lines)
	if err != nil {
		return Quote{}, err
	}
	skus := skusOf(merged)
	offers, err := catalog.Offers(ctx, q, skus)
	if err != nil {
		return Quote{}, err
	}
	p := pricing{command: c, now: now, prices: s.prices, groups: map[id.Shop]*Group{}}
	if s.tools != nil {
		if p.answer, err = s.tools.Ask(ctx, q, promotion.Ask{
			User: c.User, Room: c.Room, SKUs: skus, Coupons: c.Coupons, Now: now,
		}); err != nil {
			return Quote{}, err
		}
		p.asked = true
	}
	for _, w := range merged {
		o, ok := offers[w.SKU]
		if !ok || !o.Buyable() {
			return Quote{}, fault.Conflict("checkout.not_for_sale", "sku", w.SKU)
		}
		if err := p.add(o, w.Quantity); err != nil {
			return Quote{}, err
		}
	}
	if err := p.finish(); err != nil {
		return Quote{}, err
	}
	out := p.total()
	out.PayWithin = s.orders.Terms().PayWithin
	if s.holdDeal > 0 && p.deal {
		out.PayWithin = min(out.PayWithin, s.holdDeal)
	}
	return out, nil
}

// merge adds up lines for the same SKU.
func merge(lines []LineRequest) ([]LineRequest, error) {
	if len(lines) == 0 {
		return nil, fault.Invalid("checkout.empty").At("body.items")
	}
	if len(lines) > LinesMax {
		return nil, fault.Invalid("checkout.too_many_lines", "max", LinesMax).At("body.items")
	}
	var out []LineRequest
	for _, w := range lines {
		if w.Quantity < 1 || w.Quantity > cart.QuantityMax {
			return nil, fault.Invalid("cart.bad_quantity", "max", cart.QuantityMax).At("body.items")
		}
		i := slices.IndexFunc(out, func(o LineRequest) bool { return o.SKU == w.SKU })
		if i < 0 {
			out = append(out, w)
			continue
		}
		if out[i].Quantity += w.Quantity; out[i].Quantity > cart.QuantityMax {
			return nil, fault.Invalid("cart.bad_quantity", "max", cart.QuantityMax).At("body.items")
		}
	}
	return out, nil
}

// pricing is one run of the engine: it reads nothing and decides everything, by
// the rule of docs/adr/0009: the lowest of flash deal, room price and normal
// price makes a unit's price; then at most one coupon per shop.
type pricing struct {
	command Command
	now     time.Time
	prices  Prices
	answer  promotion.Answer
	asked   bool // whose the room is is known
	groups  map[id.Shop]*Group
	deal    bool // a deal is part of it
}

// add prices one line: its payable is its subtotal and all its adjustments.
func (p *pricing) add(o catalog.Offer, quantity int64) error {
	subtotal, err := money.Times(o.SKU.Price, quantity)
	if err != nil {
		return fault.Invalid("checkout.amount_too_large").Because(err)
	}
	shop := o.Product.Shop
	g := p.groups[shop]
	if g == nil {
		g = &Group{Shop: shop, rates: map[id.Product]commission.Levels{}}
		if !p.asked || p.answer.RoomShop == shop {
			g.room = p.command.Room
		}
		p.groups[shop] = g
	}
	l := lineOf(o, quantity, subtotal)
	price, kind := o.SKU.Price, ""
	if room, ok := p.answer.RoomPrices[o.SKU.ID]; ok && room < price {
		price, kind = room, order.AdjustRoomPrice
	}
	if d, ok := p.answer.Deals[o.SKU.ID]; ok && d.Price <= price {
		take, err := p.dealFor(d, quantity)
		if err != nil {
			return err
		}
		if take {
			price, kind, l.Slice, p.deal = d.Price, order.AdjustDeal, d.Slice, true
			g.takes(d, quantity)
		}
	}
	if kind != "" {
		adjust(&l, kind, (price-o.SKU.Price)*quantity)
	}
	g.Lines = append(g.Lines, l)
	g.rates[o.Product.ID] = o.Product.Commission
	g.Goods += subtotal
	return nil
}

func lineOf(o catalog.Offer, quantity, subtotal int64) order.Line {
	return order.Line{
		SKU: o.SKU.ID, Product: o.Product.ID, Title: o.Product.Title, ChoiceText: o.Product.ChoiceText(o.SKU),
		PictureURL: o.Product.Cover(),
		Quantity:   quantity, UnitPrice: o.SKU.Price, Subtotal: subtotal, Adjustments: []order.Adjustment{},
		Payable: subtotal,
	}
}

func adjust(l *order.Line, kind string, amount int64) {
	l.Adjustments = append(l.Adjustments, order.Adjustment{Kind: kind, Label: label(kind), Amount: amount})
	l.Payable += amount
}

// label names a reason in every language.
func label(kind string) lang.Text {
	switch kind {
	case order.AdjustDeal:
		return lang.Text{lang.Chinese: "限时闪购", lang.English: "Flash deal"}
	case order.AdjustRoomPrice:
		return lang.Text{lang.Chinese: "直播间价", lang.English: "Room price"}
	case order.AdjustAuction:
		return lang.Text{lang.Chinese: "竞拍成交价", lang.English: "Hammer price"}
	case order.AdjustLuckyBag:
		return lang.Text{lang.Chinese: "福袋奖品", lang.English: "Lucky bag prize"}
	}
	return lang.Text{}
}

// dealFor decides whether a running deal gives so many units. Sold out, it is
// over for those who did not come for it, and a refusal for those who did.
func (p *pricing) dealFor(d promotion.DealOffer, quantity int64) (bool, error) {
	switch {
	case d.Left == 0 && p.command.Deal == d.Deal:
		return false, fault.Conflict("promotion.deal_sold_out")
	case d.Left == 0:
		return false, nil
	case d.Left < quantity:
		return false, fault.Conflict("promotion.deal_short", "left", d.Left)
	}
	return true, nil
}

func (g *Group) takes(d promotion.DealOffer, quantity int64) {
	i := slices.IndexFunc(g.deals, func(t promotion.Taking) bool { return t.Offer.Deal == d.Deal })
	if i < 0 {
		g.deals = append(g.deals, promotion.Taking{Offer: d, Quantity: quantity})
		return
	}
	g.deals[i].Quantity += quantity
}

// finish looks at what concerns several lines at once: the buyer's limit, the
// deal that was asked for, the coupons.
func (p *pricing) finish() error {
	met := p.command.Deal.IsZero()
	for _, g := range p.groups {
		for _, t := range g.deals {
			if t.Quantity > t.Offer.BuyerLeft {
				return promotion.LimitReached(t.Offer.BuyerLeft)
			}
			met = met || t.Offer.Deal == p.command.Deal
		}
		g.Shipping = p.prices.Shipping
	}
	if !met {
		return fault.Conflict("promotion.deal_over")
	}
	return p.coupons()
}

func (p *pricing) total() Quote {
	var q Quote
	for _, g := range p.groups {
		goods := int64(0)
		for _, l := range g.Lines {
			goods += l.Payable
		}
		g.Discount, g.Payable = g.Goods-goods, goods+g.Shipping
		q.Groups = append(q.Groups, *g)
		q.Goods, q.Discount, q.Shipping, q.Payable = q.Goods+g.Goods, q.Discount+g.Discount, q.Shipping+g.Shipping,
			q.Payable+g.Payable
	}
	slices.SortFunc(q.Groups, func(a, b Group) int { return int(a.Shop.Int() - b.Shop.Int()) })
	return q
}
