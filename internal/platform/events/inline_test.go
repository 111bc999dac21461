package events_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// What handlers do is there with the fact, in one commit, and no row is left; with a
// fact that is taken back it never was. What they record themselves is handed on too.
func TestEffectsAreThereWithTheirFact(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	bus(db, steadyHandler("a"), handler("first", func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
		if env.Key == "again" {
			return nil
		}
		return events.Record(ctx, tx, happened{"again"})
	})).Inline()
	record(t, db, errNo, happened{"never"})
	wantEffects(t, db, "a", 0)
	record(t, db, nil, happened{"x"}, happened{"y"})
	wantEffects(t, db, "a", 4)
	wantStuck(t, db, 0, 0)
}

// Who is notified hears of it after the commit, once, from the relay; the handlers do
// not take it again.
func TestNotifiersHearAfterTheCommit(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	var told atomic.Int64
	b := bus(db, steadyHandler("a"), notifier("n", func(context.Context, event.Envelope) error {
		told.Add(1)
		return nil
	}))
	b.Inline()
	record(t, db, nil, happened{"x"})
	wantEffects(t, db, "a", 1)
	wantStuck(t, db, 0, 1)
	if told.Load() != 0 {
		t.Error("told before the relay ran")
	}
	drain(t, b)
	drain(t, b)
	wantEffects(t, db, "a", 1)
	wantStuck(t, db, 0, 0)
	if told.Load() != 1 {
		t.Errorf("told %d times", told.Load())
	}
}

// A handler that fails, falls or asks the database for nonsense takes back what the
// handlers did and not the fact: the relay hands it to each by itself.
func TestAHandlerThatFailsTakesNoFactBack(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(ctx context.Context, tx *sqldb.Tx) error{
		"an error": func(context.Context, *sqldb.Tx) error { return errNo },
		"a panic":  func(context.Context, *sqldb.Tx) error { panic("a bug") },
		"bad SQL": func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE nowhere SET nothing = 1")
			return err
		},
		"bad SQL that nobody cares for": func(ctx context.Context, tx *sqldb.Tx) error {
			_, _ = tx.Exec(ctx, "UPDATE nowhere SET nothing = 1")
			return nil
		},
	} {
		db, c := sqltest.NewManual(t)
		well := false
		b := bus(db, steadyHandler("steady"), handler("shaky", func(ctx context.Context, tx *sqldb.Tx,
			_ event.Envelope,
		) error {
			err := errors.Join(effect(ctx, tx, "shaky"), events.Record(ctx, tx, never{}))
			if well || err != nil {
				return err
			}
			return fail(ctx, tx)
		}))
		b.Inline()
		err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			return errors.Join(effect(ctx, tx, "fact"), events.Record(ctx, tx, happened{"x"}))
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantEffects(t, db, "fact", 1)
		wantEffects(t, db, "steady", 0)
		wantStuck(t, db, 0, 1)
		drain(t, b)
		wantEffects(t, db, "steady", 1)
		wantEffects(t, db, "shaky", 0)
		well = true
		c.Advance(time.Minute)
		drain(t, b)
		wantEffects(t, db, "steady", 1)
		wantEffects(t, db, "shaky", 1)
		wantStuck(t, db, 0, 0)
	}
}

// never is recorded by a handler whose work is taken back.
type never struct{}

func (never) EventName() string { return "test.never" }
func (never) EventKey() string  { return "" }

// Events that call each other without end keep no transaction: the relay goes on with them.
func TestEventsWithoutEnd(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	bus(db, handler("echo", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
		return errors.Join(effect(ctx, tx, "echo"), events.Record(ctx, tx, happened{"x"}))
	})).Inline()
	record(t, db, nil, happened{"x"})
	wantEffects(t, db, "echo", 64)
	wantStuck(t, db, 0, 1)
}

// Many facts at once whose handlers write one row: nothing is lost and nothing counted twice.
func TestHandlersOfManyFactsOnOneRow(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	exec := func(ctx context.Context, tx *sqldb.Tx, query string) error {
		_, err := tx.Exec(ctx, query)
		return err
	}
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return exec(ctx, tx, "INSERT INTO lease (name, holder, lease_until) VALUES ('cups', '', 0)")
	}); err != nil {
		t.Fatal(err)
	}
	bus(db, handler("count", func(ctx context.Context, tx *sqldb.Tx, _ event.Envelope) error {
		return exec(ctx, tx, "UPDATE lease SET lease_until = lease_until + 1 WHERE name = 'cups'")
	})).Inline()
	const writers, each = 8, 10
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
					return errors.Join(effect(ctx, tx, "fact"), events.Record(ctx, tx, happened{"x"}))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	var n int
	err := db.Reader().QueryRow(t.Context(), "SELECT lease_until FROM lease WHERE name = 'cups'").Scan(&n)
	if err != nil || n != writers*each {
		t.Errorf("%d were counted (%v)", n, err)
	}
	wantEffects(t, db, "fact", writers*each)
	wantStuck(t, db, 0, 0)
}
