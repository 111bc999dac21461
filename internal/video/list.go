package video

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
)

type feedKey struct {
	At int64
	ID id.Video
}

// Feed lists published films, the newest first.
func (s *Service) Feed(ctx context.Context, r page.Request) (page.Page[Video], error) {
	var before feedKey
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Video]{}, err
	}
	rows, err := feed(ctx, s.db.Reader(), before, r.Size()+1)
	return page.Cut(rows, r.Size(), func(v Video) any { return feedKey{sqldb.Millis(v.PublishedAt), v.ID} }), err
}

// Of lists films in all states, of an author, of a shop or of both, the newest first.
func (s *Service) Of(ctx context.Context, author id.User, shop id.Shop, r page.Request) (page.Page[Video], error) {
	var before id.Video
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[Video]{}, err
	}
	rows, err := videosOf(ctx, s.db.Reader(), author, shop, before, r.Size()+1)
	return page.Cut(rows, r.Size(), func(v Video) any { return v.ID }), err
}

// VideosShowing implements catalog.VideosOf; the latest 20.
func (s *Service) VideosShowing(ctx context.Context, product id.Product) ([]id.Video, error) {
	return videosShowing(ctx, s.db.Reader(), product, 20)
}
