// Package edge is a node that passes on pictures, replays and films of another server, and
// nothing else: it has no database, no secrets and no pages.
package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/edge"
	"hawker/internal/platform/config"
	"hawker/internal/platform/conns"
)

const (
	headWithin = 10 * time.Second
	idleFor    = 2 * time.Minute
	headMax    = 16 << 10
)

// Serve answers until ctx ends. What it keeps lies in memory.
func Serve(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	origin, err := edge.Origin(cfg.Edge.Origin)
	if err != nil {
		return fmt.Errorf("edge.origin: %w", err)
	}
	puller := edge.New(edge.Config{Clock: clock.Real{}, Log: log, Bytes: cfg.Edge.Memory})
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http address: %w", err)
	}
	c := cfg.Limits
	limits := conns.Limits{
		Total: c.Connections, PerAddress: c.PerAddress, Patience: c.Patience, Trusted: cfg.TrustedNetworks(),
	}.Within(conns.OpenFilesMax())
	server := &http.Server{
		Handler: handler(puller, origin), ReadHeaderTimeout: headWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: headMax, ConnContext: conns.WithConn,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.Background(), headWithin)
		defer cancel()
		_ = server.Shutdown(within) // what is on its way arrives
	})
	defer stop()
	fmt.Printf("\nHawker 吆喝 is an edge of %s at http://%s/\n\nCtrl-C stops it.\n", origin, ln.Addr())
	if err := server.Serve(conns.Limit(ln, limits, log)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler passes on what lies in folders that everybody may read, and tells how it does.
func handler(p *edge.Puller, origin string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/healthz":
			_, _ = fmt.Fprintln(rw, `{"status":"ok"}`)
		case path == "/metrics":
			rw.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = fmt.Fprintf(rw, "# HELP hawker_edge_fetched_total Requests to the origin.\n"+
				"# TYPE hawker_edge_fetched_total counter\nhawker_edge_fetched_total %d\n", p.Fetched())
		case strings.HasSuffix(path, ".flv"), strings.Contains(path, "/../"):
			http.NotFound(rw, r)
		case strings.HasPrefix(path, "/live/"), strings.HasPrefix(path, "/replay/"), strings.HasPrefix(path, "/media/"):
			p.Serve(rw, r, origin)
		default:
			http.NotFound(rw, r)
		}
	})
}
