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

// saveStreamState keeps a state of this node, unless another has had a publisher since, or one of
// the same number: false.
func saveStreamState(ctx context.Context, tx *sqldb.Tx, streamID, raw string, generation int64) (bool, error) {
	node, at := tx.Node(), sqldb.Millis(tx.Now())
	n, err := tx.Exec(ctx, `UPDATE stream_state SET state = ?, node = ?, generation = ?, updated_at = ?
		WHERE stream_id = ? AND (generation < ? OR generation = ? AND node = ?)`,
		raw, node, generation, at, streamID, generation, generation, node)
	if err != nil || n > 0 {
		return n > 0, err
	}
	known := 0
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM stream_state WHERE stream_id = ?", streamID).Scan(&known)
	if err != nil || known > 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO stream_state (stream_id, state, node, generation, updated_at)
		VALUES (?, ?, ?, ?, ?)`, streamID, raw, node, generation, at)
	if sqldb.IsUnique(err) { // another node was first
		return false, nil
	}
	return err == nil, err
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
