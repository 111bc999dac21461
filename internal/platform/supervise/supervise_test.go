package supervise_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/supervise"
)

func TestAPanicIsLoggedWithItsStackCountedAndAnErrorForItsCaller(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := supervise.New(slog.New(slog.NewTextHandler(&log, nil)), clock.Real{})
	err := s.Call("tea.brew", func() error { panic("no water") })
	if err == nil || s.Panics() != 1 {
		t.Errorf("answered %v, counted %d", err, s.Panics())
	}
	for _, want := range []string{"tea.brew", "no water", "supervise_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not tell %q:\n%s", want, log.String())
		}
	}
	if err := s.Call("tea.brew", func() error { return context.Canceled }); !errors.Is(err, context.Canceled) {
		t.Errorf("an error is handed on as it is, got %v", err)
	}
}

func TestARunnerThatEndsIsStartedAgainWithGrowingPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := supervise.New(slog.New(slog.DiscardHandler), clock.Real{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began := time.Now()
		var starts []time.Duration
		s.Run(ctx, "tea.serve", func(ctx context.Context) error {
			starts = append(starts, time.Since(began))
			switch len(starts) {
			case 1:
				panic("spilt")
			case 2:
				return errors.New("cold")
			}
			cancel()
			return ctx.Err()
		})
		want := []time.Duration{0, time.Second, 3 * time.Second}
		if len(starts) != 3 || starts[1] != want[1] || starts[2] != want[2] {
			t.Errorf("started at %v, want %v", starts, want)
		}
		if s.Panics() != 1 {
			t.Errorf("%d panics counted", s.Panics())
		}
	})
}
