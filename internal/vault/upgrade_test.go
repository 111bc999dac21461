package vault_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/vault"
)

// programs knows the schema up to a version.
func program(version int) fs.FS {
	out := fstest.MapFS{}
	for v := 1; v <= version; v++ {
		out[fmt.Sprintf("sqlite/%04d_step.sql", v)] = &fstest.MapFile{
			Data: fmt.Appendf(nil, "-- +goose Up\nCREATE TABLE step_%d (n INT NOT NULL);\n", v),
		}
	}
	return out
}

func TestAnUpgradeKeepsACopy(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Storage.Reserve = t.TempDir(), 0
	log := slog.New(slog.DiscardHandler)
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: cfg.DatabaseURL(), Clock: clock.Real{}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	copies := func() (names []string) {
		found, err := filepath.Glob(cfg.Path("backups/*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			names = append(names, filepath.Base(f))
		}
		return names
	}
	for version := 1; version <= 5; version++ {
		b := vault.Backups{Config: cfg, Log: log, Clock: clock.Real{}, Schema: program(version)}
		for range 2 { // the second has nothing to do
			if err := b.BeforeUpgrade(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			if _, err := sqldb.MigrateSchema(t.Context(), db, b.Schema); err != nil {
				t.Fatal(err)
			}
		}
		if version == 1 && len(copies()) > 0 {
			t.Errorf("a copy of nothing: %v", copies())
		}
	}
	want := "schema-0002-before-0003.db schema-0003-before-0004.db schema-0004-before-0005.db"
	if got := strings.Join(copies(), " "); got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
	full := vault.Backups{Config: cfg, Log: log, Clock: clock.NewManual(time.Unix(1, 0)), Schema: program(6)}
	full.Config.Storage.Reserve = 1 << 60
	if err := full.BeforeUpgrade(t.Context(), db); err == nil || !strings.Contains(err.Error(), "--without-copy") {
		t.Errorf("on a full disk: %v", err)
	}
	older := vault.Backups{Config: cfg, Log: log, Clock: clock.Real{}, Schema: program(4)}
	if err := older.BeforeUpgrade(t.Context(), db); err == nil {
		t.Error("an older program went on")
	}
}
