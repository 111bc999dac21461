package promotion

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// DealState is where a flash deal is.
type DealState string

// The states, in their order.
const (
	DealPlanned   DealState = "planned"
	DealCountdown DealState = "countdown"
	DealRunning   DealState = "running"
	DealEnded     DealState = "ended"
)

// Reasons for the end of a deal.
const (
	EndSoldOut = "sold_out"
	EndTime    = "time"
	EndStopped = "stopped"
)

// Limits on a deal, as TikTok Shop has them for its live flash sales.
const (
	CountdownMin  = 10 * time.Second
	CountdownMax  = 300 * time.Second
	RunMin        = time.Minute
	RunMax        = 20 * time.Minute
	BuyerLimitMax = 99
	dealItemsMax  = 50
	sliceMax      = 1_000_000
)

// DealItem is one SKU of a deal: its price and its part of the stock.
type DealItem struct {
	SKU      id.SKU
	Price    int64
	Quantity int64
	Slice    id.Slice // zero until the deal is started
}

// Deal sells a slice of one product's stock in a room, for minutes, at a price of
// its own.
type Deal struct {
	ID        id.Deal
	Shop      id.Shop
	Room      id.Room
	Product   id.Product
	State     DealState // as stored; StateAt is what holds
	Reason    string
	Countdown time.Duration
	Run       time.Duration
	Limit     int64     // units per buyer, over all SKUs
	StartsAt  time.Time // end of the countdown
	EndsAt    time.Time
	EndedAt   time.Time
	Items     []DealItem
}

// StateAt is the state by the clock, whether the sweeper has been there or not.
func (d Deal) StateAt(now time.Time) (DealState, string) {
	switch {
	case d.State == DealPlanned || d.State == DealEnded:
		return d.State, d.Reason
	case !now.Before(d.EndsAt):
		return DealEnded, EndTime
	case !now.Before(d.StartsAt):
		return DealRunning, ""
	}
	return DealCountdown, ""
}

// begun is when a deal was started.
func (d Deal) begun() time.Time { return d.StartsAt.Add(-d.Countdown) }

func (d Deal) check() error {
	field := ""
	switch {
	case len(d.Items) == 0 || len(d.Items) > dealItemsMax:
		field = "items"
	case d.Countdown < CountdownMin || d.Countdown > CountdownMax:
		field = "countdown_seconds"
	case d.Run < RunMin || d.Run > RunMax:
		field = "run_seconds"
	case d.Limit < 1 || d.Limit > BuyerLimitMax:
		field = "limit_per_buyer"
	}
	seen := map[id.SKU]bool{}
	for _, it := range d.Items {
		if it.Price < 1 || it.Quantity < 1 || it.Quantity > sliceMax || seen[it.SKU] {
			field = "items"
		}
		seen[it.SKU] = true
	}
	if field != "" {
		return fault.Invalid("promotion.bad_deal", "field", field).At("body." + field)
	}
	return nil
}

// PlanDeal prepares a deal, and starts it at once if told to. Faults
// promotion.bad_deal, promotion.no_such_room, promotion.no_such_sku and those of
// StartDeal.
func (s *Service) PlanDeal(ctx context.Context, key idem.Key, d Deal, start bool) (Deal, error) {
	if err := d.check(); err != nil {
		return Deal{}, err
	}
	// In id order, so that two deals meet the stock rows in the same order.
	slices.SortFunc(d.Items, func(a, b DealItem) int { return cmp.Compare(a.SKU.Int(), b.SKU.Int()) })
	deal, err := idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (id.Deal, error) {
		onAir, err := s.roomOf(ctx, tx, d.Shop, d.Room)
		if err != nil {
			return id.Deal{}, err
		}
		if err := checkItems(ctx, tx, d); err != nil {
			return id.Deal{}, err
		}
		d.ID, d.State = id.Make[id.Deal](tx), DealPlanned
		if err := insertDeal(ctx, tx, d); err != nil {
			return d.ID, err
		}
		if err := audit.Changed(ctx, tx, "deal.planned", d.Shop, d.ID, nil, d.Items); err != nil || !start {
			return d.ID, err
		}
		return d.ID, s.start(ctx, tx, d, onAir)
	})
	if err != nil {
		return Deal{}, err
	}
	return s.told(ctx, deal)
}

// checkItems wants SKUs of the product, each below its normal price.
func checkItems(ctx context.Context, q sqldb.Querier, d Deal) error {
	skus := make([]id.SKU, len(d.Items))
	for i, it := range d.Items {
		skus[i] = it.SKU
	}
	offers, err := ownOffers(ctx, q, d.Shop, skus)
	if err != nil {
		return err
	}
	for _, it := range d.Items {
		o := offers[it.SKU]
		if o.Product.ID != d.Product || !o.Buyable() {
			return fault.Invalid("promotion.no_such_sku", "sku", it.SKU)
		}
		if it.Price >= o.SKU.Price {
			return fault.Invalid("promotion.bad_deal", "field", "price").At("body.items")
		}
	}
	return nil
}

// StartDeal begins the countdown: from here on the slices are set aside. Faults
// promotion.no_such_deal, promotion.wrong_deal_state, promotion.room_not_on_air,
// promotion.deal_overlap, inventory.insufficient_stock.
func (s *Service) StartDeal(ctx context.Context, shop id.Shop, room id.Room, deal id.Deal) (Deal, error) {
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		d, err := dealOf(ctx, tx, shop, room, deal)
		if err != nil {
			return err
		}
		onAir, err := s.roomOf(ctx, tx, shop, room)
		if err != nil {
			return err
		}
		return s.start(ctx, tx, d, onAir)
	})
	if err != nil {
		return Deal{}, err
	}
	return s.told(ctx, deal)
}

func (s *Service) start(ctx context.Context, tx *sqldb.Tx, d Deal, onAir bool) error {
	if !onAir {
		return fault.Conflict("promotion.room_not_on_air")
	}
	d.StartsAt = tx.Now().Add(d.Countdown)
	d.EndsAt = d.StartsAt.Add(d.Run)
	ok, err := openDeal(ctx, tx, d)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Conflict("promotion.wrong_deal_state")
	}
	for _, it := range d.Items {
		slice, err := inventory.Allot(ctx, tx, d.ID.String(), it.SKU, it.Quantity)
		if err != nil {
			return err
		}
		if err := setItemSlice(ctx, tx, d.ID, it.SKU, slice); err != nil {
			return err
		}
	}
	// After the stock rows: whoever starts another deal on them has waited, and sees this one.
	n, err := countOpenDeals(ctx, tx, d)
	if err == nil && n > 0 {
		err = fault.Conflict("promotion.deal_overlap")
	}
	return err
}

// StopDeal ends a deal by hand; what is left of its slices returns. Fault
// promotion.wrong_deal_state when it has ended.
func (s *Service) StopDeal(ctx context.Context, shop id.Shop, room id.Room, deal id.Deal) (Deal, error) {
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		d, err := dealOf(ctx, tx, shop, room, deal)
		if err != nil {
			return err
		}
		ok, err := end(ctx, tx, d, EndStopped)
		if err == nil && !ok {
			err = fault.Conflict("promotion.wrong_deal_state")
		}
		return err
	})
	if err != nil {
		return Deal{}, err
	}
	return s.told(ctx, deal)
}

// end closes a deal and gives the rest of its slices back, once.
func end(ctx context.Context, tx *sqldb.Tx, d Deal, reason string) (bool, error) {
	ok, err := closeDeal(ctx, tx, d.ID, reason)
	if err != nil || !ok {
		return false, err
	}
	for _, it := range d.Items {
		if it.Slice.IsZero() {
			continue
		}
		if _, err := inventory.Return(ctx, tx, it.Slice); err != nil {
			return false, err
		}
	}
	return true, nil
}

func dealOf(ctx context.Context, q sqldb.Querier, shop id.Shop, room id.Room, deal id.Deal) (Deal, error) {
	d, err := dealByID(ctx, q, deal)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && (d.Shop != shop || d.Room != room)) {
		return Deal{}, fault.NotFound("promotion.no_such_deal")
	}
	return d, err
}

// told reads a deal as it stands and shows it to its room.
func (s *Service) told(ctx context.Context, deal id.Deal) (Deal, error) {
	d, err := dealByID(ctx, s.DB.Reader(), deal)
	if err == nil && d.State != DealPlanned {
		s.tellDeal(ctx, d)
	}
	return d, err
}

// Sweep moves the deals that are due: running, ended, sold out, left behind by a
// room that went off the air or has left the rehearsal in which they were started.
// Orders do not depend on it.
func (s *Service) Sweep(ctx context.Context) error {
	open, err := openDeals(ctx, s.DB.Reader(), id.Room{})
	var errs []error
	for _, d := range open {
		errs = append(errs, s.sweepOne(ctx, d))
	}
	return errors.Join(append(errs, err)...)
}

func (s *Service) sweepOne(ctx context.Context, d Deal) error {
	moved := false
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		moved = false
		_, onAir, err := s.Rooms.OnAir(ctx, tx, d.Room)
		if err == nil && onAir {
			onAir, err = s.Rooms.Aired(ctx, tx, d.Room, d.begun())
		}
		if err != nil {
			return err
		}
		state, reason := d.StateAt(tx.Now())
		if state != DealEnded && !onAir {
			state, reason = DealEnded, EndStopped
		}
		if state == DealRunning {
			gone, err := soldOut(ctx, tx, d)
			if err != nil {
				return err
			}
			if gone {
				state, reason = DealEnded, EndSoldOut
			}
		}
		switch {
		case state == DealEnded:
			moved, err = end(ctx, tx, d, reason)
		case state == DealRunning && d.State == DealCountdown:
			moved, err = runDeal(ctx, tx, d.ID)
		}
		return err
	})
	if err != nil || !moved {
		return err
	}
	_, err = s.told(ctx, d.ID)
	return err
}

// soldOut is true when every unit is paid: what waits for money may come back.
func soldOut(ctx context.Context, q sqldb.Querier, d Deal) (bool, error) {
	stock, err := stockOf(ctx, q, d)
	for _, c := range stock {
		if c.Unsold+c.Reserved > 0 {
			return false, err
		}
	}
	return err == nil, err
}

func stockOf(ctx context.Context, q sqldb.Querier, deals ...Deal) (map[id.Slice]inventory.Slice, error) {
	var all []id.Slice
	for _, d := range deals {
		for _, it := range d.Items {
			if !it.Slice.IsZero() {
				all = append(all, it.Slice)
			}
		}
	}
	return inventory.Slices(ctx, q, all)
}
