// Package ffmpeg runs ffmpeg and ffprobe on files that strangers sent. Every
// call is a guarded child: the container is recognised by its first bytes in Go
// and named to the child, which may open nothing but files of that kind;
// arguments are an array of our own words and names; address space, CPU time and
// file size are limited; it has a process group of its own and is killed when
// the caller gives up or when it makes no progress. It knows no business.
package ffmpeg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"hawker/internal/base/clock"
)

// What can be wrong with a file or with a child.
var (
	ErrNotVideo = errors.New("ffmpeg: not a video")         // no container we take, or no picture in it
	ErrTooLarge = errors.New("ffmpeg: too many pixels")     // in one frame
	ErrTooLong  = errors.New("ffmpeg: longer than allowed") // a file that did not say how long it is
	ErrStalled  = errors.New("ffmpeg: no progress")         // killed for it
	ErrMissing  = errors.New("ffmpeg: program not found")   // the installation lacks it
)

// ExitError is a child that failed by itself or was killed from outside.
type ExitError struct {
	Program string
	Err     error  // of the process: exit status or signal
	Stderr  string // its last words
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Program, e.Err, strings.TrimSpace(e.Stderr))
}

// Unwrap gives the process's error.
func (e *ExitError) Unwrap() error { return e.Err }

// Killed reports a child that a signal ended: not the file's fault, as far as
// one can tell.
func (e *ExitError) Killed() bool {
	var exit *exec.ExitError
	if !errors.As(e.Err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// Limits on one child.
const (
	pixelsMax    = 36_000_000 // a frame; 8K is 33 million
	streamsMax   = 16
	addressMax   = 2 << 30
	fileSizeMax  = 4 << 30
	filesOpenMax = 256
	threadsMax   = 4 // more threads need more address space than addressMax
	stallAfter   = 30 * time.Second
	stderrKept   = 4 << 10
	probeOutMax  = 1 << 20
)

// Tool is an installed ffmpeg.
type Tool struct {
	ffmpeg, ffprobe string
	clock           clock.Clock
}

// New names the program; ffprobe is looked for beside it. Nothing is run yet: a
// mall without ffmpeg still opens, and says ErrMissing when a video comes.
func New(path string, c clock.Clock) *Tool {
	if path == "" {
		path = "ffmpeg"
	}
	dir, name := filepath.Split(path)
	return &Tool{ffmpeg: path, ffprobe: dir + strings.Replace(name, "ffmpeg", "ffprobe", 1), clock: c}
}

// child is one run.
type child struct {
	program string
	dir     string // it works there and names files relative to it
	args    []string
	cpu     time.Duration
	line    func(line string) (moved bool) // takes standard output; moved says that there was progress
}

// run starts a child and waits for it.
func (t *Tool) run(ctx context.Context, c child) error {
	// The kernel ends the child with the thread that started it, so that a killed
	// program leaves no ffmpeg behind; the thread must therefore outlive the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, c.program, c.args...)
	cmd.Dir = c.dir
	cmd.Env = environment()
	cmd.SysProcAttr = procAttr()
	cmd.Cancel = func() error { return ignoreGone(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)) }
	cmd.WaitDelay = 5 * time.Second
	words := &tail{max: stderrKept}
	cmd.Stderr = words
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%w: %w", ErrMissing, err)
		}
		return err
	}
	err = limit(cmd.Process.Pid, c.cpu)
	if err != nil {
		cancel(err) // an unlimited child is not let run
	}
	err = errors.Join(err, t.follow(ctx, cancel, out, c.line, cmd.Wait))
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return &ExitError{Program: filepath.Base(c.program), Err: err, Stderr: words.String()}
	}
	return nil
}

// follow reads the child's output to its end, waits for the child, and kills it
// when nothing moves meanwhile.
func (t *Tool) follow(ctx context.Context, kill context.CancelCauseFunc, out io.Reader, line func(string) bool, wait func() error) error {
	moved := make(chan struct{}, 1)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { t.watch(ctx, kill, moved, done) })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, probeOutMax)
	for lines.Scan() {
		if line(lines.Text()) {
			select {
			case moved <- struct{}{}:
			default:
			}
		}
	}
	if lines.Err() != nil && ctx.Err() == nil {
		kill(fmt.Errorf("read the child's output: %w", lines.Err()))
	}
	err := wait()
	close(done)
	wg.Wait()
	return err
}

func (t *Tool) watch(ctx context.Context, kill context.CancelCauseFunc, moved, done <-chan struct{}) {
	for {
		timer := t.clock.NewTimer(stallAfter)
		select {
		case <-moved:
			timer.Stop()
		case <-timer.C():
			kill(ErrStalled)
			return
		case <-done:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

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
type tail struct {
	max int
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > t.max {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.max:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.buf) }

// guarded are the words before an untrusted input.
func guarded(kind Container, input string) []string {
	args := []string{
		"-protocol_whitelist", "file", "-format_whitelist", kind.demuxer, "-max_streams", strconv.Itoa(streamsMax),
		"-max_pixels", strconv.Itoa(pixelsMax),
	}
	if kind == isoMedia() {
		args = append(args, "-enable_drefs", "0", "-use_absolute_path", "0")
	}
	return append(args, "-f", kind.name, "-i", "./"+input)
}

func threads() string { return strconv.Itoa(min(runtime.NumCPU(), threadsMax)) }

// seconds writes a duration as ffmpeg reads it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
