// Package cache keeps what may be lost: answers read often, and how much of a
// limit a caller has used. In the process by itself; the interfaces are what
// several nodes will share through Redis.
package cache

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"hawker/internal/base/clock"
)

// Rate allows Count per Per, with a burst of Count. The zero Rate is no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Limiter counts uses of a key. An engine proves itself by cachetest.RunLimiter.
type Limiter interface {
	// Allow reports whether one more use of key is within the rate.
	Allow(ctx context.Context, key string, r Rate) (bool, error)
	// Return gives one use back that was allowed and turned out not to count.
	Return(ctx context.Context, key string, r Rate) error
}

const (
	limitKeysMax  = 100_000
	limitKeysKeep = 10 * time.Minute
)

// MemoryLimiter counts in this process.
type MemoryLimiter struct {
	clock   clock.Clock
	buckets *otter.Cache[use, *rate.Limiter]
}

// use is a key under one rate: a key whose rate is changed begins anew.
type use struct {
	key  string
	rate Rate
}

// NewMemoryLimiter makes a limiter that forgets keys whose allowance is whole again
// and that were unused for a while.
func NewMemoryLimiter(c clock.Clock) *MemoryLimiter {
	return &MemoryLimiter{c, quiet(&otter.Options[use, *rate.Limiter]{
		MaximumSize: limitKeysMax,
		Clock:       ticks{c},
		ExpiryCalculator: otter.ExpiryAccessingFunc(func(e otter.Entry[use, *rate.Limiter]) time.Duration {
			return max(limitKeysKeep, e.Key.rate.Per)
		}),
	})}
}

// quiet makes a cache without the goroutine that looks for what has ended each second:
// its size is bounded, what has ended is found when it is asked for, and nobody would
// end that goroutine with the test or the service that made the cache.
func quiet[K comparable, V any](o *otter.Options[K, V]) *otter.Cache[K, V] {
	c := otter.Must(o)
	c.StopAllGoroutines()
	return c
}

// ticks is the program's clock as the cache reads it.
type ticks struct{ clock.Clock }

func (t ticks) NowNano() int64                    { return t.Now().UnixNano() }
func (ticks) Tick(time.Duration) <-chan time.Time { return nil }

// Allow implements Limiter.
func (m *MemoryLimiter) Allow(_ context.Context, key string, r Rate) (bool, error) {
	if r.Count <= 0 {
		return true, nil
	}
	l, _ := m.buckets.ComputeIfAbsent(use{key, r}, func() (*rate.Limiter, bool) {
		return rate.NewLimiter(rate.Limit(float64(r.Count)/r.Per.Seconds()), r.Count), false
	})
	return l.AllowN(m.clock.Now(), 1), nil
}

// Return implements Limiter.
func (m *MemoryLimiter) Return(_ context.Context, key string, r Rate) error {
	if l, ok := m.buckets.GetIfPresent(use{key, r}); ok && r.Count > 0 {
		l.AllowN(m.clock.Now(), -1) // the bucket never holds more than its burst when it is next used
	}
	return nil
}

// Map keeps recent answers of a costly question for a short time.
type Map[K comparable, V any] struct {
	items *otter.Cache[K, V]
}

// NewMap holds at most size entries, each for at most keep.
func NewMap[K comparable, V any](size int, keep time.Duration) *Map[K, V] {
	return &Map[K, V]{quiet(&otter.Options[K, V]{
		MaximumSize:      size,
		ExpiryCalculator: otter.ExpiryWriting[K, V](keep),
	})}
}

// Get answers from the cache, or asks load once for all who wait for the key, and again
// where that was forgotten meanwhile: what was read before is not kept.
func (m *Map[K, V]) Get(ctx context.Context, key K, load func(ctx context.Context, key K) (V, error)) (V, error) {
	return m.items.Get(ctx, key, otter.LoaderFunc[K, V](load))
}

// Forget drops a key.
func (m *Map[K, V]) Forget(key K) { m.items.Invalidate(key) }

// Put keeps an answer that is known already.
func (m *Map[K, V]) Put(key K, v V) { m.items.Set(key, v) }

// Peek answers from the cache alone.
func (m *Map[K, V]) Peek(key K) (V, bool) { return m.items.GetIfPresent(key) }
