package video_test

import (
	"context"
	"fmt"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/video"
)

func TestFilmsAreReadAsRanges(t *testing.T) {
	rec := &sqltest.Recorder{}
	db := sqltest.New(t, rec.Watch)
	films := video.New(video.Options{DB: db})
	author, shop := id.Make[id.User](db), id.Make[id.Shop](db)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO video (id, author_id, shop_id, product_id, upload_id, caption, state,
			created_at, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			id.Make[id.Video](tx), author, shop, id.Make[id.Product](tx), "u", "", video.Published, 1, 1_000_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sqltest.Fill(t, db, "video", func(n int64, r sqltest.Row) {
		r["id"], r["upload_id"], r["published_at"] = r.Int("id")+n, fmt.Sprint("u", n), r.Int("published_at")+n/3
		if n%4 == 0 {
			r["author_id"], r["shop_id"] = r.Int("author_id")+n, r.Int("shop_id")+n
		}
		if n%5 == 0 {
			r["state"] = string(video.Ready)
		}
	})
	rec.WantPages(t, db, "the feed", func(cursor string) (string, error) {
		p, err := films.Feed(t.Context(), page.Request{Cursor: cursor, Limit: page.LimitMax})
		return p.NextCursor, err
	})
	for name, of := range map[string]struct {
		author id.User
		shop   id.Shop
	}{"an author": {author, id.Shop{}}, "a shop": {id.User{}, shop}, "an author of a shop": {author, shop}} {
		rec.WantPages(t, db, "the films of "+name, func(cursor string) (string, error) {
			p, err := films.Of(t.Context(), of.author, of.shop, page.Request{Cursor: cursor, Limit: page.LimitMax})
			return p.NextCursor, err
		})
	}
}
