package sqldb_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

func TestClosingAgainAnswersTheSame(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: sqltest.FreshURL(t), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		err = sqldb.Migrate(t.Context(), db, schema.FS)
	}
	if err != nil {
		t.Fatal(err)
	}
	first := db.Close()
	if second := db.Close(); first != nil || second != nil {
		t.Errorf("closed with %v, then %v", first, second)
	}
}

// TestNodesThatStartAtOnceMakeNoIDTwice has eight processes' worth of nodes ask for a
// number in the same moment.
func TestNodesThatStartAtOnceMakeNoIDTwice(t *testing.T) {
	t.Parallel()
	first := sqltest.New(t)
	if !first.Shared() {
		t.Skip("a SQLite file has one process")
	}
	url, c := sqltest.FreshURL(t), clock.NewManual(sqltest.Start)
	ids := make(chan int64, 8)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: c, Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				err = sqldb.Migrate(t.Context(), db, schema.FS)
			}
			if err != nil {
				t.Error(err)
				return
			}
			ids <- db.NextID() // at the same instant of the same clock: only the node tells them apart
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	wg.Wait()
	close(ids)
	seen := map[int64]bool{}
	for id := range ids {
		if seen[id] {
			t.Errorf("two nodes made %d", id)
		}
		seen[id] = true
	}
}

// TestANodeWhoseNumberIsGoneSaysSo takes the number away as another node does when
// the lease has lapsed.
func TestANodeWhoseNumberIsGoneSaysSo(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	if !db.Shared() {
		if db.Lost() != nil {
			t.Error("a SQLite file has one process: nobody can take its number")
		}
		return
	}
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE node_lease SET token = 'another'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for {
		c.Advance(time.Minute)
		select {
		case <-db.Lost():
			return
		case <-t.Context().Done():
			t.Fatal("it goes on making ids")
		default:
		}
	}
}
