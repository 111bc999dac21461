package record

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"time"

	"hawker/internal/media/hls"
)

const (
	mediaKind    = "video/mp4"
	cacheGrowing = "public, max-age=1"
	cacheWhole   = "public, max-age=60"
)

// Serve answers a replay request: name is index.m3u8 or a media file of the
// recording in dir of an archive.
func Serve(rw http.ResponseWriter, r *http.Request, from fs.FS, dir, name string) {
	if hls.CORS(rw, r) {
		return
	}
	rw = veiled(rw)
	if !readOnly(rw, r) {
		return
	}
	switch {
	case name == playlistName:
		servePlaylist(rw, r, from, dir)
	case safeName(name):
		serveFile(rw, r, from, path.Join(dir, name))
	default:
		http.NotFound(rw, r)
	}
}

func readOnly(rw http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	rw.Header().Set("Allow", "GET, HEAD, OPTIONS")
	http.Error(rw, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	return false
}

func servePlaylist(rw http.ResponseWriter, r *http.Request, from fs.FS, dir string) {
	name := path.Join(dir, playlistName)
	if _, err := fs.Stat(from, name); err == nil {
		serveFile(rw, r, from, name)
		return
	}
	rec, err := Open(from, dir) // under way, or broken off by a crash
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", playlistKind)
	hls.Cache(rw.Header(), []string{cacheGrowing})
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(rec.Playlist()))
}

func serveFile(rw http.ResponseWriter, r *http.Request, from fs.FS, name string) {
	f, err := openSeeker(from, name)
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		http.NotFound(rw, r)
		return
	}
	kind := mediaKind
	if path.Base(name) == playlistName {
		kind = playlistKind
	}
	rw.Header().Set("Content-Type", kind)
	hls.Cache(rw.Header(), []string{cacheWhole})
	http.ServeContent(rw, r, "", st.ModTime(), f)
}

// veil keeps an answer private: net/http takes what it was told of caches away from
// what it refuses, a range that does not exist for one.
type veil struct{ http.ResponseWriter }

func veiled(rw http.ResponseWriter) http.ResponseWriter {
	if hls.IsPrivate(rw.Header()) {
		return veil{rw}
	}
	return rw
}

func (v veil) WriteHeader(status int) {
	hls.MakePrivate(v.Header())
	v.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (v veil) Unwrap() http.ResponseWriter { return v.ResponseWriter }
