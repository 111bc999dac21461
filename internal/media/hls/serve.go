package hls

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Header values are built once and shared: net/http reads them only.
type headers struct {
	playlistType, mediaType, initType []string
	cachePlain                        []string
	cacheMedia, cacheNone             []string
	gzip, vary                        []string
}

// Handler serves windows. The zero value is not useful; see NewHandler.
type Handler struct{ h headers }

const (
	cacheMediaSeconds = 60
	preflightSeconds  = "86400"
)

// NewHandler prepares a handler.
func NewHandler() *Handler {
	return &Handler{headers{
		playlistType: []string{"application/vnd.apple.mpegurl"},
		mediaType:    []string{"video/iso.segment"},
		initType:     []string{"video/mp4"},
		cachePlain:   []string{"public, max-age=1"},
		cacheMedia:   []string{"public, max-age=" + strconv.Itoa(cacheMediaSeconds) + ", immutable"},
		cacheNone:    []string{"public, max-age=1"},
		gzip:         []string{"gzip"},
		vary:         []string{"Accept-Encoding"},
	}}
}

// CORS sets the headers that let any page play the stream, unless the answer is
// private. It answers a preflight itself and then returns true.
func CORS(rw http.ResponseWriter, r *http.Request) bool {
	h := rw.Header()
	if !IsPrivate(h) {
		h.Set(allowOrigin, "*")
		h.Set(exposed, "Content-Length, Date")
	}
	if r.Method != http.MethodOptions {
		return false
	}
	if IsPrivate(h) {
		rw.WriteHeader(http.StatusNoContent) // and no permission
		return true
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Range")
	h.Set("Access-Control-Max-Age", preflightSeconds)
	rw.WriteHeader(http.StatusNoContent)
	return true
}

// Refuse answers with a status and no body that a cache may keep for a second, or not
// at all if the answer is private.
func (h *Handler) Refuse(rw http.ResponseWriter, status int) {
	Cache(rw.Header(), h.h.cacheNone)
	if status == http.StatusServiceUnavailable {
		rw.Header().Set("Retry-After", "1")
	}
	http.Error(rw, http.StatusText(status), status)
}

// Serve answers a request for name, which is relative to the stream's folder:
// index.m3u8, live.m3u8, or media. The caller has dealt with CORS. What is in a private
// window makes the answer private.
func (h *Handler) Serve(rw http.ResponseWriter, r *http.Request, w *Window, name string) {
	w.veil(rw)
	if !readOnly(rw, r) {
		h.Refuse(rw, http.StatusMethodNotAllowed)
		return
	}
	switch name {
	case MediaPlaylist:
		h.playlist(rw, r, w, false)
	case "index.m3u8":
		h.playlist(rw, r, w, true)
	default:
		h.media(rw, r, w, name)
	}
}

func (w *Window) veil(rw http.ResponseWriter) {
	if w.opts.Private {
		MakePrivate(rw.Header())
	}
}

func (h *Handler) playlist(rw http.ResponseWriter, r *http.Request, w *Window, multi bool) {
	d, err := parseDirective(r.URL.RawQuery)
	var s *snapshot
	if err == nil {
		s, err = w.reload(r.Context(), d)
	}
	if err != nil {
		h.Refuse(rw, statusOf(err))
		return
	}
	zip := acceptsGzip(r)
	hd := rw.Header()
	var body []byte
	if multi {
		body = s.multi.get(zip, s.renderMulti)
	} else {
		body = s.media.get(zip, s.renderMedia)
	}
	hd["Content-Type"] = h.h.playlistType
	Cache(hd, h.h.cachePlain)
	if d.block || s.ended {
		Cache(hd, w.cacheBlocking)
	}
	hd["Vary"] = h.h.vary
	if zip {
		hd["Content-Encoding"] = h.h.gzip
	}
	send(rw, r, w, body)
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errQuery):
		return http.StatusBadRequest
	case errors.Is(err, errGone):
		return http.StatusNotFound
	}
	return http.StatusServiceUnavailable
}

func acceptsGzip(r *http.Request) bool {
	for _, v := range r.Header["Accept-Encoding"] {
		if strings.Contains(v, "gzip") {
			return true
		}
	}
	return false
}

// media serves {generation}/{kind}{number}.{ext}.
func (h *Handler) media(rw http.ResponseWriter, r *http.Request, w *Window, name string) {
	gen, kind, n, ok := parseName(name)
	if !ok {
		h.Refuse(rw, http.StatusNotFound)
		return
	}
	hd := rw.Header()
	switch kind {
	case 'p':
		p, status := w.part(r.Context(), gen, n)
		if p == nil {
			h.Refuse(rw, status)
			return
		}
		hd["Content-Type"] = h.h.mediaType
		Cache(hd, h.h.cacheMedia)
		send(rw, r, w, p.Data)
	case 's':
		seg := w.current.Load().segment(n)
		if seg == nil || seg.Init.Generation != gen {
			h.Refuse(rw, http.StatusNotFound)
			return
		}
		hd["Content-Type"] = h.h.mediaType
		Cache(hd, h.h.cacheMedia)
		sendSegment(rw, r, w, seg)
	case 'i':
		init := w.current.Load().initSegment(gen, n)
		if init == nil {
			h.Refuse(rw, http.StatusNotFound)
			return
		}
		hd["Content-Type"] = h.h.initType
		Cache(hd, h.h.cacheMedia)
		send(rw, r, w, init.Data)
	}
}

// part gives a part, waiting for it if it is the one the playlist hints at.
func (w *Window) part(ctx context.Context, gen, n int64) (*Part, int) {
	s := w.current.Load()
	if n == s.hint && !s.ended {
		var err error
		s, err = w.await(ctx, func(s *snapshot) bool { return s.nextPart > n || s.hint < 0 })
		if err != nil {
			return nil, statusOf(err)
		}
	}
	seg, p := s.find(n)
	if p == nil || seg.Init.Generation != gen {
		return nil, http.StatusNotFound
	}
	return p, http.StatusOK
}

func parseName(name string) (gen int64, kind byte, n int64, ok bool) {
	dir, file, found := strings.Cut(name, "/")
	if !found || len(file) < 2 {
		return 0, 0, 0, false
	}
	kind = file[0]
	digits, ext, _ := strings.Cut(file[1:], ".")
	want := "m4s"
	if kind == 'i' {
		want = "mp4"
	}
	if ext != want || (kind != 'p' && kind != 's' && kind != 'i') {
		return 0, 0, 0, false
	}
	gen, err1 := number(dir)
	n, err2 := number(digits)
	return gen, kind, n, err1 == nil && err2 == nil
}

// send writes one prepared slice. A reader slower than three target durations
// is let go; the deadline is taken back because the connection lives on.
func send(rw http.ResponseWriter, r *http.Request, w *Window, body []byte) {
	rw.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	if r.Method == http.MethodHead {
		return
	}
	defer limitWrite(rw, w.patience())()
	n, _ := rw.Write(body) // the reader is gone: nobody to tell
	w.opts.Served.Add(int64(n))
}

func sendSegment(rw http.ResponseWriter, r *http.Request, w *Window, seg *Segment) {
	rw.Header()["Content-Length"] = []string{strconv.Itoa(seg.Bytes())}
	if r.Method == http.MethodHead {
		return
	}
	defer limitWrite(rw, w.patience())()
	for i := range seg.Parts {
		n, err := rw.Write(seg.Parts[i].Data)
		w.opts.Served.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// limitWrite sets a write deadline by the machine's clock, since the kernel
// knows no other, and gives the function that removes it.
func limitWrite(rw http.ResponseWriter, d time.Duration) func() {
	c := http.NewResponseController(rw)
	if c.SetWriteDeadline(time.Now().Add(d)) != nil {
		return func() {} // a recorder in a test, or a wrapper that hides it
	}
	return func() { _ = c.SetWriteDeadline(time.Time{}) }
}
