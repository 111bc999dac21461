package ffmpeg_test

import (
	"bytes"
	"os"
	"path/filepath"
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
