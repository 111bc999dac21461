// Package checkout turns a wish into orders. It owns the transaction in which
// price, stock, orders, attribution and the cart change together, and the one
// price engine that answers quote and order alike, line by line.
package checkout

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Wish is a SKU and how many.
type Wish struct {
	SKU      id.SKU
	Quantity int64
}

// Limits on a checkout.
const (
	LinesMax = 50
	NoteMax  = 200
)

// Earners decides, in the transaction of the order, who earns what on it.
type Earners interface {
	Attribute(ctx context.Context, tx *sqldb.Tx, p Placed) error
}

// Placed is an order as Earners see it.
type Placed struct {
	Order   order.Order
	RefCode string // of the link by which the buyer came
	Rates   map[id.Product][2]money.BasisPoints
}

// Addresses answers a buyer's address.
type Addresses interface {
	AddressOf(ctx context.Context, q sqldb.Querier, user id.User, address id.Address) (account.SavedAddress, error)
}

// Prices is the price policy of the installation.
type Prices struct {
	Currency money.Currency
	Shipping int64 // per order, minor units
}

// Service is the module.
type Service struct {
	db        *sqldb.DB
	orders    *order.Service
	addresses Addresses
	earners   Earners
	prices    Prices
}

// New makes the module.
func New(db *sqldb.DB, orders *order.Service, addresses Addresses, earners Earners, prices Prices) *Service {
	return &Service{db, orders, addresses, earners, prices}
}

// Quote is what a wish would cost, one group per shop in id order.
type Quote struct {
	Groups   []Group
	Goods    int64
	Discount int64
	Shipping int64
	Payable  int64
}

// Group is the part of one shop.
type Group struct {
	Shop     id.Shop
	Lines    []order.Line
	Goods    int64
	Discount int64
	Shipping int64
	Payable  int64
	rates    map[id.Product][2]money.BasisPoints
}

// Quote prices a wish without promising anything. Faults: checkout.empty,
// checkout.too_many_lines, checkout.not_for_sale, cart.bad_quantity.
func (s *Service) Quote(ctx context.Context, wishes []Wish) (Quote, error) {
	return s.quote(ctx, s.db.Reader(), wishes)
}

func (s *Service) quote(ctx context.Context, q sqldb.Querier, wishes []Wish) (Quote, error) {
	merged, err := merge(wishes)
	if err != nil {
		return Quote{}, err
	}
	skus := make([]id.SKU, len(merged))
	for i, w := range merged {
		skus[i] = w.SKU
	}
	offers, err := catalog.Offers(ctx, q, skus)
	if err != nil {
		return Quote{}, err
	}
	groups := map[id.Shop]*Group{}
	for _, w := range merged {
		o, ok := offers[w.SKU]
		if !ok || !o.Buyable() {
			return Quote{}, fault.Conflict("checkout.not_for_sale", "sku", w.SKU)
		}
		shop := o.Product.Shop
		if groups[shop] == nil {
			groups[shop] = &Group{Shop: shop, rates: map[id.Product][2]money.BasisPoints{}}
		}
		if err := groups[shop].add(o, w.Quantity); err != nil {
			return Quote{}, err
		}
	}
	return s.total(groups), nil
}

// merge adds up wishes for the same SKU.
func merge(wishes []Wish) ([]Wish, error) {
	if len(wishes) == 0 {
		return nil, fault.Invalid("checkout.empty").At("body.items")
	}
	if len(wishes) > LinesMax {
		return nil, fault.Invalid("checkout.too_many_lines", "max", LinesMax).At("body.items")
	}
	var out []Wish
	for _, w := range wishes {
		if w.Quantity < 1 || w.Quantity > cart.QuantityMax {
			return nil, fault.Invalid("cart.bad_quantity", "max", cart.QuantityMax).At("body.items")
		}
		i := slices.IndexFunc(out, func(o Wish) bool { return o.SKU == w.SKU })
		if i < 0 {
			out = append(out, w)
			continue
		}
		out[i].Quantity += w.Quantity
	}
	return out, nil
}

// add prices one line. Discounts will stand here as adjustments, each with its
// reason; the payable of a line is its subtotal and all of them.
func (g *Group) add(o catalog.Offer, quantity int64) error {
	subtotal, err := money.Times(o.SKU.Price, quantity)
	if err != nil {
		return fault.Invalid("checkout.amount_too_large").Because(err)
	}
	g.Lines = append(g.Lines, order.Line{
		SKU: o.SKU.ID, Product: o.Product.ID, Title: o.Product.Title, ChoiceText: o.Product.ChoiceText(o.SKU), PictureURL: o.Product.Cover(),
		Quantity: quantity, UnitPrice: o.SKU.Price, Subtotal: subtotal, Adjustments: []order.Adjustment{}, Payable: subtotal,
	})
	g.rates[o.Product.ID] = o.Product.Commission
	g.Goods += subtotal
	return nil
}

func (s *Service) total(groups map[id.Shop]*Group) Quote {
	var q Quote
	for _, g := range groups {
		g.Shipping = s.prices.Shipping
		g.Payable = g.Goods - g.Discount + g.Shipping
		q.Groups = append(q.Groups, *g)
		q.Goods, q.Discount, q.Shipping, q.Payable = q.Goods+g.Goods, q.Discount+g.Discount, q.Shipping+g.Shipping, q.Payable+g.Payable
	}
	slices.SortFunc(q.Groups, func(a, b Group) int { return int(a.Shop.Int() - b.Shop.Int()) })
	return q
}

// Command asks for orders.
type Command struct {
	User     id.User
	Wishes   []Wish
	Address  id.Address
	Note     string
	Room     id.Room  // where the buyer was watching
	Video    id.Video // likewise
	FromCart bool
	RefCode  string
}

// Result is one checkout: one payment for one order per shop.
type Result struct {
	Checkout id.Checkout `json:"checkout"`
	Orders   []id.Order  `json:"orders"`
	Payable  int64       `json:"payable"`
	PayBy    time.Time   `json:"pay_by"`
}

// Place creates the orders of a wish, once per key. Faults: those of Quote,
// account.no_address, checkout.note_too_long, inventory.insufficient_stock.
func (s *Service) Place(ctx context.Context, key idem.Key, c Command) (Result, error) {
	if utf8.RuneCountInString(c.Note) > NoteMax {
		return Result{}, fault.Invalid("checkout.note_too_long", "max", NoteMax).At("body.note")
	}
	return idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (Result, error) {
		q, err := s.quote(ctx, tx, c.Wishes)
		if err != nil {
			return Result{}, err
		}
		address, err := s.addresses.AddressOf(ctx, tx, c.User, c.Address)
		if err != nil {
			return Result{}, err
		}
		r := Result{Checkout: id.Make[id.Checkout](tx), Payable: q.Payable, PayBy: tx.Now().Add(s.orders.Terms().PayWithin)}
		err = order.NewCheckout(ctx, tx, order.Checkout{ID: r.Checkout, User: c.User, Payable: q.Payable, Currency: s.prices.Currency, PayBy: r.PayBy})
		if err != nil {
			return Result{}, err
		}
		for _, g := range q.Groups {
			o := s.draft(c, r.Checkout, g)
			o.Address = address.Address
			if err := s.orders.Create(ctx, tx, &o); err != nil {
				return Result{}, err
			}
			if err := s.earners.Attribute(ctx, tx, Placed{o, c.RefCode, g.rates}); err != nil {
				return Result{}, err
			}
			r.Orders = append(r.Orders, o.ID)
		}
		if c.FromCart {
			err = cart.Bought(ctx, tx, c.User, skusOf(c.Wishes))
		}
		return r, err
	})
}

func (s *Service) draft(c Command, checkout id.Checkout, g Group) order.Order {
	return order.Order{
		Checkout: checkout, User: c.User, Shop: g.Shop, GoodsTotal: g.Goods, DiscountTotal: g.Discount, ShippingTotal: g.Shipping,
		Payable: g.Payable, Currency: s.prices.Currency, Note: c.Note, Room: c.Room, Video: c.Video, Lines: g.Lines,
	}
}

func skusOf(wishes []Wish) []id.SKU {
	out := make([]id.SKU, len(wishes))
	for i, w := range wishes {
		out[i] = w.SKU
	}
	return out
}
