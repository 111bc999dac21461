package keyed_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/events/keyed"
)

func queue(values ...string) *keyed.Queue[string] {
	q := keyed.NewQueue[string](clock.Real{})
	for _, v := range values {
		q.Put(v[:1], v)
	}
	return q
}

// rest takes what can be taken now.
func rest(t *testing.T, q *keyed.Queue[string]) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for item := q.Take(ctx); item != nil; item = q.Take(ctx) {
		out = append(out, item.Value)
		q.Done(item)
	}
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("took %q, want %q", got, want)
	}
}

// While one is in hand others of its key wait, and those of other keys do not.
func TestOneOfAKeyAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := queue("a1", "a2", "b1", "b2")
		a1 := q.Take(t.Context())
		want(t, rest(t, q), "b1", "b2")
		q.Done(a1)
		want(t, rest(t, q), "a2")
	})
}

func TestWithoutAKeyNothingWaits(t *testing.T) {
	t.Parallel()
	q := keyed.NewQueue[string](clock.Real{})
	q.Put("", "1")
	q.Put("", "2")
	if a, b := q.Take(t.Context()), q.Take(t.Context()); a.Value != "1" || b.Value != "2" {
		t.Errorf("took %q and %q", a.Value, b.Value)
	}
}

func TestReturnedComesFirstAndLaterWhenDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := queue("a1", "a2", "b1")
		q.Return(q.Take(t.Context()))
		item := q.Take(t.Context())
		want(t, []string{item.Value}, "a1")
		q.Later(item, time.Now().Add(time.Minute))
		want(t, rest(t, q), "a2", "b1")
		before := time.Now()
		if item := q.Take(t.Context()); item.Value != "a1" || time.Since(before) > time.Minute {
			t.Errorf("took %q after %s", item.Value, time.Since(before))
		}
	})
}

// What is dropped is not taken; who waits for what is in hand goes on when it is done.
func TestDropAndSettle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := queue("a1", "a2", "b1")
		a1 := q.Take(t.Context())
		isA := func(v string) bool { return v[0] == 'a' }
		q.Drop(isA)
		want(t, rest(t, q), "b1")
		settled := make(chan struct{})
		go func() {
			q.Settled(t.Context(), isA)
			q.Room(t.Context(), 1)
			close(settled)
		}()
		synctest.Wait()
		select {
		case <-settled:
			t.Error("settled with one in hand")
		default:
		}
		q.Done(a1)
		<-settled
	})
}

// One reader serves all who take part, from the first to the last.
func TestReaders(t *testing.T) {
	t.Parallel()
	readers := keyed.NewReaders[string](clock.Real{})
	begun, ended := 0, make(chan struct{})
	read := func(ctx context.Context, q *keyed.Queue[string]) {
		begun++
		q.Put("a", "a1")
		<-ctx.Done()
		close(ended)
	}
	q, leave := readers.Join(t.Context(), "g", read)
	same, leaveToo := readers.Join(t.Context(), "g", read)
	if item := q.Take(t.Context()); q != same || item.Value != "a1" {
		t.Errorf("took %+v", item)
	}
	leave()
	select {
	case <-ended:
		t.Error("ended while somebody takes part")
	default:
	}
	leaveToo()
	<-ended
	if begun != 1 {
		t.Errorf("%d readers", begun)
	}
}
