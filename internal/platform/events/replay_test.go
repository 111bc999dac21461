package events_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// overheard notes the keys of what a carrier is told, in their order: those who take it keep
// to the order of one key alone.
type overheard struct {
	events.Carrier

	keys []string
}

func (o *overheard) Publish(ctx context.Context, batch []event.Envelope) error {
	for _, env := range batch {
		o.keys = append(o.keys, env.Key)
	}
	return o.Carrier.Publish(ctx, batch)
}

// What a carrier was told is told again from a time on, in its order, to who is
// outside; a handler of ours that had it does nothing. It is forgotten when its time is
// over, and where nothing is to be kept nothing is.
func TestWhatWasToldIsToldAgain(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	told := make(chan string, 100)
	c := events.NewMemory(clock.Real{}, time.Millisecond)
	hear := func(keep time.Duration, again int, want ...string) (got []string) {
		t.Helper()
		b := bus(db,
			handler("ours", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error { return effect(ctx, tx, "ours") }),
			notifier("outside", func(_ context.Context, env event.Envelope) error { told <- env.Key; return nil }),
		).Over(c).Keep(keep)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		for _, what := range want {
			record(t, db, nil, happened{what})
			if got := <-told; got != what {
				t.Errorf("told of %s, want %s", got, what)
			}
		}
		for range again {
			got = append(got, <-told)
		}
		untilTakenOut(t, db)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		return got
	}
	hear(0, 0, "not kept")
	hear(time.Hour, 0, "a", "b", "c")
	n, first, err := events.Kept(t.Context(), db.Reader(), time.Time{}, "test.happened")
	if err != nil || n != 3 {
		t.Fatalf("%d are kept, %v", n, err)
	}
	replayed := &overheard{Carrier: c}
	for _, since := range []time.Time{first, {}} {
		again, err := events.Replay(t.Context(), db, replayed, since, "", func(told int, at time.Time) {
			if told != 3 || at.Before(first) {
				t.Errorf("progress: %d, %s", told, at)
			}
		})
		if err != nil || again != 3 {
			t.Errorf("%d were told again, %v", again, err)
		}
	}
	if again, err := events.Replay(t.Context(), db, c, first, "test.other", nil); again != 0 || err != nil {
		t.Errorf("of another name: %d, %v", again, err)
	}
	if again, err := events.Replay(t.Context(), db, c, time.Now().Add(time.Hour), "", nil); again != 0 || err != nil {
		t.Errorf("of the future: %d, %v", again, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := events.Replay(stopped, db, c, first, "", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before it began: %v", err)
	}
	if want := []string{"a", "b", "c", "a", "b", "c"}; !slices.Equal(replayed.keys, want) {
		t.Errorf("told again: %v, want %v", replayed.keys, want)
	}
	got := hear(time.Hour, 6)
	if slices.Sort(got); !slices.Equal(got, []string{"a", "a", "b", "b", "c", "c"}) {
		t.Errorf("heard again: %v", got)
	}
	wantEffects(t, db, "ours", 4)
	if err := events.LogTask(db, 0).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _, err := events.Kept(t.Context(), db.Reader(), time.Time{}, ""); n != 0 || err != nil {
		t.Errorf("%d are kept in the end, %v", n, err)
	}
}

// untilTakenOut waits until nothing is in the outbox: what is told is taken out after.
func untilTakenOut(t *testing.T, db *sqldb.DB) {
	t.Helper()
	for {
		changed := db.Changed()
		_, waiting, err := events.Stuck(t.Context(), db.Reader())
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		<-changed
	}
}
