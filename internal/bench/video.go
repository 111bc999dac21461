package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/ffmpeg"
)

const (
	videoArea   = "video"
	videoRounds = 3
	videoInput  = "film.mp4"
	videoOut    = "out"
)

// film is the upload that is made for the measurement: a test picture with the noise of a camera, which is what
// makes films dear.
type film struct {
	width, height, seconds, bits int
}

func phoneFilm() film { return film{1080, 1920, 10, 14_600_000} }

// effort is what children cost.
type effort struct{ cpu, wall time.Duration }

// video measures what an upload costs until it can be played: every rung, its sound, its cover. Beside it stands one
// plain encoding of the same film. It is of this build alone: an earlier one has no command for it.
func (b *Bench) video(ctx context.Context, _ time.Duration) error {
	return b.films(ctx, phoneFilm())
}

func (b *Bench) films(ctx context.Context, f film) error {
	dir, err := os.MkdirTemp("", "hawker-bench-video-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // of the system's temporary folder
	if err := f.make(ctx, filepath.Join(dir, videoInput)); err != nil {
		return err
	}
	var plain, ladder, until []float64
	for range videoRounds {
		x, err := ofChildren(func() error { return encodePlain(ctx, dir) })
		if err != nil {
			return err
		}
		all, err := ofChildren(func() error { return renderAll(ctx, dir) })
		if err != nil {
			return err
		}
		plain = append(plain, x.cpu.Seconds())
		ladder = append(ladder, all.cpu.Seconds()/x.cpu.Seconds())
		until = append(until, all.wall.Seconds()/x.wall.Seconds())
	}
	const to = "× one encoding"
	b.add(Figure{Area: videoArea, Name: "one plain encoding, processor time", Unit: "s"}.repeated(plain))
	b.add(Figure{Area: videoArea, Name: "whole ladder, processor time", Unit: to, Goal: "≤ 2.0"}.repeated(ladder))
	b.add(Figure{Area: videoArea, Name: "until it can be played, on the clock", Unit: to}.repeated(until))
	return nil
}

// make writes the film. What that costs is not measured.
func (f film) make(ctx context.Context, path string) error {
	bits := strconv.Itoa(f.bits)
	picture := fmt.Sprintf("testsrc2=s=%dx%d:r=30,noise=alls=12:allf=t", f.width, f.height)
	return plainFFmpeg(ctx, "-f", "lavfi", "-i", picture,
		"-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", strconv.Itoa(f.seconds), "-pix_fmt", "yuv420p",
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", bits, "-maxrate", bits, "-bufsize", bits, "-g", "30",
		"-c:a", "aac", path)
}

// encodePlain is what everything is measured by: one encoding as large as the film.
func encodePlain(ctx context.Context, dir string) error {
	return plainFFmpeg(ctx, "-i", filepath.Join(dir, videoInput), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
		"-c:a", "aac", filepath.Join(dir, "plain.mp4"))
}

func plainFFmpeg(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	return nil
}

// renderAll does what is done with an upload.
func renderAll(ctx context.Context, dir string) error {
	tool := ffmpeg.New("", clock.Real{})
	info, err := tool.Probe(ctx, dir, videoInput)
	if err != nil {
		return err
	}
	job := ffmpeg.Job{Dir: dir, Input: videoInput, Out: videoOut, Info: info, Max: time.Hour}
	if err := tool.Cover(ctx, job); err != nil {
		return err
	}
	_, err = tool.Render(ctx, job)
	return err
}

// ofChildren is what the children cost that work starts and waits for; others of ours that end meanwhile would be
// counted too, and none does.
func ofChildren(work func() error) (effort, error) {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before); err != nil {
		return effort{}, err
	}
	start := time.Now()
	if err := work(); err != nil {
		return effort{}, err
	}
	wall := time.Since(start)
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after); err != nil {
		return effort{}, err
	}
	used := func(r *syscall.Rusage) time.Duration { return time.Duration(r.Utime.Nano() + r.Stime.Nano()) }
	return effort{used(&after) - used(&before), wall}, nil
}
