// Package vault keeps copies of an installation: which of its files are copied and in
// what order, when that is done by itself, and how one is restored and proved. How copies
// are kept is platform/backup's. It refuses to take what could not be restored: a
// database without its key.
package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"hawker/internal/base/clock"
	"hawker/internal/platform/backup"
	"hawker/internal/platform/config"
	"hawker/internal/platform/keyring"
	"hawker/internal/platform/space"
	"hawker/internal/platform/sqldb"
)

// Backups takes and restores backups of an installation.
type Backups struct {
	Config config.Config
	Log    *slog.Logger
	Clock  clock.Clock
	Ring   keyring.Ring
	Schema fs.FS
	// Upload answers whether a file of the folder of uploads is worth keeping.
	Upload func(name string) bool
	// Doctor looks at a restored installation.
	Doctor func(ctx context.Context, cfg config.Config) (Examined, error)
	// WithoutDatabase takes the rest of an installation whose database is elsewhere.
	WithoutDatabase bool
}

// Examined is what doctor says of an installation.
type Examined struct {
	Healthy bool
	Checks  int
	Text    string
}

const (
	databaseName = "hawker.db"
	dumpName     = "database.sql"
	bankName     = "sandbox/sandbox.db"
)

// Take makes a backup into a folder, beside a server or without one; keeping says which
// older ones stay, nil: all.
func (b Backups) Take(ctx context.Context, to, passphrase string, keeping *backup.Keeping) (h backup.Header,
	gone backup.Pruned, err error,
) {
	db, err := b.look(ctx)
	if err != nil {
		return h, gone, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return b.take(ctx, db.Reader(), target{to, passphrase, keeping})
}

// target is where a backup goes.
type target struct {
	to, passphrase string
	keeping        *backup.Keeping
}

func (b Backups) take(ctx context.Context, q sqldb.Querier, t target) (h backup.Header, gone backup.Pruned,
	err error,
) {
	if err := apart(t.to, "the folder of backups", b.Config.Data, "the data folder"); err != nil {
		return h, gone, err
	}
	s, err := b.source(ctx, q, t.to)
	if err != nil {
		return h, gone, err
	}
	repo, err := backup.Create(t.to, t.passphrase)
	if err != nil {
		return h, gone, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	if h, err = repo.Take(ctx, s, b.Clock.Now()); err != nil || t.keeping == nil {
		return h, gone, err
	}
	if gone, err = repo.Prune(*t.keeping); err != nil {
		err = fmt.Errorf("the backup was taken, but older ones stay: %w", err)
	}
	return h, gone, err
}

// look opens the database beside a server.
func (b Backups) look(ctx context.Context) (*sqldb.DB, error) {
	if err := b.Config.HasDatabase(); err != nil {
		return nil, err
	}
	return sqldb.Open(ctx, sqldb.Options{URL: b.Config.DatabaseURL(), ReadOnly: true, Clock: b.Clock, Log: b.Log})
}

func (b Backups) source(ctx context.Context, q sqldb.Querier, to string) (s backup.Source, err error) {
	cfg := b.Config
	s.Header.Program = program()
	dialect := sqldb.SQLite
	if cfg.Elsewhere() {
		dialect = sqldb.MySQL
	}
	has, newest, err := sqldb.Known(ctx, q, b.Schema, dialect)
	if err != nil {
		return s, err
	}
	s.Header.Schema = has
	if has < newest { // of before an upgrade: it need not know its key yet
		_, err = os.Stat(cfg.MasterKeyPath())
	} else {
		s.Header.KeyID, err = b.Ring.Present(ctx, q)
	}
	if err != nil {
		return s, fmt.Errorf("a backup could not be restored: %w", err)
	}
	if s.Database, err = b.database(); err != nil {
		return s, err
	}
	if _, err := os.Stat(cfg.Path(bankName)); err == nil {
		// After the mall's: the bank knows of every payment that the mall knows of.
		s.Beside = []backup.Copied{{Path: bankName, Copy: copyOf(cfg.Path(bankName))}}
	}
	for _, name := range []string{"media", "recordings"} {
		s.Folders = append(s.Folders, backup.Folder{Name: name, Dir: cfg.Path(name)})
	}
	s.Folders = append(s.Folders, backup.Folder{
		Name: "uploads", Dir: cfg.Path("uploads"), Keep: b.Upload,
	})
	s.Keys = backup.Folder{Name: "keys", Dir: filepath.Dir(cfg.MasterKeyPath())}
	s.Scratch = cfg.Path("backups/copy")
	s.Room, err = b.room(to)
	return s, err
}

// database says how the database is copied.
func (b Backups) database() (backup.Copied, error) {
	file := b.Config.DatabaseFile()
	switch {
	case file != "":
		reserve := space.Of(b.Config.Data, b.Config.Storage.Reserve, b.Clock)
		return backup.Copied{Path: databaseName, Copy: func(ctx context.Context, to string) error {
			info, err := os.Stat(file)
			if err == nil {
				err = reserve.ForCopy(info.Size())
			}
			if err != nil {
				return err
			}
			return backup.CopyFile(ctx, file, to)
		}}, nil
	case b.WithoutDatabase:
		return backup.Copied{}, nil
	case b.Config.Backup.Dump != "":
		return backup.Copied{Path: dumpName, Copy: b.dump}, nil
	}
	return backup.Copied{}, errors.New("the database is not in the data folder: set backup.dump to a command that " +
		"writes a copy of it, or take the rest with --without-database and the database with its own tools")
}

func copyOf(file string) func(ctx context.Context, to string) error {
	return func(ctx context.Context, to string) error { return backup.CopyFile(ctx, file, to) }
}

// dump has the operator's command write a copy of the database.
func (b Backups) dump(ctx context.Context, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, "sh", "-c", b.Config.Backup.Dump)
	cmd.Stdout, cmd.Stderr = f, &said
	err = cmd.Run()
	if err != nil {
		err = fmt.Errorf("backup.dump: %w: %s", err, sqldb.Cut(strings.TrimSpace(said.String()), saidMax))
	} else if info, serr := f.Stat(); serr != nil || info.Size() == 0 {
		err = errors.Join(errors.New("backup.dump wrote nothing"), serr)
	}
	return errors.Join(err, f.Close())
}

const saidMax = 1000

// room keeps a part of the data folder's disk free where backups go to the same one, and
// does not begin what another has no room for.
func (b Backups) room(to string) (func(bytes int64) error, error) {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	here, err := os.Stat(b.Config.Data)
	if err != nil {
		return nil, err
	}
	there, err := os.Stat(to)
	if err != nil {
		return nil, err
	}
	keep := int64(1) // the disk of backups may be full
	a, oka := here.Sys().(*syscall.Stat_t)
	c, okc := there.Sys().(*syscall.Stat_t)
	if oka && okc && a.Dev == c.Dev {
		keep = b.Config.Storage.Reserve
	}
	return space.Of(to, keep, b.Clock).ForCopy, nil
}

// program names this build.
func program() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Path + " " + info.Main.Version
	}
	return ""
}

// Restored is what was restored.
type Restored struct {
	Backup   backup.Header
	Migrated []string  // names of migrations that were applied
	Doctor   *Examined // nil where the database is elsewhere
}

// Restore writes a backup into the data folder, which is empty, brings it to this
// program's schema and has doctor look at it before it takes its place. What doctor finds
// is told and keeps nothing from being restored: it was so when the backup was taken.
func (b Backups) Restore(ctx context.Context, from, at, passphrase string) (out Restored, err error) {
	if err := apart(b.Config.Data, "the data folder", from, "the folder of backups"); err != nil {
		return out, err
	}
	if out.Backup, err = backup.Find(from, at); err != nil {
		return out, err
	}
	newest, err := sqldb.Newest(b.Schema, sqldb.SQLite)
	if err == nil && out.Backup.Schema > newest {
		err = fmt.Errorf("this backup is of schema %d and this program knows %d: restore it with the program that "+
			"took it, or a newer one", out.Backup.Schema, newest)
	}
	if err != nil {
		return out, err
	}
	if err := roomFor(b.Config.Data, out.Backup.Bytes); err != nil {
		return out, err
	}
	repo, err := backup.Open(from, passphrase)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	err = repo.Restore(ctx, out.Backup, b.Config.Data, func(dir string) (err error) {
		if out.Backup.Database != databaseName {
			return nil
		}
		out.Migrated, out.Doctor, err = b.examine(ctx, dir)
		return err
	})
	return out, err
}

// roomFor refuses a folder to be made or filled where so many bytes have no room.
func roomFor(dir string, bytes int64) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	free, err := space.Free(dir)
	if err == nil && free < bytes {
		return fmt.Errorf("%w: the backup has %.0f MiB, and %s has room for %.0f", space.ErrFull, mebi(bytes), dir,
			mebi(free))
	}
	return nil // what cannot be told shows when it is written
}

func (b Backups) examine(ctx context.Context, dir string) (migrated []string, report *Examined, err error) {
	cfg := b.Config
	cfg.Data, cfg.Database.URL = dir, ""
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL(), Clock: b.Clock, Log: b.Log})
	if err != nil {
		return nil, nil, err
	}
	migrated, err = sqldb.MigrateSchema(ctx, db, b.Schema)
	if err = errors.Join(err, db.Close()); err != nil {
		return migrated, nil, fmt.Errorf("the restored database: %w", err)
	}
	r, err := b.Doctor(ctx, cfg)
	return migrated, &r, err
}

// Verify reads all of a backup.
func (b Backups) Verify(ctx context.Context, from, at, passphrase string) (h backup.Header, err error) {
	if h, err = backup.Find(from, at); err != nil {
		return h, err
	}
	repo, err := backup.Create(from, passphrase) // alone: what is spoilt is put aside
	if errors.Is(err, syscall.EROFS) || errors.Is(err, os.ErrPermission) {
		repo, err = backup.Open(from, passphrase)
	}
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	return h, repo.Verify(ctx, h)
}

// Print says what a backup is, in one line.
func Print(w io.Writer, h backup.Header) error {
	files := 0
	for _, n := range h.Files {
		files += n
	}
	where := h.Database
	if where == "" {
		where = "database elsewhere"
	}
	_, err := fmt.Fprintf(w, "%s  %d files  %.1f MiB (%.1f written)  schema %d  key %s  %s\n", h.Name(), files,
		mebi(h.Bytes), mebi(h.Written), h.Schema, h.KeyID, where)
	return err
}

func mebi(bytes int64) float64 { return float64(bytes) / (1 << 20) }
