package ffmpeg

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

const (
	clipSide   = 720 // of an upright clip made from a lying picture
	clipPreset = "superfast"
	clipCap    = 3_000_000
)

// upright reports a picture that fills a phone held upright as it is.
func (in Info) upright() bool { return in.Height > in.Width }

// copied reports media that players take as they are.
func (in Info) copied() bool {
	return in.upright() && in.Codec == "h264" && (in.Audio < 0 || in.AudioCodec == "aac")
}

// Clip makes a film of one rendition, fast: an upright H.264 picture is cut into
// segments at its own key frames without encoding it again; of a lying one the
// middle is taken. It leaves the same files as Render.
func (t *Tool) Clip(ctx context.Context, j Job) (Film, error) {
	if err := os.MkdirAll(filepath.Join(j.Dir, j.Out), 0o755); err != nil {
		return Film{}, err
	}
	args, rung := j.clipArgs()
	err := t.run(ctx, run{
		program: t.ffmpeg, task: "clip", dir: j.Dir, args: args, cpu: cpuBase + j.length(j.Max)*cpuPerSecond,
		line: j.follow(j.Max),
	})
	if err != nil {
		return Film{}, err
	}
	if !j.Info.copied() {
		j.Info.Width, j.Info.Height = rung.Side, uprightOf(rung.Side)
	}
	f, err := j.measure([]Rung{rung})
	if err != nil {
		return Film{}, err
	}
	if err := j.writeMaster(f.Renditions); err != nil {
		return Film{}, err
	}
	return f, t.mux(ctx, j, f)
}

func uprightOf(side int) int { return int(math.Round(float64(side)*16/9/2)) * 2 }

func (j Job) clipArgs() ([]string, Rung) {
	args := []string{
		"-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.5",
		"-threads", threads(),
	}
	args = append(args, guarded(j.Info.Container, j.Input)...)
	picture, sound := "0:"+strconv.Itoa(j.Info.Video), "0:"+strconv.Itoa(j.Info.Audio)
	if j.Info.copied() {
		rung := Rung{Side: j.Info.Width}
		args = append(args, "-map", picture, "-an", "-c:v", "copy")
		args = append(args, j.hlsArgs(rung.name(), j.Max)...)
		if j.Info.Audio >= 0 {
			args = append(args, "-map", sound, "-vn", "-c:a", "copy")
			args = append(args, j.hlsArgs(audioName, j.Max)...)
		}
		return args, rung
	}
	rung := Rung{Side: min(clipSide, min(j.Info.Height*9/16, j.Info.Width)) &^ 1, Preset: clipPreset, Cap: clipCap}
	group := strconv.Itoa(int(math.Round(segmentSeconds * j.Info.Rate.Float())))
	args = append(args, "-map", picture, "-an", "-vf",
		fmt.Sprintf("fps=%s,crop=w='min(iw,ih*9/16)':h='min(ih,iw*16/9)',"+
			"scale=%d:%d:flags=bilinear,setsar=1,format=yuv420p",
			j.Info.Rate, rung.Side, uprightOf(rung.Side)),
		"-c:v", "libx264", "-threads", threads(), "-preset", rung.Preset, "-crf", crf, "-maxrate",
		strconv.Itoa(rung.Cap), "-bufsize", strconv.Itoa(2*rung.Cap),
		"-profile:v", "high", "-g", group, "-keyint_min", group, "-sc_threshold", "0", "-flags", "+cgop")
	args = append(args, j.hlsArgs(rung.name(), j.Max)...)
	if j.Info.Audio >= 0 {
		args = append(args, "-map", sound, "-vn", "-af", heard(), "-c:a", "aac", "-b:a", strconv.Itoa(audioBits))
		args = append(args, j.hlsArgs(audioName, j.Max)...)
	}
	return args, rung
}

// Portrait writes as cover the frame that stands best for the first seconds.
func (t *Tool) Portrait(ctx context.Context, j Job) error {
	if err := os.MkdirAll(filepath.Join(j.Dir, j.Out), 0o755); err != nil {
		return err
	}
	frames := int(portraitOf * j.Info.Rate.Float())
	if err := t.still(ctx, j, "thumbnail=n="+strconv.Itoa(max(frames, 2))); err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Join(j.Dir, j.Out, CoverName)); err == nil && info.Size() > 0 {
		return nil
	}
	return t.Cover(ctx, j)
}

const portraitOf = 4 // seconds
