package whip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/crash"
	"hawker/internal/media/child"
)

// Limits on one child.
const (
	addressMax   = 2 << 30
	filesOpenMax = 64
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

// once runs one child. Its CPU time is not bounded: a show may last for hours;
// what it may use in a second is, by its input.
func (c *converter) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := child.Start(ctx, child.Command{
		Program: c.program, Task: "WebRTC", Args: c.args, In: true, Out: true,
		Limits: child.Limits{Address: addressMax, Files: filesOpenMax},
	})
	if err != nil {
		return err
	}
	c.pid.Store(int64(p.PID()))
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = crash.Told(c.log, "a feed", func() error {
			return c.feed(ctx, p.In)
		}) // it fails when the child is gone, which Wait tells better
		_ = p.In.Close()
	})
	readErr := crash.Told(c.log, "a child", func() error { return c.take(p.Out) })
	cancel()
	err = p.Wait()
	wg.Wait()
	c.pid.Store(0)
	return fmt.Errorf("%w: %w", errChild, errors.Join(readErr, err))
}

var errChild = errors.New("ffmpeg ended")

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
