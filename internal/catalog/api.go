package catalog

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/inventory"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
	"hawker/internal/shop"
)

// ShopRef names a shop.
type ShopRef = shop.Ref

// ShopNames answers what shops are called.
type ShopNames interface {
	ShopRefs(ctx context.Context, shops []id.Shop, tag lang.Tag) (map[id.Shop]ShopRef, error)
}

// LiveNow answers in which room a product is being shown, zero for none.
type LiveNow interface {
	RoomShowing(ctx context.Context, product id.Product) (id.Room, error)
}

// VideosOf answers the published videos of a product.
type VideosOf interface {
	VideosShowing(ctx context.Context, product id.Product) ([]id.Video, error)
}

// API is the shopper's door.
type API struct {
	Service  *Service
	DB       *sqldb.DB
	Shops    ShopNames
	Live     LiveNow
	Videos   VideosOf
	Currency money.Currency
	pages    *cache.Map[listKey, page.Page[Card]]
	details  *cache.Current[detailKey, detailView]
}

// detailKey names one answer of the product page.
type detailKey struct {
	product id.Product
	tag     lang.Tag
}

// listKey names one answer of the product list.
type listKey struct {
	filter Filter
	page   page.Request
	tag    lang.Tag
}

const (
	pagesCached = 2_000
	pagesKept   = time.Second // how old "in stock" on a card may be; detail and order look themselves
	detailsMax  = 2_000
)

// Card is a product in a list.
type Card struct {
	ID       id.Product   `json:"id"`
	Shop     ShopRef      `json:"shop"`
	Title    string       `json:"title"`
	CoverURL string       `json:"cover_url"`
	Price    money.Money  `json:"price"`
	WasPrice *money.Money `json:"was_price"`
	Sold     int64        `json:"sold"`
	InStock  bool         `json:"in_stock"`
}

// Register adds the operations.
func (h *API) Register(api *httpapi.API) {
	h.pages = cache.NewMap[listKey, page.Page[Card]](pagesCached, pagesKept)
	changed := func() <-chan struct{} { return h.DB.Changed() }
	if h.DB.Shared() {
		changed = nil
	}
	h.details = cache.NewCurrent[detailKey, detailView](detailsMax, changed)
	httpapi.Register(api, httpapi.Operation{
		ID: "product-list", Method: "GET", Path: "/products",
		Access: httpapi.Anyone, Summary: "Products on sale",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "product-get", Method: "GET", Path: "/products/{id}",
		Access: httpapi.Anyone, Summary: "One product with its SKUs",
	}, h.get)
}

func (h *API) optional(amount int64) *money.Money {
	if amount == 0 {
		return nil
	}
	m := money.Of(amount, h.Currency)
	return &m
}

type listInput struct {
	httpapi.PageQuery
	Category id.Category `query:"category"`
	Shop     id.Shop     `query:"shop"`
	Query    string      `query:"q" maxLength:"64"`
	Sort     Sort        `query:"sort" enum:"newest,price_asc,price_desc,sold" default:"newest"`
}

func (h *API) list(ctx context.Context, in *listInput) (*httpapi.Body[page.Page[Card]], error) {
	key := listKey{
		Filter{Shop: in.Shop, Category: in.Category, State: OnSale, Query: strings.TrimSpace(in.Query), Sort: in.Sort},
		page.Request(in.PageQuery), httpapi.Language(ctx),
	}
	return httpapi.OK(h.pages.Get(ctx, key, func(ctx context.Context, k listKey) (page.Page[Card], error) {
		p, err := h.Service.List(ctx, k.filter, k.page)
		if err != nil {
			return page.Page[Card]{}, err
		}
		cards, err := h.Cards(ctx, p.Items, k.tag)
		return page.Page[Card]{Items: cards, NextCursor: p.NextCursor}, err
	}))
}

// Cards draws products for lists, here and in other modules' answers.
func (h *API) Cards(ctx context.Context, products []Product, tag lang.Tag) ([]Card, error) {
	cards := make([]Card, len(products))
	shops := make([]id.Shop, len(products))
	ids := make([]id.Product, len(products))
	for i, p := range products {
		shops[i], ids[i] = p.Shop, p.ID
	}
	names, err := h.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	available, err := Available(ctx, h.DB.Reader(), ids)
	if err != nil {
		return nil, err
	}
	for i, p := range products {
		cards[i] = Card{
			ID: p.ID, Shop: names[p.Shop], Title: p.Title.In(tag), CoverURL: p.Cover(), Price: money.Of(p.Price,
				h.Currency),
			WasPrice: h.optional(p.WasPrice), Sold: p.Sold, InStock: available[p.ID] > 0,
		}
	}
	return cards, nil
}

// CardsByID draws products in any state; unknown ids are left out.
func (h *API) CardsByID(ctx context.Context, ids []id.Product, tag lang.Tag) (map[id.Product]Card, error) {
	found, err := h.Service.ProductsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var products []Product
	for _, p := range found {
		products = append(products, p)
	}
	cards, err := h.Cards(ctx, products, tag)
	out := make(map[id.Product]Card, len(cards))
	for _, c := range cards {
		out[c.ID] = c
	}
	return out, err
}

// Available adds up the units of products' SKUs that can be bought.
func Available(ctx context.Context, q sqldb.Querier, products []id.Product) (map[id.Product]int64, error) {
	skus, err := activeSKUs(ctx, q, products)
	if err != nil {
		return nil, err
	}
	all := make([]id.SKU, len(skus))
	for i, s := range skus {
		all[i] = s.SKU
	}
	levels, err := inventory.Levels(ctx, q, all)
	out := make(map[id.Product]int64, len(products))
	for _, s := range skus {
		out[s.Product] += levels[s.SKU].Available
	}
	return out, err
}

// SKUsOnOffer counts the SKUs of products that can be chosen.
func SKUsOnOffer(ctx context.Context, q sqldb.Querier, products []id.Product) (map[id.Product]int, error) {
	skus, err := activeSKUs(ctx, q, products)
	out := make(map[id.Product]int, len(products))
	for _, s := range skus {
		out[s.Product]++
	}
	return out, err
}

// chosenOption is an option of a product with the values it may take, in the reader's
// language.
type chosenOption struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// skuView is one combination of option values that can be bought.
type skuView struct {
	ID         id.SKU       `json:"id"`
	Values     []string     `json:"values"`
	Price      money.Money  `json:"price"`
	WasPrice   *money.Money `json:"was_price"`
	Available  int64        `json:"available"`
	PictureURL string       `json:"picture_url"`
}

// detailView is a product as its page shows it: the card, and all that is chosen and
// read there.
type detailView struct {
	Card
	Description string         `json:"description"`
	Pictures    []string       `json:"pictures"`
	Options     []chosenOption `json:"options"`
	SKUs        []skuView      `json:"skus"`
	Videos      []id.Video     `json:"video_ids"`
	LiveRoom    id.Room        `json:"live_room_id"`
}

type productPath struct {
	ID id.Product `path:"id"`
}

func (h *API) get(ctx context.Context, in *productPath) (*httpapi.Body[detailView], error) {
	return httpapi.OK(h.details.Get(ctx, detailKey{in.ID, httpapi.Language(ctx)}, h.detail))
}

func (h *API) detail(ctx context.Context, key detailKey) (detailView, error) {
	p, err := h.Service.OnSale(ctx, key.product)
	if err != nil {
		return detailView{}, err
	}
	tag := key.tag
	skus := make([]id.SKU, len(p.SKUs))
	for i, s := range p.SKUs {
		skus[i] = s.ID
	}
	levels, err := inventory.Levels(ctx, h.DB.Reader(), skus)
	if err != nil {
		return detailView{}, err
	}
	names, err := h.Shops.ShopRefs(ctx, []id.Shop{p.Shop}, tag)
	if err != nil {
		return detailView{}, err
	}
	v := detailView{
		Card: Card{
			ID: p.ID, Shop: names[p.Shop], Title: p.Title.In(tag), CoverURL: p.Cover(),
			Price: money.Of(p.Price, h.Currency), WasPrice: h.optional(p.WasPrice), Sold: p.Sold,
		},
		Description: p.Description.In(tag), Pictures: []string{}, Options: []chosenOption{}, SKUs: []skuView{},
	}
	for _, pic := range p.Pictures {
		v.Pictures = append(v.Pictures, pic.URL)
	}
	for _, o := range p.Options {
		v.Options = append(v.Options, chosenOption{o.Name.In(tag), inLanguage(o.Values, tag)})
	}
	for _, s := range p.SKUs {
		available := levels[s.ID].Available
		v.InStock = v.InStock || available > 0
		v.SKUs = append(v.SKUs, skuView{
			ID: s.ID, Values: inLanguage(p.chosen(s), tag), Price: money.Of(s.Price, h.Currency),
			WasPrice:  h.optional(s.WasPrice),
			Available: available, PictureURL: p.Cover(),
		})
	}
	if v.LiveRoom, err = h.Live.RoomShowing(ctx, p.ID); err != nil {
		return v, err
	}
	videos, err := h.Videos.VideosShowing(ctx, p.ID)
	v.Videos = append([]id.Video{}, videos...) // an empty list, not null
	return v, err
}

func inLanguage(texts []lang.Text, tag lang.Tag) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = t.In(tag)
	}
	return out
}
