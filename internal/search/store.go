package search

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hawker/internal/platform/sqldb"
)

// rowsMax is how many grams one statement writes.
const rowsMax = 100

func add(ctx context.Context, tx *sqldb.Tx, k Kind, doc int64, grams []string) error {
	for some := range slices.Chunk(grams, rowsMax) {
		args := make([]any, 0, 3*len(some))
		for _, g := range some {
			args = append(args, k, g, doc)
		}
		// A row that is there already is as good.
		err := tx.Upsert(ctx, "search_gram", []string{"kind", "gram", "doc"}, nil, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func drop(ctx context.Context, tx *sqldb.Tx, k Kind, doc int64, grams []string) error {
	for some := range slices.Chunk(grams, rowsMax) {
		_, err := tx.Exec(ctx, "DELETE FROM search_gram WHERE kind = ? AND doc = ? AND gram IN ("+
			sqldb.Marks(len(some))+")", append([]any{k, doc}, sqldb.Args(some)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// docs are the first documents that have the gram, in order, each once.
func (g gram) docs(ctx context.Context, q sqldb.Querier, k Kind, limit int) ([]int64, error) {
	where, args := "gram = ?", []any{k, g.text}
	if !g.whole {
		where, args = "gram >= ? AND gram < ?", append(args, after(g.text))
	}
	rows, err := q.Query(ctx, "SELECT doc FROM search_gram WHERE kind = ? AND "+where+" LIMIT ?",
		append(args, limit)...)
	docs, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (doc int64, err error) { return doc, s.Scan(&doc) })
	full := len(docs) == limit
	slices.Sort(docs)
	if once := slices.Compact(docs); !full {
		return once, err
	}
	return docs, err // more than are few, some of them perhaps twice
}

// isBuilding reports that texts from before there was an index are still being read.
func isBuilding(ctx context.Context, q sqldb.Querier, k Kind) (bool, error) {
	var upto int64
	err := q.QueryRow(ctx, "SELECT upto FROM search_backlog WHERE kind = ?", k).Scan(&upto)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
