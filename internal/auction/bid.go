package auction

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/permission"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Bid is what somebody would pay at the most.
type Bid struct {
	ID      id.Bid
	Auction id.Auction
	User    id.User
	Max     int64
	Address id.Address // zero: the default one
	Shown   int64      // what others saw
	At      time.Time
}

// Bid takes an offer, before the start or while the lot runs. Faults
// auction.not_found, auction.no_address, auction.host_cannot_bid,
// auction.bid_too_low, auction.over.
func (s *Service) Bid(ctx context.Context, key idem.Key, room id.Room, b Bid) (Lot, error) {
	lot, err := s.inRoom(ctx, s.DB.Reader(), room, b.Auction)
	if err != nil {
		return Lot{}, err
	}
	host, err := s.Staff.May(ctx, b.User, lot.Shop, permission.LiveRun)
	if err != nil {
		return Lot{}, err
	}
	if host {
		return Lot{}, fault.Forbidden("auction.host_cannot_bid")
	}
	if b.Address, err = s.addressFor(ctx, b.User, b.Address); err != nil {
		return Lot{}, err
	}
	_, err = idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (id.Bid, error) {
		return s.bid(ctx, tx, b)
	})
	if err != nil {
		return Lot{}, err
	}
	return s.told(ctx, b.Auction)
}

func (s *Service) bid(ctx context.Context, tx *sqldb.Tx, b Bid) (id.Bid, error) {
	l, err := lock(ctx, tx, b.Auction)
	if err != nil {
		return id.Bid{}, err
	}
	if l.over(tx.Now()) {
		return id.Bid{}, fault.Conflict("auction.over")
	}
	least := l.MinBid()
	if b.User == l.Leader {
		least = l.LeaderMax + 1 // who leads may only promise more
	}
	if b.Max < least || b.Max > maxBid {
		return id.Bid{}, fault.Conflict("auction.bid_too_low", "min", money.Of(least, s.Currency).Label())
	}
	l.take(b)
	l.extend(tx.Now())
	b.ID, b.At = id.Make[id.Bid](tx), tx.Now()
	b.Shown = min(b.Max, l.Price())
	if err := insertBid(ctx, tx, b); err != nil {
		return id.Bid{}, err
	}
	return b.ID, saveBids(ctx, tx, l)
}

// maxBid keeps a price and its steps far from the end of the numbers.
const maxBid = 1_000_000_000_00

// take lets an offer count. Of equals the earlier stays in front.
func (l *Lot) take(b Bid) {
	l.Bids++
	switch {
	case b.User == l.Leader:
		l.LeaderMax, l.LeaderAddress = b.Max, b.Address
	case l.Leader.IsZero() || b.Max > l.LeaderMax:
		l.RunnerUp, l.Leader, l.LeaderMax, l.LeaderAddress = l.LeaderMax, b.User, b.Max, b.Address
	default:
		l.RunnerUp = max(l.RunnerUp, b.Max)
	}
}

// extend moves the end away from a late bid, within its limit.
func (l *Lot) extend(now time.Time) {
	if l.State != Running || l.SuddenDeath || l.EndsAt.Sub(now) >= softClose {
		return
	}
	end := now.Add(softClose)
	if end.After(l.HardEnd) {
		end = l.HardEnd
	}
	if end.After(l.EndsAt) {
		l.EndsAt = end
	}
}

// lock reads a lot after making other bids on it wait.
func lock(ctx context.Context, tx *sqldb.Tx, auction id.Auction) (Lot, error) {
	if err := touch(ctx, tx, auction); err != nil {
		return Lot{}, err
	}
	return find(ctx, tx, auction)
}

func find(ctx context.Context, q sqldb.Querier, auction id.Auction) (Lot, error) {
	l, err := lotByID(ctx, q, auction)
	if errors.Is(err, sql.ErrNoRows) {
		return Lot{}, fault.NotFound("auction.not_found")
	}
	return l, err
}

func (s *Service) inRoom(ctx context.Context, q sqldb.Querier, room id.Room, auction id.Auction) (Lot, error) {
	l, err := find(ctx, q, auction)
	if err == nil && l.Room != room {
		return Lot{}, fault.NotFound("auction.not_found")
	}
	return l, err
}
