package stream_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/record"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
	"hawker/internal/media/stream/streamtest"
)

// node is the real thing: sockets, the machine's clock, the disk.
type node struct {
	t      *testing.T
	hub    *stream.Hub
	rtmp   string
	http   string
	dir    string
	events *events
}

func newNode(t *testing.T, change ...func(*stream.Config)) *node {
	t.Helper()
	n := &node{t: t, events: newEvents(), dir: t.TempDir()}
	log := slog.New(slog.DiscardHandler)
	c := stream.Config{
		Clock: clock.Real{}, Log: log, Admission: admitAll{record: true}, Observer: n.events,
		Store: &memoryStore{states: map[string]stream.State{}}, Archive: disk(t, n.dir),
	}
	for _, f := range change {
		f(&c)
	}
	n.hub = stream.NewHub(c)
	mux := http.NewServeMux()
	mux.Handle("/live/", n.hub.Handler())
	mux.HandleFunc("/replay/room/", func(rw http.ResponseWriter, r *http.Request) {
		show := record.Show{From: os.DirFS(n.dir), StreamID: "room", Since: time.Unix(1, 0)}
		show.Serve(rw, r, strings.TrimPrefix(r.URL.Path, "/replay/room/"))
	})
	in, web := streamtest.Serve(t, n.hub, mux, log)
	n.rtmp, n.http = in+"/live/", web
	return n
}

func ffmpeg(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not on the PATH; install Debian's package ffmpeg (make test does): %v", name, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, path, append([]string{"-hide_banner", "-loglevel", "error"}, args...)...)
}

// clip makes 4 s of H.264 with B-frames and AAC, as encoders send it.
func clip(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.flv")
	out, err := ffmpeg(t, "ffmpeg",
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "4",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-ac", "2", "-f", "flv", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return path
}

func (n *node) fetch(path string) (int, []byte) {
	n.t.Helper()
	res, err := http.Get(n.http + path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return res.StatusCode, b
}

// follow reloads the playlist as an LL-HLS client does, with every rule checked,
// until done says so.
func (n *node) follow(f *hlscheck.Follower, done func(*hlscheck.Playlist) bool) *hlscheck.Playlist {
	n.t.Helper()
	query := ""
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); {
		code, body := n.fetch("/live/room/live.m3u8" + query)
		if code != http.StatusOK {
			query = ""
			pause()
			continue
		}
		p, complaints := f.Next(body)
		if complaints != nil {
			n.t.Fatalf("%v\n%s", complaints, body)
		}
		if done(p) {
			return p
		}
		last := p.Segments[len(p.Segments)-1]
		query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", last.Sequence, len(last.Parts))
		if last.Done {
			query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=0", last.Sequence+1)
		}
	}
	n.t.Fatal("not within 30 s")
	return nil
}

func pause() { <-time.NewTimer(10 * time.Millisecond).C }

func whole(segments int) func(*hlscheck.Playlist) bool {
	return func(p *hlscheck.Playlist) bool {
		k := 0
		for _, s := range p.Segments {
			if s.Done && !s.Gap {
				k++
			}
		}
		return k >= segments
	}
}

// ffmpeg publishes; ffprobe, ffmpeg and gohlslib play; the recording plays too,
// in the middle as after a crash, and at the end.
func TestFFmpegPublishesPeersPlay(t *testing.T) {
	path := clip(t)
	n := newNode(t)
	pub := ffmpeg(t, "ffmpeg", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv", n.rtmp+"room?key=1")
	if err := pub.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = pub.Process.Signal(os.Interrupt)
			_ = pub.Wait() // it says that it was interrupted
		}
	}
	defer stop()
	var f hlscheck.Follower
	n.follow(&f, whole(3))
	t.Run("players", func(t *testing.T) {
		t.Run("ffprobe", func(t *testing.T) { t.Parallel(); probe(t, n.http+"/live/room/index.m3u8") })
		t.Run("ffmpeg", func(t *testing.T) { t.Parallel(); decode(t, n.http+"/live/room/index.m3u8") })
		t.Run("gohlslib", func(t *testing.T) { t.Parallel(); n.gohlslib(t) })
	})
	n.follow(&f, whole(5))
	recording := func() string {
		dirs, err := filepath.Glob(filepath.Join(n.dir, "room", "*"))
		if err != nil || len(dirs) != 1 {
			t.Fatalf("recordings %v, %v", dirs, err)
		}
		return dirs[0]
	}()
	t.Run("recording after a crash", func(t *testing.T) { playCopy(t, recording) })
	stop()
	n.hub.Close("room")
	if p := n.follow(&f, func(p *hlscheck.Playlist) bool { return p.Ended }); p.Hint != "" {
		t.Error("a hint after the end")
	}
	n.events.wait(t, 3)
	info := n.events.recorded[0]
	if info.Err != nil || info.Segments < 5 || info.Duration < 5*time.Second {
		t.Errorf("%+v", info)
	}
	decode(t, n.http+"/replay/room/index.m3u8")
}

func probe(t *testing.T, url string) {
	out, err := ffmpeg(t, "ffprobe", "-show_entries", "stream=codec_name,width,sample_rate,nb_read_packets",
		"-count_packets", "-read_intervals", "%+2", "-of", "compact", url).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	for _, want := range []string{"codec_name=h264", "width=320", "codec_name=aac", "sample_rate=48000"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
}

func decode(t *testing.T, url string) {
	t.Helper()
	out, err := ffmpeg(t, "ffmpeg", "-i", url, "-t", "3", "-progress", "-", "-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	frames := 0
	for l := range strings.Lines(string(out)) {
		if v, ok := strings.CutPrefix(l, "frame="); ok {
			_, _ = fmt.Sscan(v, &frames)
		}
	}
	if frames < 85 || frames > 95 {
		t.Errorf("%d frames in 3 s", frames)
	}
	for _, bad := range []string{"non monotonically", "Invalid", "error while decoding", "concealing"} {
		if strings.Contains(string(out), bad) {
			t.Errorf("ffmpeg says: %s", out)
			break
		}
	}
}

func (n *node) gohlslib(t *testing.T) {
	var video, audio atomic.Int64
	enough := make(chan struct{})
	var once sync.Once
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &gohlslib.Client{URI: n.http + "/live/room/index.m3u8", HTTPClient: &http.Client{Transport: transport}}
	quiet := func(string) {}
	c.OnDownloadPrimaryPlaylist, c.OnDownloadStreamPlaylist = quiet, quiet
	c.OnDownloadSegment, c.OnDownloadPart = quiet, quiet
	c.OnDecodeError = func(err error) { t.Errorf("decode: %v", err) }
	c.OnTracks = func(tracks []*gohlslib.Track) error {
		for _, track := range tracks {
			switch track.Codec.(type) {
			case *codecs.H264:
				c.OnDataH26x(track, func(pts, dts int64, au [][]byte) {
					if pts < dts-9000 {
						t.Errorf("PTS %d, DTS %d", pts, dts)
					}
					if video.Add(1) >= 60 && audio.Load() >= 90 {
						once.Do(func() { close(enough) })
					}
				})
			case *codecs.MPEG4Audio:
				c.OnDataMPEG4Audio(track, func(_ int64, aus [][]byte) { audio.Add(int64(len(aus))) })
			}
		}
		return nil
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	select {
	case <-enough:
	case <-time.After(time.Minute):
		t.Errorf("%d pictures, %d sounds", video.Load(), audio.Load())
	}
}

// playCopy plays what a crash at this moment would leave.
func playCopy(t *testing.T, dir string) {
	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	rec, err := record.Open(os.DirFS(left), ".")
	if err != nil {
		t.Fatal(err)
	}
	if rec.Info.Duration < 3*time.Second {
		t.Fatalf("%+v", rec.Info)
	}
	list := filepath.Join(left, "replay.m3u8")
	if err := os.WriteFile(list, rec.Playlist(), 0o600); err != nil {
		t.Fatal(err)
	}
	decode(t, list)
	span, err := rec.Cut(rec.Info.Start, rec.Info.Start.Add(rec.Info.Duration))[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer span.Close()
	b, err := io.ReadAll(span)
	if err != nil {
		t.Fatal(err)
	}
	media := filepath.Join(left, "film.mp4")
	if err := os.WriteFile(media, b[:len(b)-100], 0o600); err != nil { // and as one film, torn
		t.Fatal(err)
	}
	decode(t, media)
}

// A publisher whose network is cut and who comes back: the viewer's playlist
// goes on, with one discontinuity and no step back.
func TestRealCutAndReturn(t *testing.T) {
	f, err := os.Open(clip(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tags, err := flv.ReadFile(f)
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t)
	publish := func() (*rtmp.Client, chan error) {
		c, err := rtmp.Dial(t.Context(), n.rtmp+"room")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Loop(t.Context(), tags) }()
		return c, done
	}
	var follower hlscheck.Follower
	c, done := publish()
	n.follow(&follower, whole(2))
	c.Cut()
	if err := <-done; err == nil {
		t.Error("the loop did not notice the cut")
	}
	c, done = publish()
	n.follow(&follower, func(p *hlscheck.Playlist) bool {
		discs := 0
		for _, s := range p.Segments {
			if s.Discontinuity {
				discs++
			}
		}
		return discs == 1 && whole(4)(p)
	})
	third, err := rtmp.Dial(t.Context(), n.rtmp+"room") // and a takeover
	if err != nil {
		t.Fatal(err)
	}
	defer third.Cut()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Error("the older publisher is still connected")
	}
	if err := <-done; err == nil {
		t.Error("the loop did not notice the takeover")
	}
	c.Cut()
}
