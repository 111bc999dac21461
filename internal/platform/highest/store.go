// Package highest finds the newest id of a database. Ids are made of the time: where the clock was ahead for a while
// and the program ended, the next one would make the same again when the time comes. Only sqldb calls it, at its start.
package highest

import (
	"context"
	"database/sql"
)

// Tables whose rows have an id of ours. Both statements name them; what they name is no input.
const (
	ofSQLite = `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = 'id' AND c.pk = 1 AND UPPER(c.type) IN ('BIGINT', 'INTEGER')`
	ofMySQL = `SELECT table_name FROM information_schema.columns
		WHERE table_schema = DATABASE() AND column_name = 'id' AND column_key = 'PRI' AND data_type = 'bigint'`
)

// ID is the highest id in any table, 0 where there is none: a step at the end of an index each.
func ID(ctx context.Context, db *sql.DB, server bool) (int64, error) {
	query := ofSQLite
	if server {
		query = ofMySQL
	}
	names, err := list(ctx, db, query)
	if err != nil {
		return 0, err
	}
	newest := int64(0)
	for _, name := range names {
		var n sql.NullInt64
		if err := db.QueryRowContext(ctx, "SELECT MAX(id) FROM "+name).Scan(&n); err != nil {
			return 0, err
		}
		newest = max(newest, n.Int64)
	}
	return newest, nil
}

func list(ctx context.Context, db *sql.DB, query string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
