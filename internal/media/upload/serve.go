package upload

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
)

// Door is what the handler asks of the program around it.
type Door struct {
	Prefix  string                       // the path at which it is mounted, with slashes around
	SizeMax int64                        // bytes of one upload
	Owner   func(r *http.Request) string // who calls, "" for a visitor
	Quota   Quota
	Space   func(more int64) error                          // an error: there is no room for so many bytes; may be nil
	Refuse  func(http.ResponseWriter, *http.Request, error) // answers with a problem
}

type server struct {
	store *Store
	door  Door
	tus   http.Handler
	turns turns

	beginning beginning
}

// Handler serves tus. Faults answered beside the protocol's own errors:
// auth.sign_in_required, upload.not_found, upload.too_large, upload.too_many,
// upload.quota, upload.full, upload.claimed, upload.no_length, upload.busy,
// upload.outdated.
func (s *Store) Handler(d Door) (http.Handler, error) {
	h := &server{store: s, door: d, turns: turns{clock: s.clock, here: map[string]*turn{}}}
	tus, err := handler.NewHandler(handler.Config{
		StoreComposer: s.composer(), BasePath: d.Prefix, MaxSize: d.SizeMax, DisableDownload: true,
		Cors: &handler.CorsConfig{Disable: true}, // same origin only
		Logger: slog.New(slog.NewTextHandler(discard{},
			&slog.HandlerOptions{Level: slog.LevelError + 1})),
		PreUploadCreateCallback: h.name,
	})
	if err != nil {
		return nil, err
	}
	h.tus = http.StripPrefix(d.Prefix, tus)
	return h, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// ServeHTTP admits the caller before the protocol sees the request.
func (h *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path+"/" == h.door.Prefix {
		r.URL.Path = h.door.Prefix
	}
	sayMeant(r)
	if r.Method != http.MethodOptions {
		done, err := h.admit(r)
		if err != nil {
			h.door.Refuse(w, r, err)
			return
		}
		defer done()
	}
	w = &pathLocation{ResponseWriter: w}
	upload := h.upload(r)
	b := &body{ReadCloser: r.Body, control: http.NewResponseController(w)}
	if upload == "" || r.Method == http.MethodOptions {
		r.Body = b
		h.tus.ServeHTTP(w, r)
		return
	}
	leave, err := h.turns.take(r.Context(), upload, writesFrom(r), b.stop)
	if err != nil {
		h.door.Refuse(w, r, err)
		return
	}
	defer leave()
	r.Body = b
	h.tus.ServeHTTP(w, r)
	b.over()
}

// sayMeant makes a request what it says it is: tus lets a POST stand for any other method, and
// whoever is asked about a request has to judge the one that is done.
func sayMeant(r *http.Request) {
	const override = "X-HTTP-Method-Override"
	if meant := r.Header.Get(override); r.Method == http.MethodPost && meant != "" {
		r.Method = meant
		r.Header.Del(override)
	}
}

// writesFrom is the byte at which a request goes on.
func writesFrom(r *http.Request) int64 {
	if from, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64); err == nil && r.Method == http.MethodPatch {
		return from
	}
	return anyOffset
}

// upload is the name of what is asked for, empty for a new one.
func (h *server) upload(r *http.Request) string {
	return strings.Trim(strings.TrimPrefix(r.URL.Path, h.door.Prefix), "/")
}

// admit lets a request through; done is called when it is over.
func (h *server) admit(r *http.Request) (done func(), err error) {
	done = func() {}
	owner := h.door.Owner(r)
	if owner == "" {
		return nil, fault.Unauthorized("auth.sign_in_required")
	}
	upload := h.upload(r)
	if upload == "" {
		if r.Method != http.MethodPost {
			return done, nil // the protocol says what it takes
		}
		return h.admitNew(r, owner)
	}
	info, err := h.store.owned(r.Context(), upload, owner)
	if err != nil {
		return nil, err
	}
	// What a job works on is not changed under it.
	if r.Method == http.MethodHead {
		return done, nil
	}
	claimed, err := h.store.claims.UploadClaimed(r.Context(), upload)
	if err == nil && claimed {
		err = fault.Conflict("upload.claimed")
	}
	if err == nil && r.Method == http.MethodPatch {
		more := info.Size - info.Offset
		if r.ContentLength >= 0 { // else nobody knows how much comes
			more = min(more, r.ContentLength)
		}
		err = h.room(more)
	}
	return done, err
}

func (h *server) admitNew(r *http.Request, owner string) (done func(), err error) {
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil || length <= 0 {
		return nil, fault.Invalid("upload.no_length")
	}
	if length > h.door.SizeMax {
		return nil, fault.TooLarge("upload.too_large", "max_mb", h.door.SizeMax>>20)
	}
	if err := h.room(length); err != nil {
		return nil, err
	}
	if done, err = h.begin(r.Context(), owner, length); err != nil {
		return nil, err
	}
	// The protocol's hook sees headers, not the request's context.
	r.Header.Set(ownerName, owner)
	return done, nil
}

const ownerName = "X-Hawker-Owner" // set by admitNew, whatever the client sent

var errNoOwner = errors.New("upload: created without an owner")

// name gives a new upload an unguessable name and its owner.
func (h *server) name(e handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	owner := e.HTTPRequest.Header.Get(ownerName)
	if owner == "" {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, errNoOwner
	}
	meta := handler.MetaData{ownerKey: owner}
	for _, k := range []string{nameKey, typeKey} {
		if v := e.Upload.MetaData[k]; len(v) <= metadataMax && utf8.ValidString(v) {
			meta[k] = v
		}
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{ID: id.Token(), MetaData: meta}, nil
}

// pathLocation answers with a path for a Location: behind a proxy we do not know
// by which name and scheme we were called, the client does.
type pathLocation struct{ http.ResponseWriter }

func (p *pathLocation) WriteHeader(status int) {
	if u, err := url.Parse(p.Header().Get("Location")); err == nil && u.Path != "" {
		p.Header().Set("Location", u.Path)
	}
	p.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (p *pathLocation) Unwrap() http.ResponseWriter { return p.ResponseWriter }
