package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// Two take the same rows in opposite orders. On a server that runs them beside each
// other one is chosen to give way and runs again by itself; on one that runs them one
// after the other nothing happens. Both are done, and each once: also where the function thinks nothing of the error,
// after which the server has taken back what came before and commits what comes next by itself.
func TestWhoGivesWayRunsAgain(t *testing.T) {
	t.Parallel()
	t.Run("told", func(t *testing.T) { t.Parallel(); giveWay(t, false) })
	t.Run("swallowed", func(t *testing.T) { t.Parallel(); giveWay(t, true) })
}

func giveWay(t *testing.T, swallow bool) {
	t.Helper()
	db := sqltest.New(t, sqltest.Once)
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		return errors.Join(put(ctx, tx, 1), put(ctx, tx, 2))
	})
	var runs atomic.Int64
	var meet sync.WaitGroup // both hold one row before either asks for the other
	meet.Add(2)
	var group sync.WaitGroup
	for _, order := range [][2]int64{{1, 2}, {2, 1}} {
		here := sync.OnceFunc(meet.Done)
		group.Go(func() {
			err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				runs.Add(1)
				for i, row := range order {
					_, err := tx.Exec(ctx, "UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row)
					if err != nil && (!swallow || !sqldb.IsRetryable(err)) {
						return err
					}
					if here(); i == 0 && db.Shared() {
						meet.Wait()
					}
				}
				return insertNote(ctx, tx, fmt.Sprint(order))
			})
			if n := noted(t, db, fmt.Sprint(order)); err != nil || n != 1 {
				t.Errorf("%v is noted %d times, %v", order, n, err)
			}
		})
	}
	group.Wait()
	var low, high int
	err := db.Reader().QueryRow(t.Context(), "SELECT MIN(attempts), MAX(attempts) FROM outbox").Scan(&low, &high)
	if err != nil || low != 2 || high != 2 {
		t.Errorf("the rows were changed %d and %d times, %v", low, high, err)
	}
	if n := runs.Load(); db.Shared() != (n > 2) {
		t.Errorf("%d runs", n)
	}
}

// Many change one row by what they read of it: a guarded write that does not match is
// tried again by its caller, and none is lost on either server.
func TestNoIncrementIsLost(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) })
	step := func() (done bool, err error) {
		err = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			var n int64
			if err := tx.QueryRow(ctx, "SELECT attempts FROM outbox WHERE id = 1").Scan(&n); err != nil {
				return err
			}
			matched, err := tx.Exec(ctx, "UPDATE outbox SET attempts = ? WHERE id = 1 AND attempts = ?", n+1, n)
			done = matched == 1
			return err
		})
		return done && err == nil, err
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for done := 0; done < 10; {
				ok, err := step()
				if err != nil {
					t.Error(err)
					return
				}
				if ok {
					done++
				}
			}
		})
	}
	group.Wait()
	var n int
	if err := db.Reader().QueryRow(t.Context(), "SELECT attempts FROM outbox").Scan(&n); err != nil || n != 80 {
		t.Errorf("80 steps made %d, %v", n, err)
	}
}

// A process is among the nodes while it runs; another that knows that it ended says so
// at once, and may then take its number.
func TestNodesComeAndGo(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	alive := func() map[string]bool {
		t.Helper()
		nodes, err := sqldb.Nodes(t.Context(), db.Reader(), c.Now())
		if err != nil {
			t.Fatal(err)
		}
		return nodes
	}
	if !db.Shared() {
		if nodes := alive(); len(nodes) != 0 || db.Node() != "" {
			t.Errorf("a SQLite file has the nodes %v and the name %q", nodes, db.Node())
		}
		return
	}
	if nodes := alive(); len(nodes) != 1 || !nodes[db.Node()] {
		t.Errorf("there are %v, this is %q", nodes, db.Node())
	}
	if err := db.DeclareGone(t.Context(), "somebody else"); err != nil || !alive()[db.Node()] {
		t.Errorf("another's end ended this: %v", err)
	}
	if err := db.DeclareGone(t.Context(), db.Node()); err != nil || len(alive()) != 0 {
		t.Errorf("%v, %v", alive(), err)
	}
	for {
		c.Advance(time.Minute)
		select {
		case <-db.Lost():
			return
		default:
			if alive()[db.Node()] { // it has renewed: nobody had taken its number
				return
			}
		}
	}
}
