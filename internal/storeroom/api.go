// Package storeroom is how goods look to the staff of their shop, and where they are
// written and counted. It keeps nothing.
package storeroom

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/picture"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Permissions that the merchant's operations ask for; shop's table grants them.
const (
	permitRead  = permission.CatalogRead
	permitWrite = permission.CatalogWrite
	permitStock = permission.StockWrite
)

// API is the module's door, for a shop's staff.
type API struct {
	Service  *catalog.Service
	DB       *sqldb.DB
	Currency money.Currency
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	read, write := httpapi.Staff(permitRead), httpapi.Staff(permitWrite)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-list", Method: "GET",
		Path: "/merchant/{shop}/products", Access: read, Summary: "Products of the shop in any state",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-create", Method: "POST",
		Path: "/merchant/{shop}/products", Access: write, Status: 201, Summary: "Add a product as a draft",
	}, h.create)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-get", Method: "GET",
		Path: "/merchant/{shop}/products/{id}", Access: read, Summary: "One product of the shop",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-update", Method: "PATCH",
		Path: "/merchant/{shop}/products/{id}", Access: write, Summary: "Replace what is said of a product",
	}, h.update)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-publish", Method: "POST",
		Path: "/merchant/{shop}/products/{id}/publish", Access: write, Summary: "Put a product on sale",
	}, h.publish)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-product-unpublish", Method: "POST",
		Path: "/merchant/{shop}/products/{id}/unpublish", Access: write, Summary: "Take a product off sale",
	},
		h.unpublish)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-stock-adjust", Method: "POST",
		Path: "/merchant/{shop}/skus/{sku}/stock", Access: httpapi.Staff(permitStock), Summary: "Add or take units",
	},
		h.adjust)
}

// rowView is a product in the merchant's list.
type rowView struct {
	ID        id.Product    `json:"id"`
	Title     string        `json:"title"`
	CoverURL  string        `json:"cover_url"`
	State     catalog.State `json:"state" enum:"draft,on_sale,off_sale"`
	Price     money.Money   `json:"price"`
	Stock     int64         `json:"stock"`
	SKUs      int           `json:"sku_count"`
	Sold      int64         `json:"sold"`
	UpdatedAt time.Time     `json:"updated_at"`
}

type merchantListInput struct {
	httpapi.ShopPath
	httpapi.PageQuery
	State catalog.State `query:"state" enum:",draft,on_sale,off_sale"`
	Query string        `query:"q" maxLength:"64"`
}

func (h API) list(ctx context.Context, in *merchantListInput) (*httpapi.Body[page.Page[rowView]], error) {
	p, err := h.Service.List(ctx, catalog.Filter{Shop: in.Shop, State: in.State, Query: in.Query},
		page.Request(in.PageQuery))
	if err != nil {
		return nil, err
	}
	ids := make([]id.Product, len(p.Items))
	for i, it := range p.Items {
		ids[i] = it.ID
	}
	available, err := catalog.Available(ctx, h.DB.Reader(), ids)
	if err != nil {
		return nil, err
	}
	skus, err := catalog.SKUsOnOffer(ctx, h.DB.Reader(), ids)
	return httpapi.OK(page.Map(p, func(it catalog.Product) rowView {
		return rowView{
			it.ID, it.Title.In(httpapi.Language(ctx)), it.Cover(), it.State, money.Of(it.Price, h.Currency),
			available[it.ID], skus[it.ID], it.Sold, it.UpdatedAt,
		}
	}), err)
}

// skuBody is a SKU as a merchant writes it: its place among the option values, its
// price, its stock to begin with.
type skuBody struct {
	ID       id.SKU       `json:"id,omitzero"`
	Code     string       `json:"code,omitempty" maxLength:"64"`
	Values   []int        `json:"values" doc:"Index of the value of each option"`
	Price    money.Money  `json:"price"`
	WasPrice *money.Money `json:"was_price,omitempty"`
	Initial  int64        `json:"initial_stock,omitempty" minimum:"0" maximum:"1000000"`
}

// productBody is a product as a merchant writes it, whole: what is left out is taken
// away.
type productBody struct {
	Title       lang.Text           `json:"title"`
	Description lang.Text           `json:"description,omitempty"`
	Category    id.Category         `json:"category_id"`
	Pictures    []id.Media          `json:"pictures" maxItems:"12"`
	Options     []listing.Option    `json:"options" maxItems:"3"`
	SKUs        []skuBody           `json:"skus" minItems:"1" maxItems:"200"`
	Commission  []money.BasisPoints `json:"commission_bp,omitempty" maxItems:"3" doc:"Of level 1, 2 and 3"`
	Version     int64               `json:"version,omitempty" minimum:"0" doc:"As read; 409 if it grew since, or if none is named and the last edit would be undone"`
}

func (b productBody) draft(c money.Currency) (listing.Listing, error) {
	d := listing.Listing{
		Title: b.Title, Description: b.Description, Category: b.Category, Pictures: b.Pictures,
		Options: b.Options, Version: b.Version,
	}
	copy(d.Commission[:], b.Commission)
	for _, s := range b.SKUs {
		k := listing.SKU{ID: s.ID, Code: s.Code, Choice: s.Values, Price: s.Price.Amount, Initial: s.Initial}
		if s.Price.Currency != c || (s.WasPrice != nil && s.WasPrice.Currency != c) {
			return d, fault.Invalid("request.wrong_currency", "want", c).At("body.skus")
		}
		if s.WasPrice != nil {
			k.WasPrice = s.WasPrice.Amount
		}
		d.SKUs = append(d.SKUs, k)
	}
	return d, nil
}

// merchantSKU is a SKU as its merchant sees it, with its stock: available is on hand
// less reserved.
type merchantSKU struct {
	ID        id.SKU       `json:"id"`
	Code      string       `json:"code"`
	Values    []int        `json:"values"`
	Price     money.Money  `json:"price"`
	WasPrice  *money.Money `json:"was_price"`
	OnHand    int64        `json:"on_hand"`
	Reserved  int64        `json:"reserved"`
	Available int64        `json:"available"`
}

// merchantProduct is a product as its merchant sees and edits it.
type merchantProduct struct {
	ID          id.Product          `json:"id"`
	State       catalog.State       `json:"state" enum:"draft,on_sale,off_sale"`
	Title       lang.Text           `json:"title"`
	Description lang.Text           `json:"description"`
	Category    id.Category         `json:"category_id"`
	Pictures    []picture.Picture   `json:"pictures"`
	Options     []listing.Option    `json:"options"`
	SKUs        []merchantSKU       `json:"skus"`
	Commission  []money.BasisPoints `json:"commission_bp"`
	Sold        int64               `json:"sold"`
	Version     int64               `json:"version" doc:"Grows with each edit"`
	UpdatedAt   time.Time           `json:"updated_at"`
}

func (h API) view(ctx context.Context, p catalog.Product, err error) (*httpapi.Body[merchantProduct], error) {
	if err != nil {
		return nil, err
	}
	skus := make([]id.SKU, len(p.SKUs))
	for i, s := range p.SKUs {
		skus[i] = s.ID
	}
	levels, err := inventory.Levels(ctx, h.DB.Reader(), skus)
	v := merchantProduct{
		ID: p.ID, State: p.State, Title: p.Title, Description: p.Description, Category: p.Category,
		Pictures: p.Pictures, Options: p.Options,
		SKUs: []merchantSKU{}, Commission: p.Commission[:], Sold: p.Sold, Version: p.Version,
		UpdatedAt: p.UpdatedAt,
	}
	if v.Description == nil { // the form was sent without one
		v.Description = lang.Text{}
	}
	for _, s := range p.SKUs {
		l := levels[s.ID]
		k := merchantSKU{
			ID: s.ID, Code: s.Code, Values: append([]int{}, s.Choice...), Price: money.Of(s.Price, h.Currency),
			OnHand: l.OnHand(), Reserved: l.Reserved, Available: l.Available,
		}
		if s.WasPrice > 0 {
			was := money.Of(s.WasPrice, h.Currency)
			k.WasPrice = &was
		}
		v.SKUs = append(v.SKUs, k)
	}
	return httpapi.OK(v, err)
}

type createInput struct {
	httpapi.IdempotencyKey
	httpapi.ShopPath
	Body productBody
}

func (h API) create(ctx context.Context, in *createInput) (*httpapi.Body[merchantProduct], error) {
	d, err := in.Body.draft(h.Currency)
	if err != nil {
		return nil, err
	}
	key, err := in.Once(ctx, "product-create:"+in.Shop.String(), in.Body)
	if err != nil {
		return nil, err
	}
	p, err := h.Service.CreateOnce(ctx, key, in.Shop, httpapi.ActorFrom(ctx).User, d)
	return h.view(ctx, p, err)
}

// ProductPath names a product of a shop in a path.
type ProductPath struct {
	httpapi.ShopPath
	ID id.Product `path:"id"`
}

func (h API) get(ctx context.Context, in *ProductPath) (*httpapi.Body[merchantProduct], error) {
	p, err := h.Service.OfShop(ctx, in.Shop, in.ID)
	return h.view(ctx, p, err)
}

type updateInput struct {
	ProductPath
	Body productBody
}

func (h API) update(ctx context.Context, in *updateInput) (*httpapi.Body[merchantProduct], error) {
	d, err := in.Body.draft(h.Currency)
	if err != nil {
		return nil, err
	}
	p, err := h.Service.Change(ctx, in.Shop, httpapi.ActorFrom(ctx).User, in.ID, d)
	return h.view(ctx, p, err)
}

func (h API) publish(ctx context.Context, in *ProductPath) (*httpapi.Body[merchantProduct], error) {
	p, err := h.Service.SetState(ctx, in.Shop, in.ID, catalog.OnSale)
	return h.view(ctx, p, err)
}

func (h API) unpublish(ctx context.Context, in *ProductPath) (*httpapi.Body[merchantProduct], error) {
	p, err := h.Service.SetState(ctx, in.Shop, in.ID, catalog.OffSale)
	return h.view(ctx, p, err)
}

type adjustInput struct {
	httpapi.ShopPath
	httpapi.IdempotencyKey
	SKU  id.SKU `path:"sku"`
	Body struct {
		Delta  int64  `json:"delta" minimum:"-1000000" maximum:"1000000"`
		Reason string `json:"reason" maxLength:"200"`
	}
}

// stockView is the stock of a SKU: available is on hand less reserved.
type stockView struct {
	SKU       id.SKU `json:"sku_id"`
	OnHand    int64  `json:"on_hand"`
	Reserved  int64  `json:"reserved"`
	Available int64  `json:"available"`
}

func (h API) adjust(ctx context.Context, in *adjustInput) (*httpapi.Body[stockView], error) {
	key, err := in.Once(ctx, "merchant-stock-adjust", struct {
		SKU  id.SKU
		Body any
	}{in.SKU, in.Body})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(idem.Once(ctx, h.DB, key, func(ctx context.Context, tx *sqldb.Tx) (stockView, error) {
		offers, err := catalog.Offers(ctx, tx, []id.SKU{in.SKU})
		if err != nil {
			return stockView{}, err
		}
		if offers[in.SKU].SKU.Shop != in.Shop {
			return stockView{}, fault.NotFound("catalog.no_sku")
		}
		l, err := inventory.Adjust(ctx, tx, in.SKU, in.Body.Delta, "hand:"+id.Make[id.Movement](tx).String(),
			httpapi.ActorFrom(ctx).User, in.Body.Reason)
		if err != nil {
			return stockView{}, err
		}
		err = audit.Changed(ctx, tx, "stock.changed", in.Shop, in.SKU, l.OnHand()-in.Body.Delta, map[string]any{
			"on_hand": l.OnHand(), "reason": in.Body.Reason,
		})
		return stockView{in.SKU, l.OnHand(), l.Reserved, l.Available}, err
	}))
}
