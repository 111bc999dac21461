package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// FS reads a store as a file system, whose files can be sought in, for what knows no
// stores: the recordings of package media. A folder is there when something lies
// below it.
func FS(ctx context.Context, s Store) fs.FS {
	if d, ok := s.(*Disk); ok {
		return diskTree{d.root.FS()}
	}
	return tree{ctx, s}
}

// diskTree is the folder itself, whose files the kernel sends, without what is half
// written.
type diskTree struct{ root fs.FS }

// Open implements fs.FS.
func (t diskTree) Open(name string) (fs.File, error) {
	if name == partsDir || strings.HasPrefix(name, partsDir+"/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if name != "." {
		return t.root.Open(name)
	}
	entries, err := t.ReadDir(name)
	return &folder{stat: stat{name: name, folder: true}, rest: entries}, err
}

// ReadDir implements fs.ReadDirFS.
func (t diskTree) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return fs.ReadDir(plain{t}, name)
	}
	all, err := fs.ReadDir(t.root, name)
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool { return e.Name() == partsDir }), err
}

// Lstat implements fs.ReadLinkFS.
func (t diskTree) Lstat(name string) (fs.FileInfo, error) {
	if name == "." {
		return fs.Stat(plain{t}, name)
	}
	return fs.Lstat(t.root, name)
}

// ReadLink implements fs.ReadLinkFS.
func (t diskTree) ReadLink(name string) (string, error) { return fs.ReadLink(t.root, name) }

type tree struct {
	ctx   context.Context //nolint:containedctx // fs.FS has no other way to it
	store Store
}

const listStep = 1000

// Open implements fs.FS.
func (t tree) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	info, err := t.store.Stat(t.ctx, name)
	if err == nil {
		return &leaf{NewReader(t.ctx, t.store, info).(*seeker)}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrBadKey) {
		return fail(err)
	}
	entries, err := t.ReadDir(name)
	if err != nil {
		return fail(err)
	}
	return &folder{stat: stat{name: path.Base(name), folder: true}, rest: entries}, nil
}

// ReadDir implements fs.ReadDirFS. What lies deeper is passed over, not listed.
func (t tree) ReadDir(name string) (out []fs.DirEntry, err error) {
	prefix := ""
	if name != "." {
		prefix = name + "/"
	}
	if CheckPrefix(prefix) != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	for after := ""; ; {
		infos, err := t.store.List(t.ctx, prefix, after, listStep)
		if err != nil {
			return nil, err
		}
		for _, i := range infos {
			if i.Key <= after { // of a folder that is passed over
				continue
			}
			s := stat{name: strings.TrimPrefix(i.Key, prefix), size: i.Size, at: i.At}
			after = i.Key
			if first, _, below := strings.Cut(s.name, "/"); below {
				s, after = stat{name: first, folder: true}, pastFolder(prefix+first)
			}
			out = append(out, fs.FileInfoToDirEntry(s))
		}
		if len(infos) < listStep {
			break
		}
	}
	if len(out) == 0 && prefix != "" {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// Lstat implements fs.ReadLinkFS: a store has no links.
func (t tree) Lstat(name string) (fs.FileInfo, error) { return fs.Stat(plain{t}, name) }

// ReadLink implements fs.ReadLinkFS.
func (t tree) ReadLink(name string) (string, error) {
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

// plain hides what a tree can do besides.
type plain struct{ fs.FS }

type stat struct {
	name   string
	size   int64
	at     time.Time
	folder bool
}

func (s stat) Name() string       { return s.name }
func (s stat) Size() int64        { return s.size }
func (s stat) ModTime() time.Time { return s.at }
func (s stat) IsDir() bool        { return s.folder }
func (s stat) Sys() any           { return nil }

func (s stat) Mode() fs.FileMode {
	if s.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type leaf struct{ *seeker }

// Stat implements fs.File.
func (l *leaf) Stat() (fs.FileInfo, error) {
	return stat{name: path.Base(l.info.Key), size: l.info.Size, at: l.info.At}, nil
}

type folder struct {
	stat

	rest []fs.DirEntry
}

func (f *folder) Stat() (fs.FileInfo, error) { return f.stat, nil }
func (f *folder) Close() error               { return nil }

func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: errors.New("is a folder")}
}

// ReadDir implements fs.ReadDirFile.
func (f *folder) ReadDir(n int) (out []fs.DirEntry, err error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	out, f.rest = f.rest[:n], f.rest[n:]
	return out, nil
}
