package signin

import (
	"context"
	"time"

	"hawker/internal/platform/sqldb"
)

// sweepStep bounds what one transaction ends.
const sweepStep = 200

// Sweep ends sessions whose time is up or that nobody used for too long, on open sockets too.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.WriteSeen(ctx); err != nil {
		return err
	}
	for {
		var list []stale
		err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
			if list, err = staleSessions(ctx, tx, tx.Now(), s.Idle, sweepStep); err != nil {
				return err
			}
			for _, x := range list {
				if err := s.drop(ctx, tx, x.user, []ended{x.ended}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, x := range list {
			s.forget([]ended{x.ended})
		}
		if len(list) == 0 {
			return nil
		}
	}
}

// NextSweep is when the next session ends by itself; zero while there is none.
func (s *Service) NextSweep(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	expired, err := sqldb.Oldest("account_session", "expires_at", 0)(ctx, q)
	if err != nil || expired.IsZero() {
		return expired, err
	}
	idle, err := sqldb.Oldest("account_session", "seen_at", s.Idle)(ctx, q)
	if err != nil || idle.IsZero() || expired.Before(idle) {
		return expired, err
	}
	return idle, nil
}
