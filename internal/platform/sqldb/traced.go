package sqldb

import (
	"context"
	"log/slog"

	"hawker/internal/base/span"
	"hawker/internal/platform/statement"
)

// watch has statements recorded where that is wanted.
func (db *DB) watch(c statement.Runner) statement.Runner {
	if db.spans {
		return statement.Traced{Runner: c, System: string(db.dialect)}
	}
	return c
}

// run is how a transaction is run.
type run func(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error

// traced records a transaction: a step that says how often its function was run. On SQLite its
// end is the commit, with who commits together.
func traced(next run) run {
	return func(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
		ctx, s := span.Start(ctx, span.Client, "transaction")
		tries := 0
		err := next(ctx, func(ctx context.Context, tx *Tx) error {
			tries++
			return fn(ctx, tx)
		})
		s.Set(slog.Int("hawker.tries", tries))
		s.End(err)
		return err
	}
}
