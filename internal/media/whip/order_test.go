package whip

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/stream"
)

// saying is one frame that is there at a moment.
type saying struct {
	at   time.Duration // since the session began
	give func(*session)
}

const (
	firstPicture = 20 // ms at which the publisher's first packets came
	firstSound   = 38
)

// sayH264 are pictures that pass through, from the key frame on.
func sayH264(t *testing.T, from time.Duration) (out []saying) {
	h, payloader := newH264(), &codecs.H264Payloader{}
	seq := uint16(0)
	for i, unit := range pictures(t, "320x240", "5") {
		at := time.Duration(firstPicture+i*1000/30) * time.Millisecond
		parts := payloader.Payload(1100, unit)
		for k, part := range parts {
			seq++
			p := &rtp.Packet{Payload: part, Header: rtp.Header{
				Version: 2, SequenceNumber: seq, Timestamp: uint32(i * 3000), Marker: k == len(parts)-1,
			}}
			h.push(p, false, func(p picture) {
				p.data = bytes.Clone(p.data)
				out = append(out, saying{max(at, from), func(x *session) { x.picture(p) }})
			})
		}
	}
	return out
}

// sayTranscoded are pictures as a child gives them, which begins to speak at a moment.
func sayTranscoded(t *testing.T, from time.Duration) (out []saying) {
	args := []string{
		"-f", "lavfi", "-i", flashes("320x240", "5"), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
		"-g", "60", "-pix_fmt", "yuv420p", "-flvflags", "no_duration_filesize", "-f", "flv", "-",
	}
	tags, err := flv.ReadFile(bytes.NewReader(ffmpeg(t, args...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range tags {
		if tag.Type != flv.TagVideo {
			continue
		}
		at := time.Duration(firstPicture+tag.Timestamp) * time.Millisecond
		out = append(out, saying{max(at, from), func(x *session) {
			x.transcoded(tag.Timestamp*(videoRate/1000), tag.Body)
		}})
	}
	return out
}

// saySound are AAC frames as the child of the sound gives them.
func saySound(t *testing.T, from time.Duration) (out []saying) {
	b := bytes.NewReader(ffmpeg(t, "-f", "lavfi", "-i", beeps("5"), "-ac", "2", "-c:a", "aac", "-f", "adts", "-"))
	buf := make([]byte, adtsFrameMax)
	for i := 0; ; i++ {
		frame, err := readADTS(b, buf)
		if err != nil {
			return out
		}
		frame = bytes.Clone(frame)
		ticks := uint32(i * aacFrameSamples)
		at := firstSound*time.Millisecond + ticksToDuration(int64(ticks), trackAudio)
		out = append(out, saying{max(at, from), func(x *session) { x.aac(ticks, frame) }})
	}
}

// Whichever track speaks first, and however late the other, a show begins once.
func TestShowBeginsWithBothTracks(t *testing.T) {
	h264, transcoded := sayH264, sayTranscoded
	for name, tt := range map[string]struct {
		pictures       func(*testing.T, time.Duration) []saying
		picture, sound time.Duration // when the first of each is there
	}{
		"transcoded, the sound before the picture": {transcoded, 1020 * time.Millisecond, 920 * time.Millisecond},
		"transcoded, long before it":               {transcoded, 3 * time.Second, 300 * time.Millisecond},
		"transcoded, the picture before the sound": {transcoded, 920 * time.Millisecond, 1020 * time.Millisecond},
		"transcoded, long before":                  {transcoded, 300 * time.Millisecond, 3 * time.Second},
		"H.264, the picture before the sound":      {h264, 0, 920 * time.Millisecond},
		"H.264, the sound at once":                 {h264, 0, 0},
		"H.264, the sound before the picture":      {h264, 900 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			hands := clock.NewManual(began)
			r := newRig(t, func(c *Config) { c.Clock = hands })
			x := r.server.newSession(offer{video: true, audio: true}, peer(t), stream.PublishRequest{Name: "key-show"})
			if err := x.publish(); err != nil {
				t.Fatal(err)
			}
			hands.Advance(firstPicture * time.Millisecond)
			x.hear(trackVideo)
			x.line.arrive(trackVideo, 0, firstPicture*time.Millisecond)
			hands.Advance((firstSound - firstPicture) * time.Millisecond)
			x.hear(trackAudio)
			x.line.arrive(trackAudio, 0, firstSound*time.Millisecond)
			all := append(tt.pictures(t, tt.picture), saySound(t, tt.sound)...)
			slices.SortStableFunc(all, func(a, b saying) int { return int(a.at - b.at) })
			for _, s := range all {
				if d := began.Add(s.at).Sub(hands.Now()); d > 0 {
					hands.Advance(d)
				}
				s.give(x)
			}
			x.end(errLeft)
			r.hub.Close("show")
			r.oneBeginning("show")
		})
	}
}

func (r *rig) get(path string) []byte {
	r.t.Helper()
	rw := httptest.NewRecorder()
	r.hub.Handler().ServeHTTP(rw, httptest.NewRequest(http.MethodGet, path, nil))
	if rw.Code != http.StatusOK {
		r.t.Fatalf("%s: %d", path, rw.Code)
	}
	return rw.Body.Bytes()
}

// oneBeginning fails the test unless the stream has the same two tracks from its first
// segment to its last, and sound from the first picture on.
func (r *rig) oneBeginning(id string) {
	r.t.Helper()
	list, err := hlscheck.Parse(r.get("/live/" + id + "/live.m3u8"))
	if err != nil {
		r.t.Fatal(err)
	}
	var media []hlscheck.Segment
	for _, s := range list.Segments {
		if !s.Gap {
			media = append(media, s)
		}
	}
	for i, s := range media {
		if s.Map != media[0].Map || s.Discontinuity {
			r.t.Errorf("segment %d of %d: init %s after %s, discontinuity %v", i, len(media), s.Map, media[0].Map,
				s.Discontinuity)
		}
	}
	file := append(r.get("/live/"+id+"/"+media[0].Map), r.get("/live/"+id+"/"+media[0].URI)...)
	first := map[string]float64{}
	for line := range strings.Lines(string(probe(r.t, file))) {
		var at float64
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), ",")
		if _, err := fmt.Sscanf(rest, "%f", &at); err == nil {
			if _, ok := first[kind]; !ok {
				first[kind] = at
			}
		}
	}
	video, audio := first["video"], first["audio"]
	if len(first) != 2 || math.Abs(audio-video) > 0.03 {
		r.t.Errorf("the first picture is at %.3f, the first sound at %.3f: %v", video, audio, first)
	}
}
