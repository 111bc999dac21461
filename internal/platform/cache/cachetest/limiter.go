// Package cachetest is what every engine behind the ports of cache must pass: the
// one in the process, and whichever several nodes share.
package cachetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
)

// Limiters opens an engine that counts by the clock c and knows no key yet. It is
// called once a test; engines that share what they count may answer several doors
// to it, as many as nodes would have.
type Limiters func(t *testing.T, c clock.Clock) []cache.Limiter

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// RunLimiter proves a limiter.
func RunLimiter(t *testing.T, open Limiters) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, l *limits)
	}{
		{"a burst, then no more", burst},
		{"comes back with time", refill},
		{"keys are apart", apart},
		{"a long limit outlives a pause", long},
		{"no limit", none},
		{"many at once are not too many", many},
		{"a changed rate begins anew", changed},
		{"what is given back can be used again", returned},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := clock.NewManual(start)
			c.test(t, &limits{t: t, clock: k, doors: open(t, k)})
		})
	}
}

type limits struct {
	t     *testing.T
	clock *clock.Manual
	doors []cache.Limiter
	next  atomic.Int64
}

// allow asks one door after the other.
func (l *limits) allow(key string, r cache.Rate) bool {
	l.t.Helper()
	door := l.doors[int(l.next.Add(1))%len(l.doors)]
	ok, err := door.Allow(l.t.Context(), key, r)
	if err != nil {
		l.t.Error(err)
	}
	return ok
}

// want uses a key until it is refused, and wants that after n times.
func (l *limits) want(key string, r cache.Rate, n int) {
	l.t.Helper()
	got := 0
	for got <= n && l.allow(key, r) {
		got++
	}
	if got != n {
		l.t.Errorf("%s: allowed %d times, want %d", key, got, n)
	}
}

func burst(_ *testing.T, l *limits) {
	r := cache.Rate{Count: 5, Per: time.Minute}
	l.want("a", r, 5)
	l.want("a", r, 0)
}

func refill(_ *testing.T, l *limits) {
	r := cache.Rate{Count: 6, Per: time.Minute}
	l.want("a", r, 6)
	l.clock.Advance(9 * time.Second)
	l.want("a", r, 0)
	l.clock.Advance(time.Second)
	l.want("a", r, 1)
	l.clock.Advance(25 * time.Second)
	l.want("a", r, 2)
	l.clock.Advance(time.Hour)
	l.want("a", r, 6) // never more than a burst
}

func apart(_ *testing.T, l *limits) {
	r := cache.Rate{Count: 2, Per: time.Minute}
	l.want("a", r, 2)
	l.want("a:b", r, 2)
	l.want("", r, 2)
	l.want("茶", r, 2)
	l.want("a", r, 0)
}

// long has a day's limit used up: half an hour later it has not come back by being
// forgotten.
func long(_ *testing.T, l *limits) {
	r := cache.Rate{Count: 2, Per: 24 * time.Hour}
	l.want("a", r, 2)
	for range 3 {
		l.clock.Advance(30 * time.Minute)
		l.want("a", r, 0)
	}
	l.clock.Advance(11 * time.Hour)
	l.want("a", r, 1)
}

func none(t *testing.T, l *limits) {
	for range 100 {
		if !l.allow("a", cache.Rate{}) {
			t.Fatal("refused where nothing is limited")
		}
	}
}

func many(t *testing.T, l *limits) {
	r := cache.Rate{Count: 50, Per: time.Hour}
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 10 {
				if l.allow("a", r) {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if n := allowed.Load(); n != 50 {
		t.Errorf("allowed %d of 200 at once, want 50", n)
	}
}

func changed(_ *testing.T, l *limits) {
	l.want("a", cache.Rate{Count: 1, Per: time.Hour}, 1)
	l.want("a", cache.Rate{Count: 3, Per: time.Minute}, 3)
}

func returned(t *testing.T, l *limits) {
	r := cache.Rate{Count: 3, Per: time.Hour}
	give := func() {
		t.Helper()
		if err := l.doors[0].Return(t.Context(), "a", r); err != nil {
			t.Error(err)
		}
	}
	l.want("a", r, 3)
	give()
	l.want("a", r, 1)
	for range 10 {
		give()
	}
	l.clock.Advance(time.Second)
	l.want("a", r, 3) // never more than a burst
}
