package changes_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/changes"
	"hawker/internal/base/clock"
)

// told counts how often each thing was told.
type told map[string]int

func (t told) tell(_ context.Context, k string) { t[k]++ }

func TestChangesOfOneThingAreToldTogether(t *testing.T) {
	t.Parallel()
	var s changes.Set[string]
	got := told{}
	s.Flush(t.Context(), got.tell)
	if len(got) != 0 {
		t.Errorf("nothing changed, yet %v was told", got)
	}
	for _, k := range []string{"a", "b", "a", "a"} {
		s.Note(k)
	}
	s.Flush(t.Context(), got.tell)
	s.Flush(t.Context(), got.tell)
	if want := (told{"a": 1, "b": 1}); !maps.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestAChangeDuringTheTellingIsToldNext(t *testing.T) {
	t.Parallel()
	var s changes.Set[string]
	got := told{}
	s.Note("a")
	s.Flush(t.Context(), func(ctx context.Context, k string) {
		got.tell(ctx, k)
		s.Note(k) // a lock held here would never end this test
	})
	if got["a"] != 1 {
		t.Errorf("told %v", got)
	}
	s.Flush(t.Context(), got.tell)
	if got["a"] != 2 {
		t.Errorf("told %v", got)
	}
}

func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 500
	var s changes.Set[int]
	var mu sync.Mutex
	seen := map[int]bool{}
	tell := func(_ context.Context, k int) {
		mu.Lock()
		defer mu.Unlock()
		seen[k] = true
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				s.Note(w*each + i)
				if i%50 == 0 {
					s.Flush(t.Context(), tell)
				}
			}
		})
	}
	wg.Wait()
	s.Flush(t.Context(), tell)
	if len(seen) != writers*each {
		t.Errorf("%d of %d changes were told", len(seen), writers*each)
	}
}

func TestRunTellsEveryMomentUntilItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var s changes.Set[string]
		begin := time.Now()
		var at []time.Duration
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, clock.Real{}, time.Second, func(context.Context, string) { at = append(at, time.Since(begin)) })
		}()
		s.Note("a")
		s.Note("a")
		time.Sleep(1500 * time.Millisecond) // of the test's own time
		s.Note("a")
		time.Sleep(3 * time.Second)
		cancel()
		<-done
		if want := []time.Duration{time.Second, 2500 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("told at %v, want %v", at, want)
		}
	})
}
