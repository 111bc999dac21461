// Package servertime keeps a node's clock with its database server's. Only sqldb calls it.
package servertime

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"hawker/internal/base/clock"
)

const (
	asks  = 3                      // the quickest answer counts
	loose = 200 * time.Millisecond // a difference below it is the network's
	told  = time.Second            // from here on somebody should look after a clock
)

// Align has a clock that follows show the server's time; any other stays as it is.
func Align(ctx context.Context, db *sql.DB, c clock.Clock, log *slog.Logger) error {
	f, ok := c.(*clock.Following)
	if !ok {
		return nil
	}
	ahead, err := ahead(ctx, db, f.Clock)
	if err != nil || (ahead-f.Ahead()).Abs() < loose {
		return err
	}
	f.Follow(ahead)
	if ahead.Abs() >= told {
		log.Warn("this machine's clock differs from the database's, which counts", "database_ahead", ahead.String())
	}
	return nil
}

// ahead is how far the server is ahead of a clock; it is off by half an answer's time at most.
func ahead(ctx context.Context, db *sql.DB, c clock.Clock) (ahead time.Duration, err error) {
	quickest := time.Hour
	for range asks {
		begun := c.Now()
		var there time.Time
		if err := db.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(3)").Scan(&there); err != nil {
			return 0, err
		}
		if took := c.Now().Sub(begun); took < quickest {
			quickest, ahead = took, there.Sub(begun.Add(took/2))
		}
	}
	return ahead, nil
}
