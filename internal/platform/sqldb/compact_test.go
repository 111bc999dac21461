package sqldb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

// trees are the names of the b-trees of a SQLite table beside its own.
func trees(t *testing.T, db *sqldb.DB, table string) []string {
	t.Helper()
	rows, err := db.Reader().Query(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?",
		table)
	names, err := sqldb.Collect(rows, err, func(row sqldb.Scanner) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

const teaHouse = `CREATE TABLE house (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL);
CREATE TABLE guest (
  id BIGINT NOT NULL PRIMARY KEY,
  house_id BIGINT NOT NULL,
  name VARCHAR(20) NOT NULL,
  CONSTRAINT uq_guest UNIQUE (name),
  CONSTRAINT fk_guest_house FOREIGN KEY (house_id) REFERENCES house (id)
);
CREATE INDEX ix_guest_house ON guest (house_id, id);
CREATE TABLE cups (
  guest_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  drunk BIGINT NOT NULL,
  CHECK (drunk > 0),
  PRIMARY KEY (guest_id, day)
);
CREATE TABLE letter (
  guest_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (guest_id, day)
);
`

// What an earlier build wrote is all there afterwards, with its rules, and found by one
// tree where there were two.
func TestTablesOfAnEarlierBuildAreCompacted(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t)
	exec := func(text string, args ...any) error {
		return db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, text, args...)
			return err
		})
	}
	for _, text := range []string{
		teaHouse,
		"INSERT INTO house (id, name) VALUES (9007199254740993, 'first'), (7, 'second')",
		"INSERT INTO guest (id, house_id, name) VALUES (2, 7, 'an'), (1, 9007199254740993, 'bo')",
		"INSERT INTO cups (guest_id, day, drunk) VALUES (2, 1, 3), (1, 2, 5), (1, 1, 4)",
		"INSERT INTO letter (guest_id, day, body) VALUES (1, 1, 'dear')",
	} {
		if err := exec(text); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second finds nothing to do
		if _, err := sqldb.MigrateSchema(t.Context(), db, schema.FS); err != nil {
			t.Fatal(err)
		}
	}
	for table, want := range map[string][]string{
		"house": nil, "guest": {"ix_guest_house", "sqlite_autoindex_guest_1"}, "cups": nil,
		"letter": {"sqlite_autoindex_letter_1"}, // long rows keep a tree of their own
	} {
		if got := trees(t, db, table); !slices.Equal(got, want) {
			t.Errorf("%s: %v beside its own tree, want %v", table, got, want)
		}
	}
	var guest, drunk int64
	err := db.Reader().QueryRow(t.Context(), `SELECT guest.id, SUM(drunk) FROM guest JOIN cups ON guest_id = guest.id
		WHERE house_id = 9007199254740993 GROUP BY guest.id`).Scan(&guest, &drunk)
	if err != nil || guest != 1 || drunk != 9 {
		t.Errorf("guest %d drank %d, %v", guest, drunk, err)
	}
	for text, rule := range map[string]func(error) bool{
		"INSERT INTO guest (id, house_id, name) VALUES (2, 7, 'cy')": sqldb.IsUnique,
		"INSERT INTO guest (id, house_id, name) VALUES (3, 7, 'an')": sqldb.IsUnique,
		"INSERT INTO cups (guest_id, day, drunk) VALUES (1, 2, 1)":   sqldb.IsUnique,
		"INSERT INTO cups (guest_id, day, drunk) VALUES (1, 3, 0)":   sqldb.IsCheck,
		"INSERT INTO guest (id, house_id, name) VALUES (3, 8, 'di')": func(err error) bool { return err != nil },
	} {
		if err := exec(text); !rule(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Ended in the middle, it goes on at the next start.
func TestCompactingGoesOn(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqldb.MigrateSchema(ctx, db, schema.FS); !errors.Is(err, context.Canceled) {
		t.Errorf("of a caller who is gone: %v", err)
	}
	if _, err := sqldb.MigrateSchema(t.Context(), db, schema.FS); err != nil {
		t.Error(err)
	}
}

// A disk without room is left as it is: what did not fit would stay in the log and close the
// shop. With room it is done at the next start, and the log takes none afterwards.
func TestCompactingNeedsRoom(t *testing.T) {
	t.Parallel()
	free, folder := int64(1<<20), ""
	db := sqltest.NewSQLite(t, func(o *sqldb.Options) {
		o.Free = func(dir string) (int64, error) {
			folder = dir
			return free, nil
		}
	})
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, teaHouse)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if _, err := sqldb.MigrateSchema(t.Context(), db, schema.FS); err != nil {
			t.Fatal(err)
		}
		if got := trees(t, db, "house"); len(got) != want {
			t.Errorf("with %d bytes free: %v beside its own tree", free, got)
		}
		free = 1 << 30
	}
	logs, err := filepath.Glob(filepath.Join(folder, "*-wal"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("the log: %v, %v", logs, err)
	}
	if info, err := os.Stat(logs[0]); err != nil || info.Size() != 0 {
		t.Errorf("the log has %v, %v", info, err)
	}
}

// Every table of the mall has one tree for its primary key.
func TestEveryTableIsCompact(t *testing.T) {
	t.Parallel()
	db := sqltest.NewSQLite(t)
	var loose int
	err := db.Reader().QueryRow(t.Context(), `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'
		AND sql LIKE '%BIGINT NOT NULL PRIMARY KEY%'`).Scan(&loose)
	if err != nil || loose != 0 {
		t.Errorf("%d tables with two trees, %v", loose, err)
	}
}
