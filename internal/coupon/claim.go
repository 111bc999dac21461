package coupon

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Claim is a coupon in somebody's wallet. Order is zero while it is free.
type Claim struct {
	ID        id.Claim
	Coupon    Coupon
	User      id.User
	Order     id.Order
	ClaimedAt time.Time
	UsedAt    time.Time
}

// States of a claim in a wallet.
const (
	ClaimUsable  = "usable" // also what begins later
	ClaimUsed    = "used"
	ClaimExpired = "expired"
)

// State is where the claim is.
func (c Claim) State(now time.Time) string {
	switch {
	case !c.Order.IsZero():
		return ClaimUsed
	case !now.Before(c.Coupon.To):
		return ClaimExpired
	}
	return ClaimUsable
}

// Take puts a coupon into a wallet. Who has as many as they may have gets
// the same answer again. Faults promotion.no_such_coupon, promotion.coupon_gone,
// promotion.coupon_expired.
func (s *Service) Take(ctx context.Context, key idem.Key, user id.User, coupon id.Coupon) error {
	_, err := idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (bool, error) {
		c, err := Find(ctx, tx, coupon)
		if err != nil {
			return false, err
		}
		have, err := countClaims(ctx, tx, coupon, user)
		if err != nil || have >= c.PerUser {
			return false, err
		}
		if !c.Active {
			return false, fault.Conflict("promotion.coupon_gone")
		}
		if !tx.Now().Before(c.To) {
			return false, fault.Conflict("promotion.coupon_expired")
		}
		return claim(ctx, tx, c, user)
	})
	return err
}

// claim takes one of the total. The guarded update makes claims of one coupon
// queue up, so that what is counted after it stays true.
func claim(ctx context.Context, tx *sqldb.Tx, c Coupon, user id.User) (bool, error) {
	ok, err := addClaimed(ctx, tx, c.ID, 1)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, fault.Conflict("promotion.coupon_gone")
	}
	have, err := countClaims(ctx, tx, c.ID, user)
	if err != nil {
		return false, err
	}
	if have >= c.PerUser { // the same person, twice at once
		_, err := addClaimed(ctx, tx, c.ID, -1)
		return false, err
	}
	return true, insertClaim(ctx, tx, c.ID, user, have+1)
}

// Hold sets coupons of a shop aside for winners to come. Faults
// promotion.no_such_coupon, promotion.coupon_gone.
func Hold(ctx context.Context, tx *sqldb.Tx, shop id.Shop, coupon id.Coupon, n int64) (Coupon, error) {
	c, err := inShop(ctx, tx, shop, coupon)
	if err != nil {
		return c, err
	}
	ok, err := addClaimed(ctx, tx, coupon, n)
	if err == nil && (!ok || !c.Active || !tx.Now().Before(c.To)) {
		err = fault.Conflict("promotion.coupon_gone")
	}
	return c, err
}

// Grant gives coupons that were held to winners, over and above what they have,
// and frees the rest.
func Grant(ctx context.Context, tx *sqldb.Tx, coupon id.Coupon, held int64, winners []id.User) error {
	if rest := held - int64(len(winners)); rest > 0 {
		if _, err := addClaimed(ctx, tx, coupon, -rest); err != nil {
			return err
		}
	}
	for _, w := range winners {
		have, err := countClaims(ctx, tx, coupon, w)
		if err != nil {
			return err
		}
		if err := insertClaim(ctx, tx, coupon, w, have+1); err != nil {
			return err
		}
	}
	return nil
}

// Wallet lists somebody's claims in a state, newest first.
func (s *Service) Wallet(ctx context.Context, user id.User, state string, r page.Request) (page.Page[Claim], error) {
	var before id.Claim
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Claim]{}, err
	}
	rows, err := walletOf(ctx, s.DB.Reader(), walletQuery{user, state, before, s.DB.Clock().Now(), r.Size() + 1})
	return page.Cut(rows, r.Size(), func(c Claim) any { return c.ID }), err
}

// Mine counts how many of each coupon somebody has claimed.
func (s *Service) Mine(ctx context.Context, user id.User, coupons []id.Coupon) (map[id.Coupon]int64, error) {
	return claimCounts(ctx, s.DB.Reader(), user, coupons)
}

// claimsMax bounds how many coupons a quote looks at; the newest count.
const claimsMax = 200

const expiredShown = 7 * 24 * time.Hour // a quote says of these that they are too late

// Free are the claims that somebody has not used, the newest first.
func Free(ctx context.Context, q sqldb.Querier, user id.User, now time.Time) ([]Claim, error) {
	return freeClaims(ctx, q, user, now.Add(-expiredShown), claimsMax)
}

// Wanted is a coupon that a buyer names.
type Wanted struct {
	Coupon  Coupon
	Missing *fault.Error // why the buyer holds none that is free; nil when they do
}

// Wanted looks up coupons that a buyer names; unknown ones are left out.
func (s *Service) Wanted(ctx context.Context, q sqldb.Querier, user id.User, coupons []id.Coupon) (map[id.Coupon]Wanted,
	error,
) {
	if len(coupons) == 0 {
		return nil, nil
	}
	list, err := couponsByID(ctx, q, coupons)
	if err != nil {
		return nil, err
	}
	have, err := claimCounts(ctx, q, user, coupons)
	if err != nil {
		return nil, err
	}
	free, err := freeCounts(ctx, q, user, coupons)
	out := make(map[id.Coupon]Wanted, len(list))
	for _, c := range list {
		w := Wanted{Coupon: c}
		switch {
		case free[c.ID] > 0:
			if !c.To.After(s.DB.Clock().Now()) { // what expired long ago does not stand in a quote by itself
				w.Missing = fault.Conflict("promotion.coupon_expired")
			}
		case have[c.ID] > 0:
			w.Missing = fault.Conflict("promotion.coupon_used")
		default:
			w.Missing = fault.Conflict("promotion.coupon_not_claimed")
		}
		out[c.ID] = w
	}
	return out, err
}
