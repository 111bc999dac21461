package distribution

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/ledger"
)

// DaysShown is how many days an overview goes back, today included.
const DaysShown = 7

// Day is what one day brought, counted when ordered.
type Day struct {
	Date   string // in the installation's zone
	Amount int64
}

// Overview is a promoter at one glance. The balances are the ledger's; the
// estimates count orders that are not paid yet, too.
type Overview struct {
	Link          Link
	Parent        id.User // none: nobody brought him
	Standing      ledger.CommissionStanding
	TodayOrders   int64
	TodayEstimate int64
	Days          []Day // the oldest first
}

// OverviewOf draws a user's overview; everybody has one.
func (d *Distribution) OverviewOf(ctx context.Context, user id.User, now time.Time) (o Overview, err error) {
	if o.Link, err = d.LinkTo(ctx, user, Target{}); err != nil {
		return o, err
	}
	q := d.db.Reader()
	place, err := readDistributor(ctx, q, user)
	if err != nil {
		return o, err
	}
	o.Parent = place.boundTo(now)
	if o.Standing, err = ledger.CommissionOf(ctx, q, user, d.settings.Currency); err != nil {
		return o, err
	}
	y, m, day := now.In(d.settings.Zone).Date()
	starts := make([]time.Time, DaysShown+1)
	for i := range starts { // by the calendar: a day may have 23 or 25 hours
		starts[i] = time.Date(y, m, day-DaysShown+1+i, 0, 0, 0, 0, d.settings.Zone)
	}
	for i := range DaysShown {
		one, err := earned(ctx, q, user, d.settings.Currency, span{starts[i], starts[i+1]})
		if err != nil {
			return o, err
		}
		o.Days = append(o.Days, Day{starts[i].Format(time.DateOnly), one.amount})
		o.TodayOrders, o.TodayEstimate = one.orders, one.amount
	}
	return o, nil
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

// Member is one person of a team. Names are masked: a promoter is told that
// somebody came, not who it is.
type Member struct {
	Name    string
	Level   int
	BoundAt time.Time
}

// TeamMax is how many of a team are shown.
const TeamMax = 200

// TeamOf lists the latest people whom the user brought, and whom those brought.
func (d *Distribution) TeamOf(ctx context.Context, user id.User, now time.Time) ([]Member, error) {
	rows, err := team(ctx, d.db.Reader(), user, now, TeamMax)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	users := make([]id.User, len(rows))
	for i, r := range rows {
		users[i] = r.user
	}
	names, err := d.people.DisplayNames(ctx, users)
	if err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{Name: Mask(names[r.user]), Level: r.level, BoundAt: r.boundAt}
	}
	return out, nil
}

// Mask leaves the first letter of a name.
func Mask(name string) string {
	for _, first := range name {
		return string(first) + "**"
	}
	return "**"
}

// Estimate is what a promoter may expect of a price at level 1.
func (d *Distribution) Estimate(price int64, r Rule) (money.BasisPoints, int64) {
	if r.Kind == "" {
		r = d.settings.Default
	}
	amounts := r.amounts(price, 1)
	if len(amounts) == 0 {
		return 0, 0
	}
	return r.Rate(1), min(amounts[0], money.Share(price, d.settings.Policy.lineCap()))
}

// PromoterOf tells who would earn first if a visitor bought now: the owner of the
// link by which they came, else the promoter they are bound to. ok is false for
// nobody, and for one who would earn on their own purchase.
func (d *Distribution) PromoterOf(ctx context.Context, code string, visitor id.User) (promoter id.User, ok bool,
	err error,
) {
	q := d.db.Reader()
	if promoter, err = readOwner(ctx, q, code); err != nil {
		return promoter, false, err
	}
	if promoter.IsZero() && !visitor.IsZero() {
		p, err := readDistributor(ctx, q, visitor)
		if err != nil {
			return promoter, false, err
		}
		promoter = p.boundTo(d.db.Clock().Now())
	}
	return promoter, !promoter.IsZero() && promoter != visitor, nil
}
