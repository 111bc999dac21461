package bench

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"hawker/internal/platform/sqldb"
)

// createFloor makes the table of the floor, for rows as long as those of an order on average, with an index beside the
// key.
func createFloor(ctx context.Context, tx *sqldb.Tx) error {
	for _, query := range []string{
		`CREATE TABLE floor (id INTEGER NOT NULL PRIMARY KEY, a BIGINT NOT NULL, b BIGINT NOT NULL, body TEXT NOT NULL)`,
		`CREATE INDEX ix_floor_a ON floor (a, id)`,
	} {
		if _, err := tx.Exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// writeFloor writes half of the rows of an order, each by a statement.
func writeFloor(ctx context.Context, tx *sqldb.Tx, first int64) error {
	body := strings.Repeat("x", 150)
	for n := first; n < first+floorRows/2; n++ {
		_, err := tx.Exec(ctx, "INSERT INTO floor (id, a, b, body) VALUES (?, ?, ?, ?)", n, n/3, n%7, body)
		if err != nil {
			return err
		}
	}
	return nil
}

// readFloor looks a row up.
func readFloor(ctx context.Context, q sqldb.Querier, n int64) error {
	var body string
	err := q.QueryRow(ctx, "SELECT body FROM floor WHERE id = ?", n).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
