package older_test

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/schema"
	"hawker/test/older"
)

// fill makes a database as an older program left it, and answers how many rows it has of
// each table.
func fill(t *testing.T, url, from string) map[string]int {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.MigrateSchema(t.Context(), db, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	tables := read(t, filepath.Join(from, "rows.jsonl"))
	err = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		lax := "PRAGMA defer_foreign_keys = 1" // tables come in the order of their names
		if tx.Dialect() == sqldb.MySQL {
			lax = "SET FOREIGN_KEY_CHECKS = 0"
		}
		if _, err := tx.Exec(ctx, lax); err != nil {
			return err
		}
		for _, table := range tables {
			if err := insert(ctx, tx, table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, table := range tables {
		rows[table.Name] = len(table.Rows)
	}
	return rows
}

func read(t *testing.T, file string) (out []older.Table) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		table, err := older.Read(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, table)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func insert(ctx context.Context, tx *sqldb.Tx, table older.Table) error {
	query := "INSERT INTO " + table.Name + " (" + strings.Join(table.Columns, ", ") + ") VALUES (" +
		sqldb.Marks(len(table.Columns)) + ")"
	if _, err := tx.Exec(ctx, "DELETE FROM "+table.Name); err != nil { // what a migration put there
		return err
	}
	for _, row := range table.Rows {
		args := make([]any, len(row))
		for i, cell := range row {
			var err error
			if args[i], err = cell.Value(); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// What an older program kept is whole after the upgrade: doctor finds nothing, the key
// opens what that program sealed, and a copy of before is there.
func TestDataOfOlderPrograms(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("testdata/*/rows.jsonl")
	if err != nil || len(found) == 0 {
		t.Fatalf("no data of older programs: %v", err)
	}
	for _, file := range found {
		from := filepath.Dir(file)
		t.Run(filepath.Base(from), func(t *testing.T) {
			t.Parallel()
			upgrade(t, from)
		})
	}
}

func upgrade(t *testing.T, from string) {
	cfg, log := config.Default(), slog.New(slog.DiscardHandler)
	cfg.Data, cfg.Payment.SandboxAddr, cfg.Storage.Reserve = t.TempDir(), "127.0.0.1:0", 0
	if url := sqltest.FreshURL(t); strings.HasPrefix(url, "mysql:") {
		cfg.Database.URL = url
	}
	key, err := os.ReadFile(filepath.Join(from, "master.key"))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(cfg.MasterKeyPath()), 0o700)
	}
	if err == nil {
		err = os.WriteFile(cfg.MasterKeyPath(), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := fill(t, cfg.DatabaseURL(), from)
	if !cfg.Elsewhere() {
		kept(t, cfg)
	}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: log, Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	var orders int
	err = a.DB().Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM orders").Scan(&orders)
	if err != nil || orders != rows["orders"] || orders == 0 {
		t.Errorf("%d of %d orders, %v", orders, rows["orders"], err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := app.Doctor(t.Context(), cfg, log)
	if err != nil || !report.Healthy {
		t.Errorf("%v\n%s", err, report)
	}
	copies, err := filepath.Glob(cfg.Path("backups/schema-*.db"))
	if wanted := map[bool]int{true: 0, false: 1}[cfg.Elsewhere()]; err != nil || len(copies) != wanted {
		t.Errorf("copies of before: %v, %v", copies, err)
	}
	if len(copies) > 0 {
		wasBefore(t, copies[0], orders)
	}
}

// kept takes a backup of what an older program left, and restores it with this one.
func kept(t *testing.T, cfg config.Config) {
	t.Helper()
	const passphrase = "six words taken by chance, or so"
	to, log := filepath.Join(t.TempDir(), "backups"), slog.New(slog.DiscardHandler)
	h, _, err := app.Vault(cfg, log, clock.Real{}).Take(t.Context(), to, passphrase, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = filepath.Join(t.TempDir(), "restored")
	done, err := app.Vault(cfg, log, clock.Real{}).Restore(t.Context(), to, "", passphrase)
	if err != nil || done.Backup.Schema != h.Schema || len(done.Migrated) == 0 || !done.Doctor.Healthy {
		t.Errorf("%+v, %v", done, err)
	}
}

// wasBefore looks at a copy of before the upgrade.
func wasBefore(t *testing.T, file string, orders int) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: "sqlite:" + file, ReadOnly: true, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	v, newest, err := sqldb.Known(t.Context(), db.Reader(), schema.FS, sqldb.SQLite)
	if err == nil {
		err = db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM orders").Scan(&n)
	}
	if err != nil || v == 0 || v >= newest || n != orders {
		t.Errorf("the copy is of schema %d with %d orders, %v", v, n, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
