package distribution

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
)

// Settings are an installation's choices. Orders keep those they were made under.
type Settings struct {
	Policy    Policy
	Default   Rule          // of products that set no rates
	BindFor   time.Duration // a bound promoter stays; 0 is for ever
	AfterSale time.Duration // from receipt until commissions can be withdrawn
	Currency  money.Currency
	Zone      *time.Location // whose midnight begins a day; nil is UTC
	PublicURL string         // of the mall, without a slash at the end; empty makes links relative
}

// Validate refuses settings under which the rules of this package cannot hold.
// Faults: distribution.bad_policy.
func (s Settings) Validate() error {
	if s.BindFor < 0 || s.AfterSale < 0 || !s.Currency.Valid() || len(s.Default.Rates) > LevelsMax {
		return fault.Invalid("distribution.bad_policy", "field", "settings")
	}
	return s.Policy.Validate()
}

// People names users; account answers.
type People interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// Shelf lists products that may be promoted; catalog answers.
type Shelf interface {
	PromotedProducts(ctx context.Context, r page.Request, tag lang.Tag) (page.Page[PromotedProduct], error)
}

// Distribution is the module.
type Distribution struct {
	db       *sqldb.DB
	settings Settings
	people   People
	shelf    Shelf
}

// New makes the module. people and shelf serve only the API. Faults:
// distribution.bad_policy.
func New(db *sqldb.DB, s Settings, people People, shelf Shelf) (*Distribution, error) {
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
