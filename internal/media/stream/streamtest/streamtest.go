// Package streamtest puts a hub on real sockets, for tests of what publishes to it
// and plays from it.
package streamtest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
)

const stopWithin = 10 * time.Second

// Serve opens a hub's door for RTMP, and web's for HTTP, on the loopback until the
// test ends; then it ends the hub, too. It gives the addresses of both, the first
// with its scheme, the second with http.
func Serve(t *testing.T, hub *stream.Hub, web http.Handler, log *slog.Logger) (rtmpAddr, webAddr string) {
	t.Helper()
	in, out := Listen(t), Listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	pages := &http.Server{Handler: web}
	wg.Go(func() { _ = pages.Serve(out) })
	door := &rtmp.Server{Handler: hub.RTMP(), Log: log}
	wg.Go(func() {
		if err := door.Serve(ctx, in); !errors.Is(err, rtmp.ErrServerClosed) {
			t.Errorf("rtmp: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = pages.Close()
		wg.Wait()
		stop, done := context.WithTimeout(context.Background(), stopWithin)
		defer done()
		if err := hub.Shutdown(stop); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return "rtmp://" + in.Addr().String(), "http://" + out.Addr().String()
}

// Listen takes a free port of the loopback.
func Listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}
