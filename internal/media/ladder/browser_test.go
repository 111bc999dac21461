package ladder_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/ladder"
)

// numbered is a clip whose pictures carry their number in ten bits: 512 of them.
func numbered(t *testing.T) []flv.Tag {
	t.Helper()
	path := filepath.Join(t.TempDir(), "numbered.flv")
	run(t, "ffmpeg", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30",
		"-f", "lavfi", "-i", "color=black:s=320x32:r=30,format=gray,"+
			"geq=lum='16+219*mod(floor(N/pow(2,floor(X/32))),2)'",
		"-f", "lavfi", "-i", "sine=f=440:r=48000", "-filter_complex",
		"[0:v][1:v]overlay=0:0:format=yuv420,format=yuv420p[v]",
		"-map", "[v]", "-map", "2:a", "-frames:v", "1020", "-t", "34", "-c:v", "libx264", "-preset", "superfast", "-bf",
		"2", "-b:v", "900k",
		"-g", "30", "-sc_threshold", "0", "-c:a", "aac", "-ac", "2", "-f", "flv", path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tags, err := flv.ReadFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return tags
}

type report struct {
	Numbers  []int    `json:"numbers"`
	Heights  []int    `json:"heights"`
	Switched []int    `json:"switched"`
	Stalls   int      `json:"stalls"`
	Errors   []string `json:"errors"`
	Levels   int      `json:"levels"`
	Played   float64  `json:"played"`
}

// play opens a page in Chromium and gives what it saw.
func play(t *testing.T, kind, url, seconds string) (r report) {
	t.Helper()
	web, err := filepath.Abs("../../../web")
	if err != nil {
		t.Fatal(err)
	}
	for _, need := range []string{
		"/usr/bin/chromium", filepath.Join(web, "node_modules/@playwright/test"),
		filepath.Join(web, "node_modules/hls.js"), filepath.Join(web, "node_modules/mpegts.js"),
	} {
		if _, err := os.Stat(need); err != nil {
			t.Skipf("no browser to play in: %v (make test installs it)", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/players.mjs", web, kind, url, seconds)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("browser: %v\n%s", err, words.String())
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// goesOn fails unless the counter only ever rises, by little, but for its wraps.
func (r report) goesOn(t *testing.T, step int) {
	t.Helper()
	back, widest := 0, 0
	for i := 1; i < len(r.Numbers); i++ {
		d := (r.Numbers[i] - r.Numbers[i-1] + 1024) % 1024
		if r.Numbers[i-1] > 900 && r.Numbers[i] < 100 {
			d = (r.Numbers[i] + 1020 - r.Numbers[i-1]) // the clip begins anew
		}
		if d > 512 {
			back++
			continue
		}
		widest = max(widest, d)
	}
	t.Logf("%d pictures shown, widest step %d, %d steps back, %.1f s played, %d stalls, levels shown %v, heights %v, "+
		"errors %v",
		len(r.Numbers), widest, back, r.Played, r.Stalls, r.Switched, r.Heights, r.Errors)
	if back > 0 || widest > step {
		t.Errorf("the picture went back %d times and left out up to %d frames", back, widest)
	}
}

// A viewer who goes up and down the ladder sees one picture without a stall.
func TestSwitchingInChromium(t *testing.T) {
	t.Parallel()
	tags := numbered(t)
	n := newNode(t, ladder.Config{}, 270, 180)
	n.publish("room", tags)
	n.eventually("three renditions", func() bool { return len(n.variants("room")) == 3 })
	r := play(t, "hls", n.http+"room/index.m3u8", "16")
	r.goesOn(t, 45)
	if r.Levels != 3 || !slices.Contains(r.Heights, 180) || !slices.Contains(r.Heights, 270) ||
		!slices.Contains(r.Heights, 360) {
		t.Errorf("of %d levels pictures of %v lines were shown", r.Levels, r.Heights)
	}
	// One stall may be the machine's: Chromium decodes three sizes in turn beside whoever
	// else runs here. A switch that stalls does so at each of a dozen.
	if r.Stalls > 1 || r.Played < 13 {
		t.Errorf("%.1f of 16 s played, %d stalls, errors %v", r.Played, r.Stalls, r.Errors)
	}
	if slices.ContainsFunc(r.Errors, func(e string) bool { return strings.Contains(e, "fatal") }) {
		t.Errorf("errors %v", r.Errors)
	}
}

// The stream also plays as HTTP-FLV, in the player that CDNs' customers use.
func TestFLVInChromium(t *testing.T) {
	t.Parallel()
	tags := numbered(t)
	n := newNode(t, ladder.Config{})
	n.publish("plain", tags)
	n.view("plain/live.m3u8").until(2)
	r := play(t, "flv", n.http+"plain/live.flv", "8")
	r.goesOn(t, 45)
	if len(r.Errors) > 0 || r.Stalls > 0 || r.Played < 7 || len(r.Numbers) < 100 {
		t.Errorf("%.1f of 8 s played, %d pictures, %d stalls, errors %v", r.Played, len(r.Numbers), r.Stalls, r.Errors)
	}
}
