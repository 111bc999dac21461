package blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"hawker/internal/base/id"
)

// Disk is a Store in a folder.
type Disk struct{ root *os.Root }

// partsDir holds what is being written; no key can lie there.
const (
	partsDir  = ".parts"
	partsKeep = 24 * time.Hour // what a crash left is older
)

// NewDisk opens or makes the folder.
func NewDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &Disk{root}
	if err := d.tidy(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// tidy removes what crashes left half written.
func (d *Disk) tidy() error {
	if err := d.root.MkdirAll(partsDir, 0o755); err != nil {
		return err
	}
	parts, err := fs.ReadDir(d.root.FS(), partsDir)
	for _, p := range parts {
		info, infoErr := p.Info()
		if infoErr == nil && time.Since(info.ModTime()) > partsKeep {
			err = errors.Join(err, missingIsFine(d.root.Remove(path.Join(partsDir, p.Name()))))
		}
	}
	return err
}

// Close lets go of the folder.
func (d *Disk) Close() error { return d.root.Close() }

// Put implements Store: a file of its own, fsync, rename.
func (d *Disk) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := CheckKey(key); err != nil {
		return 0, err
	}
	temp := path.Join(partsDir, id.Token())
	f, err := d.root.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(f, reader{ctx, r})
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = d.place(temp, key)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("put blob %s: %w", key, err), missingIsFine(d.root.Remove(temp)))
	}
	return size, nil
}

// placeTries bounds how often the folder of a key may be pruned just when it is made.
const placeTries = 100

// place gives a file that was written its name, and has the folders remember it.
func (d *Disk) place(temp, key string) error {
	for try := 1; ; try++ {
		err := d.root.MkdirAll(path.Dir(key), 0o755)
		if err == nil {
			err = d.root.Rename(temp, key)
		}
		if err == nil {
			break
		}
		pruned := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) // or made by another just then
		if !pruned || try == placeTries {
			return err
		}
	}
	for dir := path.Dir(key); ; dir = path.Dir(dir) {
		if err := d.sync(dir); err != nil || dir == "." {
			return err
		}
	}
}

func (d *Disk) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements Store. A whole blob can be sought in.
func (d *Disk) Open(_ context.Context, key string, r Range) (*Blob, error) {
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	f, err := d.root.Open(key)
	if err != nil {
		return nil, err
	}
	b, err := ranged(f, key, r)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return b, nil
}

func ranged(f *os.File, key string, r Range) (*Blob, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := &Blob{infoOf(key, stat), f}
	if r.whole() {
		return b, nil
	}
	size, err := r.size(stat.Size())
	if err != nil {
		return nil, err
	}
	b.ReadCloser = piece{io.NewSectionReader(f, r.Offset, size), f}
	return b, nil
}

type piece struct {
	*io.SectionReader
	io.Closer
}

func infoOf(key string, stat fs.FileInfo) Info { return Info{key, stat.Size(), stat.ModTime().UTC()} }

// Stat implements Store.
func (d *Disk) Stat(_ context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	stat, err := d.root.Stat(key)
	if err != nil {
		return Info{}, err
	}
	return infoOf(key, stat), nil
}

// List implements Store.
func (d *Disk) List(_ context.Context, prefix, after string, limit int) (out []Info, err error) {
	if err := CheckPrefix(prefix); err != nil {
		return nil, err
	}
	w := walk{root: d.root.FS(), after: after, limit: limit}
	err = w.below(strings.TrimSuffix(prefix, "/"))
	return w.out, err
}

// walk goes through folders in the order of the keys, as far as it has to.
type walk struct {
	root  fs.FS
	after string
	limit int
	out   []Info
}

func (w *walk) below(folder string) error {
	entries, err := fs.ReadDir(w.root, cmp.Or(folder, "."))
	if err != nil {
		return missingIsFine(err) // deleted in the meantime, or never there
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(keyed(a), keyed(b)) })
	for _, e := range entries {
		if len(w.out) >= w.limit {
			return nil
		}
		if err := w.entry(e, path.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// keyed is how an entry's keys begin: a folder's with a slash behind its name.
func keyed(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

func (w *walk) entry(e fs.DirEntry, key string) error {
	if e.IsDir() {
		if key == partsDir || pastFolder(key) <= w.after {
			return nil
		}
		return w.below(key)
	}
	if key <= w.after || CheckKey(key) != nil {
		return nil
	}
	stat, err := e.Info()
	if err == nil {
		w.out = append(w.out, infoOf(key, stat))
	}
	return missingIsFine(err)
}

// pastFolder comes behind all keys of a folder, and is none itself.
func pastFolder(folder string) string { return folder + string('/'+1) }

// Delete implements Store. Folders in which nothing is left go too.
func (d *Disk) Delete(_ context.Context, key string) error {
	if prefix, tree := strings.CutSuffix(key, "/"); tree {
		if err := CheckPrefix(key); err != nil {
			return err
		}
		return errors.Join(d.root.RemoveAll(prefix), d.prune(path.Dir(prefix)))
	}
	if err := CheckKey(key); err != nil {
		return err
	}
	return errors.Join(missingIsFine(d.root.Remove(key)), d.prune(path.Dir(key)))
}

func (d *Disk) prune(dir string) error {
	for ; dir != "."; dir = path.Dir(dir) {
		if err := d.root.Remove(dir); err != nil {
			if errors.Is(err, fs.ErrExist) { // something lies in it: the system says either
				return nil
			}
			return missingIsFine(err)
		}
	}
	return nil
}

func missingIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
