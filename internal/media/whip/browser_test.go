package whip

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

type browserReport struct {
	Watched struct {
		StartMs int       `json:"startMs"`
		Delays  []float64 `json:"delays"`
		States  []string  `json:"states"`
		Size    string    `json:"size"`
	} `json:"watched"`
	Published []struct {
		Kbps    float64 `json:"kbps"`
		FPS     float64 `json:"fps"`
		RTTMs   float64 `json:"rttMs"`
		Quality string  `json:"quality"`
	} `json:"published"`
}

// cpuOf is the CPU time that a process has used.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func ownCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestChromium(t *testing.T) {
	web, err := filepath.Abs("../../../web")
	if err != nil {
		t.Fatal(err)
	}
	for _, need := range []string{"/usr/bin/chromium", filepath.Join(web, "node_modules/@playwright/test")} {
		if _, err := os.Stat(need); err != nil {
			t.Skipf("no browser to publish from: %v", err)
		}
	}
	r := newRig(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/browser.mjs", web, r.url, "/whip/key-cam", "/whep/cam", "12")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var words strings.Builder
	cmd.Stderr = &words
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { h := r.health("cam"); return h.AudioCodec != "" && h.Width > 0 && h.KeyframeGap > 0 })
	if timing {
		r.logCPU("cam")
	}
	h, _ := r.hub.Stream("cam")
	t.Logf("%+v, stats %+v", h, r.server.Stats("cam"))
	if err := cmd.Wait(); err != nil {
		t.Fatalf("browser: %v: %s", err, words.String())
	}
	var report browserReport
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if timing && h.KeyframeGap > 2500*time.Millisecond {
		t.Errorf("key frames every %v", h.KeyframeGap)
	}
	if n := len(report.Watched.Delays); n == 0 {
		t.Error("no frame was shown")
	}
	if timing {
		checkDelay(t, report)
	}
	r.hub.Close("cam")
	r.checkHLS("cam")
}

// logCPU tells what eight seconds of a stream cost.
func (r *rig) logCPU(id string) {
	t := r.t
	own, from := ownCPU(t), time.Now()
	child := int(r.server.session(id).count.sounds.Load().pid.Load())
	childFrom := cpuOf(t, child)
	await(t, func() bool { return time.Since(from) > 8*time.Second })
	perMinute := float64(time.Minute) / float64(time.Since(from))
	t.Logf("CPU per stream-minute: AAC child %.1f s, this process with one viewer, hub and RTP %.1f s",
		(cpuOf(t, child)-childFrom).Seconds()*perMinute, (ownCPU(t)-own).Seconds()*perMinute)
}

func checkDelay(t *testing.T, report browserReport) {
	t.Helper()
	d := report.Watched.Delays
	if len(d) < 100 {
		t.Fatalf("only %d frames were shown", len(d))
	}
	d = d[len(d)/4:]
	slices.Sort(d)
	p50, p95 := d[len(d)/2], d[len(d)*95/100]
	t.Logf("WHEP %s: first picture after %d ms; drawn to shown p50 %.0f ms, p95 %.0f ms, %d frames",
		report.Watched.Size, report.Watched.StartMs, p50, p95, len(d))
	if len(report.Published) > 0 {
		t.Logf("publisher's last second: %+v", report.Published[len(report.Published)-1])
	}
	if p50 > 500 {
		t.Errorf("the picture is %.0f ms late", p50)
	}
}

func (r *rig) checkHLS(id string) {
	t := r.t
	url := r.url + "/live/" + id + "/index.m3u8"
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
		url).Output()
	if err != nil || !strings.Contains(string(out), "h264") || !strings.Contains(string(out), "aac") {
		t.Errorf("ffprobe: %v %s", err, out)
	}
	ffmpeg(t, "-xerror", "-i", url, "-f", "null", "/dev/null")
	if !timing {
		return
	}
	// The camera's own pattern before the flashes makes some of no beep's.
	d := r.skew(id)
	if len(d) < 5 || math.Abs(d[len(d)/2]) > 80 {
		t.Errorf("sound and picture are apart, or flashes missing: %v", d)
	}
}
