package search

import (
	"cmp"
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
		if err := putGrams(ctx, tx, args); err != nil {
			return err
		}
	}
	return nil
}

// PutAll indexes documents that are new, in the order of the index.
func PutAll(ctx context.Context, tx *sqldb.Tx, k Kind, docs []Doc) error {
	type entry struct {
		gram string
		doc  int64
	}
	var all []entry
	for _, d := range docs {
		for _, g := range grams(d.Text) {
			all = append(all, entry{g, d.ID})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(a.gram, b.gram), cmp.Compare(a.doc, b.doc)) })
	for some := range slices.Chunk(all, rowsMax) {
		args := make([]any, 0, 3*len(some))
		for _, e := range some {
			args = append(args, k, e.gram, e.doc)
		}
		if err := putGrams(ctx, tx, args); err != nil {
			return err
		}
	}
	return nil
}

func putGrams(ctx context.Context, tx *sqldb.Tx, args []any) error {
	// A row that is there already is as good.
	return tx.Upsert(ctx, "search_gram", []string{"kind", "gram", "doc"}, nil, args...)
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

// atMost are the documents that have a gram, in order, each once; more reports that it has more rows than so many,
// of which none is read then.
func (g gram) atMost(ctx context.Context, q sqldb.Querier, k Kind, most int) (docs []int64, more bool, err error) {
	where, args := " FROM search_gram WHERE kind = ? AND gram = ? LIMIT ?", []any{k, g.text}
	if !g.whole {
		where, args = " FROM search_gram WHERE kind = ? AND gram >= ? AND gram < ? LIMIT ?", append(args, after(g.text))
	}
	var one int
	err = q.QueryRow(ctx, "SELECT 1"+where+" OFFSET ?", append(args, 1, most)...).Scan(&one)
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err == nil, err
	}
	rows, err := q.Query(ctx, "SELECT doc"+where, append(args, most)...)
	docs, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (doc int64, err error) { return doc, s.Scan(&doc) })
	slices.Sort(docs)
	return slices.Compact(docs), false, err
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
