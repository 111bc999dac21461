package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hawker/internal/platform/backup"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/telemetry"
)

// backupLook is how often it is looked whether a backup is due: not after a failure
// alone, since one may take long.
const backupLook = 10 * time.Minute

// keeper takes backups by itself.
type keeper struct {
	Backups
	db *sqldb.DB

	mu     sync.Mutex
	newest time.Time
	failed int64
}

// Module takes backups while the mall is open, where that is set.
func (b Backups) Module(db *sqldb.DB) module.Module {
	c := b.Config.Backup
	if c.To == "" {
		return module.Module{Name: "vault"}
	}
	k := &keeper{Backups: b, db: db}
	return module.Module{
		Name:    "vault",
		Tasks:   []schedule.Task{{Name: "backup", Every: min(c.Every, backupLook), Do: k.due}},
		Measure: k.measure,
	}
}

// due takes a backup when the newest is old enough. The first is somebody's, taken by
// hand: an empty folder may be a disk that is not mounted. A failure is said here and not
// tried again at once, as a task's would be.
func (k *keeper) due(ctx context.Context) error {
	c := k.Config.Backup
	newest, err := backup.Find(c.To, "")
	if errors.Is(err, backup.ErrNoBackup) {
		err = fmt.Errorf("%w. Is its disk there? If it is, take the first by hand, with `hawker backup`", err)
	}
	if err != nil {
		k.fail(err)
		return nil
	}
	k.set(newest.At)
	if now := k.Clock.Now(); now.Before(newest.At.Add(c.Every)) {
		return nil
	}
	passphrase, err := backup.ReadPassphrase(c.PassphraseFile)
	if err != nil {
		k.fail(err)
		return nil
	}
	h, gone, err := k.take(ctx, k.db.Reader(), target{
		c.To, passphrase, &backup.Keeping{Daily: c.KeepDaily, Weekly: c.KeepWeekly},
	})
	if !h.At.IsZero() {
		k.set(h.At)
		k.Log.Info("backup taken", "name", h.Name(), "bytes", h.Bytes, "written", h.Written, "backups_gone",
			gone.Backups)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, backup.ErrBusy) {
		k.fail(err)
	}
	return nil
}

func (k *keeper) set(newest time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.newest = newest
}

func (k *keeper) fail(err error) {
	k.Log.Error("backup failed", "to", k.Config.Backup.To, "error", err)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed++
}

func (k *keeper) measure(m *telemetry.Metrics) {
	m.Gauge("hawker_backup_failures", "Backups that failed since the start.", func() float64 {
		k.mu.Lock()
		defer k.mu.Unlock()
		return float64(k.failed)
	})
	m.Gauge("hawker_backup_overdue_seconds", "For how long a backup is overdue; 0 when none is.", func() float64 {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.newest.IsZero() {
			return 0 // none was found: failures tell
		}
		return max(0, k.Clock.Now().Sub(k.newest.Add(k.Config.Backup.Every)).Seconds())
	})
}
