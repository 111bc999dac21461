// Package catalog owns what is sold: categories, products, their options and
// SKUs, pictures and prices. How many there are is inventory's, what a buyer
// pays is checkout's.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/category"
	"hawker/internal/commission"
	"hawker/internal/inventory"
	"hawker/internal/listing"
	"hawker/internal/picture"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/search"
)

// State says whether a product can be found and bought.
type State string

// The states.
const (
	Draft   State = "draft"
	OnSale  State = "on_sale"
	OffSale State = "off_sale"
)

// SKU is what can be bought: one value of every option.
type SKU struct {
	ID       id.SKU
	Product  id.Product
	Shop     id.Shop
	Code     string
	Choice   []int // index of the value of each option
	Price    int64 // minor units
	WasPrice int64 // 0: none
	Active   bool

	// ChoiceTexts are the values as they were called when the SKU was last on offer;
	// nil for one that was written before they were kept.
	ChoiceTexts []lang.Text
}

// Product is an offer of a shop.
type Product struct {
	ID          id.Product
	Shop        id.Shop
	Category    id.Category
	Title       lang.Text
	Description lang.Text
	Options     []listing.Option
	Pictures    []picture.Picture
	State       State
	Price       int64 // of the cheapest SKU
	WasPrice    int64
	Commission  commission.Levels
	Sold        int64
	Version     int64 // grows with each edit
	CreatedAt   time.Time
	UpdatedAt   time.Time
	SKUs        []SKU // filled by Product, not by lists
}

// Cover is the address of the first picture.
func (p Product) Cover() string {
	if len(p.Pictures) == 0 {
		return ""
	}
	return p.Pictures[0].URL
}

// PriceMax bounds every price, in minor units.
const PriceMax = listing.PriceMax

const firstVersion = 1

// Service is the module.
type Service struct {
	db       *sqldb.DB
	pictures *picture.Service
}

// New makes the module.
func New(db *sqldb.DB, pictures *picture.Service) *Service {
	return &Service{db: db, pictures: pictures}
}

// Create adds a draft product with its SKUs and their first stock.
func (s *Service) Create(ctx context.Context, shop id.Shop, by id.User, d listing.Listing) (Product, error) {
	var product id.Product
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		product, err = s.create(ctx, tx, shop, by, d)
		return err
	})
	if err != nil {
		return Product{}, err
	}
	return s.OfShop(ctx, shop, product)
}

// CreateOnce is Create, once under the key.
func (s *Service) CreateOnce(ctx context.Context, key idem.Key, shop id.Shop, by id.User, d listing.Listing) (Product,
	error,
) {
	product, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Product, error) {
		return s.create(ctx, tx, shop, by, d)
	})
	if err != nil {
		return Product{}, err
	}
	return s.OfShop(ctx, shop, product)
}

func (s *Service) create(ctx context.Context, tx *sqldb.Tx, shop id.Shop, by id.User, d listing.Listing) (id.Product,
	error,
) {
	p := Product{ID: id.Make[id.Product](tx), Shop: shop, State: Draft, CreatedAt: tx.Now()}
	if err := s.write(ctx, tx, p, by, d, true); err != nil {
		return p.ID, err
	}
	return p.ID, events.Record(ctx, tx, ProductChanged{p.ID, shop, firstVersion, WhatCreated})
}

// Change replaces what a merchant said of a product. A SKU that is no longer
// named is switched off, never deleted: orders point to it. Fault catalog.changed
// when the product is not the one that was edited any more.
func (s *Service) Change(ctx context.Context, shop id.Shop, by id.User, product id.Product, d listing.Listing) (Product,
	error,
) {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		p, err := ofShop(ctx, tx, shop, product)
		if err == nil {
			err = current(ctx, tx, p, d)
		}
		if err != nil {
			return err
		}
		if err := s.write(ctx, tx, p, by, d, false); err != nil {
			return err
		}
		return events.Record(ctx, tx, ProductChanged{product, shop, p.Version + 1, WhatUpdated})
	})
	if err != nil {
		return Product{}, err
	}
	return s.OfShop(ctx, shop, product)
}

func errChanged() error { return fault.Conflict("catalog.changed") }

func (s *Service) write(ctx context.Context, tx *sqldb.Tx, p Product, by id.User, d listing.Listing, fresh bool) error {
	if err := d.Check(); err != nil {
		return err
	}
	pictures, err := s.pictures.Of(ctx, tx, p.Shop, d.Pictures)
	if err != nil {
		return err
	}
	if ok, err := category.Exists(ctx, tx, d.Category); err != nil || !ok {
		return errors.Join(err, fault.Invalid("catalog.no_category").At("body.category_id"))
	}
	if err := keepTexts(ctx, tx, p); err != nil {
		return err
	}
	before, unsaid := formOf(p), searchText(p)
	p.Title, p.Description, p.Category = d.Title, d.Description, d.Category
	p.Options, p.Pictures, p.Commission = d.Options, pictures, d.Commission
	cheapest := slices.MinFunc(d.SKUs, func(a, b listing.SKU) int { return int(a.Price - b.Price) })
	p.Price, p.WasPrice, p.UpdatedAt = cheapest.Price, cheapest.WasPrice, tx.Now()
	if fresh {
		err = insertProduct(ctx, tx, p)
	} else {
		err = updateProduct(ctx, tx, p, before)
	}
	if err == nil {
		err = search.Put(ctx, tx, search.Products, p.ID.Int(), unsaid, searchText(p))
	}
	if err == nil {
		err = writeSKUs(ctx, tx, p, by, d.SKUs)
	}
	if err != nil {
		return err
	}
	if fresh {
		return audit.Changed(ctx, tx, "product.created", p.Shop, p.ID, nil, map[string]int64{"price": p.Price})
	}
	return before.Tell(ctx, tx, p.Shop, p.ID, d)
}

func writeSKUs(ctx context.Context, tx *sqldb.Tx, p Product, by id.User, drafts []listing.SKU) error {
	known := map[id.SKU]bool{}
	for _, k := range p.SKUs {
		known[k.ID] = true
	}
	if err := deactivateSKUs(ctx, tx, p.ID); err != nil {
		return err
	}
	for i, d := range drafts {
		sku := SKU{
			ID: d.ID, Product: p.ID, Shop: p.Shop, Code: d.Code, Choice: d.Choice, Price: d.Price,
			WasPrice: d.WasPrice, Active: true, ChoiceTexts: valuesOf(p.Options, d.Choice),
		}
		if !d.ID.IsZero() {
			if !known[d.ID] {
				return fault.Invalid("catalog.no_sku").At(fmt.Sprintf("body.skus[%d].id", i))
			}
			if err := updateSKU(ctx, tx, sku, i); err != nil {
				return err
			}
			continue
		}
		sku.ID = id.Make[id.SKU](tx)
		if err := insertSKU(ctx, tx, sku, i); err != nil {
			return err
		}
		if err := inventory.Open(ctx, tx, p.Shop, sku.ID, d.Initial, by); err != nil {
			return err
		}
	}
	return nil
}

// SetState publishes or unpublishes a product. Faults: catalog.no_picture when a
// product without a picture is to be published, catalog.changed when it is edited
// in the same moment.
func (s *Service) SetState(ctx context.Context, shop id.Shop, product id.Product, state State) (Product, error) {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		p, err := ofShop(ctx, tx, shop, product)
		if err != nil {
			return err
		}
		if state == OnSale && len(p.Pictures) == 0 {
			return fault.Conflict("catalog.no_picture")
		}
		if err := setState(ctx, tx, p, state); err != nil || p.State == state {
			return err
		}
		if err := audit.Changed(ctx, tx, "product.state_changed", shop, product, p.State, state); err != nil {
			return err
		}
		return events.Record(ctx, tx, ProductChanged{product, shop, p.Version, WhatState})
	})
	if err != nil {
		return Product{}, err
	}
	return s.OfShop(ctx, shop, product)
}

// OfShop finds a product of a shop in any state; fault catalog.not_found.
func (s *Service) OfShop(ctx context.Context, shop id.Shop, product id.Product) (Product, error) {
	return ofShop(ctx, s.db.Reader(), shop, product)
}

func ofShop(ctx context.Context, q sqldb.Querier, shop id.Shop, product id.Product) (Product, error) {
	p, err := productByID(ctx, q, product)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && p.Shop != shop) {
		return Product{}, fault.NotFound("catalog.not_found")
	}
	return p, err
}

// OnSale finds a product that can be bought; fault catalog.not_found.
func (s *Service) OnSale(ctx context.Context, product id.Product) (Product, error) {
	p, err := productByID(ctx, s.db.Reader(), product)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && p.State != OnSale) {
		return Product{}, fault.NotFound("catalog.not_found")
	}
	return p, err
}

// Offer is a SKU with its product, as a cart or a checkout needs it.
type Offer struct {
	SKU     SKU
	Product Product // without its SKUs
}

// Buyable reports whether the offer is on sale.
func (o Offer) Buyable() bool { return o.SKU.Active && o.Product.State == OnSale }

// Offers finds SKUs with their products; unknown ids are left out.
func Offers(ctx context.Context, q sqldb.Querier, skus []id.SKU) (map[id.SKU]Offer, error) {
	return offers(ctx, q, skus)
}

// CountSold adds to the figures that lists show and sort by.
func CountSold(ctx context.Context, tx *sqldb.Tx, product id.Product, units int64) error {
	return addSold(ctx, tx, product, units)
}

// ProductsByID finds products in any state, as lists show them: without SKUs,
// description and options; unknown ids are left out.
func (s *Service) ProductsByID(ctx context.Context, products []id.Product) (map[id.Product]Product, error) {
	return productsByID(ctx, s.db.Reader(), products)
}
