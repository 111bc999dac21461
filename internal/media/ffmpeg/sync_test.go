package ffmpeg_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/ffmpeg"
)

// begins is the time of a rendition's first picture or sound as a player reads it that looks at no edit list, and how
// many of those there are.
func begins(t *testing.T, dir, name string) (first float64, edits int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name+"_init.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	edits = bytes.Count(raw, []byte("elst"))
	for i := 0; ; i++ {
		part, err := os.ReadFile(filepath.Join(dir, name+"_000"+strconv.Itoa(i)+".m4s"))
		if err != nil {
			break
		}
		raw = append(raw, part...)
	}
	whole := filepath.Join(dir, name+".whole.mp4")
	if err := os.WriteFile(whole, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-ignore_editlist", "1", "-show_entries",
		"packet=pts_time", "-of", "json", whole).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Packets []struct {
			PTS string `json:"pts_time"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out, &got); err != nil || len(got.Packets) == 0 {
		t.Fatalf("%s: %v, %s", name, err, out)
	}
	first = math.Inf(1)
	for _, p := range got.Packets {
		if v, err := strconv.ParseFloat(p.PTS, 64); err == nil {
			first = min(first, v)
		}
	}
	return first, edits
}

// flash is when the picture turns white.
func flash(t *testing.T, path string) float64 {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-f", "lavfi", "-i",
		"movie="+path+",signalstats", "-show_entries", "frame=pts_time:frame_tags=lavfi.signalstats.YAVG", "-of",
		"csv=p=0").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		at, level, _ := strings.Cut(strings.TrimSpace(line), ",")
		v, err := strconv.ParseFloat(level, 64)
		if sec, err2 := strconv.ParseFloat(at, 64); err == nil && err2 == nil && v > 100 {
			return sec
		}
	}
	t.Fatalf("nothing bright in:\n%s", out)
	return 0
}

// beep is how much sound there is before the first that is heard.
func beep(t *testing.T, path string) float64 {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f",
		"f32le", "-ac", "1", "-ar",
		"48000", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+4 <= len(out); i += 4 {
		v := math.Float32frombits(uint32(out[i]) | uint32(out[i+1])<<8 | uint32(out[i+2])<<16 | uint32(out[i+3])<<24)
		if math.Abs(float64(v)) > 0.2 {
			return float64(i/4) / 48000
		}
	}
	t.Fatal("nothing to hear")
	return 0
}

// A flash and a beep at the same moment of the source are at the same moment of the renditions for
// a player that looks at no edit list, since there is none, and in the whole file: neither pictures
// that are held back nor sound that leads in make either of them late.
func TestPictureAndSoundAreTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate   string
		source []string
		clip   bool
	}{
		"without B-frames":      {"30", []string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "30"}, false},
		"with B-frames":         {"30", []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "30"}, false},
		"25 a second":           {"25", []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "25"}, false},
		"10 a second":           {"10", []string{"-c:v", "mpeg4"}, false},
		"a clip of a lying one": {"30", []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "30"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			film(t, dir, append(append([]string{
				"-f", "lavfi", "-i",
				"color=black:s=320x180:d=4:r=" + c.rate + ",drawbox=c=white:t=fill:enable='between(t,1.999,2.3)'",
				"-f", "lavfi", "-i", "aevalsrc='if(between(t,2,2.3),sin(2*PI*1000*t),0)':s=48000:d=4",
			}, c.source...), "-c:a", "aac", "-f", "mp4", "in")...)
			info, err := tool().Probe(t.Context(), dir, "in")
			if err != nil {
				t.Fatal(err)
			}
			work := tool().Render
			if c.clip {
				work = tool().Clip
			}
			f, err := work(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "out")
			picture, edits := begins(t, out, f.Renditions[0].Name)
			sound, more := begins(t, out, "audio")
			if math.Abs(picture-sound) > 0.012 || edits+more != 0 {
				t.Errorf("the picture begins at %.4f, the sound at %.4f, with %d edit lists", picture, sound,
					edits+more)
			}
			seen := flash(t, filepath.Join(out, f.Renditions[0].Name+".whole.mp4")) - picture
			heard := beep(t, filepath.Join(out, "audio.whole.mp4"))
			if math.Abs(seen-heard) > 0.012 {
				t.Errorf("seen at %.4f, heard at %.4f", seen, heard)
			}
			whole := filepath.Join(out, ffmpeg.MP4Name)
			if seen, heard := flash(t, whole), beep(t, whole); math.Abs(seen-heard) > 0.012 {
				t.Errorf("in the whole file seen at %.4f, heard at %.4f", seen, heard)
			}
		})
	}
}
