package whip

import (
	"context"
	"io"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"hawker/internal/base/clock"
	"hawker/internal/media/stream"
)

// lead is how far the studio is ahead of what has come out of the children, so that
// they have something to work on and their queues never overflow.
const lead = 800 * time.Millisecond

// tape is a track without a network before it.
type tape struct {
	kind    webrtc.RTPCodecType
	mime    string
	packets chan *rtp.Packet
	reads   atomic.Int64 // how often it was asked for a packet
}

func newTape(kind webrtc.RTPCodecType, mime string) *tape {
	return &tape{kind: kind, mime: mime, packets: make(chan *rtp.Packet)}
}

func (p *tape) Kind() webrtc.RTPCodecType { return p.kind }
func (p *tape) SSRC() webrtc.SSRC         { return webrtc.SSRC(p.kind) }

func (p *tape) Codec() webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: p.mime}}
}

func (p *tape) ReadRTP() (*rtp.Packet, interceptor.Attributes, error) {
	p.reads.Add(1)
	k, ok := <-p.packets
	if !ok {
		return nil, nil, io.EOF
	}
	return k, nil, nil
}

func (p *tape) ReadRTCP() ([]rtcp.Packet, interceptor.Attributes, error) { return nil, nil, io.EOF }

// studio plays a show into a session. Its clock is moved by the show: however slow the
// machine, the children and the hub see the same times.
type studio struct {
	*rig
	hands *clock.Manual
	x     *session
	tap   *stream.Tap
	zero  uint32           // of the stream's line, in ms
	came  [2]time.Duration // how far each track has come out of the hub
}

func newStudio(t *testing.T, name string) *studio {
	hands := clock.NewManual(began)
	r := newRig(t, func(c *Config) { c.Clock = hands })
	s := &studio{rig: r, hands: hands, zero: math.MaxUint32}
	s.x = r.server.newSession(offer{video: true, audio: true}, peer(t), stream.PublishRequest{Name: "key-" + name})
	if err := s.x.publish(); err != nil {
		t.Fatal(err)
	}
	tap, err := r.hub.Tap(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tap.Close)
	s.tap = tap
	return s
}

// until waits for what was played to have come out, but for the lead.
func (s *studio) until(at time.Duration) {
	s.t.Helper()
	now, cancel := context.WithCancel(s.t.Context())
	cancel() // a tap gives what there is and waits for nothing
	await(s.t, func() bool {
		for p, err := s.tap.Next(now); err == nil; p, err = s.tap.Next(now) {
			if p.Config || p.Kind == stream.PacketMeta {
				continue
			}
			track := trackVideo
			if p.Kind == stream.PacketAudio {
				track = trackAudio
			}
			s.zero = min(s.zero, p.Time)
			s.came[track] = time.Duration(p.Time-s.zero) * time.Millisecond
		}
		return min(s.came[trackVideo], s.came[trackAudio]) >= at-lead
	})
}

// play sends pictures and their sound, one second after the other.
func (s *studio) play(mime string, pictures, sound [][]byte, payloader rtp.Payloader, frames int) {
	video, audio := newTape(webrtc.RTPCodecTypeVideo, mime), newTape(webrtc.RTPCodecTypeAudio, webrtc.MimeTypeOpus)
	s.x.take(video, video)
	s.x.take(audio, audio)
	var vseq uint16
	heard := 0
	for v := range frames {
		at := time.Duration(v) * time.Second / 30
		s.until(at)
		// What was handed over has been taken in at its own time before the clock moves.
		await(s.t, func() bool {
			return video.reads.Load() > int64(vseq) && audio.reads.Load() > int64(heard)
		})
		s.hands.Advance(at - s.hands.Now().Sub(began))
		for ; time.Duration(heard)*20*time.Millisecond <= at; heard++ {
			audio.packets <- &rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: uint16(heard), Timestamp: uint32(777 + heard*960)},
				Payload: sound[heard%len(sound)],
			}
		}
		parts := payloader.Payload(1100, pictures[v%len(pictures)])
		for i, p := range parts {
			vseq++
			video.packets <- &rtp.Packet{Payload: p, Header: rtp.Header{
				Version: 2, SequenceNumber: vseq, Timestamp: uint32(12345 + v*3000), Marker: i == len(parts)-1,
			}}
		}
	}
	s.until(time.Duration(frames) * time.Second / 30)
	close(video.packets)
	close(audio.packets)
	s.x.end(errLeft)
}

// Whatever a browser sends, sound and picture belong together and begin together.
func TestSoundAndPictureAreTogether(t *testing.T) {
	foreign := func(encoder []string) func(*testing.T) [][]byte {
		return func(t *testing.T) [][]byte { return foreignPictures(t, encoder...) }
	}
	for _, tt := range []struct {
		mime      string
		payloader rtp.Payloader
		pictures  func(*testing.T) [][]byte
	}{
		{
			webrtc.MimeTypeH264, &codecs.H264Payloader{},
			func(t *testing.T) [][]byte { return pictures(t, "320x240", "3") },
		},
		{webrtc.MimeTypeVP8, &codecs.VP8Payloader{EnablePictureID: true}, foreign(vp8Encoder)},
		{webrtc.MimeTypeVP9, &codecs.VP9Payloader{}, foreign(vp9Encoder)},
		{webrtc.MimeTypeAV1, &codecs.AV1Payloader{}, foreign(av1Encoder)},
	} {
		name := strings.ToLower(strings.TrimPrefix(tt.mime, "video/"))
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, name)
			s.play(tt.mime, tt.pictures(t), opusPackets(t, "3"), tt.payloader, 150)
			s.hub.Close(name)
			s.oneBeginning(name)
			s.inSync(name, 3)
		})
	}
}
