// Package distribution pays those who bring buyers. It keeps true that what an order
// promised (base, rate, people) never changes with later settings, that a commission
// is paid once, and that what people were promised is what the ledger holds for them.
// The arithmetic is commission's, who brought whom referral's.
//
// checkout calls AttributeOrder and payment OrderPaid in their own transactions;
// orders that are completed or closed are heard of by events. Moving the money is
// the ledger's job, choosing a product's rate the catalog's.
package distribution

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/commission"
	"hawker/internal/platform/sqldb"
	"hawker/internal/referral"
)

// Settings are an installation's choices. Orders keep those they were made under.
type Settings struct {
	Policy    commission.Policy
	Default   commission.Rule // of products that set no rates
	AfterSale time.Duration   // from receipt until commissions can be withdrawn
	Currency  money.Currency
	Zone      *time.Location // whose midnight begins a day; nil is UTC
}

// Validate refuses settings under which the rules of this package cannot hold.
// Faults: distribution.bad_policy.
func (s Settings) Validate() error {
	if s.AfterSale < 0 || !s.Currency.Valid() || len(s.Default.Rates) > commission.LevelsMax {
		return fault.Invalid("distribution.bad_policy", "field", "settings")
	}
	return s.Policy.Validate()
}

// Shelf lists products that may be promoted; catalog answers.
type Shelf interface {
	PromotedProducts(ctx context.Context, r page.Request, tag lang.Tag) (page.Page[PromotedProduct], error)
}

// Distribution is the module.
type Distribution struct {
	db       *sqldb.DB
	settings Settings
	people   *referral.Service
	shelf    Shelf
}

// New makes the module; the shelf serves only the API. Faults: distribution.bad_policy.
func New(db *sqldb.DB, s Settings, people *referral.Service, shelf Shelf) (*Distribution, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	return &Distribution{db: db, settings: s, people: people, shelf: shelf}, nil
}

// Settings are those in force.
func (d *Distribution) Settings() Settings { return d.settings }
