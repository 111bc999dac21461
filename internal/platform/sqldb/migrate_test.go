package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// schemas are migrations of both dialects, by their names.
func schemas(texts map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range texts {
		for _, dialect := range []string{"sqlite", "mysql"} {
			out[dialect+"/"+name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
		}
	}
	return out
}

func openURL(t *testing.T, url string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
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

func rowsOf(t *testing.T, db *sqldb.DB, table string) (n int) {
	t.Helper()
	if err := db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	makeTea = "CREATE TABLE tea (n INT NOT NULL PRIMARY KEY);\n"
	pourTea = "-- a cup\nINSERT INTO tea (n)\n\tVALUES (1);\n"
	makeCup = "CREATE TABLE cup (n INT NOT NULL PRIMARY KEY);\nALTER TABLE cup ADD COLUMN size INT NOT NULL DEFAULT " +
		"0;\n"
	makePot = "CREATE TABLE pot (n INT NOT NULL PRIMARY KEY);\n"
	spilt   = "INSERT INTO nothing VALUES (1);\n"
)

// A migration that ended in the middle is finished by the next call, and each of its
// statements has its effect once.
func TestAHalfMigrationIsFinished(t *testing.T) {
	t.Parallel()
	db := openURL(t, sqltest.FreshURL(t))
	half := schemas(map[string]string{"0001_tea.sql": makeTea + pourTea + makePot + spilt})
	if _, err := sqldb.MigrateSchema(t.Context(), db, half); err == nil || !strings.Contains(err.Error(),
		"0001_tea.sql") {
		t.Fatalf("a statement that fails: %v", err)
	}
	if v, err := sqldb.Version(t.Context(), db.Reader()); err != nil || v != 0 {
		t.Errorf("version %d, %v", v, err)
	}
	if db.Shared() { // done, and ended before that was noted
		err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE cup (n INT NOT NULL PRIMARY KEY)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mended := schemas(map[string]string{"0001_tea.sql": makeTea + pourTea + makePot + makeCup})
	names, err := sqldb.MigrateSchema(t.Context(), db, mended)
	if err != nil || len(names) != 1 || names[0] != "0001_tea.sql" {
		t.Fatalf("applied %v, %v", names, err)
	}
	if n, m := rowsOf(t, db, "tea"), rowsOf(t, db, "cup WHERE size = 0"); n != 1 || m != 0 {
		t.Errorf("%d cups of tea, %d empty ones", n, m)
	}
	if names, err := sqldb.MigrateSchema(t.Context(), db, mended); err != nil || len(names) != 0 {
		t.Errorf("twice: %v, %v", names, err)
	}
}

// What is there although nothing was begun is no statement of ours.
func TestWhatIsInTheWayIsTold(t *testing.T) {
	t.Parallel()
	db := openURL(t, sqltest.FreshURL(t))
	err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE tea (leaves INT)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.MigrateSchema(t.Context(), db, schemas(map[string]string{"0001_tea.sql": makeTea})); err == nil {
		t.Error("another's table was taken for ours")
	}
}

// A program that knows less than the database does nothing.
func TestAnOlderProgramIsRefused(t *testing.T) {
	t.Parallel()
	db := openURL(t, sqltest.FreshURL(t))
	older := map[string]string{"0001_tea.sql": makeTea}
	newer := map[string]string{"0001_tea.sql": makeTea, "0002_cup.sql": makeCup}
	if _, err := sqldb.MigrateSchema(t.Context(), db, schemas(newer)); err != nil {
		t.Fatal(err)
	}
	_, err := sqldb.MigrateSchema(t.Context(), db, schemas(older))
	if !errors.Is(err, sqldb.ErrNewer) || !strings.Contains(err.Error(), "schema is 2") ||
		!strings.Contains(err.Error(),
			"knows 1") {
		t.Errorf("an older program: %v", err)
	}
}

const migrateVariable = "HAWKER_TEST_MIGRATE"

// TestMain lets this program be one that is killed while it migrates.
func TestMain(m *testing.M) {
	file := os.Getenv(migrateVariable)
	if file == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: "sqlite:" + file, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		_, err = sqldb.MigrateSchema(ctx, db, schemas(map[string]string{"0001_tea.sql": makeTea + `
			WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)
			INSERT INTO tea (n) SELECT n FROM c;` + "\n"}))
	}
	fmt.Println("ended:", err)
}

// Killed in the middle of a statement, a SQLite migration did not happen.
func TestKilledWhileItMigrates(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "hawker.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), migrateVariable+"="+file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	const far = 20 << 20 // more than is kept in memory
	for wrote := int64(0); wrote < far; <-tick.C {
		if info, err := os.Stat(file + "-wal"); err == nil {
			wrote = info.Size()
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	db := openURL(t, "sqlite:"+file)
	if v, err := sqldb.Version(t.Context(), db.Reader()); err != nil || v != 0 {
		t.Errorf("version %d, %v", v, err)
	}
	if _, err := sqldb.MigrateSchema(t.Context(), db, schemas(map[string]string{
		"0001_tea.sql": makeTea + pourTea,
	})); err != nil {
		t.Fatal(err)
	}
	if n := rowsOf(t, db, "tea"); n != 1 {
		t.Errorf("%d rows, of which one is the second run's", n)
	}
}
