package stream_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hawker/internal/media/hls/hlscheck"
)

const (
	countedFrames = 600 // of the clip: the counter begins anew after them
	barBits       = 10
)

// bar draws the frame's number into the left half of the uppermost 32 lines of a
// picture 640 wide: ten bits, the lowest first.
const bar = "color=black:s=320x32:r=30,format=gray,geq=lum='16+219*mod(floor(N/pow(2,floor(X/32))),2)'"

// counted is a clip whose pictures carry their number.
func counted(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "counted.flv")
	out, err := ffmpeg(t, "ffmpeg", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", "-f", "lavfi", "-i", bar,
		"-f", "lavfi", "-i", "sine=f=440:r=48000", "-filter_complex",
		"[0:v][1:v]overlay=0:0:format=yuv420,format=yuv420p[v]",
		"-map", "[v]", "-map", "2:a", "-frames:v", strconv.Itoa(countedFrames), "-t", "20",
		"-c:v", "libx264", "-preset", "superfast", "-bf", "2", "-b:v", "800k", "-g", "30", "-sc_threshold", "0",
		"-c:a", "aac", "-ac", "2", "-f", "flv", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return path
}

// readNumbers plays an address with ffmpeg for some seconds.
func readNumbers(t *testing.T, url string) []int {
	t.Helper()
	cmd := ffmpeg(t, "ffmpeg", "-i", url, "-t", "5", "-map", "0:v", "-fps_mode", "passthrough",
		"-vf", "crop=320:32:0:0,scale=10:1:flags=area,format=gray", "-f", "rawvideo", "-")
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v\n%s", url, err, &words)
	}
	var numbers []int
	for picture := range slices.Chunk(out, barBits) {
		n := 0
		for bit, lum := range picture {
			if lum > 128 {
				n |= 1 << bit
			}
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// Whoever plays by whichever protocol gets each picture once and in order.
func TestEachPictureOnceByEveryProtocol(t *testing.T) {
	path := counted(t)
	n := newNode(t)
	pub := ffmpeg(t, "ffmpeg", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv", n.rtmp+"room")
	if err := pub.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pub.Process.Kill(); _ = pub.Wait() }() // it is killed: its verdict says nothing
	var f hlscheck.Follower
	n.follow(&f, whole(3))
	var wg sync.WaitGroup
	for name, url := range map[string]string{"HLS": n.http + "/live/room/index.m3u8", "FLV": n.http +
		"/live/room/live.flv", "RTMP": n.rtmp + "room"} {
		wg.Go(func() {
			got := readNumbers(t, url)
			if len(got) < 140 {
				t.Errorf("%s: only %d pictures in 5 s", name, len(got))
			}
			for i := 1; i < len(got); i++ {
				if want := (got[i-1] + 1) % countedFrames; got[i] != want {
					t.Errorf("%s: picture %d shows %d, want %d", name, i, got[i], want)
				}
			}
			if len(got) > 0 {
				t.Logf("%s: %d pictures from %d on, none lost", name, len(got), got[0])
			}
		})
	}
	wg.Wait()
}

// evenly fails unless a stream's pictures come in their own rhythm: none is lost.
func evenly(t *testing.T, url string, frame float64) {
	t.Helper()
	out, err := ffmpeg(t, "ffprobe", "-select_streams", "v", "-show_entries", "frame=pts_time", "-read_intervals",
		"%+4", "-of", "csv=p=0", url).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	var times []float64
	for l := range strings.Lines(string(out)) {
		if l = strings.Trim(l, ",\n"); l == "" {
			continue // what stands for a frame's side data
		}
		at, err := strconv.ParseFloat(l, 64)
		if err != nil {
			t.Fatalf("ffprobe says %q", l) // an error of its decoder
		}
		times = append(times, at)
	}
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d < frame/2 || d > frame*1.5 {
			t.Errorf("picture %d comes %.4f s after the one before", i, d)
		}
	}
	if len(times) < 100 {
		t.Errorf("only %d pictures", len(times))
	}
	t.Logf("%d pictures decoded, none lost", len(times))
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not on this machine", p)
		}
	}
}

// background runs a program with all its children until the test ends.
func background(t *testing.T, cmd *exec.Cmd) *bytes.Buffer {
	t.Helper()
	words := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = words, words
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), words)
		}
	})
	return words
}

func TestGStreamerPublishes(t *testing.T) {
	need(t, "gst-launch-1.0", "gst-inspect-1.0")
	for _, element := range []string{"rtmp2sink", "x264enc", "flvmux", "avenc_aac"} {
		if exec.Command("gst-inspect-1.0", "--exists", element).Run() != nil {
			t.Skipf("GStreamer has no %s on this machine: its plugins good, bad, ugly and libav have them", element)
		}
	}
	n := newNode(t)
	// With live sources flvmux moves pictures behind the sound that it has written
	// already, whenever the machine is busy; so the pace is kept behind it.
	line := "videotestsrc ! video/x-raw,width=640,height=360,framerate=30/1 ! x264enc tune=zerolatency " +
		"speed-preset=superfast bitrate=800 key-int-max=30 ! " +
		"h264parse ! flvmux streamable=true name=mux ! identity sync=true ! rtmp2sink location=" + n.rtmp +
		"room audiotestsrc ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux."
	background(t, exec.CommandContext(context.Background(), "gst-launch-1.0",
		append([]string{"-q"}, strings.Fields(line)...)...))
	var f hlscheck.Follower
	n.follow(&f, whole(3))
	h, _ := n.hub.Stream("room")
	if h.Width != 640 || !strings.HasPrefix(h.VideoCodec, "avc1.") || h.AudioCodec != "mp4a.40.2" || h.Dropped != 0 {
		t.Errorf("%+v", h)
	}
	evenly(t, n.http+"/live/room/live.m3u8", 1.0/30)
	n.follow(&f, whole(4))
}

// obsHome writes what OBS needs to publish a still picture without asking.
func obsHome(t *testing.T, server, key string) string {
	t.Helper()
	home := t.TempDir()
	root := filepath.Join(home, ".config/obs-studio")
	for name, text := range map[string]string{
		"global.ini": "[General]\nFirstRun=true\nLastVersion=486539266\nEnableAutoUpdates=false\n\n" +
			"[Basic]\nProfile=Test\nProfileDir=Test\nSceneCollection=Test\nSceneCollectionFile=Test\n" +
			"ConfigOnNewProfile=false\n\n" +
			"[BasicWindow]\nSysTrayEnabled=false\n",
		"basic/profiles/Test/basic.ini": "[General]\nName=Test\n\n[Output]\nMode=Simple\n\n[SimpleOutput]\n" +
			"VBitrate=800\nABitrate=96\nStreamEncoder=x264\nPreset=ultrafast\n\n" +
			"[Video]\nBaseCX=640\nBaseCY=360\nOutputCX=640\nOutputCY=360\nFPSType=0\nFPSCommon=30\n\n[Audio]\n" +
			"SampleRate=48000\nChannelSetup=Stereo\n",
		"basic/profiles/Test/service.json": `{"type":"rtmp_custom","settings":{"server":"` + server + `","key":"` +
			key + `","use_auth":false,"bwtest":false}}`,
		"basic/scenes/Test.json": `{"name":"Test","current_scene":"Scene","current_program_scene":"Scene",` +
			`"scene_order":[{"name":"Scene"}],` +
			`"sources":[{"id":"scene","name":"Scene","settings":{"items":[]}}]}`,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

const obsStartsWithin = 25 * time.Second

func TestOBSPublishes(t *testing.T) {
	need(t, "obs", "xvfb-run")
	n := newNode(t)
	home := obsHome(t, strings.TrimSuffix(n.rtmp, "/"), "room")
	cmd := exec.CommandContext(context.Background(), "xvfb-run", "-a", "-s", "-screen 0 1280x720x24", "obs",
		"--startstreaming", "--minimize-to-tray", "--multi")
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "QT_QPA_PLATFORM=xcb",
		"LIBGL_ALWAYS_SOFTWARE=1", "XDG_RUNTIME_DIR=" + t.TempDir(),
	}
	words := background(t, cmd)
	limit := time.After(obsStartsWithin)
	for {
		if h, ok := n.hub.Stream("room"); ok && h.Width > 0 {
			break
		}
		select {
		case <-limit:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
			t.Skipf("OBS did not begin to publish under Xvfb within %s on this machine; it said:\n%s", obsStartsWithin,
				lastLines(words.String(), 15))
		case <-time.After(50 * time.Millisecond):
		}
	}
	var f hlscheck.Follower
	n.follow(&f, whole(3))
	h, _ := n.hub.Stream("room")
	t.Logf("OBS: %dx%d, %s %s, %.1f frames/s, key frames every %s", h.Width, h.Height, h.VideoCodec, h.AudioCodec,
		h.FPS, h.KeyframeGap)
	if !strings.HasPrefix(h.VideoCodec, "avc1.") || h.AudioCodec != "mp4a.40.2" || h.Dropped != 0 {
		t.Errorf("%+v", h)
	}
	evenly(t, n.http+"/live/room/live.m3u8", 1.0/30)
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
