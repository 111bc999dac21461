package sqldb_test

import (
	"context"
	"errors"
	"testing"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

func TestAHistoryIsNeverRewritten(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	try := func(query string) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, query)
			return err
		})
	}
	for _, table := range schema.Histories() {
		for _, query := range []string{
			"DELETE FROM " + table, "DELETE FROM\n\t" + table + "\nWHERE 1 = 1", " UPDATE " + table + " SET id = 1",
		} {
			if err := try(query); !errors.Is(err, sqldb.ErrHistory) {
				t.Errorf("%q: %v", query, err)
			}
		}
	}
	if err := try("DELETE FROM lease"); err != nil {
		t.Errorf("what is no history: %v", err)
	}
}
