package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
)

// Verify reads all of a backup and proves it. Where the folder is ours alone, a content
// that is not what was kept is put aside, so that the next backup keeps it anew.
func (r *Repository) Verify(ctx context.Context, h Header) error {
	m, err := r.manifestOf(h)
	if err != nil {
		return err
	}
	var wrong []error
	proved := map[string]bool{}
	for _, e := range m.Entries {
		if name := r.object(e.Area, e.Hash); !proved[name] {
			if err := r.get(ctx, e, io.Discard); err != nil {
				wrong = append(wrong, err, r.putAside(name, err))
			}
			proved[name] = true
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	const told = 20
	return errors.Join(wrong[:min(len(wrong), told)]...)
}

const damaged = "damaged"

func (r *Repository) putAside(name string, why error) error {
	if !r.alone || !errors.Is(why, ErrDamaged) {
		return nil
	}
	err := r.root.MkdirAll(damaged, 0o700)
	if err == nil {
		err = r.root.Rename(name, path.Join(damaged, path.Base(name)))
	}
	return missingIsFine(err)
}

// restoring is where a restored installation lies until it is whole; no setting makes
// the program look there.
const restoring = ".restoring"

// Unfinished refuses a folder into which a backup is being restored, or was when that was
// killed: whoever started there would begin a mall anew.
func Unfinished(dir string) error {
	part, err := os.ReadDir(filepath.Join(dir, restoring))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	all, other := os.ReadDir(dir)
	if err := errors.Join(err, other); err != nil {
		return err
	}
	if len(part) == 0 && len(all) > 1 {
		return nil // everything has its place already
	}
	return fmt.Errorf("a backup is being restored into %s, or that was ended before it was whole: run hawker restore "+
		"again", dir)
}

// Restore writes a backup into an empty folder, for its owner alone; what a restore that
// was killed left there is no matter. ready is called with a folder in which all of it
// lies, before it takes its place; when that or anything else fails, the folder is as
// empty as before.
func (r *Repository) Restore(ctx context.Context, h Header, dir string, ready func(dir string) error) (err error) {
	m, err := r.manifestOf(h)
	if err != nil {
		return err
	}
	made, err := emptyFolder(dir)
	if err != nil {
		return err
	}
	temp := filepath.Join(dir, restoring)
	mine, err := takeOver(temp)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(temp), mine.Close())
		if err != nil && made {
			err = errors.Join(err, os.Remove(dir))
		}
	}()
	if err := r.restoreInto(ctx, m, temp); err != nil {
		return err
	}
	if err := ready(temp); err != nil {
		return err
	}
	return moveUp(temp, dir, m.Header.Database)
}

// takeOver makes a folder anew and locks it; one that somebody else has locked is theirs.
func takeOver(dir string) (*os.File, error) {
	left, err := lockedFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := errors.Join(os.RemoveAll(dir), left.Close()); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	return lockedFolder(dir)
}

func lockedFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("somebody else restores into %s: %w", filepath.Dir(dir), err), f.Close())
	}
	return f, nil
}

// emptyFolder makes a folder or finds it empty, but for what a restore left.
func emptyFolder(dir string) (made bool, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if f.Name() != "lost+found" && f.Name() != restoring {
			return false, fmt.Errorf("%s is not empty (%s): a backup is restored into an empty folder only", dir,
				f.Name())
		}
	}
	return false, os.Chmod(dir, 0o700)
}

func (r *Repository) restoreInto(ctx context.Context, m manifest, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	for _, e := range m.Entries {
		if err = r.restore(ctx, root, e); err != nil {
			break
		}
	}
	return errors.Join(err, root.Close())
}

func (r *Repository) restore(ctx context.Context, to *os.Root, e entry) error {
	if err := to.MkdirAll(path.Dir(e.Path), 0o700); err != nil {
		return err
	}
	f, err := to.OpenFile(e.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = r.get(ctx, e, f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("the disk is full: %w", err)
	}
	return err
}

// moveUp gives what was restored its place, the database last: without it nothing starts
// beside the other files.
func moveUp(from, to, database string) error {
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	slices.SortStableFunc(files, func(a, b fs.DirEntry) int {
		switch database {
		case a.Name():
			return 1
		case b.Name():
			return -1
		}
		return 0
	})
	var moved []string
	for _, f := range files {
		place := filepath.Join(to, f.Name())
		if err := os.Rename(filepath.Join(from, f.Name()), place); err != nil {
			for _, m := range moved {
				err = errors.Join(err, os.RemoveAll(m))
			}
			return err
		}
		moved = append(moved, place)
	}
	d, err := os.Open(to)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
