package cart

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct {
	Service  *Service
	Shops    catalog.ShopNames
	Currency money.Currency
}

// itemView is a line of the cart, with today's price and stock.
type itemView struct {
	ID id.CartItem `json:"id"`
	LineView
}

// LineView is what some units of a SKU are today: in a cart, or before there is one.
type LineView struct {
	SKU        id.SKU          `json:"sku_id"`
	Product    id.Product      `json:"product_id"`
	Shop       catalog.ShopRef `json:"shop"`
	Title      string          `json:"title"`
	Options    string          `json:"options_text"`
	PictureURL string          `json:"picture_url"`
	Price      money.Money     `json:"price"`
	Quantity   int64           `json:"quantity"`
	Available  int64           `json:"available"`
	Invalid    string          `json:"invalid_reason" enum:",sold_out,off_sale"`
}

// changes is how often one person changes a cart, the buttons held down.
func changes() cache.Rate { return cache.Rate{Count: 240, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "cart-item-list", Method: "GET", Path: "/cart/items",
		Access: httpapi.SignedIn, Summary: "My cart",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "cart-item-create", Method: "POST", Path: "/cart/items",
		Access: httpapi.SignedIn, Status: 201, Limit: changes(), Summary: "Put units of a SKU into my cart",
	}, h.add)
	httpapi.Register(api, httpapi.Operation{
		ID: "cart-item-update", Method: "PATCH", Path: "/cart/items/{id}",
		Access: httpapi.SignedIn, Limit: changes(), Summary: "Change how many",
	}, h.update)
	httpapi.Register(api, httpapi.Operation{
		ID: "cart-item-delete", Method: "DELETE", Path: "/cart/items/{id}",
		Access: httpapi.SignedIn, Status: 204, Limit: changes(), Summary: "Take an item out",
	}, h.drop)
	httpapi.Register(api, httpapi.Operation{
		ID: "cart-quote", Method: "POST", Path: "/cart/quote",
		Access: httpapi.Anyone, Limit: changes(),
		Summary: "What a cart that a browser keeps holds today; what is not on sale is left out",
	}, h.preview)
}

type previewInput struct {
	Body struct {
		Items []struct {
			SKU      id.SKU `json:"sku_id"`
			Quantity int64  `json:"quantity" minimum:"1" maximum:"999"`
		} `json:"items" maxItems:"120"`
	}
}

func (h API) preview(ctx context.Context, in *previewInput) (*httpapi.Body[page.List[LineView]], error) {
	wanted := make([]Item, len(in.Body.Items))
	for i, w := range in.Body.Items {
		wanted[i] = Item{SKU: w.SKU, Quantity: w.Quantity}
	}
	items, err := h.Service.Preview(ctx, wanted)
	if err != nil {
		return nil, err
	}
	v, err := h.views(ctx, items)
	return httpapi.OK(page.Whole(v, func(i itemView) LineView { return i.LineView }), err)
}

func (h API) views(ctx context.Context, items []Item) ([]itemView, error) {
	var shops []id.Shop
	for _, i := range items {
		shops = append(shops, i.Offer.Product.Shop)
	}
	tag := httpapi.Language(ctx)
	names, err := h.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	out := make([]itemView, len(items))
	for i, it := range items {
		p := it.Offer.Product
		out[i] = itemView{it.ID, LineView{
			SKU: it.SKU, Product: p.ID, Shop: names[p.Shop], Title: p.Title.In(tag),
			Options:    p.ChoiceText(it.Offer.SKU).In(tag),
			PictureURL: p.Cover(), Price: money.Of(it.Offer.SKU.Price, h.Currency), Quantity: it.Quantity,
			Available: it.Available, Invalid: it.Invalid(),
		}}
	}
	return out, nil
}

func (h API) one(ctx context.Context, it Item, err error) (*httpapi.Body[itemView], error) {
	if err != nil {
		return nil, err
	}
	v, err := h.views(ctx, []Item{it})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(v[0], nil)
}

func (h API) list(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[itemView]], error) {
	items, err := h.Service.List(ctx, httpapi.ActorFrom(ctx).User)
	if err != nil {
		return nil, err
	}
	v, err := h.views(ctx, items)
	return httpapi.OK(page.List[itemView]{Items: v}, err)
}

type addInput struct {
	httpapi.IdempotencyKey
	Body struct {
		SKU      id.SKU `json:"sku_id"`
		Quantity int64  `json:"quantity" minimum:"1" maximum:"999"`
	}
}

func (h API) add(ctx context.Context, in *addInput) (*httpapi.Body[itemView], error) {
	key, err := in.Once(ctx, "cart-item-create", in.Body)
	if err != nil {
		return nil, err
	}
	it, err := h.Service.AddOnce(ctx, key, httpapi.ActorFrom(ctx).User, in.Body.SKU, in.Body.Quantity)
	return h.one(ctx, it, err)
}

type updateInput struct {
	ID   id.CartItem `path:"id"`
	Body struct {
		Quantity int64 `json:"quantity" minimum:"1" maximum:"999"`
	}
}

func (h API) update(ctx context.Context, in *updateInput) (*httpapi.Body[itemView], error) {
	it, err := h.Service.SetQuantity(ctx, httpapi.ActorFrom(ctx).User, in.ID, in.Body.Quantity)
	return h.one(ctx, it, err)
}

type itemPath struct {
	ID id.CartItem `path:"id"`
}

func (h API) drop(ctx context.Context, in *itemPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Drop(ctx, httpapi.ActorFrom(ctx).User, in.ID)
}
