package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"hawker/internal/base/clock"
	"hawker/internal/sandbox"
)

// ServeSandbox runs the sandbox payment provider by itself: `hawker sandbox`.
func ServeSandbox(ctx context.Context, dir, addr string, log *slog.Logger) error {
	s, err := sandbox.New(sandbox.Options{Dir: dir, Clock: clock.Real{}, Log: log})
	if err != nil {
		return err
	}
	ln, err := sandbox.Listen(ctx, addr)
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
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	return server.Shutdown(stop)
}

const (
	sandboxCheck   = 2 * time.Second
	sandboxSoon    = 20 * time.Millisecond // while it is starting
	sandboxTimeout = time.Second
)

// bank is the way to the sandbox provider. Nothing runs there until the first
// request asks for it: who takes no play money keeps no process for it.
type bank struct {
	want, rise    sync.Once
	wanted, risen chan struct{}
}

func newBank() *bank { return &bank{wanted: make(chan struct{}), risen: make(chan struct{})} }

// RoundTrip implements http.RoundTripper: it waits until somebody is there.
func (b *bank) RoundTrip(r *http.Request) (*http.Response, error) {
	b.want.Do(func() { close(b.wanted) })
	select {
	case <-b.risen:
		return http.DefaultTransport.RoundTrip(r)
	case <-r.Context().Done():
		if r.Body != nil {
			_ = r.Body.Close() // a transport owes that to its caller
		}
		return nil, r.Context().Err()
	}
}

// up notes that the provider answers.
func (b *bank) up() { b.rise.Do(func() { close(b.risen) }) }

func (b *bank) isUp() bool {
	select {
	case <-b.risen:
		return true
	default:
		return false
	}
}

// keepSandbox sees to it that a sandbox provider answers: it starts one as a
// process of its own, so that killing the mall does not kill the bank, and takes
// one that is there already. An installation that has had one before has it from
// the start: the bank may have something to tell, and buyers its pages open.
func (a *App) keepSandbox(ctx context.Context, now bool) error {
	if _, err := os.Stat(a.cfg.Path("sandbox")); err != nil && !now {
		select {
		case <-a.bank.wanted:
		case <-ctx.Done():
			return nil
		}
	}
	client := &http.Client{Timeout: sandboxTimeout}
	var child *exec.Cmd
	var gone chan error
	for {
		wait, answers := sandboxCheck, (child == nil || !a.bank.isUp()) && a.sandboxAnswers(ctx, client)
		if answers {
			a.bank.up()
		}
		if child == nil && !answers && ctx.Err() == nil {
			var err error
			if child, gone, err = a.startSandbox(); err != nil {
				a.log.Error("sandbox provider not started", "error", err)
			}
		}
		if child != nil && !a.bank.isUp() {
			wait = sandboxSoon
		}
		timer := a.clock.NewTimer(wait)
		select {
		case err := <-gone:
			a.log.Warn("sandbox provider ended", "error", err)
			child, gone = nil, nil
			timer.Stop()
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			if child == nil {
				return a.stopAdopted()
			}
			return stopChild(child, gone)
		}
	}
}

func (a *App) sandboxAnswers(ctx context.Context, client *http.Client) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.sandboxURL()+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<10))
	return errors.Join(err, res.Body.Close()) == nil && res.StatusCode/100 == 2
}

func (a *App) startSandbox() (*exec.Cmd, chan error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, "sandbox", "--data", a.cfg.Path("sandbox"), "--http", a.cfg.Payment.SandboxAddr)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the mall; it stops its child itself
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	pid := strconv.Itoa(cmd.Process.Pid)
	return cmd, gone, os.WriteFile(a.sandboxPID(), []byte(pid), 0o600)
}

func (a *App) sandboxPID() string { return filepath.Join(a.cfg.Data, "sandbox.pid") }

// stopAdopted ends a provider that an earlier run of this installation started
// and a crash left behind. One that belongs to somebody else is left alone.
func (a *App) stopAdopted() error {
	raw, err := os.ReadFile(a.sandboxPID())
	if err != nil {
		return nil // there is none
	}
	pid, err := strconv.Atoi(string(raw))
	if err != nil {
		return nil
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(line, []byte(a.cfg.Path("sandbox"))) {
		return nil // the number has gone to another process
	}
	return syscall.Kill(pid, syscall.SIGTERM)
}

func stopChild(child *exec.Cmd, gone chan error) error {
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // it has ended already
	}
	select {
	case <-gone:
	case <-time.After(stopWithin / 2):
		return errors.Join(child.Process.Kill(), <-gone)
	}
	return nil
}
