package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"
)

// Handler serves blobs below a URL prefix. They never change, so they may be
// cached for a year, except playlists, which a job may replace.
func Handler(s Store, prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.URL.Path, prefix)
		cache := "public, max-age=31536000, immutable"
		if path.Ext(key) == ".m3u8" {
			cache = "public, max-age=2"
		}
		Serve(w, r, s, key, cache)
	})
}

// NotCached is said of what only the one may keep who asks, and of every refusal of it.
const NotCached = "private, no-store"

// Gate serves blobs that judge lets through: it tells the key that a request is for, and how its
// answer may be cached, or fs.ErrNotExist for what is not there for this caller.
func Gate(s Store, log *slog.Logger, judge func(r *http.Request) (key, cache string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", NotCached)
		key, cache, err := judge(r)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			http.NotFound(w, r)
		case err != nil:
			if r.Context().Err() == nil {
				log.Error("who may have a file", "path", r.URL.Path, "error", err)
			}
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		default:
			if cache == NotCached {
				w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
				w.Header().Set("Referrer-Policy", "no-referrer")
			}
			Serve(w, r, s, key, cache)
		}
	})
}

// Signer is a Store that gives addresses of its own, by which anybody may read a blob for
// a while.
type Signer interface {
	Signed(ctx context.Context, key string, while time.Duration) (string, error)
}

// A redirect is kept for a minute, an address lives for some more.
const (
	redirectCache = "public, max-age=60"
	signedFor     = 15 * time.Minute
)

// Elsewhere is a Store from which clients fetch by themselves what Serve would send.
// Playlists are sent: what they name lies beside them, at addresses of ours.
type Elsewhere struct {
	Store
	Signer Signer
}

// Address is where a blob may be fetched for a while; "" for what is sent from here.
func (e Elsewhere) Address(ctx context.Context, key string) string {
	if path.Ext(key) == ".m3u8" {
		return ""
	}
	address, err := e.Signer.Signed(ctx, key, signedFor)
	if err != nil {
		return ""
	}
	return address
}

// Serve answers with a blob, which may be cached so.
func Serve(w http.ResponseWriter, r *http.Request, s Store, key, cache string) {
	if e, ok := s.(Elsewhere); ok && r.Method == http.MethodGet { // an address is signed for that alone
		if address := e.Address(r.Context(), key); address != "" {
			if cache != NotCached {
				cache = redirectCache
			}
			w.Header().Set("Cache-Control", cache)
			anyPage(w.Header(), cache)
			http.Redirect(w, r, address, http.StatusFound)
			return
		}
	}
	info, content, err := seekable(r, s, key)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrBadKey):
		http.NotFound(w, r)
		return
	case err != nil: // a store that does not answer has not lost the blob: players ask again
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer content.Close()
	h := w.Header()
	h.Set("Cache-Control", cache)
	anyPage(h, cache)
	h.Set("Content-Type", info.Type())
	http.ServeContent(w, r, key, info.At, content)
}

// anyPage lets pages of any site read what is for everybody: those of the mall itself, where
// this is asked for by another name, too.
func anyPage(h http.Header, cache string) {
	if cache != NotCached {
		h.Set("Access-Control-Allow-Origin", "*")
	}
}

// seekable opens what a request asks for, with one question to the store where all of a
// blob is wanted.
func seekable(r *http.Request, s Store, key string) (Info, io.ReadSeekCloser, error) {
	if _, near := s.(*Disk); !near && (r.Method == http.MethodHead || r.Header.Get("Range") != "") {
		info, err := s.Stat(r.Context(), key)
		return info, NewReader(r.Context(), s, info), err
	}
	b, err := s.Open(r.Context(), key, Range{})
	if err != nil {
		return Info{}, nil, err
	}
	if file, seeks := b.ReadCloser.(io.ReadSeekCloser); seeks { // a file is sent by the kernel
		return b.Info, file, nil
	}
	return b.Info, &seeker{ctx: r.Context(), store: s, info: b.Info, open: b}, nil
}

// NewReader reads a blob from wherever it is sought to, by ranges. Close it.
func NewReader(ctx context.Context, s Store, of Info) io.ReadSeekCloser {
	return &seeker{ctx: ctx, store: s, info: of}
}

// seeker opens a range when it is first read after having been sought elsewhere.
type seeker struct {
	ctx   context.Context //nolint:containedctx // an io.Reader has no other way to it
	store Store
	info  Info
	at    int64 // where the next byte is read
	open  io.ReadCloser
	next  int64 // where the next byte of open is
}

func (s *seeker) Read(p []byte) (int, error) {
	if s.at >= s.info.Size {
		return 0, io.EOF
	}
	if s.next != s.at {
		if err := s.Close(); err != nil {
			return 0, err
		}
	}
	if s.open == nil {
		b, err := s.store.Open(s.ctx, s.info.Key, Range{Offset: s.at})
		if err != nil {
			return 0, err
		}
		s.open, s.next = b, s.at
	}
	n, err := s.open.Read(p)
	s.at, s.next = s.at+int64(n), s.next+int64(n)
	return n, err
}

func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.info.Size
	}
	if offset < 0 {
		return 0, fmt.Errorf("%w: from %d", ErrBadRange, offset)
	}
	s.at = offset
	return offset, nil
}

func (s *seeker) Close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	if errors.Is(err, context.Canceled) { // who sought elsewhere has not failed
		err = nil
	}
	return err
}
