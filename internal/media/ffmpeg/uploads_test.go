package ffmpeg_test

import (
	"bytes"
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

// rendered renders the file "in" of a folder.
func rendered(t *testing.T, dir string) (ffmpeg.Info, ffmpeg.Film) {
	t.Helper()
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	f, err := tool().Render(t.Context(), ffmpeg.Job{Dir: dir, Input: "in", Out: "out", Info: info, Max: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return info, f
}

func edited(t *testing.T, dir string, edit func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(dir, "in")
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, edit(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Phones and cameras put a track first that nothing here decodes: the next one is the sound, and with none the film
// is silent.
func TestSoundThatCanBeDecodedIsTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tracks int
		audio  int
	}{"before another": {2, 2}, "alone": {1, -1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := []string{
				"-f", "lavfi", "-i", "testsrc2=s=180x320:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2", "-map", "0",
				"-map", "1",
			}
			if c.tracks == 2 {
				args = append(args, "-map", "1")
			}
			film(t, dir, append(args, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "mp4", "in")...)
			edited(t, dir, func(b []byte) []byte { // the first track becomes MPEG-H
				k := bytes.Index(b, []byte("mp4a"))
				e := k + bytes.Index(b[k:], []byte("esds"))
				copy(b[k:], "mhm1")
				copy(b[e:], "free")
				return b
			})
			info, f := rendered(t, dir)
			if info.Audio != c.audio || (f.Renditions[len(f.Renditions)-1].Name == "audio") != (c.audio > 0) {
				t.Errorf("sound of track %d in %+v", info.Audio, f.Renditions)
			}
		})
	}
}

// What camcorders and captures write is a film.
func TestContainersOfCameras(t *testing.T) {
	t.Parallel()
	source := []string{"-f", "lavfi", "-i", "testsrc2=s=180x320:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast"}
	for name, c := range map[string]struct {
		args []string
		edit func([]byte) []byte
	}{
		"packets of 192 bytes": {
			[]string{"-f", "mpegts", "-mpegts_m2ts_mode", "1"},
			func(b []byte) []byte { return b },
		},
		"cut within a packet": {[]string{"-f", "mpegts"}, func(b []byte) []byte { return b[100:] }},
		"an atom to be skipped": {[]string{"-f", "mov"}, func(b []byte) []byte {
			copy(b[4:], "free") // in the place of ftyp
			return b
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			film(t, dir, append(append(append([]string{}, source...), c.args...), "in")...)
			edited(t, dir, c.edit)
			if _, f := rendered(t, dir); (f.Duration - 2*time.Second).Abs() > 200*time.Millisecond {
				t.Errorf("%+v", f)
			}
		})
	}
}

// Sound that goes on after the last picture is heard to its end: the picture stands, and every rendition is as
// long as the film is said to be.
func TestALongerSoundHoldsTheLastPicture(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"mp4", "matroska", "mpegts"} {
		for name, c := range map[string]struct{ picture, sound, want time.Duration }{
			"longer":  {2, 7, 7},
			"shorter": {5, 2, 5},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=180x320:r=10:d="+strconv.Itoa(int(c.picture)), "-f",
					"lavfi", "-i",
					"sine=d="+strconv.Itoa(int(c.sound)), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
					"-f", kind, "in")
				_, f := rendered(t, dir)
				const near = 250 * time.Millisecond
				if (f.Duration - c.want*time.Second).Abs() > near {
					t.Errorf("the film lasts %s", f.Duration)
				}
				var long time.Duration
				for _, d := range f.Renditions[len(f.Renditions)-1].Segments {
					long += d
				}
				if long > f.Duration+near {
					t.Errorf("its sound lasts %s, its picture %s", long, f.Duration)
				}
			})
		}
	}
}

// colours tells the colours of a frame from left to right.
func colours(t *testing.T, path, at string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-ss", at,
		"-frames:v", "1",
		"-vf", "scale=9:9:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-").Output()
	if err != nil || len(out) < 243 {
		t.Fatalf("%v, %d bytes", err, len(out))
	}
	var b strings.Builder
	for x := range 9 { // of the middle row
		p := out[(4*9+x)*3:]
		switch {
		case p[0] > 150 && p[2] < 100:
			b.WriteByte('r')
		case p[2] > 150 && p[0] < 100:
			b.WriteByte('b')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

// A capture that is turned half way keeps its proportions: the second half stands in the middle of the
// frame of the first.
func TestAChangeOfSizeKeepsItsProportions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "color=red:s=320x180:r=10:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mpegts", "a")
	film(t, dir, "-f", "lavfi", "-i", "color=blue:s=180x320:r=10:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-f",
		"mpegts", "in")
	second, err := os.ReadFile(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	edited(t, dir, func([]byte) []byte {
		first, err := os.ReadFile(filepath.Join(dir, "a"))
		if err != nil {
			t.Fatal(err)
		}
		return append(first, second...)
	})
	rendered(t, dir)
	whole := filepath.Join(dir, "out", ffmpeg.MP4Name)
	if got := colours(t, whole, "1"); got != "rrrrrrrrr" {
		t.Errorf("at first %q", got)
	}
	if got := colours(t, whole, "3"); strings.Trim(got, ".") == "" || len(strings.Trim(got, ".")) > 4 ||
		strings.Contains(got, "r") {
		t.Errorf("then %q", got)
	}
}

// combs is by how much neighbouring lines of a frame differ more than those one further, which fields of
// different moments make them do.
func combs(t *testing.T, path string, wide int) float64 {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-ss", "1",
		"-frames:v",
		"1", "-vf", "format=gray", "-f", "rawvideo", "-").Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("%v, %d bytes", err, len(out))
	}
	near, far := 1.0, 1.0
	for i := 0; i+2*wide < len(out); i++ {
		near += math.Abs(float64(out[i]) - float64(out[i+wide]))
		far += math.Abs(float64(out[i]) - float64(out[i+2*wide]))
	}
	return near / far
}

// A television capture of two fields a frame is shown without combs.
func TestFieldsAreMadeFrames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i",
		"smptebars=s=720x576:r=50:d=2,scroll=h=0.02,tinterlace=interleave_top,setfield=tff",
		"-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ilme+ildct", "-f", "mpegts", "in")
	if in := combs(t, filepath.Join(dir, "in"), 720); in < 1.2 {
		t.Fatalf("the source has no combs: %.2f", in)
	}
	info, _ := rendered(t, dir)
	if got := combs(t, filepath.Join(dir, "out", ffmpeg.MP4Name), 600); !info.Interlaced || got > 1.05 {
		t.Errorf("interlaced: %v, combs %.2f", info.Interlaced, got)
	}
}
