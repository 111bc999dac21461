package ffmpeg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/child"
	"hawker/internal/media/ffmpeg"
)

// puppet is a pair of programs that do what a test says, and a file that is taken for
// a video.
func puppet(t *testing.T, probe, render string) (tool *ffmpeg.Tool, dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{
		"ffprobe": "#!/bin/sh\n" + probe + "\n", "ffmpeg": "#!/bin/sh\n" + render + "\n",
		"in": "\x00\x00\x00\x18ftypmp42",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return ffmpeg.New(filepath.Join(dir, "ffmpeg"), clock.Real{}), dir
}

// says is a program that prints a text.
func says(text string) string { return "cat <<'END'\n" + text + "\nEND" }

// stream is what ffprobe says of one stream.
func stream(fields ...string) string { return "{" + strings.Join(fields, ",") + "}" }

func said(duration string, streams ...string) string {
	return says(`{"streams":[` + strings.Join(streams, ",") + `],"format":{"duration":"` + duration + `"}}`)
}

const (
	video   = `"index":0,"codec_type":"video","codec_name":"h264"`
	square  = `"width":1280,"height":720`
	thirty  = `"r_frame_rate":"30/1","avg_frame_rate":"30/1"`
	audible = `{"index":3,"codec_type":"audio","codec_name":"opus"}`
)

// What ffprobe says of a stranger's file is believed as far as it can be.
func TestWhatIsBelievedOfAFile(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		said string
		want string // width, height, rate, duration, picture, sound, HDR
	}{
		"a plain one": {said("10.5", stream(video, square, thirty)), "1280 720 30/1 10.5s 0 -1 false"},
		"with sound": {
			said("10", stream(video, square, thirty), audible, `{"index":4,"codec_type":"audio","codec_name":"aac"}`),
			"1280 720 30/1 10s 0 3 false",
		},
		"a cover before the picture": {
			said("10", stream(`"index":0,"codec_type":"video","codec_name":"png"`, square,
				`"disposition":{"attached_pic":1}`), stream(`"index":1,"codec_type":"video","codec_name":"hevc"`,
				square)),
			"1280 720 30/1 10s 1 -1 false",
		},
		"no length": {said("N/A", stream(video, square)), "1280 720 30/1 0s 0 -1 false"},
		"a length in the stream": {
			said("1", stream(video, square, `"duration":"7.25"`)), "1280 720 30/1 7.25s 0 -1 false",
		},
		"a negative length":   {said("-5", stream(video, square)), "1280 720 30/1 0s 0 -1 false"},
		"an endless length":   {said("1e300", stream(video, square)), "1280 720 30/1 0s 0 -1 false"},
		"no number of length": {said("NaN", stream(video, square)), "1280 720 30/1 0s 0 -1 false"},
		"cut from the middle": {
			said("100", stream(video, square, `"start_time":"90"`)), "1280 720 30/1 10s 0 -1 false",
		},
		"begun after its end": {
			said("10", stream(video, square, `"start_time":"90"`)), "1280 720 30/1 0s 0 -1 false",
		},
		"turned by a tag": {
			said("1", stream(video, square, `"tags":{"rotate":"90"}`)), "720 1280 30/1 1s 0 -1 false",
		},
		"turned by a matrix": {
			said("1", stream(video, square, `"side_data_list":[{"rotation":-90}]`)), "720 1280 30/1 1s 0 -1 false",
		},
		"upside down": {
			said("1", stream(video, square, `"tags":{"rotate":"180"}`)),
			"1280 720 30/1 1s 0 -1 false",
		},
		"turned by a word": {said("1", stream(video, square, `"tags":{"rotate":"up"}`)), "1280 720 30/1 1s 0 -1 false"},
		"wide pixels": {
			said("1", stream(video, `"width":720,"height":576,"sample_aspect_ratio":"16:15"`)),
			"768 576 30/1 1s 0 -1 false",
		},
		"absurd pixels": {
			said("1", stream(video, `"width":720,"height":576,"sample_aspect_ratio":"2147483647:1"`)),
			"2880 576 30/1 1s 0 -1 false",
		},
		"pixels of nothing": {
			said("1", stream(video, `"width":720,"height":576,"sample_aspect_ratio":"0:1"`)),
			"720 576 30/1 1s 0 -1 false",
		},
		"film": {
			said("1", stream(video, square, `"r_frame_rate":"24000/1001","avg_frame_rate":"24000/1001"`)),
			"1280 720 24000/1001 1s 0 -1 false",
		},
		"too many frames": {
			said("1", stream(video, square, `"r_frame_rate":"60/1","avg_frame_rate":"60/1"`)),
			"1280 720 30/1 1s 0 -1 false",
		},
		"few frames": {
			said("1", stream(video, square, `"r_frame_rate":"5/1","avg_frame_rate":"5/1"`)),
			"1280 720 30/1 1s 0 -1 false",
		},
		"frames as they come": {
			said("1", stream(video, square, `"r_frame_rate":"25/1","avg_frame_rate":"21/1"`)),
			"1280 720 30/1 1s 0 -1 false",
		},
		"frames over nothing": {
			said("1", stream(video, square, `"r_frame_rate":"25/0","avg_frame_rate":"0/0"`)),
			"1280 720 30/1 1s 0 -1 false",
		},
		"bright": {
			said("1", stream(video, square, `"color_transfer":"smpte2084"`)), "1280 720 30/1 1s 0 -1 true",
		},
	} {
		tool, dir := puppet(t, c.said, "")
		i, err := tool.Probe(t.Context(), dir, "in")
		got := fmt.Sprint(i.Width, " ", i.Height, " ", i.Rate, " ", i.Duration, " ", i.Video, " ", i.Audio, " ", i.HDR)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, want %s, %v", what, got, c.want, err)
		}
	}
}

// What cannot be a film is refused by its name, whatever the program thinks of it.
func TestWhatIsNotBelievedOfAFile(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		probe string
		want  error
	}{
		"nothing is said":  {"true", ffmpeg.ErrNotVideo},
		"nonsense is said": {says("{]"), ffmpeg.ErrNotVideo},
		"no streams":       {said("1"), ffmpeg.ErrNotVideo},
		"sound only":       {said("1", audible), ffmpeg.ErrNotVideo},
		"a cover only": {
			said("1", stream(video, square, `"disposition":{"attached_pic":1}`)),
			ffmpeg.ErrNotVideo,
		},
		"no size":             {said("1", stream(video)), ffmpeg.ErrNotVideo},
		"a negative size":     {said("1", stream(video, `"width":-1280,"height":-720`)), ffmpeg.ErrNotVideo},
		"a dot":               {said("1", stream(video, `"width":15,"height":720`)), ffmpeg.ErrNotVideo},
		"an unknown codec":    {said("1", stream(`"index":0,"codec_type":"video"`, square)), ffmpeg.ErrNotVideo},
		"a wall":              {said("1", stream(video, `"width":40000,"height":40000`)), ffmpeg.ErrTooLarge},
		"a wall beyond words": {said("1", stream(video, `"width":9000000000,"height":9000000000`)), ffmpeg.ErrTooLarge},
		"a bad end":           {"exit 1", ffmpeg.ErrNotVideo},
		"a bad end after all": {said("1", stream(video, square)) + "\nexit 3", ffmpeg.ErrNotVideo},
	} {
		tool, dir := puppet(t, c.probe, "")
		if i, err := tool.Probe(t.Context(), dir, "in"); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", what, i, err)
		}
	}
	// A program that was killed says nothing of the file.
	tool, dir := puppet(t, "kill -9 $$", "")
	var exit *child.ExitError
	if _, err := tool.Probe(t.Context(), dir, "in"); !errors.As(err, &exit) || errors.Is(err, ffmpeg.ErrNotVideo) {
		t.Errorf("killed: %v", err)
	}
	flood := "head -c 3000000 /dev/zero | tr '\\0' x"
	if tool, dir := puppet(t, flood, ""); true {
		if _, err := tool.Probe(t.Context(), dir, "in"); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("a flood of words: %v", err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	tool, dir = puppet(t, said("1", stream(video, square)), "")
	if _, err := tool.Probe(gone, dir, "in"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up before: %v", err)
	}
	if _, err := tool.Probe(t.Context(), dir, "not there"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// Progress only grows, ends at the whole and is told of what was said, whatever the
// program says of it.
func TestProgressGrows(t *testing.T) {
	t.Parallel()
	lines := []string{
		"frame=1", "out_time_us=N/A", "out_time_us=1000000", "out_time_us=900000", "out_time_us=1000000",
		"out_time_us=", "out_time_us=-5", "out_time_us=4000000", "out_time_us=99999999999999999999", "out_time_ms=7",
		"out_time_us=10000000", "out_time_us=50000000", "progress=end",
	}
	tool, dir := puppet(t, said("10", stream(video, square, thirty)), says(strings.Join(lines, "\n")))
	info, err := tool.Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	var seen []float64
	_, err = tool.Render(t.Context(), ffmpeg.Job{
		Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute,
		Progress: func(f float64) { seen = append(seen, f) },
	})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing was rendered and the answer is %v", err)
	}
	if !slices.Equal(seen, []float64{0.1, 0.4, 1, 1}) {
		t.Errorf("told: %v", seen)
	}
}

// Each kind of work ends with its program: with what that said, and for a caller who
// gives up at once.
func TestWorkEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	for what, work := range map[string]func(tool *ffmpeg.Tool, ctx context.Context, j ffmpeg.Job) error{
		"render": func(tool *ffmpeg.Tool, ctx context.Context, j ffmpeg.Job) error {
			_, err := tool.Render(ctx, j)
			return err
		},
		"clip": func(tool *ffmpeg.Tool, ctx context.Context, j ffmpeg.Job) error {
			_, err := tool.Clip(ctx, j)
			return err
		},
		"cover":    func(tool *ffmpeg.Tool, ctx context.Context, j ffmpeg.Job) error { return tool.Cover(ctx, j) },
		"portrait": func(tool *ffmpeg.Tool, ctx context.Context, j ffmpeg.Job) error { return tool.Portrait(ctx, j) },
	} {
		probe := said("10", stream(video, square, thirty))
		tool, dir := puppet(t, probe, "echo oh no >&2\nexit 7")
		info, err := tool.Probe(t.Context(), dir, "in")
		if err != nil {
			t.Fatal(err)
		}
		j := ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute}
		var exit *child.ExitError
		if err := work(tool, t.Context(), j); !errors.As(err, &exit) || !strings.Contains(err.Error(), "oh no") {
			t.Errorf("%s of a program that fails: %v", what, err)
		}
		tool, dir = puppet(t, probe, "echo out_time_us=1\nexec sleep 600 >/dev/null")
		ctx, cancel := context.WithCancel(t.Context())
		j.Dir, j.Progress = dir, func(float64) { cancel() }
		if what == "cover" || what == "portrait" { // which tell of no progress
			cancel()
		}
		if err := work(tool, ctx, j); !errors.Is(err, context.Canceled) {
			t.Errorf("%s that is given up: %v", what, err)
		}
		cancel()
		if what == "cover" || what == "portrait" {
			tool, j.Dir = puppet(t, probe, "exit 0")
			if err := work(tool, t.Context(), j); !errors.Is(err, ffmpeg.ErrNotVideo) {
				t.Errorf("%s of which nothing comes: %v", what, err)
			}
		}
	}
}
