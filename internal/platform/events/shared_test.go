package events_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// steadyHandler leaves one effect.
func steadyHandler(who string) events.Subscription {
	return handler(who, func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error { return effect(ctx, tx, who) })
}

// A relay that stood still comes back with what it read long ago, while another had
// the event: it takes nothing back of what that noted, whichever way its own try goes,
// and no effect happens twice.
func TestARelayThatStoodStillTakesNothingBack(t *testing.T) {
	t.Parallel()
	for _, slowFails := range []bool{true, false} {
		db, c := sqltest.NewManual(t, sqltest.Once)
		in, out := make(chan struct{}, 1), make(chan struct{})
		told := 0
		// The slow one has a notifier of its own, which waits while the other works.
		slow := bus(db, notifier("slow", func(context.Context, event.Envelope) error {
			if told++; told == 1 {
				in <- struct{}{}
				<-out
				if slowFails {
					return errNo
				}
			}
			return nil
		}), handler("never here", func(context.Context, *sqldb.Tx, event.Envelope) error { return errNo }))
		fast := bus(db, steadyHandler("once"),
			handler("later", func(context.Context, *sqldb.Tx, event.Envelope) error { return errNo }))
		record(t, db, nil, happened{"x"})
		done := make(chan error, 1)
		go func() { done <- slow.Drain(t.Context()) }()
		<-in
		drain(t, fast)
		close(out)
		if err := <-done; err != nil {
			t.Error(err)
		}
		for range 3 {
			c.Advance(time.Minute)
			drain(t, bus(db, steadyHandler("once"), steadyHandler("later")))
		}
		wantEffects(t, db, "once", 1)
		wantEffects(t, db, "later", 1)
		wantStuck(t, db, 0, 0)
	}
}

// Crashes at any moment: subscribers fail, fall or lose their process, try by try. In
// the end each effect is there once, each notifier was told at least once, and what
// nobody could take is listed.
func TestEachEffectHappensOnceWhateverFails(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	moods := rapid.StringMatching("[fp]{0,3}")
	for round := range 12 {
		plans := map[string]string{}
		for n, who := range []string{"a", "b", "c", "told"} {
			plans[fmt.Sprint(who, round)] = moods.Example(10*round + n)
		}
		var mu sync.Mutex
		tries := map[string]int{}
		attempt := func(who string) error {
			mu.Lock()
			plan := plans[who]
			n := tries[who]
			tries[who]++
			mu.Unlock()
			if n/2 >= len(plan) { // handlers are run twice in tests
				return nil
			}
			if plan[n/2] == 'p' {
				panic("a bug")
			}
			return errNo
		}
		var subs []events.Subscription
		for who := range plans {
			if strings.HasPrefix(who, "told") {
				subs = append(subs, notifier(who, func(context.Context, event.Envelope) error { return attempt(who) }))
				continue
			}
			subs = append(subs, handler(who, func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
				return errors.Join(effect(ctx, tx, who), attempt(who))
			}))
		}
		record(t, db, nil, happened{"x"})
		for range 12 {
			drain(t, bus(db, subs...)) // as a program that starts anew
			c.Advance(10 * time.Minute)
		}
		for who := range plans {
			if !strings.HasPrefix(who, "told") {
				wantEffects(t, db, who, 1)
			} else if tries[who] == 0 {
				t.Fatal("nobody was told")
			}
		}
		wantStuck(t, db, 0, 0)
	}
}

// jumpy is a carrier that has brought an event too often before it says that it took
// it over: what its consumers set aside then is not taken out with what was published.
type jumpy struct {
	events.Carrier
	take atomic.Pointer[func(ctx context.Context, d events.Delivery) error]
	all  chan struct{}
}

func (j *jumpy) Consume(ctx context.Context, _ string, take func(ctx context.Context, d events.Delivery) error) error {
	if j.take.CompareAndSwap(nil, &take) {
		close(j.all)
	}
	<-ctx.Done()
	return nil
}

func (j *jumpy) Publish(ctx context.Context, batch []event.Envelope) error {
	<-j.all
	for _, env := range batch {
		if err := (*j.take.Load())(ctx, events.Delivery{Envelope: env, Attempt: 12}); err != nil {
			return err
		}
	}
	return nil
}

func TestWhatIsSetAsideEarlyIsNotLost(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	b := bus(db, handler("never", func(context.Context, *sqldb.Tx, event.Envelope) error { return errNo }))
	b.Over(&jumpy{Carrier: events.NewMemory(clock.Real{}, time.Millisecond), all: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	record(t, db, nil, happened{"x"}, happened{"y"})
	go func() { done <- b.Run(ctx) }()
	for waiting := 1; waiting > 0; {
		changed := db.Changed()
		var err error
		if _, waiting, err = events.Stuck(t.Context(), db.Reader()); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			<-changed
		}
	}
	record(t, db, nil, happened{"z"}) // after whose deletion the relay has come by once more
	for waiting := 1; waiting > 0; {
		changed := db.Changed()
		var err error
		if _, waiting, err = events.Stuck(t.Context(), db.Reader()); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			<-changed
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	list, err := events.ListDead(t.Context(), db.Reader(), id.Event{}, 10)
	var keys []string
	for _, d := range list {
		keys = append(keys, d.Key)
		if d.Attempts != 12 || !strings.Contains(d.LastError, "never") {
			t.Errorf("set aside as %+v", d)
		}
	}
	if slices.Sort(keys); err != nil || !slices.Equal(keys, []string{"x", "y", "z"}) {
		t.Errorf("set aside are %v, %v", keys, err)
	}
}

// Many record at once, some of them in vain, while the relay runs: each fact that was
// committed is told, and none that was not.
func TestEveryCommittedFactIsTold(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	const all = 120
	told := make(chan string, 2*all)
	b := bus(db, notifier("n", func(_ context.Context, env event.Envelope) error { told <- env.Key; return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	want := map[string]bool{}
	var group sync.WaitGroup
	for n := range all {
		key, committed := fmt.Sprint(n), n%3 != 0
		want[key] = committed
		group.Go(func() {
			var after error
			if !committed {
				after = errNo
			}
			record(t, db, after, happened{key})
		})
	}
	group.Wait()
	got := map[string]bool{}
	for len(got) < all*2/3 {
		key := <-told
		got[key] = true
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	maps.DeleteFunc(want, func(_ string, committed bool) bool { return !committed })
	if !maps.Equal(got, want) {
		t.Errorf("told of %d, want %d", len(got), len(want))
	}
}

// Whoever stops in the middle of telling has told those who were told, and the others
// hear of it from the next program; stopping counts as no try.
func TestStoppingIsNotTheEventsFault(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	record(t, db, nil, happened{"x"})
	for range 20 { // more than there are tries
		ctx, cancel := context.WithCancel(t.Context())
		b := bus(db, handler("h", func(context.Context, *sqldb.Tx, event.Envelope) error {
			cancel()
			return context.Canceled
		}))
		if err := b.Drain(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
	}
	drain(t, bus(db, steadyHandler("h")))
	wantEffects(t, db, "h", 1)
	wantStuck(t, db, 0, 0)
}

// An event that nobody hears of is no burden, one whose payload is of another time
// says so, and no consumer may hear of one event twice.
func TestOddEvents(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	record(t, db, nil, happened{"nobody hears"})
	drain(t, bus(db))
	wantStuck(t, db, 0, 0)
	record(t, db, nil, happened{"茶 \x00 \" ' \\"})
	var key string
	drain(t, bus(db, events.Tell("t", "test.happened", func(_ context.Context, h happened) error {
		key = h.What
		return nil
	})))
	if key != "茶 \x00 \" ' \\" {
		t.Errorf("told of %q", key)
	}
	record(t, db, nil, happened{"x"})
	tries := 0
	b := bus(db, events.On("o", "test.happened", func(context.Context, *sqldb.Tx, struct {
		What int `json:"what"`
	},
	) error {
		tries++
		return nil
	}))
	for range 15 {
		drain(t, b)
		c.Advance(10 * time.Minute)
	}
	wantStuck(t, db, 1, 0)
	if tries != 0 {
		t.Error("a payload that does not read was taken")
	}
	defer func() {
		if recover() == nil {
			t.Error("one consumer hears of one event twice")
		}
	}()
	bus(db, steadyHandler("same"), steadyHandler("same"))
}

// unwritten is a fact that cannot be written down.
type unwritten struct{ C chan int }

func (unwritten) EventName() string { return "test.unwritten" }
func (unwritten) EventKey() string  { return "" }

// A fact that cannot be written down takes its effect with it.
func TestAFactThatCannotBeWrittenDown(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		if err := effect(ctx, tx, "w"); err != nil {
			return err
		}
		return events.Record(ctx, tx, happened{"x"}, unwritten{})
	})
	if err == nil || !strings.Contains(err.Error(), "test.unwritten") {
		t.Errorf("%v", err)
	}
	wantEffects(t, db, "w", 0)
	wantStuck(t, db, 0, 0)
}

// What is alive or gone is not an operator's to touch; of two who act at once one does.
func TestOnlyWhatIsSetAsideIsTheOperators(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	record(t, db, nil, happened{"alive"})
	var alive id.Event
	if err := db.Reader().QueryRow(t.Context(), "SELECT id FROM outbox").Scan(&alive); err != nil {
		t.Fatal(err)
	}
	for _, ev := range []id.Event{alive, {}, id.FromInt[id.Event](1)} {
		for what, act := range map[string]func(context.Context, *sqldb.DB, id.Event) error{
			"again": events.Requeue, "dropped": events.Discard,
		} {
			if err := act(t.Context(), db, ev); fault.Code(err) != "events.not_dead" {
				t.Errorf("%s %s: %v", ev, what, err)
			}
		}
	}
	wantStuck(t, db, 0, 1)
}
