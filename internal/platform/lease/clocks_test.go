package lease_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

// wrong is a machine whose clock is off.
type wrong struct {
	clock.Real
	by time.Duration
}

func (w wrong) Now() time.Time { return w.Real.Now().Add(w.by) }

// TestClocksThatDiffer: two nodes whose machines are a minute apart go by their database's time:
// neither takes what the other holds, and each finds the other there.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	if strings.HasPrefix(url, "sqlite:") {
		t.Skip("a SQLite file has one node")
	}
	const apart, term, near = 30 * time.Second, 10 * time.Second, 2 * time.Second
	open := func(by time.Duration) *sqldb.DB {
		db, err := sqldb.Open(t.Context(), sqldb.Options{
			URL: url, Clock: clock.NewFollowing(wrong{by: by}), Log: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			err = sqldb.Migrate(t.Context(), db, schema.FS)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	late, early := open(-apart), open(apart)
	if d := early.Clock().Now().Sub(late.Clock().Now()); d.Abs() > near {
		t.Errorf("they are %v apart", d)
	}
	if d := early.Clock().Now().Sub(clock.Real{}.Now()); d.Abs() > near {
		t.Errorf("the mall's time is %v from the database's", d)
	}
	held, err := lease.In(late, "one", term).While(t.Context(), func(ctx context.Context) error {
		also, err := lease.In(early, "one", term).While(ctx, func(context.Context) error { return nil })
		if also {
			t.Error("a lease that is held was given to the node that is ahead")
		}
		return err
	})
	if !held || err != nil {
		t.Error(held, err)
	}
	for _, db := range []*sqldb.DB{late, early} {
		there, err := sqldb.Nodes(t.Context(), db.Reader(), db.Clock().Now())
		if err != nil || !there[late.Node()] || !there[early.Node()] {
			t.Errorf("who is there: %v, %v", there, err)
		}
	}
}
