package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/cache/cachetest"
)

func TestFallback(t *testing.T) {
	t.Parallel()
	cachetest.RunLimiter(t, func(_ *testing.T, c clock.Clock) []cache.Limiter {
		return []cache.Limiter{cache.Fallback{Shared: cache.NewMemoryLimiter(c), Own: cache.NewMemoryLimiter(c)}}
	})
}

// shared is an engine that can go away, and lose what it knew.
type shared struct {
	cache.Limiter
	away bool
}

var errAway = errors.New("away")

func (s *shared) Allow(ctx context.Context, key string, r cache.Rate) (bool, error) {
	if s.away {
		return false, errAway
	}
	return s.Limiter.Allow(ctx, key, r)
}

// While the engine is away and after it has lost everything, a limit that was used up
// here stays used up; a node that nobody asked yet has a limit of its own.
func TestALimitIsNeverOpen(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	engine := &shared{Limiter: cache.NewMemoryLimiter(c)}
	here := cache.Fallback{Shared: engine, Own: cache.NewMemoryLimiter(c)}
	there := cache.Fallback{Shared: engine, Own: cache.NewMemoryLimiter(c)}
	r := cache.Rate{Count: 3, Per: time.Hour}
	want := func(what string, f cache.Fallback, n int) {
		t.Helper()
		for i := range n + 1 {
			if ok, err := f.Allow(t.Context(), "a", r); ok != (i < n) || err != nil {
				t.Errorf("%s: use %d: %v, %v", what, i+1, ok, err)
			}
		}
	}
	want("together", here, 3)
	want("at the other node", there, 0)
	engine.away = true
	want("away, used up here", here, 0)
	want("away, at the other node", there, 3)
	engine.away, engine.Limiter = false, cache.NewMemoryLimiter(c)
	want("back, without its memory", here, 0)
	c.Advance(time.Hour)
	want("an hour later", here, 3)
	want("and there", there, 0)
}
