package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/clock"
)

const (
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute
)

// Serve runs the provider by itself until ctx ends: `hawker sandbox`.
func Serve(ctx context.Context, dir, addr string, log *slog.Logger) error {
	s, err := New(Options{Dir: dir, Clock: clock.Real{}, Log: log})
	if err != nil {
		return err
	}
	ln, err := Listen(ctx, addr)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error { return serveUntil(ctx, ln, s.Handler()) })
	return errors.Join(g.Wait(), s.Close())
}

func serveUntil(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), keeperStop/2)
	defer cancel()
	return server.Shutdown(stop)
}

// With runs the provider while something is done with it at its address. It sends no notifications: who wants to know
// asks.
func With(ctx context.Context, o Options, do func(ctx context.Context, url string) error) error {
	ln, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.BaseURL = "http://" + ln.Addr().String()
	s, err := New(o)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveUntil(ctx, ln, s.Handler()) })
	g.Go(func() error {
		defer stop()
		return do(ctx, o.BaseURL)
	})
	return errors.Join(g.Wait(), s.Close())
}
