package app

import (
	"context"
	"errors"
	"time"

	"hawker/internal/account"
	"hawker/internal/analytics"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/distribution"
	"hawker/internal/live"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/shop"
)

// The types here answer one module's question with another's answer, so that
// neither has to know the other.

// shops answers what shops are called and who works there.
type shops struct{ a *App }

func (s shops) ShopRefs(ctx context.Context, ids []id.Shop, tag lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	found, err := s.a.Shops.Named(ctx, ids)
	out := make(map[id.Shop]catalog.ShopRef, len(found))
	for _, sh := range found {
		out[sh.ID] = catalog.ShopRef{ID: sh.ID, Name: sh.Name.In(tag)}
	}
	return out, err
}

func (s shops) MembershipsOf(ctx context.Context, user id.User, tag lang.Tag) ([]account.Membership, error) {
	members, err := s.a.Shops.MembersOf(ctx, user)
	out := make([]account.Membership, len(members))
	for i, m := range members {
		out[i] = account.Membership{ID: m.Shop.ID, Name: m.Shop.Name.In(tag), Role: string(m.Role)}
	}
	return out, err
}

// stalls tells which shops there are.
type stalls struct{ shops *shop.Service }

func (s stalls) Exists(ctx context.Context, shop id.Shop) error {
	_, err := s.shops.ByID(ctx, shop)
	return err
}

// promoters tells a visitor who earns when they buy.
type promoters struct{ a *App }

func (p promoters) PromoterOf(ctx context.Context, refCode string, visitor id.User) (string, bool, error) {
	user, ok, err := p.a.Distribution.PromoterOf(ctx, refCode, visitor)
	if err != nil || !ok {
		return "", false, err
	}
	names, err := p.a.Accounts.Names(ctx, []id.User{user})
	return names[user].DisplayName, err == nil, err
}

// people gives display names to promoters' pages.
type people struct{ accounts *account.Service }

func (p people) DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error) {
	found, err := p.accounts.Names(ctx, users)
	out := make(map[id.User]string, len(found))
	for u, a := range found {
		out[u] = a.DisplayName
	}
	return out, err
}

// UserByEmail finds a colleague-to-be; fault shop.no_such_person.
func (p people) UserByEmail(ctx context.Context, email string) (id.User, error) {
	u, err := p.accounts.ByEmail(ctx, email)
	if fault.As(err) != nil {
		return id.User{}, fault.NotFound("shop.no_such_person")
	}
	return u.ID, err
}

// shelf gives promoters the products that pay.
type shelf struct{ a *App }

func (s shelf) PromotedProducts(ctx context.Context, r page.Request,
	tag lang.Tag,
) (page.Page[distribution.PromotedProduct], error) {
	p, err := s.a.Catalog.List(ctx, catalog.Filter{State: catalog.OnSale, Sort: catalog.BestSold, Commission: true}, r)
	if err != nil {
		return page.Page[distribution.PromotedProduct]{}, err
	}
	draw := catalog.API{DB: s.a.db, Shops: shops(s), Currency: s.a.cfg.Mall.Currency}
	cards, err := draw.Cards(ctx, p.Items, tag)
	out := page.Page[distribution.PromotedProduct]{NextCursor: p.NextCursor}
	for i, c := range cards {
		out.Items = append(out.Items, distribution.PromotedProduct{
			ID: c.ID, Shop: distribution.PromotedShop(c.Shop), Title: c.Title, CoverURL: c.CoverURL, Price: c.Price,
			WasPrice: c.WasPrice,
			Sold:     c.Sold, InStock: c.InStock, Rule: ruleOf(p.Items[i].Commission),
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

// lateGate is the real-time gate before the module that knows is made: the two
// need each other.
type lateGate struct{ Gate realtime.Gate }

func (g *lateGate) MayListen(ctx context.Context, actor httpapi.Actor, channel string) (realtime.Entry, error) {
	return g.Gate.MayListen(ctx, actor, channel)
}

// lateRelay is the relay before the engine is made that it reads from.
type lateRelay struct{ *relay.Relay }

// admission is the rooms', and with open publishing any name besides.
func (a *App) admission() stream.Admission {
	if !a.cfg.Live.OpenPublish {
		return a.Live
	}
	return openAdmission{a}
}

type openAdmission struct{ a *App }

const openNameMax = 64

func (o openAdmission) Admit(ctx context.Context, r stream.PublishRequest) (stream.Grant, error) {
	g, err := o.a.Live.Admit(ctx, r)
	if !errors.Is(err, live.ErrWrongKey) {
		return g, err
	}
	if r.Name == "" || len(r.Name) > openNameMax || !plainName(r.Name) {
		return g, err
	}
	return stream.Grant{StreamID: r.Name, PartTarget: o.a.cfg.Live.Part}, nil
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
func ruleOf(rates [2]money.BasisPoints) distribution.Rule {
	if rates == [2]money.BasisPoints{} {
		return distribution.Rule{}
	}
	return distribution.Percent(rates[:]...)
}

// countSold adds a paid order to the figures that product lists show.
func (a *App) countSold(ctx context.Context, tx *sqldb.Tx, f order.Fact) error {
	for _, l := range f.Lines {
		if err := catalog.CountSold(ctx, tx, l.Product, l.Quantity); err != nil {
			return err
		}
	}
	return nil
}
