package shop

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
)

// Find says which shops are listed: those whose name holds the text in any language, or
// looks like it, or one person's.
type Find struct {
	page.Request
	Text  string
	Owner id.User
}

// Listed is a shop and since when there is one.
type Listed struct {
	Shop
	CreatedAt time.Time
}

// List gives shops, newest first.
func (s *Service) List(ctx context.Context, f Find) (page.Page[Listed], error) {
	var before id.Shop
	if err := page.Decode(f.Cursor, &before); err != nil {
		return page.Page[Listed]{}, err
	}
	rows, err := shopsBefore(ctx, s.db.Reader(), f, before)
	return page.Cut(rows, f.Size(), func(l Listed) any { return l.ID }), err
}
