package app

import (
	"context"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/distribution"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

// The types here answer one module's question with another's answer, so that
// neither has to know the other.

// promoters tells a visitor who earns when they buy.
type promoters struct{ d *distribution.Distribution }

func (p promoters) PromoterOf(ctx context.Context, refCode string, visitor id.User) (string, bool, error) {
	return p.d.PromoterName(ctx, refCode, visitor)
}

// promoted gives promoters the products that pay.
type promoted struct {
	products *catalog.Service
	draw     catalog.API
}

func (s promoted) PromotedProducts(ctx context.Context, r page.Request, tag lang.Tag) (
	page.Page[distribution.PromotedProduct], error,
) {
	p, err := s.products.List(ctx, catalog.Filter{State: catalog.OnSale, Sort: catalog.BestSold, Commission: true}, r)
	if err != nil {
		return page.Page[distribution.PromotedProduct]{}, err
	}
	cards, err := s.draw.Cards(ctx, p.Items, tag)
	out := page.Page[distribution.PromotedProduct]{NextCursor: p.NextCursor}
	for i, c := range cards {
		out.Items = append(out.Items, distribution.PromotedProduct{
			ID: c.ID, Shop: distribution.PromotedShop(c.Shop), Title: c.Title, CoverURL: c.CoverURL, Price: c.Price,
			WasPrice: c.WasPrice, Sold: c.Sold, InStock: c.InStock, Rule: ruleOf(p.Items[i].Commission),
		})
	}
	return out, err
}

// attribution attributes an order to promoters when it is placed.
type attribution struct{ d *distribution.Distribution }

func (e attribution) Attribute(ctx context.Context, tx *sqldb.Tx, p checkout.Placement) error {
	o := p.Order
	r := distribution.AttributeRequest{Buyer: o.User, RefCode: p.RefCode}
	titles := map[id.OrderLine]lang.Text{}
	for _, l := range o.Lines {
		titles[l.ID] = l.Title
		r.Lines = append(r.Lines, distribution.PricedLine{
			ID: l.ID, Shop: o.Shop, Quantity: l.Quantity, Owed: l.Payable, Cash: l.Payable,
			Rule: ruleOf(p.Rates[l.Product]),
		})
	}
	att, err := e.d.Attribute(ctx, tx, r)
	if err != nil {
		return err
	}
	return e.d.Save(ctx, tx, distribution.OrderRecord{
		Order: o.ID, Number: o.Number, Shop: o.Shop, Buyer: o.User, Currency: o.Currency, Shipping: o.ShippingTotal,
		Titles: titles,
	}, att)
}

// splits divides an order's money as it was fixed when the order was placed.
type splits struct{ d *distribution.Distribution }

func (s splits) SplitOf(ctx context.Context, tx *sqldb.Tx, o order.Order) (payment.Split, error) {
	dues, err := s.d.OrderPaid(ctx, tx, o.ID)
	return payment.Split{Shop: dues.ShopAmount, Fee: dues.Fee, Commissions: dues.Commissions}, err
}

// sessions tells the figures about shows.
type sessions struct {
	shows *show.Service
	news  *realtime.Node
}

func (s sessions) ShowsSince(ctx context.Context, shop id.Shop, since time.Time) ([]analytics.Show, int, error) {
	all, err := s.shows.Since(ctx, shop, since)
	watching := 0
	out := make([]analytics.Show, len(all))
	for i, x := range all {
		out[i] = analytics.Show{Room: x.ID, Title: x.Title, StartedAt: x.Now.StartedAt, EndedAt: x.Now.EndedAt}
		if x.Now.Running() {
			watching += s.news.Listeners(realtime.RoomChannel(x.ID))
		}
	}
	return out, watching, err
}

// ruleOf turns a product's rates into a rule; a product that sets none follows
// the installation.
func ruleOf(rates catalog.Rates) distribution.Rule {
	if rates == (catalog.Rates{}) {
		return distribution.Rule{}
	}
	return distribution.Percent(rates[:]...)
}

// evidence tells an order when its goods were explained in the room.
type evidence struct{}

func (evidence) For(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]order.Shown, error) {
	shown, err := shelf.ShownIn(ctx, q, room, products)
	var out []order.Shown
	for _, s := range shown {
		out = append(out, order.Shown{Product: s.Product, Room: room, Show: s.Show, From: s.From, Until: s.Until})
	}
	return out, err
}
