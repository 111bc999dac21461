package payment

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

const (
	// pollsAtOnce bounds how many questions a provider is asked side by side.
	pollsAtOnce = 4
	// pollFor is how long an answer is waited for: less than the lease under which
	// one node does this work.
	pollFor = 5 * time.Second
)

// Poll asks providers about open payments whose notification has not come, and
// closes those whose time is over: up to limit of each provider. Providers do not
// wait for one another, and one that does not answer is left alone until the next
// time. It answers how many payments it asked about.
func (s *Service) Poll(ctx context.Context, limit int) (int, error) {
	now := s.db.Clock().Now()
	var group errgroup.Group
	var asked atomic.Int64
	for name := range s.providers {
		due, err := duePayments(ctx, s.db.Reader(), name, now, limit)
		if err != nil {
			return int(asked.Load()), errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			asked.Add(s.pollAll(ctx, due, now))
			return nil
		})
	}
	err := group.Wait()
	return int(asked.Load()), err
}

// pollAll asks one provider and answers how often.
func (s *Service) pollAll(ctx context.Context, due []Payment, now time.Time) int64 {
	var group errgroup.Group
	group.SetLimit(pollsAtOnce)
	var asked atomic.Int64
	var silent atomic.Bool
	for _, p := range due {
		group.Go(func() error {
			if silent.Load() || ctx.Err() != nil {
				return nil // still due: the next sweep asks
			}
			asked.Add(1)
			question, cancel := context.WithTimeout(ctx, pollFor)
			defer cancel()
			err := s.pollOne(question, p, now)
			if question.Err() != nil {
				silent.Store(true)
			}
			if err != nil && ctx.Err() == nil {
				s.log.Warn("payment not polled", "payment", p.ID.String(), "error", err)
			}
			return nil
		})
	}
	_ = group.Wait() // none of them answers an error
	return asked.Load()
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
	}
	r, err := question(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return s.apply(ctx, tx, p.Provider, r) })
}
