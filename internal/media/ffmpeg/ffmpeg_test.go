package ffmpeg_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/media/child"
	"hawker/internal/media/ffmpeg"
)

// film makes a source with the real program.
func film(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "error", "-y"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a source: %v: %s", err, out)
	}
}

func tool() *ffmpeg.Tool { return ffmpeg.New("ffmpeg", clock.Real{}) }

func TestLadderCutsAllRungsAlike(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=720x1280:r=25:d=5", "-f", "lavfi", "-i", "sine=d=5", "-c:v",
		"libx264", "-preset", "ultrafast", "-g", "250", "-f", "mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	if info.Width != 720 || info.Height != 1280 || info.Audio < 0 || info.Rate.Float() != 25 {
		t.Fatalf("probe answers %+v", info)
	}
	var seen []float64
	j := ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute, Progress: func(f float64) {
		seen = append(seen, f)
	}}
	f, err := tool().Render(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Renditions) != 4 { // 720, 480, 360, sound: nothing above the source
		t.Fatalf("renditions: %+v", f.Renditions)
	}
	for _, r := range f.Renditions[1:3] {
		if !slices.Equal(r.Segments, f.Renditions[0].Segments) {
			t.Errorf("%s is cut at %v, 720 at %v", r.Name, r.Segments, f.Renditions[0].Segments)
		}
	}
	if got := f.Renditions[0].Segments; len(got) != 3 || got[0] != 2*time.Second || f.Duration != 5*time.Second {
		t.Errorf("segments %v, duration %s", got, f.Duration)
	}
	if len(seen) == 0 || !slices.IsSorted(seen) || seen[len(seen)-1] < 0.9 {
		t.Errorf("progress went %v", seen)
	}
	master, err := os.ReadFile(filepath.Join(dir, "out", ffmpeg.MasterName))
	if err != nil {
		t.Fatal(err)
	}
	if first := strings.Index(string(master), "480.m3u8"); first < 0 || first > strings.Index(string(master),
		"720.m3u8") {
		t.Errorf("480 does not stand first:\n%s", master)
	}
	play(t, filepath.Join(dir, "out", ffmpeg.MasterName), 125)
	play(t, filepath.Join(dir, "out", ffmpeg.MP4Name), 125)
}

// play decodes a film with an unguarded ffmpeg, as a player would, and counts frames.
func play(t *testing.T, path string, frames int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-select_streams",
		"v:0", "-count_frames", "-show_entries", "stream=nb_read_frames:format=start_time", "-of", "json", path)
	if filepath.Ext(path) != ".m3u8" {
		cmd.Args = slices.DeleteFunc(cmd.Args, func(a string) bool { return a == "-allowed_extensions" || a == "ALL" })
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("play %s: %v: %s", filepath.Base(path), err, out)
	}
	var got struct {
		Streams []struct {
			Frames json.Number `json:"nb_read_frames"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(out, &got); err != nil || len(got.Streams) == 0 {
		t.Fatalf("play %s: %v: %s", filepath.Base(path), err, out)
	}
	if n, err := got.Streams[0].Frames.Int64(); err != nil || int(n) != frames {
		t.Errorf("%s plays %d frames, want %d (%v)", filepath.Base(path), n, frames, err)
	}
}

func TestMP4HasItsIndexInFront(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	f, err := tool().Render(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Renditions) != 1 || f.Height != 240 { // below every rung: its own size, silent
		t.Errorf("film %+v", f)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "out", ffmpeg.MP4Name))
	if err != nil {
		t.Fatal(err)
	}
	if moov, mdat := bytes.Index(raw, []byte("moov")), bytes.Index(raw, []byte("mdat")); moov < 0 || moov > mdat {
		t.Errorf("moov at %d, mdat at %d", moov, mdat)
	}
}

func TestOddSources(t *testing.T) {
	for _, c := range []struct {
		name          string
		args          []string
		width, height int
		rungs         int
	}{
		{"turned by 90 degrees", []string{
			"-f", "lavfi", "-i", "testsrc2=s=640x480:r=30:d=1", "-c:v", "libx264", "-f",
			"mp4", "pre.mp4",
		}, 480, 640, 2},
		{"odd size, 4:4:4", []string{
			"-f", "lavfi", "-i", "testsrc=s=641x363:r=24:d=1", "-c:v", "libx264", "-pix_fmt",
			"yuv444p", "-f", "matroska", "in",
		}, 641, 363, 1},
		{"wide pixels", []string{
			"-f", "lavfi", "-i", "testsrc2=s=360x576:r=25:d=1", "-vf", "setsar=2/1", "-c:v",
			"mpeg4", "-f", "avi", "in",
		}, 720, 576, 2},
		{"60 frames a second, mono", []string{
			"-f", "lavfi", "-i", "testsrc2=s=480x480:r=60:d=1", "-f", "lavfi", "-i",
			"sine=d=1", "-ac", "1", "-c:v", "libvpx", "-deadline", "realtime", "-f", "webm", "in",
		}, 480, 480, 2},
		{"transport stream", []string{
			"-f", "lavfi", "-i", "testsrc2=s=480x360:r=30:d=1", "-c:v", "mpeg2video", "-f",
			"mpegts", "in",
		}, 480, 360, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			film(t, dir, c.args...)
			if c.args[len(c.args)-1] != "in" {
				film(t, dir, "-i", "pre.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90", "-f", "mp4", "in")
			}
			info, err := tool().Probe(t.Context(), dir, "in")
			if err != nil {
				t.Fatal(err)
			}
			if info.Width != c.width || info.Height != c.height || info.Rate.Float() > 30 {
				t.Errorf("shown as %dx%d at %s, want %dx%d", info.Width, info.Height, info.Rate, c.width, c.height)
			}
			f, err := tool().Render(t.Context(), ffmpeg.Job{
				Dir: dir, Input: "in", Out: "out", Info: info,
				Max: time.Minute,
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(f.Renditions); n != c.rungs && n != c.rungs+1 {
				t.Errorf("%d renditions, want %d and perhaps sound", n, c.rungs)
			}
			if f.Width%2 != 0 || f.Height%2 != 0 || (f.Width < f.Height) != (c.width < c.height) {
				t.Errorf("rendered as %dx%d", f.Width, f.Height)
			}
		})
	}
}

func TestCoverIsNotBlack(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "color=black:s=360x640:r=30:d=1", "-f", "lavfi", "-i",
		"color=red:s=360x640:r=30:d=1",
		"-filter_complex", "[0][1]concat=n=2", "-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	if err := tool().Cover(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "out", ffmpeg.CoverName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := img.At(180, 320).RGBA(); img.Bounds().Dx() != 360 || r>>8 < 150 {
		t.Errorf("cover is %v, its middle %v", img.Bounds(), img.At(180, 320))
	}
}

func TestBlackFilmHasACoverAllTheSame(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "color=black:s=360x640:r=30:d=1", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	if err := tool().Cover(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNoVideo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.txt"), []byte("the neighbour's secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound := filepath.Join(dir, "sound")
	film(t, dir, "-f", "lavfi", "-i", "sine=d=1", "-f", "mp4", sound)
	heard, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"text":          "just a text\n",
		"empty":         "",
		"ffconcat":      "ffconcat version 1.0\nfile secret.txt\n",
		"playlist":      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
		"ftyp and junk": "\x00\x00\x00\x18ftypmp42" + strings.Repeat("junk", 500),
		"sound only":    string(heard),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "in"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			info, err := tool().Probe(t.Context(), dir, "in")
			if !errors.Is(err, ffmpeg.ErrNotVideo) {
				t.Errorf("taken for a video: %+v, %v", info, err)
			}
		})
	}
}

func TestLongFilmIsCutOffAndRefused(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=20", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	info.Duration = 0 // as a file that does not say
	_, err = tool().Render(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: 2 * time.Second})
	if !errors.Is(err, ffmpeg.ErrTooLong) {
		t.Errorf("rendered: %v", err)
	}
}

func TestGivingUpKillsTheChild(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=10", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = tool().Render(ctx, ffmpeg.Job{
		Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute,
		Progress: func(float64) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("answer %v", err)
	}
}

// A child that says nothing for half a minute is killed; the clock is turned by hand.
func TestStalledChildIsKilled(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=1", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mp4", "in")
	silent := filepath.Join(dir, "ffmpeg")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\nexec sleep 600 >/dev/null\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	hands := clock.NewManual(time.Unix(1_700_000_000, 0))
	failed := make(chan error, 1)
	go func() {
		_, err := ffmpeg.New(silent, hands).Render(t.Context(), ffmpeg.Job{
			Dir: dir, Input: "in", Out: "out",
			Info: info, Max: time.Minute,
		})
		failed <- err
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-failed:
			if !errors.Is(err, ffmpeg.ErrStalled) {
				t.Errorf("answer %v", err)
			}
			return
		case <-tick.C:
			hands.Advance(31 * time.Second)
		case <-t.Context().Done():
			t.Fatal("not killed")
		}
	}
}

func TestMissingProgramIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte("\x00\x00\x00\x18ftypmp42"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ffmpeg.New(filepath.Join(dir, "ffmpeg"), clock.Real{}).Probe(t.Context(), dir, "in")
	if !errors.Is(err, child.ErrMissing) {
		t.Errorf("answer %v", err)
	}
}

func TestAClipIsCopiedOrCroppedUpright(t *testing.T) {
	for name, c := range map[string]struct {
		size          string
		width, height int
		copied        bool
	}{
		"upright": {"720x1280", 720, 1280, true},
		"lying":   {"1280x720", 404, 718, false},
		"square":  {"480x480", 270, 480, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			film(t, dir, "-f", "lavfi", "-i", "testsrc2=s="+c.size+":r=30:d=6", "-f", "lavfi", "-i", "sine=d=6", "-c:v",
				"libx264", "-preset", "ultrafast",
				"-bf", "2", "-g", "30", "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f",
				"mp4", "in")
			info, err := tool().Probe(t.Context(), dir, "in")
			if err != nil {
				t.Fatal(err)
			}
			j := ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute}
			if err := tool().Portrait(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			f, err := tool().Clip(t.Context(), j)
			if err != nil {
				t.Fatal(err)
			}
			if f.Width != c.width || f.Height != c.height {
				t.Errorf("the clip is %d by %d", f.Width, f.Height)
			}
			frames := 180
			if !c.copied {
				frames += 2 // the two that B-frames hold back at the start are shown twice, the sound stays in time
			}
			play(t, filepath.Join(dir, "out", ffmpeg.MasterName), frames)
			play(t, filepath.Join(dir, "out", ffmpeg.MP4Name), frames)
			if c.copied { // the source's own pictures, byte for byte
				in, out := pictures(t, dir, "in"), pictures(t, dir, "out/"+ffmpeg.MP4Name)
				if in != out {
					t.Error("an upright picture was encoded again")
				}
			}
		})
	}
}

// pictures is a hash of the coded pictures of a file.
func pictures(t *testing.T, dir, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", name, "-map", "0:v", "-c",
		"copy", "-f", "hash", "-")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestFragmentsFromTheMiddleAreAsLongAsTheyAre: a stretch of a long show keeps
// the show's own times.
func TestFragmentsFromTheMiddleAreAsLongAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=180x320:r=10:d=900", "-c:v", "libx264", "-preset", "ultrafast", "-g",
		"50", "-sc_threshold", "0",
		"-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "whole")
	raw, err := os.ReadFile(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	var head, last []byte
	for rest, n := raw, 0; len(rest) > 8; n++ {
		size := int(binary.BigEndian.Uint32(rest))
		switch kind := string(rest[4:8]); {
		case kind == "ftyp" || kind == "moov":
			head = append(head, rest[:size]...)
		case kind == "moof" && len(rest) < len(raw)/20: // the last minutes
			last = append(last, rest[:size]...)
		case kind == "mdat" && len(last) > 0:
			last = append(last, rest[:size]...)
		}
		rest = rest[size:]
	}
	if err := os.WriteFile(filepath.Join(dir, "in"), append(head, last...), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	if info.Duration < 10*time.Second || info.Duration > 2*time.Minute {
		t.Errorf("the last twentieth of 15 minutes is %s long", info.Duration)
	}
	f, err := tool().Clip(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: 5 * time.Minute})
	if err != nil || (f.Duration-info.Duration).Abs() > time.Second {
		t.Errorf("its clip is %s long: %v", f.Duration, err)
	}
}
