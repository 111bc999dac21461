package picture

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func insert(ctx context.Context, tx *sqldb.Tx, m Object) error {
	_, err := tx.Exec(ctx, `INSERT INTO media_object (id, shop_id, blob_key, content_type, size, width, height,
		created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Shop, m.Key, m.ContentType, m.Size, m.Width, m.Height, sqldb.Millis(tx.Now()))
	return err
}

func byID(ctx context.Context, q sqldb.Querier, shop id.Shop, media []id.Media) (map[id.Media]Object, error) {
	out := make(map[id.Media]Object, len(media))
	if len(media) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx,
		`SELECT id, shop_id, blob_key, content_type, size, width, height FROM media_object WHERE shop_id = ?
			AND id IN (`+sqldb.Marks(len(media))+")",
		append([]any{shop}, sqldb.Args(media)...)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (m Object, err error) {
		return m, s.Scan(&m.ID, &m.Shop, &m.Key, &m.ContentType, &m.Size, &m.Width, &m.Height)
	})
	for _, m := range found {
		out[m.ID] = m
	}
	return out, err
}
