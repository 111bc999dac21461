package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/cache/cachetest"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/lease/leasetest"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/realtime/realtimetest"
	"hawker/internal/platform/redis"
	"hawker/internal/platform/redis/redistest"
	"hawker/internal/platform/sqldb/sqltest"
)

// open is a node's view of a server.
func open(t *testing.T, s *redistest.Server, c clock.Clock) *redis.Server {
	t.Helper()
	r, err := redis.Open(redis.Options{URL: s.URL(), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	cachetest.RunLimiter(t, func(t *testing.T, c clock.Clock) []cache.Limiter {
		t.Helper()
		s := redistest.Start(t)
		return []cache.Limiter{
			redis.Limiter{Server: open(t, s, c), Name: "door"}, redis.Limiter{Server: open(t, s, c), Name: "door"},
		}
	})
}

func TestLocker(t *testing.T) {
	t.Parallel()
	leasetest.Run(t, func(t *testing.T) (lease.Locker, *clock.Manual) {
		t.Helper()
		c := clock.NewManual(sqltest.Start)
		return redis.Locker{Server: open(t, redistest.Start(t), c)}, c
	})
}

func TestRealtime(t *testing.T) {
	t.Parallel()
	realtimetest.Run(t, func(t *testing.T) []realtime.Opener {
		t.Helper()
		s := redistest.Start(t)
		return []realtime.Opener{open(t, s, clock.Real{}).Realtime, open(t, s, clock.Real{}).Realtime}
	})
}

// Limits of two doors with one name for a key are apart; the server's own time counts
// where no test has another, so nodes agree whose clocks do not.
func TestLimitersOfTwoDoors(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	r := cache.Rate{Count: 1, Per: time.Hour}
	for _, name := range []string{"door", "window"} {
		for i, want := range []bool{true, false} {
			l := redis.Limiter{Server: open(t, s, clock.Real{}), Name: name}
			if ok, err := l.Allow(t.Context(), "a", r); ok != want || err != nil {
				t.Errorf("%s, use %d: %v, %v", name, i+1, ok, err)
			}
		}
	}
}

// A server that is away is waited for once; others who ask in that second are told at
// once, and when it is back it is found by itself.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := clock.NewManual(sqltest.Start)
	r := open(t, s, c)
	want := func(what string, away bool) {
		t.Helper()
		if err := r.Ping(t.Context()); errors.Is(err, redis.ErrAway) != away || (err == nil) == away {
			t.Errorf("%s: %v", what, err)
		}
		if r.Away() != away {
			t.Errorf("%s: known to be away: %v", what, r.Away())
		}
	}
	want("there", false)
	s.Down()
	want("gone", true)
	s.Up()
	want("within the second in which nobody asks", true)
	c.Advance(time.Second)
	want("back", false)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Ping(gone); !errors.Is(err, context.Canceled) || r.Away() {
		t.Errorf("of a caller who is gone: %v, away %v", err, r.Away())
	}
}

// It need not be there when a node starts.
func TestAServerThatComesLater(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Down()
	c := clock.NewManual(sqltest.Start)
	r := open(t, s, c)
	if err := r.Ping(t.Context()); !errors.Is(err, redis.ErrAway) {
		t.Errorf("not there yet: %v", err)
	}
	s.Up()
	c.Advance(time.Second)
	if err := r.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a lost server gave away is not given again under the fence of before.
func TestFencesOutliveTheServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := clock.NewManual(sqltest.Start)
	r := open(t, s, c)
	hold := func(holder string) int64 {
		t.Helper()
		fence, err := redis.Locker{Server: r}.Hold(t.Context(), "n", holder, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return fence
	}
	before := hold("a")
	s.Down()
	if err := r.Ping(t.Context()); !errors.Is(err, redis.ErrAway) {
		t.Errorf("gone: %v", err)
	}
	s.Up()
	c.Advance(time.Second)
	if after := hold("b"); after <= before {
		t.Errorf("fence %d after %d", after, before)
	}
}

// An address with a fault is told without what it holds.
func TestAnAddressIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"redis://:secret@host:99999999", "http://user:secret@host", "secret"} {
		if _, err := redis.Open(redis.Options{URL: url, Clock: clock.Real{}}); err == nil {
			continue
		} else if got := err.Error(); got == "" || len(got) > 200 || strings.Contains(got, "secret") {
			t.Errorf("%q", got)
		}
	}
}
