package hls

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
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
type Handler struct {
	h      headers
	gather sync.Pool // of *[gatherBytes]byte
}

const (
	cacheMediaSeconds = 60
	preflightSeconds  = "86400"
	// shortBody is what net/http puts behind the head of an answer by itself.
	shortBody = 2 << 10
)

// NewHandler prepares a handler.
func NewHandler() *Handler {
	return &Handler{h: headers{
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
		h[allowOrigin], h[exposed] = []string{"*"}, []string{"Content-Length, Date"}
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
	w.visit()
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
	zip := AcceptsGzip(r)
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
	h.send(rw, r, w, net.Buffers{body})
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

// AcceptsGzip tells whether an answer may be compressed; it knows that a weight of 0 is a refusal (RFC 9110, 12.4.2).
func AcceptsGzip(r *http.Request) bool {
	for _, v := range r.Header["Accept-Encoding"] {
		if _, rest, found := strings.Cut(v, "gzip"); found {
			one, _, _ := strings.Cut(rest, ",")
			_, weight, weighed := strings.Cut(one, "q=")
			return !weighed || strings.Trim(weight, "0. ") != ""
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
		h.send(rw, r, w, appendPart(nil, p))
	case 's':
		seg := w.current.Load().segment(n)
		if seg == nil || seg.Init.Generation != gen {
			h.Refuse(rw, http.StatusNotFound)
			return
		}
		hd["Content-Type"] = h.h.mediaType
		Cache(hd, h.h.cacheMedia)
		h.send(rw, r, w, appendSegment(nil, seg))
	case 'i':
		init := w.current.Load().initSegment(gen, n)
		if init == nil {
			h.Refuse(rw, http.StatusNotFound)
			return
		}
		hd["Content-Type"] = h.h.initType
		Cache(hd, h.h.cacheMedia)
		h.send(rw, r, w, net.Buffers{init.Data})
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

// appendPart adds the bytes of a part to a body.
func appendPart(body net.Buffers, p *Part) net.Buffers { return append(body, p.Data...) }

func appendSegment(body net.Buffers, seg *Segment) net.Buffers {
	body = slices.Grow(body, len(seg.Parts))
	for i := range seg.Parts {
		body = appendPart(body, &seg.Parts[i])
	}
	return body
}

// send writes a body as it lies. A reader slower than three target durations is let go:
// the deadline is by the machine's clock, since the kernel knows no other, and holds for
// this answer, since a server takes it back behind each.
func (h *Handler) send(rw http.ResponseWriter, r *http.Request, w *Window, body net.Buffers) {
	size := 0
	for _, b := range body {
		size += len(b)
	}
	rw.Header()["Content-Length"] = []string{strconv.Itoa(size)}
	if r.Method == http.MethodHead {
		return
	}
	_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(w.patience())) // a recorder in a test has none
	w.opts.Served.Add(h.write(rw, r, body, size))
}

// write gives how much was written: a reader that is gone is told nothing. A plain
// connection is given all pieces of a long body at once, and no copy is made; any other
// gets few large writes, not one for each frame.
func (h *Handler) write(rw http.ResponseWriter, r *http.Request, body net.Buffers, size int) (n int64) {
	all, ok := rw.(io.ReaderFrom)
	switch {
	case len(body) == 1 && (!ok || size <= shortBody):
		written, _ := rw.Write(body[0])
		return int64(written)
	case ok && r.TLS == nil && size > shortBody:
		n, _ = all.ReadFrom(&body)
		return n
	}
	buf, ok := h.gather.Get().(*[gatherBytes]byte)
	if !ok {
		buf = new([gatherBytes]byte)
	}
	defer h.gather.Put(buf)
	n, _ = io.CopyBuffer(struct{ io.Writer }{rw}, struct{ io.Reader }{&body}, buf[:])
	return n
}
