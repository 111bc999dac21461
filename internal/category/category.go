// Package category keeps the shelves of the mall: what kinds of goods there are, in which
// order they are shown. Which product stands on which shelf is the catalog's.
package category

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/sqldb"
)

// Category is a shelf of the mall.
type Category struct {
	ID   id.Category
	Name lang.Text
}

// Service is the module.
type Service struct{ db *sqldb.DB }

// New makes the module.
func New(db *sqldb.DB) *Service { return &Service{db} }

// List gives the shelves of the mall in their order.
func (s *Service) List(ctx context.Context) ([]Category, error) { return list(ctx, s.db.Reader()) }

// Add makes a category at the end.
func (s *Service) Add(ctx context.Context, name lang.Text) (c Category, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		c = Category{id.Make[id.Category](tx), name}
		return insert(ctx, tx, c)
	})
	return c, err
}
