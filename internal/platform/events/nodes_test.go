package events_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// effects counts rows of many effects, each once.
func effects(t *testing.T, db *sqldb.DB, who string) (all, different int) {
	t.Helper()
	err := db.Reader().QueryRow(t.Context(),
		"SELECT COUNT(*), COUNT(DISTINCT request_hash) FROM idempotency WHERE scope = ?", who).Scan(&all, &different)
	if err != nil {
		t.Fatal(err)
	}
	return all, different
}

// mark leaves a trace of which event it was.
func mark(ctx context.Context, tx *sqldb.Tx, who string, env event.Envelope) error {
	_, err := tx.Exec(ctx, `INSERT INTO idempotency (scope, idem_key, request_hash, answer, created_at)
		VALUES (?, ?, ?, '', 0)`, who, fmt.Sprint(tx.NextID()), env.ID.String())
	return err
}

func running(t *testing.T, b *events.Bus) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func recordMany(t *testing.T, db *sqldb.DB, n int) {
	t.Helper()
	for i := range n {
		record(t, db, nil, happened{fmt.Sprint(i)})
	}
}

// wantMarked waits until so many events were taken, and wants each once.
func wantMarked(t *testing.T, db *sqldb.DB, who string, want int) {
	t.Helper()
	for {
		changed := db.Changed()
		all, different := effects(t, db, who)
		if all != different || all > want {
			t.Fatalf("%d effects of %d events", all, different)
		}
		if all == want {
			return
		}
		<-changed
	}
}

// Two nodes relay what one records, and one of them ends in the middle: each event has
// its effect once.
func TestTwoNodesRelayAndOneEnds(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	const all = 80
	node := func() *events.Bus {
		return bus(db, handler("h", func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
			return mark(ctx, tx, "h", env)
		}))
	}
	first, second := running(t, node()), running(t, node())
	recordMany(t, db, all/2)
	first()
	recordMany(t, db, all/2)
	wantMarked(t, db, "h", all)
	second()
	drain(t, node()) // what was taken and not yet out of the outbox
	if n, _ := effects(t, db, "h"); n != all {
		t.Errorf("%d effects of %d events", n, all)
	}
	wantStuck(t, db, 0, 0)
}

// A program that ends while a carrier has events for it goes on with them afterwards.
func TestARestartOverACarrier(t *testing.T) {
	t.Parallel()
	db, carrier := sqltest.New(t), events.NewMemory(clock.Real{}, time.Millisecond)
	const all = 40
	start := func() (stop func()) {
		b := bus(db, handler("h", func(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
			return mark(ctx, tx, "h", env)
		}))
		b.Over(carrier)
		return running(t, b)
	}
	stop := start()
	recordMany(t, db, all/2)
	stop()
	recordMany(t, db, all/2)
	stop = start()
	wantMarked(t, db, "h", all)
	stop()
}

// Who has had what is remembered longer than a carrier brings it again, and not for
// ever.
func TestWhatWasTakenIsForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	task := events.Task(db)
	if due, err := task.Next(t.Context(), db.Reader()); err != nil || !due.IsZero() {
		t.Errorf("of nothing something is due at %s, %v", due, err)
	}
	insert := func(n int) {
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO event_consumed (event_id, consumer, consumed_at) VALUES (?, 'h', ?)", n,
				sqldb.Millis(tx.Now()))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (n int) {
		if err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM event_consumed").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	insert(1)
	c.Advance(24 * time.Hour)
	insert(2)
	due, err := task.Next(t.Context(), db.Reader())
	if err != nil || due.Sub(c.Now()) < 28*24*time.Hour {
		t.Errorf("due at %s, %v", due, err)
	}
	for _, want := range []int{2, 1, 0} {
		if err := task.Do(t.Context()); err != nil || left() != want {
			t.Errorf("%d are remembered, want %d, %v", left(), want, err)
		}
		if want == 2 {
			c.Advance(due.Sub(c.Now()))
		} else {
			c.Advance(24 * time.Hour)
		}
	}
}

// Tries come at doubling pauses up to ten minutes: an outage of twenty costs no operator
// a look.
func TestPausesGrowToALimit(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	var at []time.Duration
	b := bus(db, handler("h", func(context.Context, *sqldb.Tx, event.Envelope) error {
		at = append(at, c.Now().Sub(sqltest.Start))
		return errNo
	}))
	record(t, db, nil, happened{"x"})
	for range 4000 {
		before := len(at)
		if drain(t, b); len(at) == 12 {
			break
		}
		if len(at) > before {
			continue
		}
		c.Advance(time.Second)
	}
	if len(at) != 12 {
		t.Fatalf("tried at %v", at)
	}
	for i := range at[1:] {
		want := min(time.Second<<i, 10*time.Minute)
		if pause := at[i+1] - at[i]; pause != want {
			t.Errorf("pause %d is %s, want %s", i+1, pause, want)
		}
	}
	if at[11] < 20*time.Minute {
		t.Errorf("given up after %s", at[11])
	}
}
