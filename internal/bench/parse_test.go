package bench

import (
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lowLatency is a playlist as ours are: a gap, two whole segments, one that is open.
const lowLatency = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=12
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-GAP
#EXTINF:9.000,
gone.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.000Z
#EXT-X-PART:DURATION=0.5,URI="part-42.0.m4s",INDEPENDENT=YES
#EXTINF:2.000,
seg-42.m4s
#EXT-X-DISCONTINUITY
#EXTINF:1.500,
seg-43.m4s
#EXT-X-PART:DURATION=0.5,URI="part-44.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.25,URI="sub/part-44.1.m4s?x=1"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-44.2.m4s"
`

// plainList is one as nginx-rtmp writes it.
const plainList = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-TARGETDURATION:1
#EXTINF:1.040,
rooms-7.ts
#EXTINF:0.960,
rooms-8.ts
`

func split(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// How much media a playlist has listed is counted by its segments' numbers, so that one
// that has slid out still counts and one that is read twice counts once.
func TestHowMuchMediaIsListed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, text string
		open, hold float64
		seen       map[int64]float64
	}{
		{"low latency", lowLatency, 0.75, 1.5, map[int64]float64{42: 2, 43: 1.5}},
		{"plain", plainList, 0, 3, map[int64]float64{7: 1.04, 8: 0.96}},
		{"nothing", "", 0, 0, map[int64]float64{}},
		{"nothing yet", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n", 0, 12, map[int64]float64{}},
		{"nonsense", "#EXTINF:\n#EXTINF\nx\n#EXT-X-MEDIA-SEQUENCE\n\n#EXT-X-PART:\n", 0, 0, map[int64]float64{0: 0}},
	} {
		seen := map[int64]float64{}
		for range 2 {
			open, hold := listed(split(c.text), seen)
			if math.Abs(open-c.open) > 1e-9 || hold != c.hold || !maps.Equal(seen, c.seen) {
				t.Errorf("%s: %v open, %v from the end, %v", c.what, open, hold, seen)
			}
		}
	}
	seen := map[int64]float64{}
	for n := range 50 { // a window of three that slides
		var text strings.Builder
		text.WriteString("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:" + strconv.Itoa(n) + "\n")
		for i := range 3 {
			text.WriteString("#EXTINF:" + strconv.Itoa(n+i) + ",\nseg.m4s\n")
		}
		listed(split(text.String()), seen)
	}
	total := 0.0
	for _, d := range seen {
		total += d
	}
	if len(seen) != 52 || total != 51*52/2 {
		t.Errorf("%d segments of %v s", len(seen), total)
	}
}

// What is fetched over and over is the newest of its kind, beside its playlist.
func TestWhichAddressIsFetched(t *testing.T) {
	t.Parallel()
	ours := target{list: "http://127.0.0.1:8080/live/%s/live.m3u8"}
	peer := target{list: "http://127.0.0.1:9/hls/%s.m3u8"}
	for _, c := range []struct {
		got, want string
	}{
		{lastSegment(ours, split(lowLatency)), "http://127.0.0.1:8080/live/deliver/seg-43.m4s"},
		{lastPart(ours, split(lowLatency)), "http://127.0.0.1:8080/live/deliver/sub/part-44.1.m4s?x=1"},
		{lastSegment(peer, split(plainList)), "http://127.0.0.1:9/hls/rooms-8.ts"},
		{lastPart(peer, split(plainList)), ""},
		{lastSegment(ours, nil), ""},
		{lastSegment(ours, split("#EXTM3U\n\n")), ""},
		{lastSegment(ours, []string{"../up.m4s"}), "http://127.0.0.1:8080/live/up.m4s"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if _, err := getRate(t.Context(), ours, ""); err == nil {
		t.Error("nothing was measured")
	}
}

func FuzzListed(f *testing.F) {
	for _, seed := range []string{
		lowLatency, plainList, "",
		"#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n#EXTINF:nan,\nx", ":",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		seen := map[int64]float64{}
		listed(split(text), seen)
		segments := 0
		for _, l := range split(text) {
			if l != "" && l[0] != '#' {
				segments++
			}
		}
		if len(seen) > segments {
			t.Errorf("%d segments of %d addresses", len(seen), segments)
		}
		lastPart(target{list: "http://h/%s"}, split(text))
	})
}

// A quantile is one of the values, and no other is nearer to its place.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 300).Draw(rt, "values")
		slices.Sort(values)
		q := float64(rapid.IntRange(0, 100).Draw(rt, "percent")) / 100
		got, below := quantile(values, q), 0
		for _, v := range values {
			if v < got {
				below++
			}
		}
		if !slices.Contains(values, got) || float64(below) > q*float64(len(values)) {
			rt.Fatalf("%v of %v is %d", q, values, got)
		}
		if quantile(values, 0) != values[0] || quantile(values, 1) != values[len(values)-1] {
			rt.Fatal("the ends are elsewhere")
		}
	})
	if quantile([]time.Duration{}, 0.99) != 0 {
		t.Error("of nothing there is something")
	}
}

// The processor's time is read behind the name of a program, whatever that is.
func TestTheProcessorsTime(t *testing.T) {
	t.Parallel()
	rest := " S 1 2 3 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 1 2"
	for line, want := range map[string]time.Duration{
		"7 (hawker)" + rest:         3 * time.Second,
		"7 (a b) c (d)" + rest:      3 * time.Second,
		"7 (a) S 1 2 3)" + rest:     3 * time.Second,
		"7 ())))" + rest + " 4 5 6": 3 * time.Second,
		"":                          -1,
		"7 (hawker)":                -1,
		"7 (hawker) S 1 2":          -1,
		"7 (x) S 1 2 3 0 -1 4194304 100 0 0 0 many 50 0": -1,
	} {
		got, err := usedOf(line)
		if (err == nil) != (want >= 0) || err == nil && got != want {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "a) R 9 (b")
	raw, err := os.ReadFile(sleep)
	if err == nil {
		err = os.WriteFile(odd, raw, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), odd, "60")
	if err := cmd.Start(); err != nil {
		t.Skip("no program of another name here:", err)
	}
	if used, err := cpu(cmd.Process.Pid); err != nil || used > time.Second {
		t.Errorf("a sleeper has used %v, %v", used, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if _, err := cpu(cmd.Process.Pid); err == nil {
		t.Error("who is gone uses a processor")
	}
	if _, err := rss(cmd.Process.Pid); err == nil {
		t.Error("who is gone uses memory")
	}
	if m, err := rss(os.Getpid()); err != nil || m < 1 || m > 4096 {
		t.Errorf("this process holds %v MiB, %v", m, err)
	}
}

// What a target costs is what all its processes cost, and none that is gone is free.
func TestWhatATargetCosts(t *testing.T) {
	t.Parallel()
	pid := os.Getpid()
	mine := target{pids: func() ([]int, error) { return []int{pid, pid}, nil }}
	ran := false
	used, memory, err := mine.during(func() error { ran = true; return nil })
	one, rerr := rss(pid)
	if err != nil || rerr != nil || !ran || used < 0 || memory < one {
		t.Errorf("%v, %v MiB of %v, %v", used, memory, one, err)
	}
	if _, _, err := mine.during(func() error { return errAnswer }); err == nil {
		t.Error("a failure was measured")
	}
	gone := target{pids: func() ([]int, error) { return []int{1 << 30}, nil }}
	if _, _, err := gone.during(func() error { t.Error("it ran"); return nil }); err == nil {
		t.Error("nobody was measured")
	}
}
