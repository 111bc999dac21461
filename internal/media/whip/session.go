package whip

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hawker/internal/base/crash"
	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

// Reasons for which a session ends.
var (
	errLeft      = errors.New("whip: the publisher left")
	errSilent    = errors.New("whip: the connection was lost")
	errNoConnect = errors.New("whip: no connection in time")
)

const (
	pliGapMin     = 300 * time.Millisecond
	waitVideo     = videoRate / 6 // 167 ms: a retransmission over a bad mobile network
	waitAudio     = audioRate / 8 // 125 ms
	keyFrameEvery = 2 * time.Second
)

// session is one publisher.
type session struct {
	server  *Server
	id      string
	ufrag   string
	caller  string // whose seat it takes
	named   *candidates
	pc      *webrtc.PeerConnection
	request stream.PublishRequest
	direct  bool            // viewers get the publisher's own pictures
	ctx     context.Context //nolint:containedctx // the life of the session's goroutines
	cancel  context.CancelFunc
	once    sync.Once
	life    sync.Mutex
	over    bool
	wg      sync.WaitGroup
	began   time.Time
	line    line

	// Set once, before ready is closed.
	pub   *stream.Publication
	feed  *feed
	ready chan struct{}

	media     sync.Mutex // the publication's methods are called one at a time
	gate      gate
	connected chan struct{}
	joined    sync.Once
	count     counters

	pli     sync.Mutex
	pliAt   time.Time
	pliSSRC atomic.Uint32
}

func (s *Server) newSession(o offer, pc *webrtc.PeerConnection, r stream.PublishRequest) *session {
	x := &session{
		server: s, id: rand.Text(), ufrag: o.ufrag, named: o.named, pc: pc, began: s.cfg.Clock.Now(), request: r,
		connected: make(chan struct{}), ready: make(chan struct{}), direct: o.h264 || !o.video,
		gate: gate{open: !o.audio || !o.video}, // with one track there is nothing to wait for
	}
	x.ctx, x.cancel = context.WithCancel(s.ctx)
	return x
}

// begin wires the session's callbacks; they run in goroutines of the engine.
func (x *session) begin() {
	x.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		x.take(t, r)
	})
	x.pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		x.count.state.Store(st.String())
		switch st {
		case webrtc.PeerConnectionStateConnected:
			x.joined.Do(func() { close(x.connected) })
		case webrtc.PeerConnectionStateFailed:
			x.end(errSilent)
		case webrtc.PeerConnectionStateClosed:
			x.end(errLeft)
		default: // the others need nothing here
		}
	})
}

// remoteTrack is what a session reads a track from: a webrtc.TrackRemote.
type remoteTrack interface {
	Kind() webrtc.RTPCodecType
	Codec() webrtc.RTPCodecParameters
	SSRC() webrtc.SSRC
	ReadRTP() (*rtp.Packet, interceptor.Attributes, error)
}

// remoteReports is what a session reads the reports of a track from: a webrtc.RTPReceiver.
type remoteReports interface {
	ReadRTCP() ([]rtcp.Packet, interceptor.Attributes, error)
}

// take begins to read a track.
func (x *session) take(t remoteTrack, r remoteReports) {
	x.spawn(func() { x.readReports(t, r) })
	switch {
	case t.Kind() == webrtc.RTPCodecTypeAudio:
		x.spawn(func() { x.readAudio(t) })
	case strings.EqualFold(t.Codec().MimeType, webrtc.MimeTypeH264):
		x.spawn(func() { x.readH264(t) })
	default:
		x.spawn(func() { x.readForeign(t) })
	}
}

// spawn starts a goroutine that end waits for, unless the end has begun.
func (x *session) spawn(f func()) {
	x.life.Lock()
	defer x.life.Unlock()
	if x.over {
		return
	}
	x.wg.Go(func() {
		select {
		case <-x.ready:
			if err := crash.Told(x.server.cfg.Log, "a whip session", func() error { f(); return nil }); err != nil {
				x.end(err)
			}
		case <-x.ctx.Done():
		}
	})
}

// publish begins the publication. That waits for the connection: an offer alone
// must not send away a publisher whose picture is there.
func (x *session) publish() error {
	x.life.Lock()
	defer x.life.Unlock()
	if x.over {
		return nil
	}
	pub, err := x.server.cfg.Hub.Publish(x.ctx, x.request, func(reason error) { <-x.ready; x.end(reason) })
	if err != nil {
		return err
	}
	x.pub, x.feed = pub, x.server.obtainFeed(pub.StreamID())
	if x.direct { // else viewers get what the child makes of it
		x.feed.attach(x)
	}
	close(x.ready)
	return nil
}

func (x *session) published() bool {
	select {
	case <-x.ready:
		return true
	default:
		return false
	}
}

// watch ends a session that does not connect and asks for key frames.
func (x *session) watch() {
	clock := x.server.cfg.Clock
	t := clock.NewTimer(connectWithin)
	select {
	case <-x.connected:
		t.Stop()
		if err := x.publish(); err != nil {
			x.end(err)
			return
		}
	case <-t.C():
		x.end(errNoConnect)
		return
	case <-x.ctx.Done():
		t.Stop()
		return
	}
	for {
		t := clock.NewTimer(keyFrameEvery)
		select {
		case <-t.C():
			x.wantKey()
		case <-x.ctx.Done():
			t.Stop()
			return
		}
	}
}

// end stops the session; it may be called from anywhere, more than once, and
// does not wait.
func (x *session) end(reason error) {
	x.once.Do(func() {
		x.server.wg.Go(func() {
			x.cancel()
			x.life.Lock()
			x.over = true
			x.life.Unlock()
			x.server.hangUp(x.pc)
			x.wg.Wait()
			if x.pub != nil {
				x.pub.Close(reason)
			}
			x.server.leave(x)
			x.server.cfg.Log.Info("whip session ended", "remote", x.request.RemoteAddr, "reason", reason)
		})
	})
}

// readReports takes the sender's reports; reading them also drives the engine.
func (x *session) readReports(t remoteTrack, r remoteReports) {
	track := trackVideo
	if t.Kind() == webrtc.RTPCodecTypeAudio {
		track = trackAudio
	}
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			sr, ok := p.(*rtcp.SenderReport)
			if !ok || sr.SSRC != uint32(t.SSRC()) {
				continue
			}
			if moved := x.line.report(track, sr.NTPTime, sr.RTPTime); moved != 0 {
				x.count.moved.Store(moved.Milliseconds())
			}
		}
	}
}

// each reads a track to its end, in order.
func (x *session) each(t remoteTrack, track int, raw func(*rtp.Packet), out func(*rtp.Packet, bool)) {
	o := reorder{wait: waitVideo}
	n := &x.count.video
	if track == trackAudio {
		o.wait, n = waitAudio, &x.count.audio
	}
	gone := int64(0)
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if n.Add(1) == 1 {
			x.hear(track)
		}
		x.line.arrive(track, p.Timestamp, x.server.cfg.Clock.Now().Sub(x.began))
		raw(p)
		o.push(p, out)
		x.count.lost.Add(o.dropped - gone)
		gone = o.dropped
	}
}

func (x *session) readH264(t remoteTrack) {
	x.pliSSRC.Store(uint32(t.SSRC()))
	x.count.videoCodec.Store("H264")
	h := newH264()
	x.each(t, trackVideo,
		func(p *rtp.Packet) { x.feed.fromPublisher(x, trackVideo, p) },
		func(p *rtp.Packet, lost bool) {
			if h.push(p, lost, x.picture) {
				x.wantKey()
			}
		})
}

// picture gives one picture to the hub.
func (x *session) picture(p picture) {
	x.enter(trackVideo, p.rtpTime, &p.data, func(at uint32) {
		if p.config != nil {
			x.check(x.pub.VideoConfig(p.config))
		}
		x.check(x.pub.Picture(at, flv.Video{Kind: flv.KindFrame, Key: p.key, Data: p.data}))
	})
}

// enter gives a frame of a track to the gate. Its data is valid for the time of this
// call only: while the gate is shut, it is copied.
func (x *session) enter(track int, rtpTime uint32, data *[]byte, write func(at uint32)) {
	at := uint32(x.line.at(track, rtpTime).Milliseconds())
	x.media.Lock()
	defer x.media.Unlock()
	if !x.gate.open {
		*data = bytes.Clone(*data)
	}
	x.gate.push(x.server.cfg.Clock.Now(), track, heldFrame{at, func() { write(at) }})
}

// readForeign is for pictures that a child turns into H.264.
func (x *session) readForeign(t remoteTrack) {
	x.pliSSRC.Store(uint32(t.SSRC()))
	mime := t.Codec().MimeType
	x.count.videoCodec.Store(strings.TrimPrefix(mime, "video/"))
	c := &x.server.cfg
	tr := newTranscoder(mime, c.FFmpeg, c.Clock, c.Log, x.transcoded)
	x.count.transcodes.Store(tr.conv)
	x.spawn(func() { tr.conv.run(x.ctx) })
	x.each(t, trackVideo, func(*rtp.Packet) {}, func(p *rtp.Packet, lost bool) {
		if tr.push(p, lost) {
			x.wantKey()
		}
	})
}

// transcoded gives a picture or a configuration that a child made to the hub.
func (x *session) transcoded(rtpTime uint32, body []byte) {
	x.enter(trackVideo, rtpTime, &body, func(at uint32) { x.check(x.pub.Video(at, body)) })
}

func (x *session) readAudio(t remoteTrack) {
	c := &x.server.cfg
	s := newSound(c.FFmpeg, c.Clock, c.Log, x.aac)
	x.count.sounds.Store(s.conv)
	x.spawn(func() { s.conv.run(x.ctx) })
	x.each(t, trackAudio,
		func(p *rtp.Packet) { x.feed.fromPublisher(x, trackAudio, p) },
		func(p *rtp.Packet, _ bool) { s.push(p) })
}

// hear takes note of a track's first packet. The hub is told of the sound at once,
// while the child is still starting: a track that comes later costs players an init
// segment of its own.
func (x *session) hear(track int) {
	x.media.Lock()
	defer x.media.Unlock()
	x.gate.coming[track] = true
	if track == trackAudio {
		x.check(x.pub.AudioConfig([]byte{aacConfigHigh, aacConfigLow}))
	}
}

// aac gives one AAC frame to the hub.
func (x *session) aac(rtpTime uint32, frame []byte) {
	x.enter(trackAudio, rtpTime, &frame, func(at uint32) { x.check(x.pub.Sound(at, frame)) })
}

// check ends the session if the hub will hear no more of it.
func (x *session) check(err error) {
	if stream.Fatal(err) {
		x.end(err)
	}
}

// wantKey asks the publisher for a key frame, not too often.
func (x *session) wantKey() {
	ssrc := x.pliSSRC.Load()
	now := x.server.cfg.Clock.Now()
	x.pli.Lock()
	soon := now.Sub(x.pliAt) < pliGapMin
	if !soon {
		x.pliAt = now
	}
	x.pli.Unlock()
	if ssrc == 0 || soon {
		return
	}
	x.count.plis.Add(1)
	_ = x.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // the next one follows
}
