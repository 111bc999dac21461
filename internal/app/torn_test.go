package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/app"
	"hawker/internal/base/clock"
)

// A database whose last page was half written is not opened, and it is said what to do.
func TestATornDatabaseIsNotOpened(t *testing.T) {
	const page = 4096
	for what, tear := range map[string]func(db []byte) []byte{
		"no beginning":           func(db []byte) []byte { clear(db[:page]); return db },
		"its second half alone":  func(db []byte) []byte { clear(db[len(db)-page : len(db)-page/2]); return db },
		"nothing of some before": func(db []byte) []byte { clear(db[len(db)-8*page : len(db)-2*page]); return db },
	} {
		cfg := settings(t)
		closed(t, open(t, cfg))
		file := strings.TrimPrefix(cfg.DatabaseURL(), "sqlite:")
		db, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, tear(db), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := app.Open(t.Context(), app.Options{
			Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{},
		})
		if err == nil {
			closed(t, a)
		}
		if err == nil || !strings.Contains(err.Error(), "restore a backup") {
			t.Errorf("%s is there: %v", what, err)
		}
	}
}

// Where a restore was killed no mall is begun anew.
func TestAFolderThatIsHalfRestored(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	if err := os.MkdirAll(filepath.Join(cfg.Data, ".restoring", "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err == nil || !strings.Contains(err.Error(), "run hawker restore again") {
		t.Errorf("opened, %v", err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "hawker.db")); !os.IsNotExist(err) {
		t.Errorf("a database was made: %v", err)
	}
}
