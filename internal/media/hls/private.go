package hls

import "net/http"

const (
	cacheControl = "Cache-Control"
	cachePrivate = "private, no-store"
	allowOrigin  = "Access-Control-Allow-Origin"
	exposed      = "Access-Control-Expose-Headers"
)

// MakePrivate says of an answer that it is for whoever asked and nobody else: no cache
// keeps it, no page of another site reads it. What this package and record write into
// the same answer afterwards, a refusal too, says nothing else.
func MakePrivate(h http.Header) {
	h.Set(cacheControl, cachePrivate)
	h.Del(allowOrigin)
	h.Del(exposed)
}

// IsPrivate tells whether an answer was made private, by MakePrivate or by a guard
// before it that set the header itself.
func IsPrivate(h http.Header) bool {
	v := h[cacheControl]
	return len(v) > 0 && v[0] == cachePrivate
}

// Cache says for how long an answer may be kept, unless it is private.
func Cache(h http.Header, value []string) {
	if !IsPrivate(h) {
		h[cacheControl] = value
	}
}

// Private tells whether a window was made so.
func (w *Window) Private() bool { return w.opts.Private }
