package sqldb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// never is longer than a test may take.
const never = time.Hour

func commit(t *testing.T, db *sqldb.DB, n int64) {
	t.Helper()
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return put(ctx, tx, n)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestACommitWakesWhoWaits(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	woken := make(chan int)
	for range 3 {
		changed := db.Changed()
		go func() {
			db.Await(t.Context(), changed, 0, never)
			woken <- 1
		}()
	}
	commit(t, db, 1)
	for range 3 {
		<-woken
	}
	missed := db.Changed() // taken before the table is looked at: what comes in between is not missed
	commit(t, db, 2)
	db.Await(t.Context(), missed, 0, never)
}

func TestWaitingEndsByItself(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	changed := db.Changed()
	boom := errors.New("boom")
	if err := db.Update(t.Context(), func(context.Context, *sqldb.Tx) error { return boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	select {
	case <-changed:
		t.Error("what was rolled back is told as a change")
	default:
	}
	db.Await(t.Context(), changed, never, time.Millisecond) // what other nodes wrote
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	db.Await(ctx, changed, never, never)
}
