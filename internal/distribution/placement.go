package distribution

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/commission"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
)

// AttributeOrder fixes who earns what on an order when it is placed. Everything that the buyer pays
// for the goods is owed, and paid in cash: points and the platform's coupons do not exist yet.
func (d *Distribution) AttributeOrder(ctx context.Context, tx *sqldb.Tx, p order.Placement) error {
	o := p.Order
	r := AttributeRequest{Buyer: o.User, RefCode: p.RefCode}
	titles := map[id.OrderLine]lang.Text{}
	for _, l := range o.Lines {
		titles[l.ID] = l.Title
		r.Lines = append(r.Lines, commission.PricedLine{
			ID: l.ID, Shop: o.Shop, Quantity: l.Quantity, Owed: l.Payable, Cash: l.Payable,
			Rule: p.Rates[l.Product].Rule(),
		})
	}
	att, err := d.Attribute(ctx, tx, r)
	if err != nil {
		return err
	}
	return d.Save(ctx, tx, OrderRecord{
		Order: o.ID, Number: o.Number, Shop: o.Shop, Buyer: o.User, Currency: o.Currency, Shipping: o.ShippingTotal,
		Titles: titles,
	}, att)
}

// Goods are the products that pay, drawn from the catalog.
type Goods struct {
	Products *catalog.Service
	Draw     *catalog.API
}

// PromotedProducts implements Shelf.
func (g Goods) PromotedProducts(ctx context.Context, r page.Request, tag lang.Tag) (page.Page[PromotedProduct], error) {
	p, err := g.Products.List(ctx, catalog.Filter{State: catalog.OnSale, Sort: catalog.BestSold, Commission: true}, r)
	if err != nil {
		return page.Page[PromotedProduct]{}, err
	}
	cards, err := g.Draw.Cards(ctx, p.Items, tag)
	out := page.Page[PromotedProduct]{NextCursor: p.NextCursor}
	for i, c := range cards {
		out.Items = append(out.Items, PromotedProduct{
			ID: c.ID, Shop: PromotedShop(c.Shop), Title: c.Title, CoverURL: c.CoverURL, Price: c.Price,
			WasPrice: c.WasPrice, Sold: c.Sold, InStock: c.InStock, Rule: p.Items[i].Commission.Rule(),
		})
	}
	return out, err
}
