package watch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/watch"
)

func says(code string, of func() []string) module.Check {
	return module.Check{
		Code: code, Name: code, Run: func(context.Context, sqldb.Querier) ([]string, error) { return of(), nil },
	}
}

func nothing(string) (float64, bool) { return 0, false }

// What contradicts a check is told to operators, bounded; a check that cannot be run is
// wrong and takes no other with it. A run is kept for a minute, then made again.
func TestOperatorsReadWhatDoctorFinds(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	operator := id.Make[id.User](db)
	var runs atomic.Int64
	wrong := []string{"cup 7", strings.Repeat("长", 200)}
	for range 30 {
		wrong = append(wrong, "cup")
	}
	doctor := watch.NewDoctor(db, []module.Check{
		{Code: "broken", Run: func(context.Context, sqldb.Querier) ([]string, error) {
			return nil, errors.New("no such pot")
		}},
		says("tea", func() []string { runs.Add(1); return wrong }),
		says("cake", func() []string { return nil }),
	})
	d := httpapitest.Open(t, c, watch.API{DB: db, Doctor: doctor, Figures: nothing}.Module())
	d.Appoint(operator)
	d.Strangers()
	a := d.Call(operator, 200, "GET /admin/checks", nil)
	if got := a.Show("healthy", "again_in_seconds", "items.0.code", "items.0.ok", "items.1.details.0", "items.1.ok",
		"items.1.details_left_out", "items.2.code", "items.2.ok", "items.2.details.0"); got !=
		"false 60 broken false cup 7 false 12 cake true <nil>" {
		t.Errorf("found %s", got)
	}
	if long := a.Text("items.1.details.1"); len(long) > 310 || !strings.HasSuffix(long, "长…") ||
		!strings.Contains(a.Text("items.0.details.0"), "no such pot") {
		t.Errorf("told %q and %q", long, a.Text("items.0.details.0"))
	}
	wrong = nil
	c.Advance(59 * time.Second)
	a = d.Call(operator, 200, "GET /admin/checks", nil)
	if a.Show("items.1.ok", "again_in_seconds") != "false 1" || runs.Load() != 1 {
		t.Errorf("%d runs within a minute: %v", runs.Load(), a)
	}
	c.Advance(time.Second)
	if a = d.Call(operator, 200, "GET /admin/checks", nil); a.Show("items.1.ok") != "true" || runs.Load() != 2 {
		t.Errorf("%d runs after a minute: %v", runs.Load(), a)
	}
}

// One run at a time: who comes meanwhile gets its report. It ends with the request that
// began it, or after its time, and leaves the turn to the next.
func TestRunsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := sqltest.NewSQLite(t, func(o *sqldb.Options) { o.Clock = clock.NewManual(sqltest.Start) })
		var runs, inside atomic.Int64
		gate := make(chan struct{})
		doctor := watch.NewDoctor(db, []module.Check{{Code: "slow", Run: func(ctx context.Context, _ sqldb.Querier) (
			[]string, error,
		) {
			runs.Add(1)
			if inside.Add(1) > 1 {
				t.Error("two at a time")
			}
			defer inside.Add(-1)
			select {
			case <-gate:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}}})
		first, leave := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		ask := func(ctx context.Context) { _, err := doctor.Report(ctx); errs <- err }
		go ask(first)
		synctest.Wait()
		go ask(t.Context())
		go ask(t.Context())
		synctest.Wait()
		leave()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("who hung up got %v", err)
		}
		synctest.Wait()
		if runs.Load() != 2 {
			t.Fatalf("%d runs after one hung up", runs.Load())
		}
		close(gate)
		if err := errors.Join(<-errs, <-errs); err != nil || runs.Load() != 2 {
			t.Errorf("%d runs for two who waited: %v", runs.Load(), err)
		}
		never := watch.NewDoctor(db, []module.Check{{Run: func(ctx context.Context, _ sqldb.Querier) ([]string, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}})
		if _, err := never.Report(t.Context()); fault.Code(err) != "watch.too_long" {
			t.Errorf("a run without an end: %v", err)
		}
	})
}

// refused writes refused sign-ins, or operations, into the log.
func refused(t *testing.T, db *sqldb.DB, a audit.Action, n int, from audit.Origin, subject string) {
	t.Helper()
	err := db.Update(audit.WithOrigin(t.Context(), from), func(ctx context.Context, tx *sqldb.Tx) error {
		for range n {
			if err := audit.Record(ctx, tx, audit.Entry{
				Action: a, Outcome: audit.Refused, Subject: subject,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rang(t *testing.T, db *sqldb.DB, c clock.Clock, figures watch.Figures) (out []string) {
	t.Helper()
	list, err := watch.Alerts(t.Context(), db.Reader(), c.Now(), figures)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s %d %v", a.Code, a.Of, a.Count, a.Ongoing))
	}
	return out
}

// Whoever guesses from one address or at one account rings, and who tries what is not
// theirs; a few who mistype do not, however many they are together.
func TestWhoGuessesRings(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	ann := id.Make[id.User](db)
	nobody := id.User{}.String()
	thief, insider := audit.Origin{Kind: audit.Visitor, Address: "203.0.113.9"}, audit.Origin{
		Kind: audit.Person, Actor: ann, Address: "198.51.100.1",
	}
	for n := range 9 {
		from := audit.Origin{Kind: audit.Visitor, Address: fmt.Sprintf("192.0.2.%d", n)}
		refused(t, db, "sign_in.refused", 9, from, nobody)
	}
	if got := rang(t, db, c, nothing); len(got) != 0 {
		t.Fatalf("mistyping rang %v", got)
	}
	refused(t, db, "sign_in.refused", 9, thief, nobody)
	c.Advance(11 * time.Minute)
	refused(t, db, "sign_in.refused", 9, thief, nobody)
	if got := rang(t, db, c, nothing); len(got) != 0 {
		t.Fatalf("slow tries rang %v", got)
	}
	refused(t, db, "sign_in.refused", 1, thief, nobody)
	c.Advance(time.Minute)
	for n := range 10 {
		from := audit.Origin{Kind: audit.Visitor, Address: fmt.Sprintf("192.0.2.%d", 100+n)}
		refused(t, db, "sign_in.refused", 1, from, ann.String())
	}
	c.Advance(9*time.Minute + 30*time.Second)
	refused(t, db, audit.ActionRefused, 10, insider, "admin-user-list")
	want := fmt.Sprintf("[refusals %s 10 true guessing %s 10 true guessing 203.0.113.9 10 false]", ann, ann)
	if got := rang(t, db, c, nothing); fmt.Sprint(got) != want {
		t.Errorf("rang %v, want %s", got, want)
	}
	c.Advance(25 * time.Hour)
	if got := rang(t, db, c, nothing); len(got) != 0 {
		t.Errorf("rings after a day: %v", got)
	}
}

// Figures ring while they are what they should not be, and come first.
func TestFiguresRing(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	operator := id.Make[id.User](db)
	refused(t, db, "sign_in.refused", 10, audit.Origin{Kind: audit.Visitor, Address: "203.0.113.9"}, id.User{}.String())
	at := map[string]float64{
		"hawker_disk_free_bytes": 200 << 20, "hawker_disk_reserve_bytes": 100 << 20, "hawker_dead_letters": 0,
		"hawker_backup_overdue_seconds": 6 * 3600,
	}
	figures := func(name string) (float64, bool) { n, ok := at[name]; return n, ok }
	quiet := rang(t, db, c, figures)
	at["hawker_disk_free_bytes"]--
	at["hawker_dead_letters"], at["hawker_panics"], at["hawker_backup_failures"] = 2, 3, 4
	at["hawker_backup_overdue_seconds"] += 3600
	loud := rang(t, db, c, figures)
	if len(quiet) != 1 || fmt.Sprint(loud) != "[disk  199 true backup_overdue  7 true backup_failed  4 false "+
		"letters  2 true panics  3 false guessing 203.0.113.9 10 true]" {
		t.Errorf("rang %v, then %v", quiet, loud)
	}
	d := httpapitest.Open(t, c, watch.API{DB: db, Doctor: watch.NewDoctor(db, nil), Figures: figures}.Module())
	d.Appoint(operator)
	a := d.Call(operator, 200, "GET /admin/alerts", nil)
	if got := a.Show("items.0.code", "items.0.started_at", "items.5.code", "items.5.of", "items.5.count"); got !=
		"disk <nil> guessing 203.0.113.9 10" || a.Text("items.5.last_at") == "" {
		t.Errorf("told %s", got)
	}
	at["hawker_disk_free_bytes"] = -1 // a system that does not tell
	if got := rang(t, db, c, figures); got[0] != "backup_overdue  7 true" {
		t.Errorf("what is not known rang: %v", got)
	}
}
