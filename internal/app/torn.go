package app

import (
	"context"
	"fmt"
	"time"

	"hawker/internal/platform/sqldb"
)

const wholeWithin = 3 * time.Second // of a start

// whole refuses a database file that is torn: pages that nobody reads for weeks would be found when they are missed,
// and meanwhile backups would have nothing better. A large one is looked at for a moment; doctor looks at all of it.
func (a *App) whole(ctx context.Context) error {
	if a.db.Dialect() != sqldb.SQLite {
		return nil // a server of its own does that
	}
	short, cancel := context.WithTimeout(ctx, wholeWithin)
	defer cancel()
	wrong, err := a.db.Check(short)
	switch {
	case len(wrong) > 0:
		return fmt.Errorf("the database is not whole (%s): see what hawker doctor says, and restore a backup", wrong[0])
	case err != nil && short.Err() != nil && ctx.Err() == nil:
		a.log.Info("the database is too large to be looked through at a start; hawker doctor does")
		return nil
	case err != nil:
		return fmt.Errorf("the database cannot be read through: see what hawker doctor says, and restore a backup: %w",
			err)
	}
	return nil
}
