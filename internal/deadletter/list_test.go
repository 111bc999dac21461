package deadletter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/deadletter"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// Events and jobs stand in one list by their age, however many there are, and what is
// named from outside is one of them or nothing.
func TestLettersInOneList(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		for n := range 150 {
			_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at, dead,
				last_error) VALUES (?, 'tea.spilt', '', '{}', ?, 0, 1, '')`, n+1, 2*n+1)
			if err == nil {
				_, err = tx.Exec(ctx, `INSERT INTO job (id, kind, payload, state, due_at, created_at)
					VALUES (?, 'tea.brew', '{}', 2, 0, ?)`, n+1, 2*n+2)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := deadletter.List(t.Context(), db.Reader())
	if err != nil || len(list) != deadletter.ListMax {
		t.Fatalf("%d letters, %v", len(list), err)
	}
	for i, l := range list {
		if want := int64(300 - i); l.CreatedAt.UnixMilli() != want || (l.Kind == deadletter.Job) != (want%2 == 0) {
			t.Fatalf("letter %d is %+v, want the one of %d", i, l, want)
		}
	}
	for _, letter := range []string{
		"", "evt_", "job_", "evt_zzzzzzzzzzzzz", "usr_0000000000001", "evt_0000000000001 ", "EVT_0000000000001",
		"evt_00000000000zz", "' OR 1=1 --", strings.Repeat("e", 1000),
	} {
		for what, act := range map[string]func(context.Context, *sqldb.DB, string) error{
			"again": deadletter.Requeue, "dropped": deadletter.Discard,
		} {
			if err := act(t.Context(), db, letter); fault.Code(err) != "deadletter.not_found" {
				t.Errorf("%.20q %s: %v", letter, what, err)
			}
		}
	}
	for n := range 3 { // the same number names an event and a job: each prefix its own
		if err := deadletter.Discard(t.Context(), db, fmt.Sprintf("job_%013d", n+1)); err != nil {
			t.Error(err)
		}
	}
	var events, jobs int
	if err := db.Reader().QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM job)").
		Scan(&events, &jobs); err != nil || events != 150 || jobs != 147 {
		t.Errorf("%d events and %d jobs stay, %v", events, jobs, err)
	}
}
