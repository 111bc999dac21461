// Package leasetest is what every engine behind lease.Locker must pass.
package leasetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/lease"
)

// Open opens an engine in which nobody holds anything, and the clock by which its
// leases end.
type Open func(t *testing.T) (lease.Locker, *clock.Manual)

const term = 9 * time.Second

// Run proves a locker.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, k *kit)
	}{
		{"one holder at a time", oneHolder},
		{"one of many", oneOfMany},
		{"a dead holder loses it", lapses},
		{"given back", givenBack},
		{"who comes after another has the greater fence", fences},
		{"work goes on under it", whileHeld},
		{"work ends when it is lost", whileLost},
		{"work ends when nobody can say", whileBlind},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, clock := open(t)
			c.test(t, &kit{t: t, locker: l, clock: clock})
		})
	}
}

type kit struct {
	t      *testing.T
	locker lease.Locker
	clock  *clock.Manual
}

func (k *kit) lease(holder string) lease.Lease {
	return lease.Lease{Locker: k.locker, Clock: k.clock, Name: "n", Holder: holder, For: term}
}

func (k *kit) want(what string, l lease.Lease, held bool) {
	k.t.Helper()
	if got, err := l.Hold(k.t.Context()); got != held || err != nil {
		k.t.Errorf("%s: %v, %v", what, got, err)
	}
}

func oneHolder(_ *testing.T, k *kit) {
	other := k.lease("b")
	other.Name = "m"
	k.want("the first", k.lease("a"), true)
	k.want("another meanwhile", k.lease("b"), false)
	k.want("another name", other, true)
	k.clock.Advance(term - time.Second)
	k.want("renewed", k.lease("a"), true)
	k.clock.Advance(term)
	k.want("another in the last moment", k.lease("b"), false)
}

func oneOfMany(t *testing.T, k *kit) {
	for _, round := range []string{"free", "lapsed"} {
		var held atomic.Int64
		var group sync.WaitGroup
		for _, holder := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			group.Go(func() {
				got, err := k.lease(round + holder).Hold(t.Context())
				if err != nil {
					t.Error(err)
				}
				if got {
					held.Add(1)
				}
			})
		}
		group.Wait()
		if n := held.Load(); n != 1 {
			t.Errorf("a %s lease has %d holders", round, n)
		}
		k.clock.Advance(2 * term)
	}
}

func lapses(_ *testing.T, k *kit) {
	k.want("the first", k.lease("a"), true)
	k.clock.Advance(term + time.Second)
	k.want("another after it lapsed", k.lease("b"), true)
	k.want("the first comes back", k.lease("a"), false)
}

func givenBack(t *testing.T, k *kit) {
	k.want("the first", k.lease("a"), true)
	for _, who := range []string{"b", "a", "a"} { // a stranger, the holder, and once more
		if err := k.lease(who).Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if who == "b" {
			k.want("after a stranger's release", k.lease("c"), false)
		}
	}
	k.want("after the release", k.lease("b"), true)
}

func fences(t *testing.T, k *kit) {
	var last int64
	take := func(what, holder string, grows bool) {
		t.Helper()
		fence, err := k.lease(holder).Fence(t.Context())
		if err != nil || fence == 0 || grows != (fence > last) || fence < last {
			t.Errorf("%s: %d after %d, %v", what, fence, last, err)
		}
		last = fence
	}
	take("the first", "a", true)
	take("renewed", "a", false)
	if fence, err := k.lease("b").Fence(t.Context()); fence != 0 || err != nil {
		t.Errorf("another meanwhile: %d, %v", fence, err)
	}
	k.clock.Advance(term + time.Second)
	take("another after it lapsed", "b", true)
	if err := k.lease("b").Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.clock.Advance(time.Millisecond)
	take("the first again, after it was given back", "a", true)
}

// watch is a locker and a clock of which a test knows when they were asked.
type watch struct {
	lease.Locker
	*clock.Manual
	held   chan struct{}
	timers chan struct{}
	down   atomic.Bool
}

var errDown = errors.New("the engine is down")

func (w *watch) Hold(ctx context.Context, name, holder string, d time.Duration) (fence int64, err error) {
	if w.down.Load() {
		err = errDown
	} else {
		fence, err = w.Locker.Hold(ctx, name, holder, d)
	}
	w.held <- struct{}{}
	return fence, err
}

func (w *watch) NewTimer(d time.Duration) clock.Timer {
	timer := w.Manual.NewTimer(d)
	w.timers <- struct{}{}
	return timer
}

// renewal lets a third of the term go by and waits for what the lease does then.
func (w *watch) renewal() {
	<-w.timers
	w.Advance(term / 3)
	<-w.held
}

// ended reports whether the work ends rather than goes on to the next renewal.
func (w *watch) ended(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-w.timers:
		return false
	}
}

// work runs fn under a's lease.
func (k *kit) work(fn func(ctx context.Context, w *watch)) {
	k.t.Helper()
	w := &watch{
		Locker: k.locker, Manual: k.clock, held: make(chan struct{}, 1), timers: make(chan struct{}, 1),
	}
	l := k.lease("a")
	l.Locker, l.Clock = w, w
	held, err := l.While(k.t.Context(), func(ctx context.Context) error {
		<-w.held // it was taken
		fn(ctx, w)
		return nil
	})
	if err != nil || !held {
		k.t.Errorf("held %v, %v", held, err)
	}
}

func whileHeld(_ *testing.T, k *kit) {
	k.work(func(ctx context.Context, w *watch) {
		for range 5 {
			w.renewal()
			k.want("another meanwhile", k.lease("b"), false)
		}
		if w.ended(ctx) {
			k.t.Error("the work was ended while the lease was held")
		}
	})
	k.want("another after the work", k.lease("b"), true)
	ran := false
	held, err := k.lease("a").While(k.t.Context(), func(context.Context) error { ran = true; return nil })
	if ran || held || err != nil {
		k.t.Errorf("worked under another's lease: %v, %v, %v", ran, held, err)
	}
}

func whileLost(t *testing.T, k *kit) {
	k.work(func(ctx context.Context, w *watch) {
		if err := k.locker.Release(t.Context(), "n", "a"); err != nil {
			t.Error(err)
		}
		k.clock.Advance(time.Millisecond)
		k.want("another", k.lease("b"), true)
		w.renewal()
		if !w.ended(ctx) || !errors.Is(context.Cause(ctx), lease.ErrLost) {
			t.Errorf("ended by %v", context.Cause(ctx))
		}
	})
	k.want("the other keeps it", k.lease("c"), false)
}

// whileBlind has the engine fail: the work goes on as long as nobody else can hold
// the lease, and no longer.
func whileBlind(t *testing.T, k *kit) {
	k.work(func(ctx context.Context, w *watch) {
		w.down.Store(true)
		for range 2 {
			w.renewal()
			if ctx.Err() != nil {
				t.Error("the work was ended while nobody else could hold the lease")
			}
		}
		w.renewal()
		if !w.ended(ctx) {
			t.Error("the work goes on though another may hold the lease")
		}
		w.down.Store(false)
	})
}
