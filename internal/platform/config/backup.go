package config

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Backup says where backups go by themselves, and how many stay.
type Backup struct {
	To             string        `koanf:"to"`
	PassphraseFile string        `koanf:"passphrase_file"`
	Every          time.Duration `koanf:"every"`
	KeepDaily      int           `koanf:"keep_daily"`
	KeepWeekly     int           `koanf:"keep_weekly"`
	// Dump is a command whose output is a copy of a database that is elsewhere.
	Dump string `koanf:"dump"`
}

const backupEveryMin = time.Minute

// checkBackup reports what cannot be of backups.
func (c Config) checkBackup(bad func(cond bool, format string, args ...any)) {
	b := c.Backup
	bad(b.To != "" && b.PassphraseFile == "", "backup.passphrase_file must be set: backups are encrypted")
	bad(b.Every < backupEveryMin, "backup.every must be at least 1m")
	bad(b.KeepDaily < 0 || b.KeepWeekly < 0, "backup.keep_daily and backup.keep_weekly must not be negative")
	bad(b.To != "" && b.Dump == "" && c.Elsewhere(), "backup.dump must be set: the database is not in the data "+
		"folder, and a backup without it restores nothing")
}

// Elsewhere reports whether the database is none of SQLite's files.
func (c Config) Elsewhere() bool { return !strings.HasPrefix(c.DatabaseURL(), sqlitePrefix) }

// DatabaseFile is the database's file, "" when that is elsewhere.
func (c Config) DatabaseFile() string {
	if c.Elsewhere() {
		return ""
	}
	return strings.TrimPrefix(c.DatabaseURL(), sqlitePrefix)
}

// HasDatabase refuses a folder without one: whoever opened it all the same would make an
// empty mall in a folder whose name was mistyped.
func (c Config) HasDatabase() error {
	file := c.DatabaseFile()
	if file == "" {
		return nil
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("there is no database here: %w", err)
	}
	return nil
}

const sqlitePrefix = "sqlite:"
