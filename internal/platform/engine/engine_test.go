package engine_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/engine"
)

// Who runs it takes a return for a failure and starts it again.
func TestRunStaysWithoutServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, err := engine.Open(t.Context(), config.Config{}, "", clock.Real{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		runners := set.Runners()
		ended := make(chan error, len(runners))
		for _, r := range runners {
			go func() { ended <- r.Run(ctx) }()
		}
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		default:
		}
		cancel()
		for range runners {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		if names := set.Degraded(t.Context()); len(names) > 0 {
			t.Errorf("away: %v", names)
		}
	})
}
