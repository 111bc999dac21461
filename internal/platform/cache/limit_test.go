package cache_test

import (
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/cache/cachetest"
)

func TestMemoryLimiter(t *testing.T) {
	t.Parallel()
	cachetest.RunLimiter(t, func(_ *testing.T, c clock.Clock) []cache.Limiter {
		return []cache.Limiter{cache.NewMemoryLimiter(c)}
	})
}
