package distribution

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/commission"
	"hawker/internal/ledger"
	"hawker/internal/referral"
)

// DaysShown is how many days an overview goes back, today included.
const DaysShown = 7

// Day is what one day's orders brought, once they were paid.
type Day struct {
	Date   string // in the installation's zone
	Amount int64
}

// Overview is a promoter at one glance. The balances are the ledger's, the days agree with
// the list of commissions, and what is not paid yet stands by itself.
type Overview struct {
	Link         referral.Link
	ParentName   string // masked; empty when nobody brought them
	Standing     ledger.CommissionStanding
	TodayOrders  int64 // paid ones
	Days         []Day // the oldest first, today the last
	UnpaidOrders int64 // orders that wait for money
	Estimate     int64 // what those would bring
}

// OverviewOf draws a user's overview; everybody has one.
func (d *Distribution) OverviewOf(ctx context.Context, user id.User, now time.Time) (o Overview, err error) {
	if o.Link, err = d.people.LinkTo(ctx, user, referral.Target{}); err != nil {
		return o, err
	}
	if o.ParentName, err = d.people.ParentName(ctx, user, now); err != nil {
		return o, err
	}
	q := d.db.Reader()
	if o.Standing, err = ledger.CommissionOf(ctx, q, user, d.settings.Currency); err != nil {
		return o, err
	}
	y, m, day := now.In(d.settings.Zone).Date()
	var starts [DaysShown]time.Time
	for i := range starts { // by the calendar: a day may have 23 or 25 hours
		starts[i] = time.Date(y, m, day-DaysShown+1+i, 0, 0, 0, 0, d.settings.Zone)
		o.Days = append(o.Days, Day{Date: starts[i].Format(time.DateOnly)})
	}
	err = earnedSince(ctx, q, user, d.settings.Currency, starts[0], func(placed time.Time, one dayRow) {
		day := DaysShown - 1
		for placed.Before(starts[day]) {
			day--
		}
		o.Days[day].Amount += one.amount
		if day == DaysShown-1 {
			o.TodayOrders += one.orders
		}
	})
	if err != nil {
		return o, err
	}
	waiting, err := estimated(ctx, q, user, d.settings.Currency)
	o.UnpaidOrders, o.Estimate = waiting.orders, waiting.amount
	return o, err
}

// Commission is one share of one line, as its owner sees it.
type Commission struct {
	ID          id.Commission
	Order       id.Order
	OrderNumber string
	Title       lang.Text
	Level       int
	Currency    money.Currency
	Base        int64
	Rate        money.BasisPoints
	Amount      int64
	Kept        int64
	State       string
	AvailableAt time.Time // when it was or will be freed; zero: not known yet
	CreatedAt   time.Time
}

// CommissionsOf lists a user's commissions of paid orders, the latest first;
// state "" is all.
func (d *Distribution) CommissionsOf(ctx context.Context, user id.User, state string,
	r page.Request,
) (page.Page[Commission], error) {
	var before int64
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Commission]{}, err
	}
	rows, err := commissionsOf(ctx, d.db.Reader(), commissionQuery{user, state, before, r.Size() + 1})
	if err != nil {
		return page.Page[Commission]{}, err
	}
	return page.Cut(rows, r.Size(), func(c Commission) any { return c.ID.Int() }), nil
}

// Estimate is what a promoter may expect of a price at level 1.
func (d *Distribution) Estimate(price int64, r commission.Rule) (money.BasisPoints, int64) {
	if r.Kind == "" {
		r = d.settings.Default
	}
	return d.settings.Policy.Estimate(price, r)
}
