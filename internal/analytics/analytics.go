// Package analytics answers how the shop is doing. It only reads: facts belong to
// the modules that write them.
package analytics

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/inventory"
	"hawker/internal/platform/sqldb"
)

// lowStock is when a SKU counts as running out, in units.
const lowStock = 5

// CountMost is where what waits for the merchant is counted no further: it stands for "1,000 or more".
const CountMost = 1000

// Day is what happened in a day, until the same time of day.
type Day struct {
	Placed  int64 // orders
	Paid    int64
	Revenue int64 // of paid orders, minor units
	Hours   [24]int64
}

// Today is a shop's day beside the day before until the same hour.
type Today struct {
	Now       time.Time
	Today     Day
	Yesterday Day   // its Hours are the whole day's
	ToShip    int64 // to CountMost, as is
	LowStock  int
}

// Service is the module.
type Service struct {
	db   *sqldb.DB
	zone *time.Location
}

// New makes the module; zone says when a day begins.
func New(db *sqldb.DB, zone *time.Location) *Service { return &Service{db, zone} }

// Today reads the figures of a shop.
func (s *Service) Today(ctx context.Context, shop id.Shop) (Today, error) {
	q, now := s.db.Reader(), s.db.Clock().Now()
	local := now.In(s.zone)
	start := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, s.zone)
	before := start.AddDate(0, 0, -1)
	// The same time of day: on a day of clock change so many hours after midnight is
	// another.
	until := time.Date(before.Year(), before.Month(), before.Day(), local.Hour(), local.Minute(), local.Second(),
		local.Nanosecond(), s.zone)
	t := Today{Now: now}
	var err error
	if t.Today, err = s.day(ctx, shop, start, now.Add(time.Millisecond), now.Add(time.Millisecond)); err != nil {
		return t, err
	}
	if t.Yesterday, err = s.day(ctx, shop, before, until, start); err != nil {
		return t, err
	}
	if t.ToShip, err = countToShip(ctx, q, shop); err != nil {
		return t, err
	}
	t.LowStock, err = inventory.Low(ctx, q, shop, lowStock, CountMost)
	return t, err
}

// day counts from start until a time, and fills the hours until another.
func (s *Service) day(ctx context.Context, shop id.Shop, start, until, hoursUntil time.Time) (d Day, err error) {
	whole, err := s.traded(ctx, shop, start, until)
	if err != nil {
		return d, err
	}
	for _, t := range whole {
		d.Placed, d.Paid, d.Revenue = d.Placed+t.placed, d.Paid+t.paid, d.Revenue+t.revenue
	}
	if !hoursUntil.Equal(until) {
		whole, err = s.traded(ctx, shop, start, hoursUntil)
	}
	for _, t := range whole {
		// The clock on the wall: an hour that a day has twice is one point, one that it
		// leaves out is empty.
		d.Hours[t.since.In(s.zone).Hour()] += t.revenue
	}
	return d, err
}
