package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// pollEvery bounds how late a retry or a late payment is.
const pollEvery = time.Second

// retries are the pauses after each failed delivery; after the last only a query helps.
func retries() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute,
		10 * time.Minute,
		30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 6 * time.Hour,
	}
}

// Run delivers notifications and lets late money arrive until ctx ends. What is
// left is delivered after the next start.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.work(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("sandbox worker", "error", err)
		}
		timer := s.clock.NewTimer(pollEvery)
		select {
		case <-timer.C():
		case <-s.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (s *Service) work(ctx context.Context) error {
	if err := s.payLate(ctx, s.clock.Now()); err != nil {
		return err
	}
	for ctx.Err() == nil {
		due, err := s.store.dueNotifications(ctx, s.clock.Now())
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			if err := s.deliver(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) deliver(ctx context.Context, d delivery) error {
	err := s.send(ctx, d)
	if err == nil {
		return s.store.took(ctx, d)
	}
	if ctx.Err() != nil {
		return nil // stopping is not the merchant's failure
	}
	pauses := retries()
	last := d.attempts >= len(pauses)
	s.log.Info("notification not taken", "id", d.id, "attempt", d.attempts+1, "last", last, "error", err)
	return s.store.postpone(ctx, d, s.clock.Now().Add(pauses[min(d.attempts, len(pauses)-1)]), last)
}

var errNotTaken = errors.New("merchant did not take it")

func (s *Service) send(ctx context.Context, d delivery) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.body))
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if d.defect == ScenarioOldTimestamp && d.attempts == 0 {
		now = now.Add(-10 * time.Minute)
	}
	signAnswer(req.Header, s.key, now, d.body)
	if d.defect == ScenarioBadSignature && d.attempts == 0 {
		signAnswer(req.Header, s.key, now, append([]byte(" "), d.body...))
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, bodyMax)); err != nil {
		return err
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("%w: %s", errNotTaken, res.Status)
	}
	return nil
}
