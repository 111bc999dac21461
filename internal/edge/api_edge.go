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
	"net/netip"
	"slices"
	"strings"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
	"hawker/internal/media/edge"
	"hawker/internal/platform/config"
	"hawker/internal/platform/conns"
	"hawker/internal/platform/trace"
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
	traces, err := trace.Open(ctx, trace.Options{
		Telemetry: cfg.Telemetry, Roles: cfg.Node.Roles, Key: id.Token(), Clock: clock.Real{}, Log: log,
	})
	if err != nil {
		return err
	}
	defer flush(traces, log)
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
		Handler:           traced(traces.Recorder(), cfg.TrustedNetworks(), handler(puller, origin)),
		ReadHeaderTimeout: headWithin, IdleTimeout: idleFor,
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

// flushWithin bounds how long a stop waits for the collector of traces.
const flushWithin = 3 * time.Second

func flush(t *trace.Traces, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	if err := t.Close(ctx); err != nil {
		log.Warn("traces not sent before the end", "error", err)
	}
}

// traced records what is asked for, by its folder: no more of an address stands in a trace.
func traced(r span.Recorder, trusted []netip.Prefix, next http.Handler) http.Handler {
	if r == nil {
		return next
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
		if !slices.Contains([]string{"live", "replay", "media"}, folder) {
			folder = "other"
		}
		ctx, s := span.Begin(span.With(req.Context(), r), span.Step{
			Kind: span.Server, Name: "edge " + folder, Parent: req.Header.Get(span.Header),
			Stranger: !conns.Trusted(trusted, conns.Caller(req, trusted)),
		})
		defer s.End(nil)
		next.ServeHTTP(rw, req.WithContext(ctx))
	})
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
