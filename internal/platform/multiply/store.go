package multiply

import (
	"context"
	"slices"
	"strings"

	"hawker/internal/platform/sqldb"
)

// rowsMax is how many rows one statement writes: SQLite binds 32,766 values at the most.
const rowsMax = 100

// rowsOf reads the rows of a table that belong to some ids.
func rowsOf(ctx context.Context, q sqldb.Querier, t Table, ids []int64) ([]Row, error) {
	args := sqldb.Args(ids)
	if t.Ref != nil {
		for i, n := range ids {
			args[i] = t.Ref(n)
		}
	}
	rows, err := q.Query(ctx, "SELECT * FROM "+t.Name+" WHERE "+t.By+" IN ("+sqldb.Marks(len(args))+")", args...)
	if err != nil {
		return nil, err
	}
	of := &shape{table: t}
	if of.columns, err = rows.Columns(); err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, nil, func(s sqldb.Scanner) (Row, error) {
		values, to := make([]any, len(of.columns)), make([]any, len(of.columns))
		for i := range values {
			to[i] = &values[i]
		}
		err := s.Scan(to...)
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				values[i] = string(raw)
			}
		}
		return Row{of, values}, err
	})
}

// insert writes rows of one table.
func insert(ctx context.Context, tx *sqldb.Tx, rows []Row) error {
	for some := range slices.Chunk(rows, rowsMax) {
		of := some[0].of
		args := make([]any, 0, len(some)*len(of.columns))
		for _, r := range some {
			args = append(args, r.values...)
		}
		row := ", (" + sqldb.Marks(len(of.columns)) + ")"
		_, err := tx.Exec(ctx, "INSERT INTO "+of.table.Name+" ("+strings.Join(of.columns, ", ")+") VALUES "+
			strings.Repeat(row, len(some))[2:], args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Count is how many rows a table has.
func Count(ctx context.Context, q sqldb.Querier, table string) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n)
	return n, err
}
