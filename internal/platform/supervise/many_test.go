package supervise_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/supervise"
)

// Whatever falls at once is counted once each, and none of them is an answer.
func TestManyFallAtOnce(t *testing.T) {
	t.Parallel()
	s := supervise.New(slog.New(slog.DiscardHandler), clock.Real{})
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			err := s.Call("tea", func() error {
				if n%2 == 0 {
					panic(errors.New("secret-dsn"))
				}
				return nil
			})
			if (err == nil) != (n%2 == 1) || err != nil && err.Error() != "panic in tea" {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	group.Wait()
	if s.Panics() != 25 {
		t.Errorf("counted %d", s.Panics())
	}
}

// Pauses grow to a minute and no further, begin anew after a steady run, and end with
// the program.
func TestPausesHaveALimitAndBeginAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := supervise.New(slog.New(slog.DiscardHandler), clock.Real{})
		ctx, cancel := context.WithCancel(t.Context())
		var pauses []time.Duration
		var ended time.Time
		runs := 0
		s.Run(ctx, "tea", func(ctx context.Context) error {
			if runs++; runs > 1 {
				pauses = append(pauses, time.Since(ended))
			}
			if runs == 10 { // a long day, and then it fails
				timer := time.NewTimer(5 * time.Minute)
				<-timer.C
			}
			if runs == 12 {
				time.AfterFunc(time.Second, cancel) // within the next pause
			}
			ended = time.Now()
			return errors.New("cold")
		})
		want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60, 1, 2}
		if len(pauses) != len(want) {
			t.Fatalf("pauses of %v", pauses)
		}
		for i, p := range pauses {
			if p != want[i]*time.Second {
				t.Errorf("pause %d is %s, want %d s", i, p, want[i])
			}
		}
		if after := time.Since(ended); after != time.Second {
			t.Errorf("it ended %s after it was told to", after)
		}
	})
}
