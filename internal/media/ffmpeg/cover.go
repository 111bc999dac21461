package ffmpeg

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	coverSide    = 720
	coverWithin  = 20 * time.Second // looked at for a frame that is not black
	coverCPU     = 2 * time.Minute
	blackLuma    = 32
	blackPercent = 90
)

// Cover writes a JPEG of the first frame that is not black, or of the very first
// when all are.
func (t *Tool) Cover(ctx context.Context, j Job) error {
	if err := os.MkdirAll(filepath.Join(j.Dir, j.Out), 0o755); err != nil {
		return err
	}
	bright := "blackframe=amount=0:threshold=" + strconv.Itoa(blackLuma) +
		",metadata=mode=select:key=lavfi.blackframe.pblack:function=less:value=" + strconv.Itoa(blackPercent)
	for _, choose := range []string{bright, "null"} {
		if err := t.still(ctx, j, choose); err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(j.Dir, j.Out, CoverName))
		if err == nil && info.Size() > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return ErrNotVideo // not one frame can be decoded
}

func (t *Tool) still(ctx context.Context, j Job, choose string) error {
	rung := rungsFor(j.Info)[0]
	rung.Side = min(rung.Side, coverSide)
	chain := fitTo(rung, j.Info) + ","
	if j.Info.HDR {
		chain += "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709," +
			"tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,"
	}
	chain += "format=yuv420p," + choose
	args := []string{
		"-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-threads", threads(),
		"-t", seconds(coverWithin),
	}
	args = append(args, guarded(j.Info.Container, j.Input)...)
	args = append(args, "-map", "0:"+strconv.Itoa(j.Info.Video), "-vf", chain, "-an", "-map_metadata", "-1",
		"-frames:v", "1",
		"-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4", "-f", "image2", "-update", "1", j.Out+"/"+CoverName)
	// A long black stretch reports nothing; what counts is that the child is alive.
	return t.run(ctx, run{program: t.ffmpeg, task: "cover", dir: j.Dir, args: args, cpu: coverCPU, line: func(string) bool {
		return true
	}})
}
