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
	"hawker/internal/order"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// LineRequest is a SKU and how many.
type LineRequest struct {
	SKU      id.SKU
	Quantity int64
}

// Limits on a checkout.
const (
	LinesMax = 50
	NoteMax  = 200
)

// Attribution decides, in the transaction of the order, who earns what on it.
type Attribution interface {
	AttributeOrder(ctx context.Context, tx *sqldb.Tx, p order.Placement) error
}

// Addresses answers a buyer's address.
type Addresses interface {
	AddressOf(ctx context.Context, q sqldb.Querier, user id.User, address id.Address) (account.SavedAddress, error)
}

// Evidence tells what a buyer could see of products while they were explained in
// a room. Prices are filled in here.
type Evidence interface {
	For(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]order.Shown, error)
}

// Promotions answers what selling tools offer, and takes what an order uses.
type Promotions interface {
	Ask(ctx context.Context, q sqldb.Querier, a promotion.Ask) (promotion.Answer, error)
	Redeem(ctx context.Context, tx *sqldb.Tx, r promotion.Redemption) error
}

// Prices is the price policy of the installation.
type Prices struct {
	Currency money.Currency
	Shipping int64 // per order, minor units
}

// Service is the module.
type Service struct {
	db          *sqldb.DB
	orders      *order.Service
	addresses   Addresses
	attribution Attribution
	prices      Prices
	tools       Promotions    // nil: normal prices only
	holdDeal    time.Duration // how long units of a deal wait for money
	evidence    Evidence      // nil: none is kept
	shownTo     *shownPrices
	crowded     crowded
	proofs      Proofs // nil: none is asked for
}

// Tools are what an installation with live selling adds; each may be left out.
type Tools struct {
	Promotions Promotions
	HoldDeal   time.Duration
	Evidence   Evidence
	Proofs     Proofs // nil: whoever has an account may hold stock
}

// Proofs know who has shown that their mailbox is theirs.
type Proofs interface {
	ByID(ctx context.Context, user id.User) (account.User, error)
}

// Options are what the module needs of others.
type Options struct {
	DB          *sqldb.DB
	Orders      *order.Service
	Addresses   Addresses
	Attribution Attribution
	Prices      Prices
	Tools       Tools
}

// New makes the module.
func New(o Options) *Service {
	return &Service{
		db: o.DB, orders: o.Orders, addresses: o.Addresses, attribution: o.Attribution, prices: o.Prices,
		tools: o.Tools.Promotions, holdDeal: o.Tools.HoldDeal, evidence: o.Tools.Evidence,
		shownTo: newShownPrices(), crowded: newCrowded(), proofs: o.Tools.Proofs,
	}
}

// Command asks for orders, or for what they would cost.
type Command struct {
	User     id.User
	Lines    []LineRequest
	Address  id.Address
	Note     string
	Room     id.Room     // where the buyer was watching
	Video    id.Video    // likewise
	Deal     id.Deal     // the flash deal that the buyer saw; zero: whatever runs
	Coupons  []id.Coupon // at most one per shop; nil: the best of each; empty: none
	FromCart bool
	RefCode  string
	Expected *int64 // what the buyer was told that it costs; nil: not said
}

// Result is one checkout: one payment for one order per shop.
type Result struct {
	Checkout id.Checkout `json:"checkout"`
	Orders   []id.Order  `json:"orders"`
	Payable  int64       `json:"payable"`
	PayBy    time.Time   `json:"pay_by"`

	placed []order.Order // as they were written just now; none when the key was known
}

// takesMax bounds how often an order is priced anew because somebody else took
// what its price stood on.
const takesMax = 4

// Place creates the orders of a wish, once per key. Faults: those of Quote,
// account.no_address, checkout.note_too_long, checkout.price_changed, checkout.cart_changed,
// order.too_many_unpaid, order.too_many_units, order.verify_first,
// inventory.insufficient_stock, and the reason why a coupon that was asked for
// does not apply.
func (s *Service) Place(ctx context.Context, key idem.Key, c Command) (r Result, err error) {
	if utf8.RuneCountInString(c.Note) > NoteMax {
		return Result{}, fault.Invalid("checkout.note_too_long", "max", NoteMax).At("body.note")
	}
	if err := s.nothingLeft(ctx, key, c); err != nil {
		return Result{}, err
	}
	for range takesMax {
		r, err = s.placeOnce(ctx, key, c)
		// A coupon that nobody asked for went to another order of the buyer: there is a
		// price without it.
		if c.Coupons != nil || fault.Code(err) != "promotion.coupon_used" {
			break
		}
	}
	if scarce(err) {
		s.crowded.note(c.Lines)
	}
	return r, err
}

func (s *Service) placeOnce(ctx context.Context, key idem.Key, c Command) (Result, error) {
	return idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (Result, error) {
		q, err := s.quote(ctx, tx, c, tx.Now())
		if err != nil {
			return Result{}, err
		}
		if err := q.refused(); err != nil {
			return Result{}, err
		}
		if s.unseen(c, q.Payable) {
			return Result{}, s.changed(q)
		}
		if err := s.proved(ctx, c.User); err != nil {
			return Result{}, err
		}
		if c.FromCart {
			if err := cart.Bought(ctx, tx, c.User, unitsOf(c.Lines)); err != nil {
				return Result{}, err
			}
		}
		if err := s.orders.AdmitUnpaid(ctx, tx, c.User, unitsOf(c.Lines)); err != nil {
			return Result{}, err
		}
		return s.place(ctx, tx, c, q)
	})
}

// proved refuses stock to who has not shown that there is a mailbox behind the account,
// where the operator asks for it.
func (s *Service) proved(ctx context.Context, user id.User) error {
	if s.proofs == nil {
		return nil
	}
	u, err := s.proofs.ByID(ctx, user)
	if err == nil && u.VerifiedAt.IsZero() {
		err = fault.Forbidden("order.verify_first")
	}
	return err
}

// changed tells a buyer what it costs by now.
func (s *Service) changed(q Quote) error {
	m := money.Of(q.Payable, s.prices.Currency)
	return fault.Conflict("checkout.price_changed", "payable", m.Label(), "amount", m.Amount, "currency", m.Currency).
		At("body.expected_total")
}

// place writes what was quoted, in the same transaction.
func (s *Service) place(ctx context.Context, tx *sqldb.Tx, c Command, q Quote) (Result, error) {
	address, err := s.addresses.AddressOf(ctx, tx, c.User, c.Address)
	if err != nil {
		return Result{}, err
	}
	r := Result{Checkout: id.Make[id.Checkout](tx), Payable: q.Payable, PayBy: tx.Now().Add(q.PayWithin)}
	err = order.NewCheckout(ctx, tx, order.Checkout{
		ID: r.Checkout, User: c.User, Payable: q.Payable,
		Currency: s.prices.Currency, PayBy: r.PayBy,
	})
	if err != nil {
		return Result{}, err
	}
	for _, g := range q.Groups {
		o := s.draft(c, r.Checkout, g)
		o.Address, o.PayWithin = address.Address, q.PayWithin
		if o.Evidence, err = s.shown(ctx, tx, o); err != nil {
			return Result{}, err
		}
		if err := s.orders.Write(ctx, tx, &o); err != nil {
			return Result{}, err
		}
		if err := s.attribution.AttributeOrder(ctx, tx, order.Placement{
			Order: o, RefCode: c.RefCode,
			Rates: g.rates,
		}); err != nil {
			return Result{}, err
		}
		r.Orders, r.placed = append(r.Orders, o.ID), append(r.placed, o)
	}
	for i, o := range r.placed { // last: this is what a crowd waits for
		if err := s.take(ctx, tx, o, q.Groups[i]); err != nil {
			return Result{}, err
		}
		if err := s.orders.Promise(ctx, tx, o); err != nil {
			return Result{}, deals(err)
		}
	}
	return r, nil
}

// take marks what an order uses of deals and coupons; each is guarded by itself.
func (s *Service) take(ctx context.Context, tx *sqldb.Tx, o order.Order, g Group) error {
	if len(g.deals) == 0 && g.claim.ID.IsZero() {
		return nil
	}
	return s.tools.Redeem(ctx, tx, promotion.Redemption{Order: o.ID, User: o.User, Deals: g.deals, Claim: g.claim})
}

// deals names a slice that somebody else emptied meanwhile by what it was for.
func deals(err error) error {
	if f := fault.As(err); f != nil && f.Params["slice"] != "" {
		return fault.Conflict("promotion.deal_sold_out").Because(err)
	}
	return err
}

// shown collects the evidence of an order from a room, with the price of a unit
// as the buyer saw it.
func (s *Service) shown(ctx context.Context, q sqldb.Querier, o order.Order) ([]order.Shown, error) {
	if s.evidence == nil || o.Room.IsZero() {
		return nil, nil
	}
	price := map[id.Product]int64{}
	var products []id.Product
	for _, l := range o.Lines {
		unit := unitPaid(l)
		if have, ok := price[l.Product]; !ok || unit < have {
			price[l.Product] = unit
		}
		if !slices.Contains(products, l.Product) {
			products = append(products, l.Product)
		}
	}
	shown, err := s.evidence.For(ctx, q, o.Room, products)
	for i := range shown {
		shown[i].Price = price[shown[i].Product]
	}
	return shown, err
}

// unitPaid is the price of a unit before coupons.
func unitPaid(l order.Line) int64 {
	total := l.Subtotal
	for _, a := range l.Adjustments {
		if a.Kind != order.AdjustCoupon {
			total += a.Amount
		}
	}
	return total / l.Quantity // exact: these adjustments are whole multiples of the quantity
}

func (s *Service) draft(c Command, checkout id.Checkout, g Group) order.Order {
	return order.Order{
		Checkout: checkout, User: c.User, Shop: g.Shop, GoodsTotal: g.Goods, DiscountTotal: g.Discount,
		ShippingTotal: g.Shipping,
		Payable:       g.Payable, Currency: s.prices.Currency, Note: c.Note, Room: g.room, Video: c.Video,
		Lines: g.Lines,
	}
}

func unitsOf(lines []LineRequest) map[id.SKU]int64 {
	out := map[id.SKU]int64{}
	for _, w := range lines {
		out[w.SKU] += w.Quantity
	}
	return out
}

func skusOf(lines []LineRequest) []id.SKU {
	out := make([]id.SKU, len(lines))
	for i, w := range lines {
		out[i] = w.SKU
	}
	return out
}
