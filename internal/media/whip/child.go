package whip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"hawker/internal/base/clock"
)

// Limits on one child.
const (
	addressMax   = 2 << 30
	filesOpenMax = 64
	stderrKept   = 2 << 10
	restartFirst = 500 * time.Millisecond
	restartMax   = 8 * time.Second
	// goodRun is how long a child must have lived for its death to count as a first one.
	goodRun = 30 * time.Second
)

// converter keeps one ffmpeg child running between two pipes until its context
// ends. A child that dies is started again, more slowly each time; meanwhile the
// caller's media is dropped and nothing else suffers.
type converter struct {
	program  string
	args     []string
	clock    clock.Clock
	log      *slog.Logger
	restarts atomic.Int64
	pid      atomic.Int64

	// feed writes input until ctx ends or w fails; take reads output until EOF.
	// Both are called anew for each child.
	feed func(ctx context.Context, w io.Writer) error
	take func(r io.Reader) error
}

func (c *converter) run(ctx context.Context) {
	wait := restartFirst
	for ctx.Err() == nil {
		began := c.clock.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.clock.Now().Sub(began) > goodRun {
			wait = restartFirst
		}
		c.restarts.Add(1)
		c.log.Warn("ffmpeg ended, starting it again", "wait", wait, "error", err)
		t := c.clock.NewTimer(wait)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
		}
		wait = min(2*wait, restartMax)
	}
}

// once runs one child.
func (c *converter) once(ctx context.Context) error {
	// The kernel ends the child with the thread that started it, so that a killed
	// program leaves no ffmpeg behind; the thread must therefore outlive the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	cmd.Env = environment()
	cmd.SysProcAttr = procAttr()
	cmd.Cancel = func() error { return ignoreGone(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)) }
	cmd.WaitDelay = time.Second
	words := &tail{}
	cmd.Stderr = words
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.pid.Store(int64(cmd.Process.Pid))
	if err := limit(cmd.Process.Pid); err != nil {
		cancel() // an unlimited child is not let run
		return errors.Join(err, cmd.Wait())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = c.feed(ctx, in) // it fails when the child is gone, which Wait tells better
		_ = in.Close()
	})
	readErr := c.take(out)
	cancel()
	err = cmd.Wait()
	wg.Wait()
	c.pid.Store(0)
	return fmt.Errorf("%w: %w: %s", errors.Join(err, readErr), errChild, strings.TrimSpace(string(words.buf)))
}

var errChild = errors.New("ffmpeg ended")

func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// environment is all a child gets to know of ours.
func environment() []string {
	env := []string{"LANG=C", "AV_LOG_FORCE_NOCOLOR=1", "MALLOC_ARENA_MAX=2"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// tail keeps the end of what is written to it.
type tail struct{ buf []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > stderrKept {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-stderrKept:]...)
	}
	return len(p), nil
}

// liveInput are ffmpeg's words for a live input of one known format at a pipe:
// nothing but the pipe may be opened, and nothing is waited for. Not with
// "nobuffer": it throws away what the probe has read, which is the key frame.
func liveInput(format string) []string {
	return []string{
		"-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe",
		"-probesize", "32", "-analyzeduration", "0", "-flags", "low_delay",
		"-threads", "1", "-f", format, "-i", "pipe:0",
	}
}
