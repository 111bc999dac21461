package audit

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"hawker/internal/platform/cache"
	"hawker/internal/platform/sqldb"
)

// Refusals keeps who tried what is not theirs: each person and operation once a minute,
// and so many in all, because who is refused decides how often.
type Refusals struct {
	DB      *sqldb.DB
	Limiter cache.Limiter
	Log     *slog.Logger

	count atomic.Int64
}

// ActionRefused is the action of a refusal; its subject is the operation.
const ActionRefused Action = "access.refused"

// refusalsMax bounds what the log takes of refusals in a minute.
const refusalsMax = 60

// Count is how many there were, whether or not they were kept.
func (r *Refusals) Count() int64 { return r.count.Load() }

// Note keeps a refusal of whoever the context is of.
func (r *Refusals) Note(ctx context.Context, operation string) {
	r.count.Add(1)
	o := OriginOf(ctx)
	for key, most := range map[string]int{
		"audit:" + operation + ":" + o.Actor.String(): 1, "audit:refusals": refusalsMax,
	} {
		ok, err := r.Limiter.Allow(ctx, key, cache.Rate{Count: most, Per: time.Minute})
		if err != nil || !ok {
			return
		}
	}
	// Who hangs up is told of all the same.
	err := r.DB.Update(context.WithoutCancel(ctx), func(ctx context.Context, tx *sqldb.Tx) error {
		return Record(ctx, tx, Entry{Action: ActionRefused, Outcome: Refused, Subject: operation})
	})
	if err != nil {
		r.Log.Warn("refusal not kept", "operation", operation, "error", err)
	}
}
