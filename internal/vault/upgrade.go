package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"hawker/internal/platform/backup"
	"hawker/internal/platform/space"
	"hawker/internal/platform/sqldb"
)

// copiesKept is how many copies of databases of before an upgrade stay.
const copiesKept = 3

// BeforeUpgrade keeps a copy of the database in the data folder when migrations are
// pending: what an upgrade spoils is put back with the program of before. The copy is in
// clear, as the database is. A database elsewhere is its operator's to copy.
func (b Backups) BeforeUpgrade(ctx context.Context, db *sqldb.DB) error {
	has, newest, err := sqldb.Known(ctx, db.Reader(), b.Schema, db.Dialect())
	file := b.Config.DatabaseFile()
	if err != nil || has == 0 || has == newest || file == "" {
		return err
	}
	info, err := os.Stat(file)
	if err == nil {
		err = space.Of(b.Config.Data, b.Config.Storage.Reserve, b.Clock).ForCopy(info.Size())
	}
	if err != nil {
		return fmt.Errorf("no copy of the database can be kept before the upgrade; make room, or run `hawker migrate "+
			"--without-copy`: %w", err)
	}
	dir := b.Config.Path("backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, fmt.Sprintf("schema-%04d-before-%04d.db", has, newest))
	temp := name + ".part"
	if err := missingIsFine(os.Remove(temp)); err != nil { // of an end in between
		return err
	}
	if err = backup.CopyFile(ctx, file, temp); err == nil {
		err = os.Chmod(temp, 0o600)
	}
	if err == nil {
		err = durable(temp, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep a copy of the database before the upgrade: %w", err),
			missingIsFine(os.Remove(temp)))
	}
	b.Log.Info("kept a copy of the database before the upgrade", "file", name)
	return b.forgetCopies(dir)
}

// durable gives a file its name when both are on the disk.
func durable(temp, name string) error {
	for _, sync := range []func() error{
		func() error { return syncPath(temp) }, func() error { return os.Rename(temp, name) },
		func() error { return syncPath(filepath.Dir(name)) },
	} {
		if err := sync(); err != nil {
			return err
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func missingIsFine(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// forgetCopies keeps the newest.
func (b Backups) forgetCopies(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "schema-*.db"))
	if err != nil {
		return err
	}
	age := map[string]int64{}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		age[f] = info.ModTime().UnixNano()
	}
	slices.SortFunc(files, func(a, c string) int { return cmp.Or(cmp.Compare(age[c], age[a]), cmp.Compare(c, a)) })
	for _, f := range files[min(len(files), copiesKept):] {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}
