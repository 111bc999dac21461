// Package referral knows who brought whom: the links that people share, who came by
// them, and to which promoter a buyer is bound. It keeps true that nobody is bound
// to themselves or to anybody whom they brought, that a binding stays until it ends,
// and that a code says nothing of its owner. What somebody earns by it is
// distribution's.
package referral

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Settings are an installation's choices.
type Settings struct {
	BindFor   time.Duration // a bound promoter stays; 0 is for ever
	PublicURL string        // of the mall, without a slash at the end; empty makes links relative
}

// People names users; account answers.
type People interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// Service is the module.
type Service struct {
	db       *sqldb.DB
	settings Settings
	people   People
}

// New makes the module.
func New(db *sqldb.DB, s Settings, people People) *Service {
	return &Service{db: db, settings: s, people: people}
}
