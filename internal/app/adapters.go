package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hawker/internal/analytics"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/distribution"
	"hawker/internal/live"
	"hawker/internal/luckybag"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/sqldb"
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

// earners attributes an order to promoters when it is placed.
type earners struct{ d *distribution.Distribution }

func (e earners) Attribute(ctx context.Context, tx *sqldb.Tx, p checkout.Placed) error {
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

// shows tells the figures about live sessions.
type shows struct{ rooms *live.Service }

func (s shows) ShowsSince(ctx context.Context, shop id.Shop, since time.Time) ([]analytics.Show, int, error) {
	rooms, err := s.rooms.Since(ctx, shop, since)
	watching := 0
	out := make([]analytics.Show, len(rooms))
	for i, r := range rooms {
		out[i] = analytics.Show{Room: r.ID, Title: r.Title, StartedAt: r.StartedAt, EndedAt: r.EndedAt}
		if r.EndedAt.IsZero() {
			watching += s.rooms.Viewers(r.ID)
		}
	}
	return out, watching, err
}

// lateRelay is the relay before the engine is made that it reads from.
type lateRelay struct{ *relay.Relay }

// admission is the rooms', and with open publishing any name besides.
func (s *services) admission(p *platform) stream.Admission {
	if !p.cfg.Live.OpenPublish {
		return s.rooms
	}
	return openAdmission{s.rooms, p.cfg.Live.Part}
}

type openAdmission struct {
	rooms *live.Service
	part  time.Duration
}

const openNameMax = 64

func (o openAdmission) Admit(ctx context.Context, r stream.PublishRequest) (stream.Grant, error) {
	g, err := o.rooms.Admit(ctx, r)
	if !errors.Is(err, live.ErrWrongKey) {
		return g, err
	}
	if r.Name == "" || len(r.Name) > openNameMax || !plainName(r.Name) {
		return g, err
	}
	return stream.Grant{StreamID: r.Name, PartTarget: o.part}, nil
}

func plainName(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
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
	shown, err := live.ShownIn(ctx, q, room, products)
	var out []order.Shown
	for _, s := range shown {
		out = append(out, order.Shown{Product: s.Product, Room: room, From: s.From, Until: s.Until})
	}
	return out, err
}

// listeners hear what viewers say.
type listeners struct {
	bags *luckybag.Service
	log  *slog.Logger
}

func (l listeners) Said(ctx context.Context, room id.Room, user id.User, text string) {
	if err := l.bags.Said(ctx, room, user, text); err != nil {
		l.log.Warn("lucky bag did not hear", "room", room.String(), "error", err)
	}
}
