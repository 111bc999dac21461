package sqldb_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/statement"
)

func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A commit tells those who look at any table, and at one of those that it wrote to; they take
// the channel before they look, so that nothing in between is missed.
func TestACommitTellsWhoLooksThere(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	boom := errors.New("boom")
	if err := db.Update(t.Context(), func(context.Context, *sqldb.Tx) error { return boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	any1, any2, here, beside := db.Changed(), db.Changed(), db.Changed("job", "outbox"), db.Changed("lease")
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO outbox (id, name, event_key, payload, created_at, due_at, taken)
			VALUES (?, '', '', '', 0, 0, '')`, tx.NextID())
		return errors.Join(err, boom)
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if over(any1) || over(here) {
		t.Error("what was taken back is told as a change")
	}
	for _, query := range []string{
		`INSERT INTO outbox (id, name, event_key, payload, created_at, due_at, taken) VALUES (1, '', '', '', 0, 0, '')`,
		"UPDATE outbox SET attempts = 1 WHERE id = 1", "DELETE FROM outbox WHERE id = 1",
	} {
		here := db.Changed("job", "outbox")
		if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, query)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if !over(here) {
			t.Errorf("nobody is told of %s", query)
		}
	}
	if !over(any1) || !over(any2) || !over(here) || over(beside) {
		t.Error("of any, of any, of it, of another table: ", over(any1), over(any2), over(here), over(beside))
	}
}

func TestWhatIsReadIsNoted(t *testing.T) {
	t.Parallel()
	q := statement.Noting(sqltest.New(t).Reader())
	for _, query := range []string{
		"SELECT (SELECT MIN(id) FROM job), (SELECT MAX(id) FROM outbox)",
		"SELECT s.sku_id FROM stock s\n\tJOIN sku k ON k.id = s.sku_id WHERE k.id IN (SELECT id FROM sku)",
		"SELECT few.n FROM (SELECT 1 AS n FROM lease) few",
	} {
		rows, err := q.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	if want := []string{"job", "lease", "outbox", "sku", "stock"}; !slices.Equal(q.Tables(), want) {
		t.Errorf("%v, want %v", q.Tables(), want)
	}
}
