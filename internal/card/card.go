// Package card tells what pages of single things say to who passes them on: of what
// everybody may see, and of nothing else. It keeps nothing.
package card

import (
	"context"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shop"
	"hawker/internal/site"
	"hawker/internal/video"
)

// Things are those that have pages.
type Things struct {
	DB       *sqldb.DB
	Catalog  *catalog.Service
	Rooms    *room.Service
	Videos   *video.Service
	Shops    *shop.Service
	Mall     string // its name
	Currency money.Currency
}

// Tellers are the answers by the first word of a page's address.
func (a Things) Tellers() map[string]site.Teller {
	return map[string]site.Teller{
		"p": a.productCard, "live": a.roomCard, "replay": a.roomCard, "v": a.videoCard, "mall": a.shopCard,
	}
}

// about is the beginning of a text, in one line.
func about(text string) string {
	const most = 200
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most]) + "…"
}

// noPage answers for what names nothing.
func noPage() (site.Card, error) { return site.Card{}, fault.NotFound("request.no_such_path") }

func (a Things) productCard(ctx context.Context, ref string, tag lang.Tag) (site.Card, error) {
	var product id.Product
	if err := product.UnmarshalText([]byte(ref)); err != nil {
		return noPage()
	}
	p, err := a.Catalog.OnSale(ctx, product)
	if err != nil {
		return site.Card{}, err
	}
	skus := make([]id.SKU, len(p.SKUs))
	for i, s := range p.SKUs {
		skus[i] = s.ID
	}
	levels, err := inventory.Levels(ctx, a.DB.Reader(), skus)
	price := money.Of(p.Price, a.Currency)
	c := site.Card{
		Title: p.Title.In(tag), Text: about(p.Description.In(tag)), Image: p.Cover(), Kind: "product", Type: "Product",
		Price: &price,
	}
	for _, l := range levels {
		c.Stock = c.Stock || l.Available > 0
	}
	return c, err
}

// roomCard tells of rooms that are open: a warm-up or a rehearsal is not there.
func (a Things) roomCard(ctx context.Context, ref string, tag lang.Tag) (site.Card, error) {
	var of id.Room
	if err := of.UnmarshalText([]byte(ref)); err != nil {
		return noPage()
	}
	r, err := a.Rooms.Find(ctx, of)
	if err == nil && r.Mode != room.Open {
		return noPage()
	}
	if err != nil {
		return site.Card{}, err
	}
	sh, err := a.Shops.ByID(ctx, r.Shop)
	return site.Card{Title: r.Title, Text: sh.Name.In(tag), Image: r.CoverURL, Kind: "video.other"}, err
}

func (a Things) videoCard(ctx context.Context, ref string, tag lang.Tag) (site.Card, error) {
	var of id.Video
	if err := of.UnmarshalText([]byte(ref)); err != nil {
		return noPage()
	}
	v, err := a.Videos.Find(ctx, of)
	if err == nil && v.State != video.Published {
		return noPage()
	}
	if err != nil {
		return site.Card{}, err
	}
	c := site.Card{Title: about(v.Caption), Image: a.Videos.Cover(v), Kind: "video.other"}
	if c.Title == "" {
		c.Title = a.Mall
	}
	if v.Shop.IsZero() {
		return c, nil
	}
	sh, err := a.Shops.ByID(ctx, v.Shop)
	c.Text = sh.Name.In(tag)
	return c, err
}

func (a Things) shopCard(ctx context.Context, ref string, tag lang.Tag) (site.Card, error) {
	var of id.Shop
	if err := of.UnmarshalText([]byte(ref)); err != nil {
		return noPage()
	}
	sh, err := a.Shops.ByID(ctx, of)
	return site.Card{Title: sh.Name.In(tag), Image: sh.LogoURL, Kind: "website", Type: "Store"}, err
}
