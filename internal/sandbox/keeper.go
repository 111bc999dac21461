package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/module"
)

const (
	keeperCheck   = 2 * time.Second
	keeperSoon    = 20 * time.Millisecond // while it is starting
	keeperTimeout = time.Second
	keeperStop    = 10 * time.Second
)

// Keeper is the way to the provider, and keeps it as a process of its own. Nothing
// runs there until the first request asks for it: who takes no play money keeps no
// process for it.
type Keeper struct {
	cfg           KeeperConfig
	want, rise    sync.Once
	wanted, risen chan struct{}
}

// KeeperConfig says where the provider is.
type KeeperConfig struct {
	Addr  string // host and port on loopback
	Dir   string // its folder
	PID   string // the file in which its number is kept
	Now   bool   // start it before anybody asks
	Clock clock.Clock
	Log   *slog.Logger
}

// NewKeeper makes a keeper; Run keeps the process.
func NewKeeper(c KeeperConfig) *Keeper {
	return &Keeper{cfg: c, wanted: make(chan struct{}), risen: make(chan struct{})}
}

// URL is where the provider is asked.
func (b *Keeper) URL() string { return "http://" + b.cfg.Addr }

// RoundTrip implements http.RoundTripper: it waits until somebody is there.
func (b *Keeper) RoundTrip(r *http.Request) (*http.Response, error) {
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

// Up notes that the provider answers.
func (b *Keeper) Up() { b.rise.Do(func() { close(b.risen) }) }

func (b *Keeper) isUp() bool {
	select {
	case <-b.risen:
		return true
	default:
		return false
	}
}

// Run sees to it that a provider answers: it starts one as a
// process of its own, so that killing the mall does not kill the bank, and takes
// one that is there already. An installation that has had one before has it from
// the start: the bank may have something to tell, and buyers its pages open.
func (b *Keeper) Run(ctx context.Context) error {
	if _, err := os.Stat(b.cfg.Dir); err != nil && !b.cfg.Now {
		select {
		case <-b.wanted:
		case <-ctx.Done():
			return nil
		}
	}
	client := &http.Client{Timeout: keeperTimeout}
	var child *exec.Cmd
	var gone chan error
	for {
		wait, there := keeperCheck, (child == nil || !b.isUp()) && b.answers(ctx, client)
		if there {
			b.Up()
		}
		if child == nil && !there && ctx.Err() == nil {
			var err error
			if child, gone, err = b.start(); err != nil {
				b.cfg.Log.Error("sandbox provider not started", "error", err)
			}
		}
		if child != nil && !b.isUp() {
			wait = keeperSoon
		}
		timer := b.cfg.Clock.NewTimer(wait)
		select {
		case err := <-gone:
			b.cfg.Log.Warn("sandbox provider ended", "error", err)
			child, gone = nil, nil
			timer.Stop()
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			if child == nil {
				return b.stopAdopted()
			}
			return stopChild(child, gone)
		}
	}
}

func (b *Keeper) answers(ctx context.Context, client *http.Client) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL()+"/healthz", nil)
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

func (b *Keeper) start() (*exec.Cmd, chan error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, "sandbox", "--data", b.cfg.Dir, "--http", b.cfg.Addr)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the mall; it stops its child itself
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	pid := strconv.Itoa(cmd.Process.Pid)
	return cmd, gone, os.WriteFile(b.cfg.PID, []byte(pid), 0o600)
}

// stopAdopted ends a provider that an earlier run of this installation started
// and a crash left behind. One that belongs to somebody else is left alone.
func (b *Keeper) stopAdopted() error {
	raw, err := os.ReadFile(b.cfg.PID)
	if err != nil {
		return nil // there is none
	}
	pid, err := strconv.Atoi(string(raw))
	if err != nil {
		return nil
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(line, []byte(b.cfg.Dir)) {
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
	case <-time.After(keeperStop / 2):
		return errors.Join(child.Process.Kill(), <-gone)
	}
	return nil
}

// Module is what the keeper brings: nothing where play money is switched off.
func (b *Keeper) Module(on, now bool) module.Module {
	m := module.Module{Name: "sandbox"}
	if on {
		b.cfg.Now = b.cfg.Now || now
		m.Runners = []module.Runner{{Name: "sandbox.keeper", Run: b.Run}}
	}
	return m
}
