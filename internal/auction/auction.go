// Package auction sells one unit to whoever offers most for it in a live room.
// Bidders say the most they would pay; the highest of these wins at the second
// highest plus one step, of equals the earlier. It keeps true that a lot's unit is
// set aside while bids are taken, that no bid that was accepted is lost, that the
// price is what the bids make it, whatever their timing, and that the winner has
// an order for exactly that price in the moment the lot closes. Who may bid and
// what an order is are others'.
package auction

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/platform/sqldb"
)

// State is where a lot is.
type State string

// The states. Won becomes paid or unpaid with the winner's order.
const (
	Planned   State = "planned"
	Running   State = "running"
	Won       State = "won"
	Paid      State = "paid"
	Unpaid    State = "unpaid"
	Unsold    State = "unsold"
	Cancelled State = "cancelled"
)

// Limits on a lot.
const (
	RunMin    = 30 * time.Second
	RunMax    = 600 * time.Second
	stepsMax  = 20
	softClose = 10 * time.Second // a bid this near the end moves the end away by as much
	softMax   = 5 * time.Minute  // in all
	payWithin = 10 * time.Minute
)

// Step says that from a price on, bids rise by so much.
type Step struct {
	From int64 `json:"from" minimum:"0"`
	Step int64 `json:"step" minimum:"1"`
}

// defaultSteps are some 5 % of the price, in round figures.
func defaultSteps() []Step {
	return []Step{
		{0, 100},
		{5_000, 200},
		{10_000, 500},
		{20_000, 1_000},
		{50_000, 2_000},
		{100_000, 5_000},
		{500_000, 10_000},
	}
}

// Lot is one auction. Amounts are minor units.
type Lot struct {
	ID            id.Auction
	Shop          id.Shop
	Room          id.Room
	SKU           id.SKU
	Product       id.Product
	State         State
	Start         int64
	Reserve       int64 // the unit is not sold below it; 0: none
	Steps         []Step
	Run           time.Duration
	SuddenDeath   bool // the end never moves
	Slice         id.Slice
	StartsAt      time.Time
	EndsAt        time.Time
	HardEnd       time.Time // the end moves no further
	EndedAt       time.Time
	Bids          int64
	Leader        id.User
	LeaderAddress id.Address
	LeaderMax     int64 // shown to nobody
	RunnerUp      int64 // the highest offer of anybody else
	Order         id.Order
}

// step is by how much a bid must rise above a price.
func (l Lot) step(price int64) int64 {
	step := l.Steps[0].Step
	for _, s := range l.Steps {
		if price >= s.From {
			step = s.Step
		}
	}
	return step
}

// ReserveMet reports whether the unit would be sold.
func (l Lot) ReserveMet() bool { return !l.Leader.IsZero() && l.LeaderMax >= l.Reserve }

// Price is what the leader would pay now: the highest offer of anybody else plus
// one step, the reserve if it is met, at least the start, never above their own
// offer.
func (l Lot) Price() int64 {
	price := l.Start
	if l.RunnerUp > 0 {
		price = max(price, min(l.LeaderMax, l.RunnerUp+l.step(l.RunnerUp)))
	}
	if l.Reserve > 0 && l.ReserveMet() {
		price = max(price, l.Reserve)
	}
	return price
}

// MinBid is the least that somebody new must offer.
func (l Lot) MinBid() int64 {
	if l.Leader.IsZero() {
		return l.Start
	}
	price := l.Price()
	return price + l.step(price)
}

// over reports whether bids are still taken.
func (l Lot) over(now time.Time) bool {
	return l.State != Planned && (l.State != Running || !now.Before(l.EndsAt))
}

func (l Lot) check() error {
	field := ""
	switch {
	case l.Start < 1 || l.Start > catalog.PriceMax:
		field = "start_price"
	case l.Reserve < 0 || l.Reserve > catalog.PriceMax:
		field = "reserve_price"
	case l.Run < RunMin || l.Run > RunMax:
		field = "run_seconds"
	case len(l.Steps) == 0 || len(l.Steps) > stepsMax || l.Steps[0].From != 0:
		field = "steps"
	}
	for i, s := range l.Steps {
		if s.Step < 1 || s.Step > catalog.PriceMax || (i > 0 && s.From <= l.Steps[i-1].From) {
			field = "steps"
		}
	}
	if field != "" {
		return fault.Invalid("auction.bad_lot", "field", field).At("body." + field)
	}
	return nil
}

// Rooms answers whose a room is and whether it is on air.
type Rooms interface {
	OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (shop id.Shop, onAir bool, err error)
	// Aired tells whether a show of a room was on air at a time, or a rehearsal that is
	// not forgotten.
	Aired(ctx context.Context, q sqldb.Querier, room id.Room, at time.Time) (bool, error)
}

// Staff answers who works where: they may not bid.
type Staff interface {
	May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error)
}

// Addresses answers where goods for somebody go, the default first.
type Addresses interface {
	Addresses(ctx context.Context, user id.User) ([]account.SavedAddress, error)
}

// Names gives display names.
type Names interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
}

// OrderPlacer makes the winner's order.
type OrderPlacer interface {
	PlaceFixed(ctx context.Context, tx *sqldb.Tx, f checkout.Fixed) (checkout.Result, error)
}

// Deps are what the module stands on.
type Deps struct {
	DB        *sqldb.DB
	Log       *slog.Logger
	Orders    OrderPlacer
	Rooms     Rooms
	Staff     Staff
	Addresses Addresses
	Names     Names
	News      Publisher
	Notices   Notices
	Currency  money.Currency
}

// Notices writes to people's inboxes.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// Service is the module.
type Service struct{ Deps }

// New makes the module.
func New(d Deps) *Service { return &Service{d} }

// addressFor picks the address that was asked for, or somebody's default. Fault
// auction.no_address.
func (s *Service) addressFor(ctx context.Context, user id.User, wanted id.Address) (id.Address, error) {
	list, err := s.Addresses.Addresses(ctx, user)
	if err != nil {
		return id.Address{}, err
	}
	i := slices.IndexFunc(list, func(a account.SavedAddress) bool { return a.ID == wanted })
	switch {
	case i >= 0:
		return wanted, nil
	case len(list) == 0 || !wanted.IsZero():
		return id.Address{}, fault.Conflict("auction.no_address")
	}
	return list[0].ID, nil
}
