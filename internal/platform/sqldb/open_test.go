package sqldb_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
)

func open(t *testing.T, o sqldb.Options) *sqldb.DB {
	t.Helper()
	o.Clock, o.Log = clock.Real{}, slog.New(slog.DiscardHandler)
	db, err := sqldb.Open(t.Context(), o)
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

// A data folder may be called what its owner likes; the rows lie in it and not
// beside it, and with what keeps them over a power cut.
func TestFoldersHaveAnyName(t *testing.T) {
	t.Parallel()
	steps := stepFS(map[string]string{"0001_one.sql": lease + "CREATE TABLE cup_one (n INTEGER NOT NULL);"})
	for _, name := range []string{"what? really", "mall#1", "100%41", "a&b=c;d", "吆喝", "it's", "file:x", "ends."} {
		dir := filepath.Join(t.TempDir(), name)
		db := open(t, sqldb.Options{URL: "sqlite:" + filepath.Join(dir, "hawker.db")})
		if err := sqldb.Migrate(t.Context(), db, steps); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		update(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO cup_one (n) VALUES (1)")
			return err
		})
		var mode string
		if err := db.Reader().QueryRow(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
			t.Errorf("%s: written in mode %q, %v", name, mode, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "hawker.db")); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be a database is refused with a word of what is wrong and no password.
func TestWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, word := range map[string]string{
		"":                                   "sqlite: or mysql:",
		"postgres://u:s3cret@h/d":            "sqlite: or mysql:",
		"mysql:u:s3cret@tcp(127.0.0.1:1)/d":  "refused",
		"mysql:u:s3cret@tcp(127.0.0.1:1)":    "does not parse",
		"mysql:u:s3cret@tcp(127.0.0.1/d?x=y": "does not parse",
		"sqlite:" + file:                     "not a database",
		"sqlite:" + file + "/hawker.db":      "not a directory",
		"sqlite:" + filepath.Dir(file):       "", // a folder
	} {
		db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: clock.Real{}})
		if err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v, %v; want a word of %q", url, db, err, word)
		}
	}
}

// Who opens to look does so beside the program that runs, and changes nothing.
func TestWhoLooksChangesNothing(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	runs := open(t, sqldb.Options{URL: url})
	if err := sqldb.Migrate(t.Context(), runs, schema.FS); err != nil {
		t.Fatal(err)
	}
	looks := open(t, sqldb.Options{URL: url, ReadOnly: true})
	for n := range int64(3) {
		update(t, runs, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, n+1) })
		if got := count(t, looks.Reader()); got != int(n+1) {
			t.Errorf("it sees %d rows of %d", got, n+1)
		}
	}
	err := looks.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 9) })
	if !errors.Is(err, sqldb.ErrReadOnly) || count(t, runs.Reader()) != 3 {
		t.Errorf("who looks wrote: %v", err)
	}
}

// After the end nobody waits: whoever comes is told.
func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	db := open(t, sqldb.Options{URL: sqltest.FreshURL(t)})
	if err := errors.Join(sqldb.Migrate(t.Context(), db, schema.FS), db.Close()); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"writes":     db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, 1) }),
		"reads":      db.Reader().QueryRow(t.Context(), "SELECT 1").Scan(new(int)),
		"asks":       db.Ping(t.Context()),
		"looks long": db.Snapshot(t.Context(), func(context.Context, sqldb.Querier) error { return nil }),
	} {
		if err == nil {
			t.Errorf("who %s after the end is told nothing", what)
		}
	}
}

// stepFS holds migrations for both servers.
func stepFS(steps map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range steps {
		for _, dialect := range []string{"sqlite", "mysql"} {
			out[dialect+"/"+name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
		}
	}
	return out
}

func tables(t *testing.T, db *sqldb.DB) (out []string) {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if db.Dialect() == sqldb.MySQL {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	rows, err := db.Reader().Query(t.Context(), query)
	out, err = sqldb.Collect(rows, err, func(s sqldb.Scanner) (name string, err error) { return name, s.Scan(&name) })
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(out, func(name string) bool {
		return !strings.HasPrefix(name, "cup") // goose's own, SQLite's own
	})
}

const lease = "CREATE TABLE node_lease (node INTEGER NOT NULL PRIMARY KEY, token VARCHAR(64) NOT NULL, " +
	"lease_until BIGINT NOT NULL);\n"

// A step that fails is named, what stood before it stays, no ids are made on a schema
// that is half done, and the mended program goes on where it stopped.
func TestAMigrationThatFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	db := open(t, sqldb.Options{URL: sqltest.FreshURL(t)})
	steps := map[string]string{
		"0001_one.sql":   lease + "CREATE TABLE cup_one (n INTEGER NOT NULL);",
		"0002_two.sql":   "INSERT INTO cup_one (n) VALUES (7);\nINSERT INTO cup_nowhere (n) VALUES (8);",
		"0003_three.sql": "CREATE TABLE cup_three (n INTEGER NOT NULL);",
	}
	for range 2 { // a second start is as the first
		err := sqldb.Migrate(t.Context(), db, stepFS(steps))
		if err == nil || !strings.Contains(err.Error(), "0002_two.sql") {
			t.Fatalf("a broken step: %v", err)
		}
		if got := tables(t, db); !slices.Equal(got, []string{"cup_one"}) {
			t.Errorf("there are %v", got)
		}
		var n int
		if err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM cup_one").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows of a step that failed, %v", n, err)
		}
		if panics(func() { id.Make[id.User](db) }) == nil {
			t.Error("ids are made on a schema that is half done")
		}
	}
	steps["0002_two.sql"] = "INSERT INTO cup_one (n) VALUES (7);"
	names, err := sqldb.MigrateSchema(t.Context(), db, stepFS(steps))
	if err != nil || !slices.Equal(names, []string{"0002_two.sql", "0003_three.sql"}) {
		t.Errorf("then it did %v, %v", names, err)
	}
	if err := sqldb.Migrate(t.Context(), db, stepFS(steps)); err != nil || id.Make[id.User](db).IsZero() {
		t.Error(err)
	}
	if got := tables(t, db); len(got) != 2 {
		t.Errorf("there are %v", got)
	}
}

// Migrations that are given up leave the database as it was or whole.
func TestAMigrationThatIsGivenUp(t *testing.T) {
	t.Parallel()
	db := open(t, sqldb.Options{URL: sqltest.FreshURL(t)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqldb.MigrateSchema(ctx, db, schema.FS); err == nil {
		t.Fatal("who gave up was obeyed by nobody")
	}
	if err := sqldb.Migrate(t.Context(), db, schema.FS); err != nil {
		t.Fatalf("after one that was given up: %v", err)
	}
	update(t, db, func(ctx context.Context, tx *sqldb.Tx) error { return put(ctx, tx, tx.NextID()) })
}

// A clock that was ahead and is right again after a restart makes no id twice when its time comes.
func TestIDsGoOnAfterAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	url := sqltest.FreshURL(t)
	at := func(now time.Time) *sqldb.DB {
		return sqltest.NewAt(t, clock.NewManual(now), func(o *sqldb.Options) { o.URL = url })
	}
	ahead := at(sqltest.Start.Add(2 * time.Hour))
	var last int64
	update(t, ahead, func(ctx context.Context, tx *sqldb.Tx) error {
		last = tx.NextID()
		return put(ctx, tx, last)
	})
	if err := ahead.Close(); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, 2 * time.Hour} {
		db := at(sqltest.Start.Add(later))
		if got := db.NextID(); got <= last {
			t.Errorf("%v later the next is %d, after %d", later, got, last)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
