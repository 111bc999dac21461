// Package cart remembers what a shopper means to buy. It promises nothing: stock
// and price are looked at again when the order is placed.
package cart

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/inventory"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Item is a SKU in somebody's cart, as it stands now.
type Item struct {
	ID        id.CartItem
	SKU       id.SKU
	Quantity  int64
	Offer     catalog.Offer
	Available int64
}

// Reasons why an item cannot be bought.
const (
	InvalidSoldOut = "sold_out"
	InvalidOffSale = "off_sale"
)

// Invalid says why the item cannot be bought, "" when it can.
func (i Item) Invalid() string {
	switch {
	case !i.Offer.Buyable():
		return InvalidOffSale
	case i.Available < i.Quantity:
		return InvalidSoldOut
	}
	return ""
}

// Limits on a cart.
const (
	ItemsMax    = 120
	QuantityMax = 999
)

// Service is the module.
type Service struct{ db *sqldb.DB }

// New makes the module.
func New(db *sqldb.DB) *Service { return &Service{db} }

// List reads a cart, newest first.
func (s *Service) List(ctx context.Context, user id.User) ([]Item, error) {
	items, err := itemsOf(ctx, s.db.Reader(), user)
	if err != nil || len(items) == 0 {
		return items, err
	}
	return items, s.fill(ctx, items)
}

func (s *Service) fill(ctx context.Context, items []Item) error {
	skus := make([]id.SKU, len(items))
	for i, it := range items {
		skus[i] = it.SKU
	}
	offers, err := catalog.Offers(ctx, s.db.Reader(), skus)
	if err != nil {
		return err
	}
	levels, err := inventory.Levels(ctx, s.db.Reader(), skus)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].Offer, items[i].Available = offers[items[i].SKU], levels[items[i].SKU].Available
	}
	return nil
}

// Preview tells what wishes that are in nobody's cart stand for today. SKUs that cannot be
// bought are left out, whether they are off sale, a draft or nothing at all: whoever asks is
// told no more than the mall shows.
func (s *Service) Preview(ctx context.Context, wanted []Item) ([]Item, error) {
	if len(wanted) == 0 {
		return wanted, nil
	}
	err := s.fill(ctx, wanted)
	return slices.DeleteFunc(wanted, func(i Item) bool { return !i.Offer.Buyable() }), err
}

// Add puts units of a SKU into the cart, on top of what is there. Faults:
// cart.no_such_sku, cart.bad_quantity, cart.full.
func (s *Service) Add(ctx context.Context, user id.User, sku id.SKU, quantity int64) (Item, error) {
	return s.change(ctx, user, func(ctx context.Context, tx *sqldb.Tx) (id.CartItem, error) {
		return add(ctx, tx, user, sku, quantity)
	})
}

// AddOnce is Add, once under the key.
func (s *Service) AddOnce(ctx context.Context, key idem.Key, user id.User, sku id.SKU, quantity int64) (Item, error) {
	item, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.CartItem, error) {
		return add(ctx, tx, user, sku, quantity)
	})
	if err != nil {
		return Item{}, err
	}
	return s.one(ctx, user, item)
}

func add(ctx context.Context, tx *sqldb.Tx, user id.User, sku id.SKU, quantity int64) (id.CartItem, error) {
	if err := checkQuantity(quantity); err != nil {
		return id.CartItem{}, err
	}
	offer, err := catalog.Offers(ctx, tx, []id.SKU{sku})
	if err != nil {
		return id.CartItem{}, err
	}
	if !offer[sku].Buyable() {
		return id.CartItem{}, fault.NotFound("cart.no_such_sku")
	}
	if err := put(ctx, tx, user, sku, quantity); err != nil {
		return id.CartItem{}, err
	}
	have, err := itemBySKU(ctx, tx, user, sku)
	if err == nil {
		err = checkQuantity(have.Quantity)
	}
	return have.ID, err
}

// put adds units by themselves, never "what was read and some more": of two that
// come at once both count.
func put(ctx context.Context, tx *sqldb.Tx, user id.User, sku id.SKU, quantity int64) error {
	if known, err := addUnits(ctx, tx, user, sku, quantity); err != nil || known {
		return err
	}
	if err := lockCart(ctx, tx, user); err != nil {
		return err
	}
	if err := putUnits(ctx, tx, user, sku, quantity); err != nil {
		return err
	}
	n, err := countItems(ctx, tx, user)
	if err == nil && n > ItemsMax {
		err = fault.Conflict("cart.full", "max", ItemsMax)
	}
	return err
}

// SetQuantity changes how many; fault cart.no_such_item.
func (s *Service) SetQuantity(ctx context.Context, user id.User, item id.CartItem, quantity int64) (Item, error) {
	return s.change(ctx, user, func(ctx context.Context, tx *sqldb.Tx) (id.CartItem, error) {
		if err := checkQuantity(quantity); err != nil {
			return item, err
		}
		ok, err := setQuantity(ctx, tx, user, item, quantity)
		if err == nil && !ok {
			err = fault.NotFound("cart.no_such_item")
		}
		return item, err
	})
}

func checkQuantity(n int64) error {
	if n < 1 || n > QuantityMax {
		return fault.Invalid("cart.bad_quantity", "max", QuantityMax).At("body.quantity")
	}
	return nil
}

func (s *Service) change(ctx context.Context, user id.User, fn func(ctx context.Context, tx *sqldb.Tx) (id.CartItem,
	error),
) (Item, error) {
	var changed id.CartItem
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		changed, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		return Item{}, err
	}
	return s.one(ctx, user, changed)
}

func (s *Service) one(ctx context.Context, user id.User, item id.CartItem) (Item, error) {
	it, err := itemByID(ctx, s.db.Reader(), user, item)
	if errors.Is(err, sql.ErrNoRows) { // another tab took it out since
		err = fault.NotFound("cart.no_such_item")
	}
	if err != nil {
		return Item{}, err
	}
	filled := []Item{it}
	err = s.fill(ctx, filled)
	return filled[0], err
}

// Drop takes an item out; it does no harm to drop it twice.
func (s *Service) Drop(ctx context.Context, user id.User, item id.CartItem) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return deleteItem(ctx, tx, user, item) })
}

// Bought takes what is ordered out of a cart, in the transaction of the order: a cart that
// stands in two windows is ordered once. Fault checkout.cart_changed, when less of it is
// there than is ordered.
func Bought(ctx context.Context, tx *sqldb.Tx, user id.User, units map[id.SKU]int64) error {
	n, err := deleteItems(ctx, tx, user, units)
	if err == nil && n != int64(len(units)) {
		err = fault.Conflict("checkout.cart_changed")
	}
	return err
}
