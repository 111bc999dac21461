// Package blob keeps files: pictures, films, recordings. By itself in a folder;
// Store is the port behind which object storage stands. No name of a file leaves an
// engine: who needs one (ffmpeg) takes a copy with Local.
//
// A key is a clean slash-separated path whose last word has an ending ("a/b.jpg")
// and whose folders have no dot, so no key is ever a folder of another. Its ending
// is its content type. What is stored under a key may be replaced only whole.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// Store keeps blobs. An engine proves itself by blobtest.Run. A missing blob is
// fs.ErrNotExist, a bad key ErrBadKey, a store that cannot be reached ErrAway.
type Store interface {
	// Put stores all of r under key, durably, or nothing: until it returns, and when
	// it fails, readers see what was there before.
	Put(ctx context.Context, key string, r io.Reader) (size int64, err error)
	// Open reads a blob, or a range of it. Close it. ErrBadRange where the range
	// begins behind the end.
	Open(ctx context.Context, key string, r Range) (*Blob, error)
	// Stat tells of a blob without reading it.
	Stat(ctx context.Context, key string) (Info, error)
	// List gives what lies below a prefix, which ends with a slash or is empty, in the
	// order of the keys' bytes: at most limit that come behind the key after.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)
	// Delete forgets a blob or, with a trailing slash, all below a prefix. What is
	// not there is no error.
	Delete(ctx context.Context, key string) error
}

// Info is what is known of a blob.
type Info struct {
	Key  string
	Size int64
	At   time.Time // when it was stored
}

// Type is its content type.
func (i Info) Type() string { return TypeOf(i.Key) }

// Blob is an open blob, or the range of it that was asked for.
type Blob struct {
	Info
	io.ReadCloser
}

// Range is a piece of a blob: Length bytes from Offset on, or with Length zero all
// from there. What ends behind the end is shorter.
type Range struct{ Offset, Length int64 }

func (r Range) whole() bool { return r == Range{} }

// size is how much of a blob of the given size the range is; ErrBadRange.
func (r Range) size(of int64) (int64, error) {
	if r.Offset < 0 || r.Length < 0 || r.Offset > of {
		return 0, fmt.Errorf("%w: %d from %d of %d", ErrBadRange, r.Length, r.Offset, of)
	}
	if rest := of - r.Offset; r.Length == 0 || r.Length > rest {
		return rest, nil
	}
	return r.Length, nil
}

// What may be wrong with what is asked for.
var (
	ErrBadKey   = errors.New("blob: bad key")
	ErrBadRange = errors.New("blob: bad range")
	// ErrAway is a store that did not answer, or would not: what was asked for is neither done nor
	// refused. To who asks the system's way it is a host that cannot be reached.
	ErrAway = fmt.Errorf("blob: the store is away: %w", syscall.EHOSTUNREACH)
)

const keyMax = 512 // bytes

// CheckKey refuses what is no key; ErrBadKey.
func CheckKey(key string) error {
	folder, name := path.Split(key)
	dot := strings.IndexByte(name, '.')
	if len(key) > keyMax || !utf8.ValidString(key) || dot < 1 || dot == len(name)-1 ||
		folder != "" && CheckPrefix(folder) != nil || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("%w: %q", ErrBadKey, key)
	}
	return nil
}

// CheckPrefix refuses what no key can lie below; ErrBadKey.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if !strings.HasSuffix(prefix, "/") || path.Clean("/"+prefix)+"/" != "/"+prefix || prefix == "/" ||
		strings.ContainsAny(prefix, ".\\\x00") || len(prefix) > keyMax || !utf8.ValidString(prefix) {
		return fmt.Errorf("%w: %q", ErrBadKey, prefix)
	}
	return nil
}

// TypeOf is the content type of what is stored under a key, the same on every
// machine.
func TypeOf(key string) string {
	switch path.Ext(key) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".m4s":
		return "video/iso.segment"
	case ".mp4":
		return "video/mp4"
	case ".vtt":
		return "text/vtt; charset=utf-8"
	case ".jpg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".json":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// Local writes a copy of a blob to a new file, for a child that needs a file's name.
// Nothing is left behind when it fails.
func Local(ctx context.Context, s Store, key, file string) (err error) {
	b, err := s.Open(ctx, key, Range{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, reader{ctx, b})
	if err == nil && n != b.Size {
		err = io.ErrUnexpectedEOF
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy blob %s: %w", key, err), os.Remove(file))
	}
	return nil
}

// reader stops copying when the caller gives up.
type reader struct {
	ctx context.Context //nolint:containedctx // for one copy
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
