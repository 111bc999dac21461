// Package blob keeps files: pictures, videos, recordings. By itself in a folder;
// the interface is what object storage will stand behind. A key is a clean
// slash-separated path; what is stored under a key never changes.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Store keeps blobs.
type Store interface {
	// Put stores all of r under key, durably, or nothing.
	Put(ctx context.Context, key string, r io.Reader) (size int64, err error)
	// Open reads a blob; fs.ErrNotExist when there is none.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Delete forgets a blob or, with a trailing slash, all below a prefix.
	Delete(ctx context.Context, key string) error
}

// ErrBadKey is returned for a key that is not a clean relative path.
var ErrBadKey = errors.New("blob: bad key")

// Disk is a Store in a folder.
type Disk struct{ root *os.Root }

// NewDisk opens or makes the folder.
func NewDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Disk{root}, nil
}

// Close lets go of the folder.
func (d *Disk) Close() error { return d.root.Close() }

// Path is where a key lies, for children (ffmpeg) that need a file's name.
func (d *Disk) Path(key string) (string, error) {
	if err := check(key); err != nil {
		return "", err
	}
	return filepath.Join(d.root.Name(), filepath.FromSlash(key)), nil
}

func check(key string) error {
	if key == "" || path.Clean("/"+key) != "/"+key || strings.Contains(key, "\\") {
		return fmt.Errorf("%w: %q", ErrBadKey, key)
	}
	return nil
}

// Put implements Store: a temporary file, fsync, rename.
func (d *Disk) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := check(key); err != nil {
		return 0, err
	}
	if err := d.root.MkdirAll(path.Dir(key), 0o755); err != nil {
		return 0, err
	}
	temp := key + ".part"
	f, err := d.root.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(f, reader{ctx, r})
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = d.root.Rename(temp, key)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("put blob %s: %w", key, err), ignoreMissing(d.root.Remove(temp)))
	}
	return size, nil
}

// reader stops copying when the caller gives up.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Open implements Store.
func (d *Disk) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	return d.root.Open(key)
}

// Delete implements Store.
func (d *Disk) Delete(_ context.Context, key string) error {
	tree := strings.HasSuffix(key, "/")
	key = strings.TrimSuffix(key, "/")
	if err := check(key); err != nil {
		return err
	}
	if tree {
		return d.root.RemoveAll(key)
	}
	return ignoreMissing(d.root.Remove(key))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Handler serves blobs below a URL prefix. They never change, so they may be
// cached for a year, except playlists, which a job may replace.
func (d *Disk) Handler(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.URL.Path, prefix)
		if check(key) != nil {
			http.NotFound(w, r)
			return
		}
		f, err := d.root.Open(key)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || info.IsDir() {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		switch path.Ext(key) {
		case ".m3u8":
			h.Set("Content-Type", "application/vnd.apple.mpegurl")
			h.Set("Cache-Control", "public, max-age=2")
		case ".m4s":
			h.Set("Content-Type", "video/iso.segment")
		case ".part": // still being written
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, key, info.ModTime(), f)
	})
}
