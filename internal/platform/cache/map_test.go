package cache_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/platform/cache"
)

// Of many who ask at once one does the costly work, and all have its answer; somebody
// else's key is somebody else's answer.
func TestOneAsksForAll(t *testing.T) {
	t.Parallel()
	m := cache.NewMap[string, int64](10, time.Hour)
	var loads atomic.Int64
	load := func(_ context.Context, key string) (int64, error) {
		return loads.Add(1)*10 + int64(len(key)), nil
	}
	answers := make([]int64, 50)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			var err error
			if answers[i], err = m.Get(t.Context(), "tea", load); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, n := range answers {
		if n != 13 {
			t.Fatalf("answers %v after %d loads", answers, loads.Load())
		}
	}
	if n, err := m.Get(t.Context(), "chai", load); n != 24 || err != nil {
		t.Errorf("another key: %d, %v", n, err)
	}
}

// What was forgotten while somebody was asking is not kept: who asks afterwards hears
// what is so now. Room doors are kept like this, and a room's mode may change.
func TestWhatWasForgottenMeanwhileIsNotKept(t *testing.T) {
	t.Parallel()
	m := cache.NewMap[string, string](10, time.Hour)
	asked, goOn := make(chan struct{}), make(chan struct{})
	var mode atomic.Value
	mode.Store("open")
	first := sync.OnceFunc(func() { close(asked); <-goOn })
	load := func(context.Context, string) (string, error) {
		read := mode.Load().(string)
		first() // who reads first is slow to tell
		return read, nil
	}
	done := make(chan error, 1)
	go func() {
		_, err := m.Get(t.Context(), "room", load)
		done <- err
	}()
	<-asked
	mode.Store("private")
	m.Forget("room")
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got, err := m.Get(t.Context(), "room", load); got != "private" || err != nil {
		t.Errorf("after it was forgotten the room is %q, %v", got, err)
	}
}

// A failure is nobody's answer: the next asks anew. One that falls leaves nobody
// waiting for ever.
func TestAFailureIsNotKept(t *testing.T) {
	t.Parallel()
	m := cache.NewMap[int, int](10, time.Hour)
	boom := errors.New("boom")
	_, err := m.Get(t.Context(), 1, func(context.Context, int) (int, error) { return 7, boom })
	if !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
	fell := crash.Catch(func() error {
		_, err := m.Get(t.Context(), 1, func(context.Context, int) (int, error) { panic(boom) })
		return err
	})
	if fell == nil {
		t.Error("a fall was an answer")
	}
	n, err := m.Get(t.Context(), 1, func(context.Context, int) (int, error) { return 8, nil })
	if n != 8 || err != nil {
		t.Errorf("then %d, %v", n, err)
	}
}

// More keys than there is room for are asked for again, and the answers stay right.
func TestMoreKeysThanRoom(t *testing.T) {
	t.Parallel()
	m := cache.NewMap[int, int](8, time.Hour)
	rapid.Check(t, func(rt *rapid.T) {
		for _, key := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 60).Draw(rt, "keys") {
			got, err := m.Get(t.Context(), key, func(_ context.Context, key int) (int, error) { return key * key, nil })
			if got != key*key || err != nil {
				rt.Fatalf("%d is %d, %v", key, got, err)
			}
			if key%7 == 0 {
				m.Forget(key)
			}
		}
	})
}

// A limiter is a bucket: over any walk of waiting and asking it lets through what a
// bucket of that size, filled at that rate, would.
func TestALimiterIsABucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		l := cache.NewMemoryLimiter(c)
		count := rapid.IntRange(1, 5).Draw(rt, "count")
		rate := cache.Rate{Count: count, Per: time.Duration(count) * time.Second} // one a second
		level := float64(count)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			wait := time.Duration(rapid.IntRange(0, 8).Draw(rt, "quarters")) * 250 * time.Millisecond
			c.Advance(wait)
			level = min(float64(count), level+wait.Seconds())
			want := level >= 1
			ok, err := l.Allow(t.Context(), "k", rate)
			if ok != want || err != nil {
				rt.Fatalf("allowed %v with %.2f in the bucket, %v", ok, level, err)
			}
			if want {
				level--
			}
		}
	})
}
