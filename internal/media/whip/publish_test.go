package whip

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"hawker/internal/media/stream"
)

func h264Capability() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: videoRate, SDPFmtpLine: h264Baseline}
}

func opusCapability() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: opusRate, Channels: 2}
}

// series reads what ffmpeg's metadata filter prints: a value at each time.
func series(out []byte) (times, values []float64) {
	for line := range strings.Lines(string(out)) {
		if _, at, ok := strings.Cut(line, "pts_time:"); ok {
			f, _ := strconv.ParseFloat(strings.TrimSpace(at), 64)
			times = append(times, f)
		} else if _, v, ok := strings.Cut(line, "="); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				f = math.Inf(-1)
			}
			values = append(values, f)
		}
	}
	return times[:min(len(times), len(values))], values
}

// rises are the times at which a series goes over a level.
func rises(out []byte, level float64) (at []float64) {
	times, values := series(out)
	for i := 1; i < len(times); i++ {
		if values[i] > level && values[i-1] <= level {
			at = append(at, times[i])
		}
	}
	return at
}

// skew gives for each flash the distance to the nearest beep, sound minus
// picture, in milliseconds, in rising order; the times are the stream's own, which
// ffmpeg would else count from the first packet of what it reads. The first flash is where the stream
// begins and does not count.
func (r *rig) skew(id string) []float64 {
	r.t.Helper()
	url := r.url + "/live/" + id + "/index.m3u8"
	v := rises(ffmpeg(r.t, "-copyts", "-i", url, "-an", "-vf",
		"signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "/dev/null"), 120)
	a := rises(ffmpeg(r.t, "-copyts", "-i", url, "-vn", "-af",
		"asetnsamples=n=240,astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-", "-f",
		"null", "/dev/null"), -30)
	var out []float64
	for _, x := range v[min(1, len(v)):] {
		best := math.Inf(1)
		for _, y := range a {
			if math.Abs(y-x) < math.Abs(best) {
				best = y - x
			}
		}
		out = append(out, math.Round(best*1000))
	}
	slices.Sort(out)
	r.t.Logf("HLS: beep minus flash in ms: %v", out)
	return out
}

// inSync fails the test if sound and picture were ever further apart than a viewer may see.
func (r *rig) inSync(id string, flashes int) {
	r.t.Helper()
	d := r.skew(id)
	if len(d) < flashes || math.Abs(d[0]) > 80 || math.Abs(d[len(d)-1]) > 80 {
		r.t.Errorf("sound and picture are apart, or flashes missing: %v", d)
	}
}

func TestPassThrough(t *testing.T) {
	r := newRig(t, nil)
	pc := peer(t)
	c := camera{
		video: track(t, pc, h264Capability(), "v"), audio: track(t, pc, opusCapability(), "a"),
		pictures: pictures(t, "320x240", "4"), sound: opusPackets(t, "4"),
	}
	location := r.dial(pc, "/whip/key-show")
	cut := c.roll()
	defer cut()
	await(t, func() bool { h, _ := r.hub.Stream("show"); return h.KeyframeGap > 0 })
	st := r.server.Stats("show")
	if st == nil || st.VideoCodec != "H264" || st.Lost != 0 || st.Restarts != 0 {
		t.Errorf("stats: %+v", st)
	}
	h, ok := r.hub.Stream("show")
	if !ok || h.Protocol != "whip" || h.Width != 320 || !strings.HasPrefix(h.AudioCodec, "mp4a") ||
		h.KeyframeGap != time.Second {
		t.Errorf("health: %+v", h)
	}
	cut()
	r.delete(location)
	r.hub.Close("show")
	r.oneBeginning("show")
}

func TestPictureChangesItsSize(t *testing.T) {
	r := newRig(t, nil)
	pc := peer(t)
	c := camera{video: track(t, pc, h264Capability(), "v"), pictures: pictures(t, "640x480", "1")}
	r.dial(pc, "/whip/key-sizes")
	cut := c.roll()
	await(t, func() bool { h, _ := r.hub.Stream("sizes"); return h.Width == 640 })
	cut()
	c.pictures = pictures(t, "320x240", "1")
	defer c.roll()()
	await(t, func() bool { h, _ := r.hub.Stream("sizes"); return h.Width == 320 && h.Height == 240 })
}

// await polls for something that happens by itself.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	limit := time.After(time.Minute) // not a figure: only that a test ends
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it did not happen")
		}
	}
}

func TestLossLeavesNoSmear(t *testing.T) {
	r := newRig(t, nil)
	pc := peer(t)
	c := camera{
		video: track(t, pc, h264Capability(), "v"), pictures: pictures(t, "320x240", "3", "-b:v", "800k"),
		drop: func(seq uint16) bool { return seq%41 == 0 }, // lost for good: never handed to the engine
	}
	location := r.dial(pc, "/whip/key-lossy")
	cut := c.roll()
	defer cut()
	await(t, func() bool {
		st, h := r.server.Stats("lossy"), r.health("lossy")
		return st != nil && st.Lost > 3 && st.KeyRequests > 0 && h.KeyframeGap > 0
	})
	cut()
	r.delete(location)
	r.hub.Close("lossy")
	// -xerror makes of any damage to the pictures a failure.
	ffmpeg(t, "-xerror", "-err_detect", "explode", "-i", r.url+"/live/lossy/index.m3u8", "-f", "null", "/dev/null")
}

// Browsers that send no H.264 send one of these; what becomes of each is in
// TestSoundAndPictureAreTogether.
func TestForeignPicturesAreTranscoded(t *testing.T) {
	r := newRig(t, nil)
	pc := peer(t)
	c := camera{
		video: track(t, pc, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoRate}, "v"),
		audio: track(t, pc, opusCapability(), "a"), sound: opusPackets(t, "3"),
		pictures: foreignPictures(t, vp8Encoder...), payloader: &codecs.VP8Payloader{EnablePictureID: true},
	}
	only(t, pc, webrtc.MimeTypeVP8)
	location := r.dial(pc, "/whip/key-vp8")
	cut := c.roll()
	defer cut()
	await(t, func() bool { return r.health("vp8").KeyframeGap > 0 })
	if h := r.health("vp8"); h.Width != 320 || !strings.HasPrefix(h.VideoCodec, "avc1") {
		t.Errorf("health: %+v", h)
	}
	cut()
	r.delete(location)
	r.hub.Close("vp8")
	r.oneBeginning("vp8")
}

func (r *rig) health(id string) stream.Health { h, _ := r.hub.Stream(id); return h }

// The encoders of a browser, more or less.
var (
	vp8Encoder = []string{"libvpx", "-deadline", "realtime", "-cpu-used", "8"}
	vp9Encoder = []string{"libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"}
	av1Encoder = []string{"libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"}
)

func foreignPictures(t *testing.T, encoder ...string) [][]byte {
	t.Helper()
	if !bytes.Contains(ffmpeg(t, "-encoders"), []byte(" "+encoder[0]+" ")) {
		t.Skipf("this ffmpeg has no %s to make a test picture with", encoder[0])
	}
	args := append([]string{"-f", "lavfi", "-i", flashes("320x240", "3"), "-g", "30", "-c:v"}, encoder...)
	return ivfFrames(ffmpeg(t, append(args, "-f", "ivf", "-")...))
}

// ivfFrames are the pictures of a file.
func ivfFrames(ivf []byte) (out [][]byte) {
	for b := ivf[32:]; len(b) > 12; {
		n := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		out = append(out, b[12:12+n])
		b = b[12+n:]
	}
	return out
}

// only leaves one video codec in the client's offer.
func only(t *testing.T, pc *webrtc.PeerConnection, mime string) {
	t.Helper()
	for _, tr := range pc.GetTransceivers() {
		if tr.Kind() != webrtc.RTPCodecTypeVideo {
			continue
		}
		err := tr.SetCodecPreferences([]webrtc.RTPCodecParameters{{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: videoRate}, PayloadType: 96,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestChildOfTheSoundDies(t *testing.T) {
	r := newRig(t, nil)
	pc := peer(t)
	c := camera{
		video: track(t, pc, h264Capability(), "v"), audio: track(t, pc, opusCapability(), "a"),
		pictures: pictures(t, "320x240", "2"), sound: opusPackets(t, "2"),
	}
	r.dial(pc, "/whip/key-dying")
	defer c.roll()()
	await(t, func() bool { return r.health("dying").KeyframeGap > 0 }) // both children's work is out
	x := r.server.session("dying")
	if err := syscall.Kill(int(x.count.sounds.Load().pid.Load()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return r.server.Stats("dying").Restarts == 1 })
	tap, err := r.hub.Tap(t.Context(), "dying")
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	var came [2]int // pictures and sounds of after it
	for came[trackVideo] < 40 || came[trackAudio] < 40 {
		p, err := tap.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case p.Config:
		case p.Kind == stream.PacketVideo:
			came[trackVideo]++
		case p.Kind == stream.PacketAudio:
			came[trackAudio]++
		}
	}
	if st := r.server.Stats("dying"); st == nil || st.Restarts != 1 {
		t.Errorf("stats: %+v", st)
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t, func(c *Config) { c.SessionsMax = 2 })
	good := func() string {
		pc := peer(t)
		track(t, pc, h264Capability(), "v")
		return localOffer(t, pc)
	}
	for _, c := range []struct {
		name, path, sdp string
		want            int
	}{
		{"wrong key", "/whip/wrong", good(), http.StatusForbidden},
		{"no key", "/whip", good(), http.StatusUnauthorized},
		{"garbage", "/whip/key-x", "v=0\r\ngarbage", http.StatusBadRequest},
		{"empty", "/whip/key-x", "", http.StatusBadRequest},
		{"too large", "/whip/key-x", strings.Repeat("a", offerBytesMax+1), http.StatusRequestEntityTooLarge},
		{
			"no fingerprint", "/whip/key-x", strings.ReplaceAll(good(), "a=fingerprint", "a=finger"),
			http.StatusBadRequest,
		},
		{"not live", "/whep/nobody", good(), http.StatusNotFound},
		{"elsewhere", "/whip/a/b/c", good(), http.StatusNotFound},
	} {
		if status, body, _ := r.post(c.path, c.sdp); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.want)
		}
	}
	for i, want := range []int{201, 201, 503} {
		if status, body, _ := r.post(fmt.Sprintf("/whip/key-%d", i), good()); status != want {
			t.Errorf("session %d: %d %s, want %d", i, status, body, want)
		}
	}
}
