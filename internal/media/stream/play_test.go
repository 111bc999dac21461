package stream_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/stream"
)

// live publishes a clip with real ffmpeg until the test ends.
func (n *node) live(path string) {
	n.t.Helper()
	pub := ffmpeg(n.t, "ffmpeg", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv",
		n.rtmp+"room?key=1")
	if err := pub.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = pub.Process.Signal(os.Interrupt)
		_ = pub.Wait() // it says that it was interrupted
	})
	var f hlscheck.Follower
	n.follow(&f, whole(1))
}

// Real players of FLV and RTMP begin with a key frame and miss no frame.
func TestPlayersOfPackets(t *testing.T) {
	n := newNode(t)
	n.live(clip(t))
	for name, url := range map[string]string{
		"flv": n.http + "/live/room/live.flv", "rtmp": n.rtmp + "room",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packets(t, url)
		})
	}
}

func packets(t *testing.T, url string) {
	t.Helper()
	out, err := ffmpeg(t, "ffprobe", "-show_entries", "packet=codec_type,dts_time,flags", "-read_intervals", "%+4",
		"-of", "csv=p=0", url).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	rows, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	last, count := map[string]float64{}, map[string]int{}
	for i, row := range rows {
		at, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatalf("row %d: %v", i, row)
		}
		kind := row[0]
		if kind == "video" && count[kind] == 0 && !strings.HasPrefix(row[2], "K") {
			t.Errorf("the first picture is no key frame: %v", row)
		}
		if step := at - last[kind]; count[kind] > 0 && (step <= 0 || step > 0.05) {
			t.Errorf("%s: %f follows %f", kind, at, last[kind])
		}
		last[kind] = at
		count[kind]++
	}
	if count["video"] < 110 || count["audio"] < 160 {
		t.Errorf("in 4 s: %v", count)
	}
}

type guard struct{ asked []stream.PlayRequest }

func (g *guard) MayPlay(_ context.Context, r stream.PlayRequest) error {
	g.asked = append(g.asked, r)
	return errNo
}

// The guard is asked before the stream is looked for, so that it is no oracle.
func TestPlaybackIsAsked(t *testing.T) {
	g := &guard{}
	n := newNode(t, func(c *stream.Config) { c.Playback = g })
	out, err := ffmpeg(t, "ffprobe", n.rtmp+"secret?token=9").CombinedOutput()
	if err == nil {
		t.Fatalf("ffprobe plays: %s", out)
	}
	if len(g.asked) == 0 || g.asked[0].StreamID != "secret" || g.asked[0].Query.Get("token") != "9" {
		t.Errorf("asked %+v", g.asked)
	}
}

func TestFLVHeadersAndEnd(t *testing.T) {
	n := newNode(t)
	get := func(method string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, n.http+"/live/room/live.flv", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	if res := get(http.MethodGet); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody publishes: %s", res.Status)
	}
	p, err := n.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Video(0, videoConfig()), p.Video(0, videoBody(true, 0, 4000)),
		p.Video(33, videoBody(false, 0, 500))); err != nil {
		t.Fatal(err)
	}
	if res := get(http.MethodPost); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", res.Status)
	}
	res := get(http.MethodGet)
	for k, want := range map[string]string{
		"Content-Type": "video/x-flv", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*",
		"Content-Length": "",
	} {
		if got := res.Header.Get(k); got != want {
			t.Errorf("%s: %q", k, got)
		}
	}
	n.hub.Close("room")
	tags, err := flv.ReadFile(bufio.NewReader(res.Body))
	if err != nil || len(tags) != 4 {
		t.Fatalf("%d tags, %v", len(tags), err)
	}
	if tags[0].Type != flv.TagScript || tags[2].Timestamp != tags[1].Timestamp ||
		tags[3].Timestamp-tags[2].Timestamp != 33 {
		t.Errorf("%+v", tags)
	}
	if h, _ := n.hub.Stream("room"); h.OriginBytes < 4500 {
		t.Errorf("%d origin bytes", h.OriginBytes)
	}
}

// A reader of FLV that stops reading is let go, and costs nobody anything.
func TestFLVReaderThatReadsNothing(t *testing.T) {
	t.Parallel() // it waits for a deadline of 10 s
	n := newNode(t)
	p, err := n.hub.Publish(t.Context(), stream.PublishRequest{Name: "room"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Video(0, videoConfig()), p.Video(0, videoBody(true, 0, 4000))); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(n.http + "/live/room/live.flv")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	worst := time.Duration(0)
	for i := range 3000 { // 180 MiB
		start := time.Now()
		if err := p.Video(uint32(i*33), videoBody(i%30 == 0, 0, 60_000)); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(start))
	}
	if worst > 5*time.Second { // whoever waited for the reader would wait for ten
		t.Errorf("a frame took %s", worst)
	}
	wait(t, time.Minute, "the slow reader's end", func() bool {
		h, _ := n.hub.Stream("room")
		if h.Readers > 0 {
			_ = p.Video(3000*33, videoBody(true, 0, 60_000))
		}
		return h.Readers == 0
	})
}
