package record

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"syscall"

	"hawker/internal/media/hls"
)

const (
	mediaKind    = "video/mp4"
	segmentKind  = "video/iso.segment"
	cacheGrowing = "public, max-age=1"
	cacheWhole   = "public, max-age=60"
	// An address elsewhere expires; it lives longer than this.
	cacheElsewhere = "public, max-age=60"
)

func readOnly(rw http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	rw.Header().Set("Allow", "GET, HEAD, OPTIONS")
	http.Error(rw, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	return false
}

// missing answers for what is not there, or cannot be told of now: players ask again.
func missing(rw http.ResponseWriter, r *http.Request, err error) {
	if away(err) {
		http.Error(rw, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	http.NotFound(rw, r)
}

// away tells of an archive that cannot be reached: what it has is not gone.
func away(err error) bool { return errors.Is(err, syscall.EHOSTUNREACH) }

func serveFile(rw http.ResponseWriter, r *http.Request, from fs.FS, name string) {
	f, err := openSeeker(from, name)
	if err != nil {
		missing(rw, r, err)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		http.NotFound(rw, r)
		return
	}
	kind := mediaKind
	if path.Ext(name) == segmentEnd {
		kind = segmentKind
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
