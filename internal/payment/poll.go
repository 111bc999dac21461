package payment

import (
	"context"
	"time"

	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
)

// refundOptions bound the work of sending money back.
func refundOptions() jobs.Options { return jobs.Options{Workers: 1, Lease: time.Minute, Tries: 20} }

// pollWait is the pause before the next question about an open payment.
func pollWait(polls int) time.Duration {
	waits := [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	return waits[min(polls, len(waits)-1)]
}

// Poll asks providers about open payments whose notification has not come, and
// closes those whose time is over. It answers how many it asked about.
func (s *Service) Poll(ctx context.Context, limit int) (int, error) {
	now := s.db.Clock().Now()
	due, err := duePayments(ctx, s.db.Reader(), now, limit)
	if err != nil {
		return 0, err
	}
	for _, p := range due {
		if err := s.pollOne(ctx, p, now); err != nil && ctx.Err() == nil {
			s.log.Warn("payment not polled", "payment", p.ID.String(), "error", err)
		}
	}
	return len(due), nil
}

func (s *Service) pollOne(ctx context.Context, p Payment, now time.Time) error {
	// Postponed first: a provider that is down must not be asked in a tight loop.
	next := now.Add(pollWait(p.Polls + 1))
	if next.After(p.ExpiresAt) && now.Before(p.ExpiresAt) {
		next = p.ExpiresAt
	}
	if err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return postponePoll(ctx, tx, p.ID,
			next)
	}); err != nil {
		return err
	}
	provider := s.providers[p.Provider]
	question := provider.Query
	if !now.Before(p.ExpiresAt) {
		question = provider.Close
	} else if p.PayURL == "" { // the intent was stored, but the provider may not have heard of it
		if _, err := s.ask(ctx, provider, p); err != nil {
			return err
		}
	}
	r, err := question(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return s.apply(ctx, tx, r) })
}
