// Package drain lets a node leave without refusing anybody: once it is told to stop it says so to
// whoever probes it, asks each caller to come by another connection, and goes on serving until
// they had the time to.
package drain

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
)

// Gate is a node's; the zero value is one that stays.
type Gate struct{ leaving atomic.Bool }

// Hold gives a context that ends later than ctx, by so long. From when ctx ends the node leaves.
func (g *Gate) Hold(ctx context.Context, c clock.Clock, by time.Duration) context.Context {
	if by <= 0 {
		return ctx
	}
	held, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		defer end()
		g.leaving.Store(true)
		<-c.NewTimer(by).C()
	})
	return held
}

// Handler answers as next does. While the node leaves, /readyz is 503 and each answer over
// HTTP/1.1 is the last of its connection.
func (g *Gate) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.leaving.Load() {
			next.ServeHTTP(w, r)
			return
		}
		if r.ProtoMajor == 1 && r.Header.Get("Upgrade") == "" {
			w.Header().Set("Connection", "close")
		}
		if r.URL.Path == "/readyz" {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "leaving", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}
