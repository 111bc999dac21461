// Package sqltest gives a test a fresh, migrated database: SQLite in a folder of
// its own, or a new MySQL database when HAWKER_TEST_MYSQL names a server
// (user:password@tcp(host:port)/), so that every store test runs on both.
package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

// Start is the instant at which the clocks of tests begin.
var Start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Option changes how a test's database is opened.
type Option func(o *sqldb.Options)

// Once runs transaction functions once, for a test that counts runs. The others
// run each twice, so that what a function changes outside the database shows.
func Once(o *sqldb.Options) { o.Twice = false }

// New opens a fresh database on the machine's clock.
func New(t testing.TB, options ...Option) *sqldb.DB { return NewAt(t, clock.Real{}, options...) }

// NewSQLite opens a fresh SQLite database even where the tests run on MySQL.
func NewSQLite(t testing.TB, options ...Option) *sqldb.DB {
	return NewAt(t, clock.Real{}, append(options, func(o *sqldb.Options) { o.URL = migratedURL(t) })...)
}

// NewManual opens a fresh database whose clock only moves when told to.
func NewManual(t testing.TB, options ...Option) (*sqldb.DB, *clock.Manual) {
	c := clock.NewManual(Start)
	return NewAt(t, c, options...), c
}

// NewAt opens a fresh database on the given clock.
func NewAt(t testing.TB, c clock.Clock, options ...Option) *sqldb.DB {
	t.Helper()
	o := sqldb.Options{Clock: c, Log: slog.New(slog.DiscardHandler), Twice: true, Histories: schema.Histories()}
	for _, change := range options {
		change(&o)
	}
	if o.URL == "" && os.Getenv(serverVariable) == "" {
		o.URL = migratedURL(t)
	}
	if o.URL == "" {
		o.URL = FreshURL(t)
	}
	if o.Seen == nil {
		o.Seen = noted(o.URL)
	}
	db, err := sqldb.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := sqldb.Migrate(t.Context(), db, schema.FS); err != nil {
		t.Fatal(err)
	}
	return db
}

// serverVariable names a MySQL server for tests.
const serverVariable = "HAWKER_TEST_MYSQL"

// migrated is what a SQLite file holds after all migrations. They take longer than
// most tests, so a process runs them once and copies the file.
var migrated = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "hawker-migrated-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "hawker.db")
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{
		URL: "sqlite:" + file, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler), Histories: schema.Histories(),
	})
	if err != nil {
		return nil, err
	}
	_, err = sqldb.MigrateSchema(ctx, db, schema.FS)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// migratedURL names a migrated SQLite database of the test's own.
func migratedURL(t testing.TB) string {
	t.Helper()
	url := fileURL(t)
	WriteMigrated(t, strings.TrimPrefix(url, "sqlite:"))
	return url
}

// WriteMigrated makes a SQLite file as migrations make it, for a test of a whole
// installation, unless there is one.
func WriteMigrated(t testing.TB, file string) {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return
	}
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func fileURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "hawker.db") }

// FreshURL names an empty database that is gone after the test.
func FreshURL(t testing.TB) string {
	server := os.Getenv(serverVariable)
	if server == "" {
		return fileURL(t)
	}
	name := "hawker_" + strings.ToLower(id.Token())
	admin, err := sql.Open("mysql", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatalf("HAWKER_TEST_MYSQL is set but no database can be made there: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	return "mysql:" + server + name
}
