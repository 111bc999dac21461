package ingest

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func streamState(ctx context.Context, q sqldb.Querier, streamID string) (raw string, err error) {
	err = q.QueryRow(ctx, "SELECT state FROM stream_state WHERE stream_id = ?", streamID).Scan(&raw)
	return raw, err
}

func saveStreamState(ctx context.Context, tx *sqldb.Tx, streamID, raw string) error {
	return tx.Upsert(ctx, "stream_state", []string{"stream_id"}, []string{"state", "updated_at"},
		streamID, raw, sqldb.Millis(tx.Now()))
}

func insertRestream(ctx context.Context, tx *sqldb.Tx, r Restream, sealed string) error {
	_, err := tx.Exec(ctx, `INSERT INTO restream (id, room_id, name, url_sealed, enabled, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, r.ID, r.Room, r.Name, sealed, r.Enabled, sqldb.Millis(r.At))
	return err
}

func countRestreams(ctx context.Context, q sqldb.Querier, r id.Room) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM restream WHERE room_id = ?", r).Scan(&n)
	return n, err
}

// restreamsOf gives the addresses sealed.
func restreamsOf(ctx context.Context, q sqldb.Querier, r id.Room) ([]Restream, error) {
	rows, err := q.Query(ctx, `SELECT id, room_id, name, url_sealed, enabled, created_at FROM restream WHERE room_id = ?
		ORDER BY id`, r)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (x Restream, err error) {
		var at int64
		err = s.Scan(&x.ID, &x.Room, &x.Name, &x.URL, &x.Enabled, &at)
		x.At = sqldb.FromMillis(at)
		return x, err
	})
}

func switchRestream(ctx context.Context, tx *sqldb.Tx, r id.Room, x id.Restream, enabled bool) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE restream SET enabled = ? WHERE id = ? AND room_id = ?", enabled, x, r)
	return n == 1, err
}

func deleteRestream(ctx context.Context, tx *sqldb.Tx, r id.Room, x id.Restream) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM restream WHERE id = ? AND room_id = ?", x, r)
	return n == 1, err
}

func roomsRestreamed(ctx context.Context, q sqldb.Querier) ([]id.Room, error) {
	rows, err := q.Query(ctx, "SELECT DISTINCT room_id FROM restream WHERE enabled = 1")
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (r id.Room, err error) { return r, s.Scan(&r) })
}
