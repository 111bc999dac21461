package coupon

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Kinds of coupon.
const (
	AmountOff  = "amount"  // Value in minor units
	PercentOff = "percent" // Value in basis points, Cap in minor units (0: none)
)

// Scopes of a coupon.
const (
	ScopeAll    = "all"
	ScopeListed = "listed"
)

// Limits on a coupon.
const (
	NameMax     = 60
	TotalMax    = 1_000_000
	PerUserMax  = 20
	ProductsMax = 200
	lifeMax     = 366 * 24 * time.Hour
)

// Coupon is a shop's promise to take something off. What people hold keeps its
// worth: value, minimum and scope never change.
type Coupon struct {
	ID       id.Coupon
	Shop     id.Shop
	Name     lang.Text
	Kind     string
	Value    int64
	Cap      int64
	MinSpend int64
	Scope    string
	Products []id.Product // when the scope is listed
	Room     id.Room      // only for those who buy in this room; zero: anywhere
	Total    int64
	Claimed  int64
	Used     int64
	PerUser  int64
	From     time.Time
	To       time.Time
	Active   bool
}

// Covers reports whether a product is in the coupon's scope.
func (c Coupon) Covers(product id.Product) bool {
	return c.Scope == ScopeAll || slices.Contains(c.Products, product)
}

// Discount is what the coupon takes off goods of that sum, never more than it.
func (c Coupon) Discount(spend int64) int64 {
	d := c.Value
	if c.Kind == PercentOff {
		d = money.Share(spend, money.BasisPoints(c.Value))
		if c.Cap > 0 {
			d = min(d, c.Cap)
		}
	}
	return min(d, spend)
}

// Refusal says why the coupon does not apply to covered goods of that sum bought
// in a room, or nil.
func (c Coupon) Refusal(now time.Time, room id.Room, spend int64, currency money.Currency) *fault.Error {
	switch {
	case now.Before(c.From):
		return fault.Conflict("promotion.coupon_not_yet", "from", c.From.Format(time.RFC3339))
	case !now.Before(c.To):
		return fault.Conflict("promotion.coupon_expired")
	case !c.Room.IsZero() && c.Room != room:
		return fault.Conflict("promotion.coupon_other_room")
	case spend == 0:
		return fault.Conflict("promotion.coupon_other_products")
	case spend < c.MinSpend:
		return fault.Conflict("promotion.coupon_min_spend", "short", money.Of(c.MinSpend-spend, currency).Label())
	}
	return nil
}

func (c Coupon) check(now time.Time) error {
	field := ""
	if !c.Name.Within(NameMax) || !c.Name.Lines() {
		field = "name"
	}
	switch {
	case field != "":
	case c.Kind != AmountOff && c.Kind != PercentOff:
		field = "kind"
	case c.Value < 1 || c.Value > catalog.PriceMax || (c.Kind == PercentOff && c.Value > int64(money.Whole)):
		field = "value"
	case c.Cap < 0 || c.Cap > catalog.PriceMax || (c.Kind == AmountOff && c.Cap != 0):
		field = "cap"
	case c.MinSpend < 0 || c.MinSpend > catalog.PriceMax:
		field = "min_spend"
	case (c.Scope == ScopeListed) != (len(c.Products) > 0) || len(c.Products) > ProductsMax ||
		(c.Scope != ScopeAll && c.Scope != ScopeListed):
		field = "product_ids"
	case c.Total < 1 || c.Total > TotalMax:
		field = "total"
	case c.PerUser < 1 || c.PerUser > PerUserMax:
		field = "per_user"
	case !c.To.After(c.From) || !c.To.After(now) || c.To.Sub(c.From) > lifeMax:
		field = "valid_to"
	}
	if field != "" {
		return fault.Invalid("promotion.bad_coupon", "field", field).At("body." + field)
	}
	return nil
}

// Add makes a coupon. Faults promotion.bad_coupon, promotion.no_such_room.
func (s *Service) Add(ctx context.Context, key idem.Key, c Coupon) (Coupon, error) {
	products, err := s.Catalog.ProductsByID(ctx, c.Products)
	if err != nil {
		return Coupon{}, err
	}
	for _, p := range c.Products {
		if products[p].Shop != c.Shop {
			return Coupon{}, fault.Invalid("promotion.bad_coupon", "field", "product_ids").At("body.product_ids")
		}
	}
	made, err := idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (id.Coupon, error) {
		c := c // this may run again
		if c.From.IsZero() {
			c.From = tx.Now()
		}
		if err := c.check(tx.Now()); err != nil {
			return id.Coupon{}, err
		}
		if !c.Room.IsZero() {
			if err := s.inRoom(ctx, tx, c.Shop, c.Room); err != nil {
				return id.Coupon{}, err
			}
		}
		c.ID, c.Active = id.Make[id.Coupon](tx), true
		if err := insert(ctx, tx, c); err != nil {
			return c.ID, err
		}
		return c.ID, audit.Changed(ctx, tx, "coupon.created", c.Shop, c.ID, nil, c)
	})
	if err != nil {
		return Coupon{}, err
	}
	return inShop(ctx, s.DB.Reader(), c.Shop, made)
}

// Change is what may change of a coupon; nil and zero stay as they are.
type Change struct {
	Name   lang.Text
	Total  int64
	To     time.Time
	Active *bool
}

// Change changes a coupon of a shop. Faults promotion.no_such_coupon,
// promotion.bad_coupon.
func (s *Service) Change(ctx context.Context, shop id.Shop, coupon id.Coupon, ch Change) (c Coupon,
	err error,
) {
	err = s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := lock(ctx, tx, coupon); err != nil {
			return err
		}
		c, err = inShop(ctx, tx, shop, coupon)
		if err != nil {
			return err
		}
		old := c
		if len(ch.Name) > 0 {
			c.Name = ch.Name
		}
		if ch.Total > 0 {
			c.Total = ch.Total
		}
		if !ch.To.IsZero() {
			c.To = ch.To
		}
		if ch.Active != nil {
			c.Active = *ch.Active
		}
		before := tx.Now()
		if ch.To.IsZero() { // an old coupon may still be renamed or switched off
			before = c.From
		}
		if err := c.check(before); err != nil {
			return err
		}
		if c.Total < c.Claimed {
			return fault.Invalid("promotion.bad_coupon", "field", "total").At("body.total")
		}
		if err := update(ctx, tx, c); err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "coupon.changed", shop, c.ID, old, c)
	})
	return c, err
}

func inShop(ctx context.Context, q sqldb.Querier, shop id.Shop, coupon id.Coupon) (Coupon, error) {
	c, err := Find(ctx, q, coupon)
	if err == nil && c.Shop != shop {
		return Coupon{}, fault.NotFound("promotion.no_such_coupon")
	}
	return c, err
}

// Find reads a coupon. Fault promotion.no_such_coupon.
func Find(ctx context.Context, q sqldb.Querier, coupon id.Coupon) (Coupon, error) {
	c, err := couponByID(ctx, q, coupon)
	if errors.Is(err, sql.ErrNoRows) {
		return Coupon{}, fault.NotFound("promotion.no_such_coupon")
	}
	return c, err
}

// OfShop lists a shop's, newest first.
func (s *Service) OfShop(ctx context.Context, shop id.Shop, r page.Request) (page.Page[Coupon], error) {
	var before id.Coupon
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Coupon]{}, err
	}
	rows, err := ofShop(ctx, s.DB.Reader(), shop, before, r.Size()+1)
	return page.Cut(rows, r.Size(), func(c Coupon) any { return c.ID }), err
}

// Pin shows a coupon in a room.
func (s *Service) Pin(ctx context.Context, shop id.Shop, room id.Room, coupon id.Coupon) (c Coupon, err error) {
	err = s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := s.inRoom(ctx, tx, shop, room); err != nil {
			return err
		}
		if c, err = inShop(ctx, tx, shop, coupon); err != nil {
			return err
		}
		return pin(ctx, tx, room, coupon)
	})
	if err == nil {
		err = s.tellOf(ctx, room, c)
	}
	return c, err
}

// Unpin takes it off the room's screens.
func (s *Service) Unpin(ctx context.Context, shop id.Shop, room id.Room, coupon id.Coupon) error {
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := s.inRoom(ctx, tx, shop, room); err != nil {
			return err
		}
		return unpin(ctx, tx, room, coupon)
	})
	if err == nil {
		s.tell(ctx, room, couponNews{Type: newsCoupon, ID: coupon})
	}
	return err
}

// Pinned are what a room shows, the newest pin first.
func (s *Service) Pinned(ctx context.Context, room id.Room) ([]Coupon, error) {
	return pinned(ctx, s.DB.Reader(), room)
}
