// Package ffmpeg runs ffmpeg and ffprobe on files that strangers sent. Every
// call is a guarded child: the container is recognised by its first bytes in Go
// and named to the child, which may open nothing but files of that kind;
// arguments are an array of our own words and names; address space, CPU time and
// file size are limited; it is killed when the caller gives up or when it makes no
// progress. It knows no business.
package ffmpeg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/child"
)

// What can be wrong with a file or with a child.
var (
	ErrNotVideo = errors.New("ffmpeg: not a video")         // no container we take, or no picture in it
	ErrTooLarge = errors.New("ffmpeg: too many pixels")     // in one frame
	ErrTooLong  = errors.New("ffmpeg: longer than allowed") // a file that did not say how long it is
	ErrStalled  = errors.New("ffmpeg: no progress")         // killed for it
)

// Accident reports a failure that is not the film's fault and may pass by itself.
func Accident(err error) bool { return child.Accident(err) }

// Limits on one child.
const (
	pixelsMax    = 36_000_000 // a frame; 8K is 33 million
	streamsMax   = 16
	addressMax   = 2 << 30
	fileSizeMax  = 4 << 30
	filesOpenMax = 256
	threadsMax   = 4 // more threads need more address space than addressMax
	stallAfter   = 30 * time.Second
	probeOutMax  = 1 << 20
)

// Tool is an installed ffmpeg.
type Tool struct {
	ffmpeg, ffprobe string
	clock           clock.Clock
}

// New names the program; ffprobe is looked for beside it. Nothing is run yet: a
// mall without ffmpeg still opens, and says child.ErrMissing when a video comes.
func New(path string, c clock.Clock) *Tool {
	if path == "" {
		path = "ffmpeg"
	}
	dir, name := filepath.Split(path)
	return &Tool{ffmpeg: path, ffprobe: dir + strings.Replace(name, "ffmpeg", "ffprobe", 1), clock: c}
}

// run is one child.
type run struct {
	program string
	task    string
	dir     string // it works there and names files relative to it
	args    []string
	cpu     time.Duration
	line    func(line string) (moved bool) // takes standard output; moved says that there was progress
}

// run starts a child and waits for it.
func (t *Tool) run(ctx context.Context, r run) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p, err := child.Start(ctx, child.Command{
		Program: r.program, Task: r.task, Args: r.args, Dir: r.dir, Out: true,
		Limits: child.Limits{Address: addressMax, Files: filesOpenMax, FileSize: fileSizeMax, CPU: r.cpu},
	})
	if err != nil {
		return err
	}
	err = t.follow(ctx, cancel, p, r.line)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// follow reads the child's output to its end, waits for the child, and kills it
// when nothing moves meanwhile.
func (t *Tool) follow(ctx context.Context, kill context.CancelCauseFunc, p *child.Process,
	line func(string) bool,
) error {
	moved := make(chan struct{}, 1)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { t.watch(ctx, kill, moved, done) })
	lines := bufio.NewScanner(p.Out)
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
	err := p.Wait()
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
