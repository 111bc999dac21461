package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
)

type requestIDKey struct{}

// RequestID names the request in logs and problems.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestIDKey{}).(string)
	return s
}

const requestIDMax = 64

func (a *API) requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rid := r.Header.Get("X-Request-Id")
		if rid == "" || len(rid) > requestIDMax || !printable(rid) {
			rid = id.Token()[:16]
		}
		w.Header().Set("X-Request-Id", rid)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, rid)))
	})
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

func (a *API) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				a.panicked(w, r, p)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicked answers for a handler that panicked, if it has not begun to itself.
func (a *API) panicked(w http.ResponseWriter, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	a.deps.Log.Error("panic", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
	if out, ok := w.(interface{ Status() int }); ok && out.Status() != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	a.writeProblem(w, r, fmt.Errorf("panic: %v", p))
}

// observe counts requests by operation. Unknown paths share one name, so that a
// scanner cannot fill the metrics.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := a.deps.Clock.Now()
		r, step := a.arrive(r)
		if a.deps.Traces != nil {
			w.Header().Set(traceHeader, span.Trace(r.Context()))
		}
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() { // also of an answer that is broken off
			pattern := "other"
			if rc := chi.RouteContext(r.Context()); rc != nil && rc.RoutePattern() != "" {
				pattern = r.Method + " " + rc.RoutePattern()
			}
			a.deps.Metrics.ObserveRequest(pattern, ww.Status(), a.deps.Clock.Now().Sub(start).Seconds())
			end(step, pattern, ww.Status())
		}()
		next.ServeHTTP(ww, r)
	})
}

// contentPolicy allows nothing inline and nothing from elsewhere; 'self' means sockets too
// (CSP Level 3, 6.7.2.8). host is where the installation is reached, for browsers that do
// not know that yet; pictures are other servers that serve pictures of rooms.
func contentPolicy(host string, pictures []string) string {
	more, sockets := "", ""
	for _, p := range pictures {
		more += " " + p
	}
	if host != "" {
		sockets = " wss://" + host + " ws://" + host
	}
	return "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:" + more + "; " +
		"media-src 'self' blob:" + more + "; worker-src 'self' blob:; connect-src 'self'" + sockets + more +
		"; font-src 'self'; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

const (
	// Whoever goes live uses camera, microphone and perhaps a window; nobody else does.
	permissions = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=(), " +
		"serial=(), bluetooth=(), midi=(), browsing-topics=()"
	transport = "max-age=31536000" // HSTS for a year; subdomains are not ours to decide about
)

// shared reports what pages of other sites may show: pictures, films and streams that are
// for everybody.
func shared(path string) bool {
	for _, prefix := range []string{"/media/", "/live/", "/replay/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func (a *API) secureHeaders(next http.Handler) http.Handler {
	policy := contentPolicy(a.public.Host, a.deps.PictureOrigins)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache") // of what says nothing else: a refusal, or that all is well, holds for now
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if shared(r.URL.Path) {
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		if a.deps.Cookies.Secure {
			h.Set("Strict-Transport-Security", transport)
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses writes that a browser sends on behalf of another site.
func (a *API) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.writeProblem(w, r, fault.Forbidden("request.cross_origin"))
	}))
	return protection.Handler(next)
}

func (a *API) hotlinked(w http.ResponseWriter, r *http.Request) {
	a.writeProblem(w, r, fault.Forbidden("request.hotlinked"))
}

func (a *API) notFound(w http.ResponseWriter, r *http.Request) {
	a.writeProblem(w, r, fault.NotFound("request.no_such_path"))
}

func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	p := finish(&Problem{
		Status: http.StatusMethodNotAllowed, Code: "request.method_not_allowed",
		RequestID: RequestID(r.Context()),
	}, Language(r.Context()))
	a.writeProblem(w, r, p)
}
