package ingest_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/ingest"
	"hawker/internal/media/stream"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

// node is what a node of a shared database keeps streams by; nil on SQLite, which has one.
func node(t *testing.T, url string) *ingest.Service {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	if errors.Is(err, sqldb.ErrLocked) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := sqldb.Migrate(t.Context(), db, schema.FS); err != nil {
		t.Fatal(err)
	}
	return ingest.New(ingest.Options{DB: db, Log: slog.New(slog.DiscardHandler)})
}

// TestAStreamHasOneHome: of nodes to which publishers come at once one has the stream, and who had it
// before keeps nothing of it any more.
func TestAStreamHasOneHome(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	a, b := node(t, url), node(t, url)
	if b == nil {
		b = a // one node: the rules are the same
	}
	for generation := int64(1); generation <= 10; generation++ {
		var mu sync.Mutex
		var group sync.WaitGroup
		won := map[*ingest.Service]int{}
		for _, n := range []*ingest.Service{a, b} {
			group.Go(func() {
				err := n.Save(t.Context(), "stream", stream.State{Generation: generation, Sequence: generation * 100})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won[n]++
				case !errors.Is(err, stream.ErrElsewhere):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(won) != 1 {
			t.Fatalf("publisher %d is at %d nodes", generation, len(won))
		}
		winner, loser := a, b
		if won[b] > 0 {
			winner, loser = b, a
		}
		next := stream.State{Generation: generation, Sequence: generation*100 + 1}
		if err := winner.Save(t.Context(), "stream", next); err != nil {
			t.Errorf("who has it may not go on: %v", err)
		}
		if loser != winner {
			err := loser.Save(t.Context(), "stream", stream.State{Generation: generation, Sequence: 1})
			if !errors.Is(err, stream.ErrElsewhere) {
				t.Errorf("who has it not may save: %v", err)
			}
		}
		err := loser.Save(t.Context(), "stream", stream.State{Generation: generation - 1})
		if !errors.Is(err, stream.ErrElsewhere) {
			t.Errorf("an older publisher may save: %v", err)
		}
		got, err := loser.Load(t.Context(), "stream")
		if err != nil || got.Generation != generation || got.Sequence != generation*100+1 {
			t.Errorf("what is kept: %+v, %v", got, err)
		}
	}
}
