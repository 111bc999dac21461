package lease_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/crash"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb/sqltest"
)

// Work that falls gives its lease back like work that ends: else its node would renew
// it for ever and nobody else ever do the work.
func TestWorkThatFallsGivesItsLeaseBack(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	boom := errors.New("boom")
	for what, work := range map[string]func(context.Context) error{
		"ends":  func(context.Context) error { return nil },
		"fails": func(context.Context) error { return boom },
		"falls": func(context.Context) error { panic(boom) },
	} {
		var inner context.Context
		err := crash.Catch(func() error {
			held, err := lease.In(db, what, time.Minute).While(t.Context(), func(ctx context.Context) error {
				inner = ctx
				return work(ctx)
			})
			if !held {
				t.Errorf("%s: not held", what)
			}
			return err
		})
		if (err == nil) != (what == "ends") || err != nil && !errors.Is(err, boom) {
			t.Errorf("%s: %v", what, err)
		}
		if inner.Err() == nil {
			t.Errorf("%s: what it began goes on", what)
		}
		c.Advance(time.Millisecond)
		if held, err := lease.In(db, what, time.Minute).Hold(t.Context()); !held || err != nil {
			t.Errorf("after work that %s another is told %v, %v", what, held, err)
		}
	}
}

// Whoever gives up while the engine does not answer gets its error and does no work.
func TestNoWorkWithoutALease(t *testing.T) {
	t.Parallel()
	db, _ := sqltest.NewManual(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	held, err := lease.In(db, "n", time.Minute).While(ctx, func(context.Context) error { ran = true; return nil })
	if held || ran || !errors.Is(err, context.Canceled) {
		t.Errorf("held %v, ran %v, %v", held, ran, err)
	}
}

// Of nodes that all want to do the work, one does it at a time, and all that wait come
// to it in the end.
func TestOneWorksAtATime(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	var inside, most, done atomic.Int64
	var group sync.WaitGroup
	for range 6 {
		l := lease.In(db, "work", time.Hour)
		group.Go(func() {
			for held := false; !held; {
				var err error
				held, err = l.While(t.Context(), func(context.Context) error {
					most.Store(max(most.Load(), inside.Add(1)))
					defer inside.Add(-1)
					done.Add(1)
					return db.Ping(t.Context())
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if most.Load() != 1 || done.Load() != 6 {
		t.Errorf("%d at once, %d done", most.Load(), done.Load())
	}
}

// model is who holds a name until when, said plainly.
type model struct {
	holder string
	until  time.Time
}

// A table of leases is a list: whatever the order in which holders take, renew, give
// back and let lapse.
func TestTheTableIsAList(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		names := map[string]*model{}
		for _, n := range []string{"relay", "sweep"} {
			names[fmt.Sprint(n, round)] = &model{}
		}
		all := []string{fmt.Sprint("relay", round), fmt.Sprint("sweep", round)}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			name := rapid.SampledFrom(all).Draw(rt, "name")
			holder := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "holder")
			m, now := names[name], c.Now()
			switch rapid.IntRange(0, 3).Draw(rt, "act") {
			case 0:
				c.Advance(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "ms")) * time.Millisecond)
			case 1:
				if err := (lease.Database{DB: db}).Release(t.Context(), name, holder); err != nil {
					rt.Fatal(err)
				}
				if m.holder == holder {
					m.until = time.Time{}
				}
			default:
				d := time.Duration(rapid.IntRange(1, 3).Draw(rt, "term")) * time.Second
				fence, err := (lease.Database{DB: db}).Hold(t.Context(), name, holder, d)
				held := fence > 0
				want := m.holder == "" || m.holder == holder || m.until.Before(now)
				if held != want || err != nil {
					rt.Fatalf("%s takes %s from %+v: %v, %v", holder, name, m, held, err)
				}
				if want {
					m.holder, m.until = holder, now.Add(d)
				}
			}
		}
	})
}
