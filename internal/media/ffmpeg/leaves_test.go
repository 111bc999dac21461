package ffmpeg_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/ffmpeg"
)

// named are the files that a playlist and those that it names lead to.
func named(t *testing.T, dir, list string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, list))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{list}
	for line := range strings.Lines(string(raw)) {
		name := strings.TrimSpace(line)
		if _, uri, ok := strings.Cut(name, `URI="`); ok {
			name, _, _ = strings.Cut(uri, `"`)
		} else if name == "" || name[0] == '#' {
			continue
		}
		if strings.HasSuffix(name, ".m3u8") {
			out = append(out, named(t, dir, name)...)
		} else {
			out = append(out, name)
		}
	}
	return out
}

// A rendering and a clip leave what their playlists name and the whole film beside, all
// of it with something in it, and nothing else; done again, they leave the same.
func TestWhatARenderingLeaves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=90x160:r=10:d=5", "-f", "lavfi", "-i", "sine=d=5", "-c:v", "libx264",
		"-preset", "ultrafast", "-g", "20", "-c:a", "aac", "-f", "mp4", "in")
	info, err := tool().Probe(t.Context(), dir, "in")
	if err != nil {
		t.Fatal(err)
	}
	for what, work := range map[string]func(j ffmpeg.Job) (ffmpeg.Film, error){
		"render": func(j ffmpeg.Job) (ffmpeg.Film, error) { return tool().Render(t.Context(), j) },
		"clip":   func(j ffmpeg.Job) (ffmpeg.Film, error) { return tool().Clip(t.Context(), j) },
	} {
		var before []string
		for range 2 {
			last := 0.0
			f, err := work(ffmpeg.Job{
				Dir: dir, Input: "in", Out: what, Info: info, Max: time.Minute,
				Progress: func(p float64) {
					if p < last || p > 1 {
						t.Errorf("%s: progress went from %v to %v", what, last, p)
					}
					last = p
				},
			})
			if err != nil || f.Width != 90 || f.Height != 160 || (f.Duration-5*time.Second).Abs() > time.Second/2 {
				t.Fatalf("%s: %+v, %v", what, f, err)
			}
			for _, r := range f.Renditions {
				if r.Peak < r.Average || r.Average <= 0 || r.Codec == "" || len(r.Segments) < 2 {
					t.Errorf("%s: %+v", what, r)
				}
			}
			out := filepath.Join(dir, what)
			want := append(named(t, out, ffmpeg.MasterName), ffmpeg.MP4Name)
			slices.Sort(want)
			want = slices.Compact(want)
			entries, err := os.ReadDir(out)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				if i, err := e.Info(); err != nil || i.Size() == 0 {
					t.Errorf("%s: %s is empty, %v", what, e.Name(), err)
				}
				got = append(got, e.Name())
			}
			if !slices.Equal(got, want) || before != nil && !slices.Equal(got, before) {
				t.Errorf("%s left %q, want %q", what, got, want)
			}
			before = got
		}
	}
}
