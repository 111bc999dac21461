package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Source is an installation as it is copied.
type Source struct {
	// Database is copied as of one moment; without Copy it is elsewhere.
	Database Copied
	// Beside are files that are copied like the database, after it.
	Beside []Copied
	// Folders are read before the database and once more after it, the other way round.
	Folders []Folder
	Keys    Folder
	Scratch string // for copies in clear, gone when the backup is there
	Header  Header // Program, Schema and KeyID
	// Room refuses a content of so many bytes for which there is no room; nil: none.
	Room func(bytes int64) error
}

// Copied is a file that is written while it is copied.
type Copied struct {
	Path string // in the installation
	Copy func(ctx context.Context, to string) error
}

// Folder holds files that are written once, or whole.
type Folder struct {
	Name string // in the installation
	Dir  string
	// Keep lets a file in; nil: all.
	Keep func(name string) bool
}

// taking is a backup under way.
type taking struct {
	*Repository
	source Source
	before map[string]entry // of the last backup, by path
	found  map[string]entry
	wrote  int64
}

// Take makes a backup while the installation works.
//
// A restored database must find every file that it names. A file is there before it is
// named and is named no more when it goes, so the files that the database of moment T
// names were there at T; they are read before T and again after it, and what was read
// before stays in the backup although it went meanwhile. Missed is what came and went
// between the two looks at its folder, which is about as long as the copy of the database
// takes; the folder whose files live shortest is given last and so looked at nearest to T.
func (r *Repository) Take(ctx context.Context, s Source, now time.Time) (h Header, err error) {
	if !r.alone {
		return Header{}, errReading
	}
	t := &taking{Repository: r, source: s, before: map[string]entry{}, found: map[string]entry{}}
	last, err := t.remember()
	if err != nil {
		return Header{}, err
	}
	if !now.After(last) { // a clock that was set back
		now = last.Add(time.Millisecond)
	}
	alone, err := t.scratch()
	if err != nil {
		return Header{}, err
	}
	defer func() { err = errors.Join(err, alone.Close(), os.RemoveAll(s.Scratch)) }()
	for _, f := range s.Folders {
		if err := t.folder(ctx, f, objects); err != nil {
			return Header{}, err
		}
	}
	copies := s.Beside
	if s.Database.Copy != nil {
		copies = slices.Concat([]Copied{s.Database}, copies)
	}
	for _, c := range copies {
		if err := t.copied(ctx, c); err != nil {
			return Header{}, fmt.Errorf("copy %s: %w", c.Path, err)
		}
	}
	for _, f := range slices.Backward(s.Folders) {
		if err := t.folder(ctx, f, objects); err != nil {
			return Header{}, err
		}
	}
	if err := t.folder(ctx, s.Keys, keys); err != nil {
		return Header{}, err
	}
	return r.keep(t.manifest(now))
}

// remember takes up what the last backup knows, and answers when it was taken. One that
// cannot be read is no reason to take none: everything is read then.
func (t *taking) remember() (time.Time, error) {
	h, err := Find(t.dir, latest)
	if errors.Is(err, ErrNoBackup) || errors.Is(err, ErrDamaged) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	m, err := t.manifestOf(h)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return time.Time{}, err
	}
	for _, e := range m.Entries {
		t.before[e.Path] = e
	}
	return h.At, nil
}

// scratch makes the folder of copies in clear, for this process alone, and empties it of
// what a crash left.
func (t *taking) scratch() (*os.File, error) {
	if err := os.MkdirAll(t.source.Scratch, 0o700); err != nil {
		return nil, err
	}
	d, err := os.Open(t.source.Scratch)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrBusy, t.source.Scratch), d.Close())
	}
	left, err := d.Readdirnames(-1)
	for _, name := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(t.source.Scratch, name)))
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// folder looks through a folder. What vanishes meanwhile is passed over.
func (t *taking) folder(ctx context.Context, f Folder, area string) error {
	dir, err := filepath.EvalSymlinks(f.Dir) // it may lie on a disk of its own
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && d.Name()[0] == '.' { // of what is being written
				return fs.SkipDir
			}
			return ctx.Err()
		}
		if !d.Type().IsRegular() || f.Keep != nil && !f.Keep(filepath.ToSlash(rel)) {
			return nil
		}
		return missingIsFine(t.file(ctx, file, path.Join(f.Name, filepath.ToSlash(rel)), area))
	})
}

func (t *taking) file(ctx context.Context, file, name, area string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	e := entry{Path: name, Area: area, Mod: info.ModTime().UnixNano()}
	known := t.found[name]
	if known.Path == "" {
		known = t.before[name]
	}
	if known.Path != "" && known.Size == info.Size() && known.Mod == e.Mod && known.Area == area && t.has(known) {
		t.found[name] = known
		return nil
	}
	if t.source.Room != nil {
		if err := t.source.Room(info.Size()); err != nil {
			return err
		}
	}
	hash, size, written, err := t.put(ctx, area, f)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	e.Hash, e.Size, t.wrote = hash, size, t.wrote+written
	t.found[name] = e
	return nil
}

// copied keeps a file that is written meanwhile, by a copy.
func (t *taking) copied(ctx context.Context, c Copied) (err error) {
	temp := filepath.Join(t.source.Scratch, path.Base(c.Path))
	defer func() { err = errors.Join(err, missingIsFine(os.Remove(temp))) }()
	if err := c.Copy(ctx, temp); err != nil {
		return err
	}
	return t.file(ctx, temp, c.Path, objects)
}

func (t *taking) manifest(now time.Time) manifest {
	m := manifest{Header: t.source.Header}
	m.Header.Format, m.Header.At, m.Header.Written = formatNow, now.UTC().Truncate(time.Millisecond), t.wrote
	m.Header.Files = map[string]int{}
	if t.source.Database.Copy != nil {
		m.Header.Database = t.source.Database.Path
	}
	for _, e := range t.found {
		m.Entries = append(m.Entries, e)
		folder, _, _ := strings.Cut(e.Path, "/")
		m.Header.Files[folder]++
		m.Header.Bytes += e.Size
	}
	slices.SortFunc(m.Entries, func(a, b entry) int { return cmp.Compare(a.Path, b.Path) })
	return m
}
