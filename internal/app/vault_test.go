package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/platform/backup"
	"hawker/internal/platform/config"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/telemetry"
	"hawker/internal/vault"
)

const passphrase = "six words taken by chance, or so"

// kept are settings of an installation that takes backups by itself.
func kept(t *testing.T) config.Config {
	t.Helper()
	cfg := settings(t)
	cfg.Storage.Reserve = 0
	cfg.Backup.To = filepath.Join(t.TempDir(), "backups")
	cfg.Backup.PassphraseFile = write(t, passphrase+"\n")
	cfg.Backup.KeepDaily, cfg.Backup.KeepWeekly = 2, 0
	return cfg
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// openAt opens an installation on a clock, and answers the task that takes backups and
// what it measures.
func openAt(t *testing.T, cfg config.Config, c clock.Clock) (*app.App, schedule.Task, func(name string) string) {
	t.Helper()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range a.Modules() {
		if m.Name != "vault" || len(m.Tasks) != 1 {
			continue
		}
		metrics := telemetry.NewMetrics()
		m.Measure(metrics)
		return a, m.Tasks[0], func(name string) string {
			w := httptest.NewRecorder()
			metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
			for line := range strings.Lines(w.Body.String()) {
				if value, ok := strings.CutPrefix(line, name+" "); ok {
					return strings.TrimSpace(value)
				}
			}
			return "none"
		}
	}
	t.Fatal("no task takes backups")
	return nil, schedule.Task{}, nil
}

func TestBackupsByThemselves(t *testing.T) {
	t.Parallel()
	cfg, c := kept(t), clock.NewManual(sqltest.Start)
	a, task, measured := openAt(t, cfg, c)
	defer closed(t, a)
	count := func(want int) {
		t.Helper()
		if err := task.Do(t.Context()); err != nil {
			t.Error(err)
		}
		list, err := backup.List(cfg.Backup.To)
		if err != nil || len(list) != want {
			t.Errorf("%v: %d backups, want %d; %v", c.Now(), len(list), want, err)
		}
	}
	count(0)
	if n := measured("hawker_backup_failures"); n != "1" {
		t.Errorf("%s failures: an empty folder may be a disk that is missing", n)
	}
	first := of(cfg)
	first.Clock = c
	if _, _, err := first.Take(t.Context(), cfg.Backup.To, passphrase, nil); err != nil {
		t.Fatal(err)
	}
	c.Advance(cfg.Backup.Every - time.Second)
	count(1)
	c.Advance(time.Second)
	count(2)
	c.Advance(cfg.Backup.Every)
	count(2) // of the last two days
	if n := measured("hawker_backup_failures"); n != "1" {
		t.Errorf("%s failures", n)
	}
	if err := os.WriteFile(cfg.Backup.PassphraseFile, []byte("another passphrase, as good"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Advance(cfg.Backup.Every + time.Minute)
	count(2)
	if n, late := measured("hawker_backup_failures"), measured("hawker_backup_overdue_seconds"); n != "2" ||
		late != "60" {
		t.Errorf("%s failures, overdue for %s s", n, late)
	}
}

func TestNothingIsScheduledUnasked(t *testing.T) {
	t.Parallel()
	a := open(t, settings(t))
	defer closed(t, a)
	for _, m := range a.Modules() {
		if m.Name == "vault" && (len(m.Tasks) > 0 || m.Measure != nil) {
			t.Error("backups are taken to nowhere")
		}
	}
}

func of(cfg config.Config) vault.Backups {
	return app.Vault(cfg, slog.New(slog.DiscardHandler), clock.Real{})
}

// A backup of a running installation is restored elsewhere, older schemas are brought to
// this one, and newer ones are refused.
func TestABackupIsRestored(t *testing.T) {
	t.Parallel()
	cfg := kept(t)
	a := open(t, cfg)
	defer closed(t, a)
	h, _, err := of(cfg).Take(t.Context(), cfg.Backup.To, passphrase, nil)
	if err != nil {
		t.Fatal(err)
	}
	other := settings(t)
	done, err := of(other).Restore(t.Context(), cfg.Backup.To, "latest", passphrase)
	if err != nil || done.Doctor == nil || !done.Doctor.Healthy || done.Backup.Name() != h.Name() {
		t.Fatalf("%+v, %v", done, err)
	}
	closed(t, open(t, other)) // it starts
	if _, err := of(other).Verify(t.Context(), cfg.Backup.To, "", passphrase); err != nil {
		t.Error(err)
	}
	header := filepath.Join(cfg.Backup.To, "snapshots", h.Name()+".json")
	raw, err := os.ReadFile(header)
	if err == nil {
		err = os.WriteFile(header, []byte(strings.Replace(string(raw), `"schema": `, `"schema": 9`, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := of(settings(t)).Restore(t.Context(), cfg.Backup.To, "", passphrase); err == nil ||
		!strings.Contains(err.Error(), "newer") {
		t.Errorf("of a newer program: %v", err)
	}
}

// What could not be restored is not taken: without its key a database is lost, and a disk
// that is needed for the books is left alone.
func TestABackupThatWouldBeNone(t *testing.T) {
	t.Parallel()
	cfg := kept(t)
	if _, _, err := of(cfg).Take(t.Context(), cfg.Backup.To, passphrase, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	closed(t, open(t, cfg))
	full := cfg
	full.Storage.Reserve = 1 << 60
	if _, _, err := of(full).Take(t.Context(), cfg.Backup.To, passphrase, nil); err == nil || !strings.Contains(
		err.Error(), "kept free") {
		t.Errorf("on a full disk: %v", err)
	}
	if err := os.Remove(cfg.MasterKeyPath()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := of(cfg).Take(t.Context(), cfg.Backup.To, passphrase, nil); err == nil || !strings.Contains(
		err.Error(), "master.key") {
		t.Errorf("without the key: %v", err)
	}
	if list, err := backup.List(cfg.Backup.To); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// A database elsewhere is copied by the operator's command, or said not to be.
func TestADatabaseElsewhere(t *testing.T) {
	t.Parallel()
	cfg := kept(t)
	cfg.Database.URL = sqltest.FreshURL(t)
	if !cfg.Elsewhere() {
		t.Skip("needs a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, a)
	take := func(b vault.Backups) (backup.Header, error) {
		h, _, err := b.Take(t.Context(), cfg.Backup.To, passphrase, nil)
		return h, err
	}
	if _, err := take(of(cfg)); err == nil || !strings.Contains(err.Error(), "--without-database") {
		t.Errorf("unasked: %v", err)
	}
	b := of(cfg)
	b.WithoutDatabase = true
	if h, err := take(b); err != nil || h.Database != "" {
		t.Errorf("without: %+v, %v", h, err)
	}
	for command, words := range map[string]string{"echo no access >&2; exit 1": "no access", "true": "nothing"} {
		cfg.Backup.Dump = command
		if _, err := take(of(cfg)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", command, err)
		}
	}
	cfg.Backup.Dump = "echo 'all rows'"
	if h, err := take(of(cfg)); err != nil || h.Database != "database.sql" {
		t.Errorf("by a command: %+v, %v", h, err)
	}
	other := settings(t)
	done, err := of(other).Restore(t.Context(), cfg.Backup.To, "", passphrase)
	if err != nil || done.Doctor != nil {
		t.Errorf("%+v, %v", done, err)
	}
	if raw, err := os.ReadFile(other.Path("database.sql")); err != nil || string(raw) != "all rows\n" {
		t.Errorf("%q, %v", raw, err)
	}
}

// A writer is not kept waiting by the copy of the database.
func TestWritersGoOn(t *testing.T) {
	t.Parallel()
	cfg := kept(t)
	a := open(t, cfg)
	defer closed(t, a)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	wrote := 0
	go func() {
		var err error
		for ctx.Err() == nil && err == nil {
			err = a.DB().Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE installation SET proved_at = proved_at + 1 WHERE id = 1")
				return err
			})
			wrote++
		}
		done <- err
	}()
	_, _, err := of(cfg).Take(t.Context(), cfg.Backup.To, passphrase, nil)
	stop()
	if werr := <-done; err != nil || werr != nil || wrote < 2 {
		t.Errorf("backup %v, writer %v after %d", err, werr, wrote)
	}
}

// A backup in the installation that it is of goes with it, and the next one would take it
// along; an installation is restored into no folder of backups.
func TestABackupStandsApart(t *testing.T) {
	t.Parallel()
	cfg := kept(t)
	a, _, _ := openAt(t, cfg, clock.Real{})
	closed(t, a)
	link := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(filepath.Join(cfg.Data, "media"), link); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{
		cfg.Data, filepath.Join(cfg.Data, "backups", "mine"), filepath.Join(cfg.Data, "media"),
		filepath.Join(link, "x"), cfg.Data + "/../" + filepath.Base(cfg.Data) + "/x",
	} {
		if _, _, err := of(cfg).Take(t.Context(), to, passphrase, nil); err == nil || !strings.Contains(err.Error(),
			"lies in the data folder") {
			t.Errorf("into %s: %v", to, err)
		}
	}
	beside := cfg.Data + "-backups" // begins with its name
	if _, _, err := of(cfg).Take(t.Context(), beside, passphrase, nil); err != nil {
		t.Fatal(err)
	}
	other := settings(t)
	other.Data = filepath.Join(beside, "restored")
	if _, err := of(other).Restore(t.Context(), beside, "latest", passphrase); err == nil || !strings.Contains(
		err.Error(), "lies in the folder of backups") {
		t.Errorf("a restore into backups: %v", err)
	}
	if _, err := os.Stat(other.Data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it left something: %v", err)
	}
}
