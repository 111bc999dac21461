package idem_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

var errGone = fault.Conflict("tea.gone")

// take is a command with an effect that happens once, by a guarded write as all are:
// it takes the row of the table lease that is there.
func take(ctx context.Context, tx *sqldb.Tx) (string, error) {
	n, err := tx.Exec(ctx, "UPDATE lease SET holder = 'taken' WHERE name = 'cup' AND holder = ''")
	if err == nil && n == 0 {
		err = errGone
	}
	return "taken", err
}

func cup(t *testing.T, db *sqldb.DB) {
	t.Helper()
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO lease (name, holder, lease_until) VALUES ('cup', '', 0)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A double click on a server that runs both beside each other: the second finds that
// what it wants is taken, by itself, and is told what the first was told. Somebody
// else's click is refused.
func TestADoubleClickIsOneAnswer(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t, sqltest.Once)
	cup(t, db)
	k := key(t, "a", "1", "x")
	looked, first := make(chan struct{}), make(chan struct{})
	second := make(chan error, 1)
	run := 0
	go func() {
		answer, err := idem.Once(t.Context(), db, k, func(ctx context.Context, tx *sqldb.Tx) (string, error) {
			if run++; run == 1 && db.Shared() { // it has looked for an answer and found none
				close(looked)
				<-first
			}
			return take(ctx, tx)
		})
		if answer != "taken" {
			err = errors.Join(err, fmt.Errorf("the second was told %q", answer))
		}
		second <- err
	}()
	if db.Shared() {
		<-looked
	}
	if answer, err := idem.Once(t.Context(), db, k, take); answer != "taken" || err != nil {
		t.Errorf("the first was told %q, %v", answer, err)
	}
	close(first)
	if err := <-second; err != nil {
		t.Error(err)
	}
	if _, err := idem.Once(t.Context(), db, key(t, "b", "1", "x"), take); !errors.Is(err, errGone) {
		t.Errorf("somebody else was told %v", err)
	}
	if _, err := idem.Once(t.Context(), db, key(t, "b", "1", "x"), take); !errors.Is(err, errGone) {
		t.Errorf("a refusal is no answer that is kept: %v", err)
	}
}

// Many click many times for one thing that is there once: one of them has it, hears so
// each time, and nobody else does.
func TestManyClicksOnOneThing(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	cup(t, db)
	var mu sync.Mutex
	told := map[string]int{}
	var group sync.WaitGroup
	for n := range 24 {
		who := fmt.Sprint("buyer", n%6)
		group.Go(func() {
			_, err := idem.Once(t.Context(), db, key(t, who, "click", "x"), take)
			if err != nil && !errors.Is(err, errGone) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				told[who]++
			}
		})
	}
	group.Wait()
	if len(told) != 1 {
		t.Errorf("the cup was given to %v", told)
	}
	for who, n := range told {
		if n != 4 {
			t.Errorf("%s clicked 4 times and heard so %d times", who, n)
		}
	}
}

// Keys of one caller are not another's, operations have their own, and a fresh one
// meets none; answers of any shape come back as they were.
func TestWhatAKeyIsOf(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	type answer struct {
		Name  string
		Parts []int64
		More  map[string]*answer
	}
	want := answer{"茶", []int64{1 << 60}, map[string]*answer{"x": nil, "y": {Name: "z"}}}
	done := 0
	do := func(k idem.Key) answer {
		t.Helper()
		got, err := idem.Once(t.Context(), db, k, func(context.Context, *sqldb.Tx) (answer, error) {
			done++
			return want, nil
		})
		if err != nil || got.Name != "茶" || got.Parts[0] != 1<<60 || got.More["y"].Name != "z" {
			t.Errorf("%+v, %v", got, err)
		}
		return got
	}
	other, err := idem.NewKey("other", "a", "1", "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []idem.Key{
		key(t, "a", "1", "x"), key(t, "a", "2", "x"), key(t, "b", "1", "x"), other, idem.Fresh("s"), idem.Fresh("s"),
	} {
		before := done
		do(k)
		first := done - before
		if do(k); first == 0 || done-before != first {
			t.Errorf("%+v was done %d times and then %d", k, first, done-before-first)
		}
	}
	if _, err := idem.NewKey("op", "a", "1", make(chan int)); err == nil {
		t.Error("a content that cannot be compared has a key")
	}
}

// An answer that cannot be kept takes its effect back: the next try may do it.
func TestAnAnswerThatCannotBeKept(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	cup(t, db)
	k := key(t, "a", "1", "x")
	_, err := idem.Once(t.Context(), db, k, func(ctx context.Context, tx *sqldb.Tx) (chan int, error) {
		_, err := take(ctx, tx)
		return nil, err
	})
	if err == nil {
		t.Error("it was kept")
	}
	if answer, err := idem.Once(t.Context(), db, k, take); answer != "taken" || err != nil {
		t.Errorf("the next try: %q, %v", answer, err)
	}
}

// Answers are kept for a week and then forgotten, in whatever number.
func TestAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	task, done := idem.Task(db), 0
	do := func(n int) {
		t.Helper()
		if _, err := idem.Once(t.Context(), db, key(t, "a", fmt.Sprint(n), "x"),
			func(context.Context, *sqldb.Tx) (int, error) { done++; return done, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		do(n)
	}
	due, err := task.Next(t.Context(), db.Reader())
	if err != nil || due.Sub(c.Now()) < idem.Keep {
		t.Errorf("due in %s, %v", due.Sub(c.Now()), err)
	}
	for _, more := range []struct {
		wait time.Duration
		done int
	}{{due.Sub(c.Now()) - time.Millisecond, 10}, {idem.Keep, 20}} {
		c.Advance(more.wait)
		if err := task.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			do(n)
		}
		if done != more.done {
			t.Errorf("after %s done %d times, want %d", more.wait, done, more.done)
		}
	}
}
