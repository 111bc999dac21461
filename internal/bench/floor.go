package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// floorPart is how often the floor has news: as often as a part comes by default.
const floorPart = time.Second / 3

// floorBodyMax is the longest answer of the floor.
const floorBodyMax = 16 << 20

// ServeFloor is the least that could answer as live media are answered: net/http with
// one handler, which knows no rooms, no limits and no deadlines. /N is N bytes, /next/N
// are N bytes when there is news, the same news for all who wait. Besides it is a bareHub.
func ServeFloor(ctx context.Context, addr string) error {
	body := bytes.Repeat([]byte("media"), floorBodyMax/5) // pages never written to would all be one page
	var news atomic.Pointer[chan struct{}]
	renew := func() *chan struct{} {
		c := make(chan struct{})
		return news.Swap(&c)
	}
	renew()
	kind := []string{"video/iso.segment"}
	var hub bareHub
	server := &http.Server{ //nolint:gosec // without deadlines: what they cost is to be seen
		Addr: addr, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hub.serve(w, r.URL.Path[1:]) {
				return
			}
			size, waits := strings.CutPrefix(r.URL.Path[1:], "next/")
			if waits {
				<-*news.Load()
			}
			n, err := strconv.Atoi(size)
			if err != nil || n < 0 || n >= len(body) {
				http.NotFound(w, r)
				return
			}
			h := w.Header()
			h["Content-Type"] = kind
			h["Content-Length"] = []string{strconv.Itoa(n)}
			_, _ = w.Write(body[:n]) // a reader that is gone is told nothing
		}),
	}
	tick := time.NewTicker(floorPart)
	defer tick.Stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	for {
		select {
		case <-tick.C:
			close(*renew())
		case err := <-failed:
			return err
		case <-ctx.Done():
			return server.Close()
		}
	}
}

// floor is a bare server in a process of its own.
type floor struct {
	addr string
	cmd  *exec.Cmd
	done chan error
}

func startFloor(ctx context.Context) (*floor, error) {
	addrs, err := freeAddresses(1)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &floor{addr: addrs[0], cmd: exec.Command(self, "bench", "--floor", addrs[0]), done: make(chan error, 1)}
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { f.done <- f.cmd.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", f.addr)
		if err == nil {
			return f, conn.Close()
		}
		select {
		case <-tick.C:
		case err := <-f.done:
			return nil, fmt.Errorf("the floor ended: %w", err)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.stop())
		}
	}
}

func (f *floor) stop() error {
	err := f.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-f.done:
	case <-time.After(readyWithin):
		err = errors.Join(errors.New("the floor did not stop"), f.cmd.Process.Kill())
	}
	return err
}
