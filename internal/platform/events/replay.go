package events

import (
	"context"
	"math"
	"time"

	"hawker/internal/platform/sqldb"
)

// Keep has the relay keep for Replay what the carrier has, until LogTask forgets it; 0 is
// nothing. It has to be less than consumers are remembered for (Task).
func (b *Bus) Keep(d time.Duration) *Bus {
	b.keep = d
	return b
}

// Replay tells the carrier anew what was kept since a time, in its order; name "" is all.
// Each group hears of it: handlers of ours leave alone what they had, notifiers are told
// once more, others know it by its id. tell hears how many are told and when the last of
// them was. It ends with ctx and answers how many it told.
func Replay(ctx context.Context, db *sqldb.DB, to Carrier, since time.Time, name string,
	tell func(told int, at time.Time),
) (told int, err error) {
	if err := to.Declare(ctx, nil); err != nil {
		return 0, err
	}
	for after := (place{sqldb.Millis(since) - 1, math.MaxInt64}); ; {
		batch, err := logged(ctx, db.Reader(), after, name)
		if err != nil || len(batch) == 0 {
			return told, err
		}
		if err := to.Publish(ctx, batch); err != nil {
			return told, err
		}
		last := batch[len(batch)-1]
		after = place{sqldb.Millis(last.At), last.ID.Int()}
		told += len(batch)
		tell(told, last.At)
	}
}
