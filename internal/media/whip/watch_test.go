package whip

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"

	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

// seen counts what a viewer got.
type seen struct {
	pc                *webrtc.PeerConnection
	video, audio, key atomic.Int64
	holes, first      atomic.Int64
	location          string
	pictures          atomic.Int64
}

func (r *rig) watch(streamID string) *seen {
	r.t.Helper()
	v := &seen{pc: peer(r.t)}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		_, err := v.pc.AddTransceiverFromKind(kind,
			webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	v.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		video := t.Kind() == webrtc.RTPCodecTypeVideo
		h := newH264()
		o := reorder{wait: waitVideo}
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			if !video {
				v.audio.Add(1)
				continue
			}
			if v.video.Add(1) == 1 && startsKey(p.Payload) {
				v.first.Store(1)
			}
			o.push(p, func(p *rtpPacket, lost bool) {
				if lost {
					v.holes.Add(1)
				}
				h.push(p, lost, func(p picture) {
					v.pictures.Add(1)
					if p.key {
						v.key.Add(1)
					}
				})
			})
		}
	})
	v.location = r.dial(v.pc, "/whep/"+streamID)
	return v
}

// check waits for so many pictures and some sound, and looks at how they came.
func (v *seen) check(t *testing.T, name string, pictures int64) {
	t.Helper()
	await(t, func() bool { return v.pictures.Load() >= pictures && v.audio.Load() >= 40 })
	if v.key.Load() == 0 || v.holes.Load() > 0 || v.first.Load() != 1 {
		t.Errorf("%s: %d key frames, %d holes, began at a key frame: %d",
			name, v.key.Load(), v.holes.Load(), v.first.Load())
	}
}

func TestFanOut(t *testing.T) {
	r := newRig(t, func(c *Config) { c.PerStream = 3 })
	pc := peer(t)
	c := camera{
		video: track(t, pc, h264Capability(), "v"), audio: track(t, pc, opusCapability(), "a"),
		pictures: pictures(t, "320x240", "2"), sound: opusPackets(t, "2"),
	}
	location := r.dial(pc, "/whip/key-fan")
	cut := c.roll()
	defer cut()
	var all []*seen
	for range 3 {
		all = append(all, r.watch("fan"))
	}
	if status, _, _ := r.post("/whep/fan", localOffer(t, watcher(t))); status != http.StatusServiceUnavailable {
		t.Errorf("the fourth of three viewers got %d", status)
	}
	for i, v := range all {
		v.check(t, fmt.Sprintf("viewer %d", i), 90)
	}
	cut()
	r.delete(all[0].location)
	await(t, func() bool { _, n := r.server.Counts(); return n == 2 })
	r.delete(location)
	await(t, func() bool { n, _ := r.server.Counts(); return n == 0 })
	// The publisher comes back: who stayed goes on without holes.
	pc = peer(t)
	back := camera{
		video: track(t, pc, h264Capability(), "v"), audio: track(t, pc, opusCapability(), "a"),
		pictures: c.pictures, sound: c.sound, vseq: 40000, aseq: 9,
	}
	before := all[1].pictures.Load()
	r.dial(pc, "/whip/key-fan")
	defer back.roll()()
	all[1].check(t, "viewer 1 after the publisher's return", before+40)
}

func watcher(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	pc := peer(t)
	_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		t.Fatal(err)
	}
	return pc
}

// publishFLV publishes tags as an RTMP publisher would, in their own time.
func (r *rig) publishFLV(name string, stop <-chan struct{}, args ...string) {
	r.t.Helper()
	tags, err := flv.ReadFile(bytes.NewReader(ffmpeg(r.t, append(args, "-f", "flv", "-")...)))
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := r.hub.Publish(r.t.Context(), stream.PublishRequest{App: "live", Name: name, Protocol: "rtmp"},
		func(error) {})
	if err != nil {
		r.t.Fatal(err)
	}
	defer p.Close(nil)
	pace(tags, stop, func(tag flv.Tag) {
		var err error
		switch tag.Type {
		case flv.TagVideo:
			err = p.Video(tag.Timestamp, tag.Body)
		case flv.TagAudio:
			err = p.Audio(tag.Timestamp, tag.Body)
		}
		if err != nil {
			r.t.Errorf("publish: %v", err)
		}
	})
}

func rtmpSource(more ...string) []string {
	return append([]string{
		"-f", "lavfi", "-i", flashes("320x240", "30"), "-f", "lavfi", "-i", beeps("30"), "-c:v", "libx264",
		"-preset", "ultrafast", "-g", "30", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2",
	}, more...)
}

func TestWatchRTMPPublisher(t *testing.T) {
	r := newRig(t, nil)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { r.publishFLV("plain", stop, rtmpSource("-tune", "zerolatency")...) })
	await(t, func() bool { h, _ := r.hub.Stream("plain"); return h.Live && h.Width > 0 })
	v := r.watch("plain")
	v.check(t, "viewer", 60)
	r.delete(v.location)
	await(t, func() bool { r.server.mu.Lock(); defer r.server.mu.Unlock(); return len(r.server.feeds) == 0 })
	close(stop)
	wg.Wait()
}

func TestPicturesOutOfOrderAreRefused(t *testing.T) {
	r := newRig(t, nil)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		r.publishFLV("reordered", stop, rtmpSource("-preset", "medium", "-bf", "2", "-x264-params", "b-adapt=0")...)
	})
	await(t, func() bool { h, _ := r.hub.Stream("reordered"); return h.Live && h.Width > 0 })
	status, body, _ := r.post("/whep/reordered", localOffer(t, watcher(t)))
	if status != http.StatusNotAcceptable || !strings.Contains(body, "webrtc.not_in_order") {
		t.Errorf("%d %s", status, body)
	}
	close(stop)
	wg.Wait()
}
