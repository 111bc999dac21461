package category

import (
	"context"
	"encoding/json"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func list(ctx context.Context, q sqldb.Querier) ([]Category, error) {
	rows, err := q.Query(ctx, "SELECT id, name FROM category ORDER BY position, id")
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c Category, err error) {
		var name string
		if err := s.Scan(&c.ID, &name); err != nil {
			return c, err
		}
		return c, json.Unmarshal([]byte(name), &c.Name)
	})
}

// Exists reports whether there is such a category.
func Exists(ctx context.Context, q sqldb.Querier, category id.Category) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM category WHERE id = ?", category).Scan(&n)
	return n == 1, err
}

func insert(ctx context.Context, tx *sqldb.Tx, c Category) error {
	name, err := json.Marshal(c.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO category (id, name, position) SELECT ?, ?, COUNT(*) FROM category", c.ID,
		string(name))
	return err
}
