package whip

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hawker/internal/base/crash"
)

const (
	viewerQueue = 1024 // packets; a second of a rich picture
	reportEvery = time.Second
)

// viewer is one watching session.
type viewer struct {
	server  *Server
	id      string
	ufrag   string
	caller  string // whose seat it takes
	named   *candidates
	pc      *webrtc.PeerConnection
	feed    *feed
	stage   int             // of the stream, when the viewer was let in
	ctx     context.Context //nolint:containedctx // the life of the session's goroutines
	cancel  context.CancelFunc
	once    sync.Once
	wg      sync.WaitGroup
	tracks  [2]*webrtc.TrackLocalStaticRTP
	senders [2]*webrtc.RTPSender
	queue   chan outPacket

	connected chan struct{}
	joined    sync.Once
	behind    atomic.Bool // packets were dropped: go on at a key frame
	packets   [2]atomic.Uint32
	octets    [2]atomic.Uint32
}

type outPacket struct {
	track  int
	key    bool
	packet *rtp.Packet
}

// addTracks prepares what the viewer is to be sent.
func (v *viewer) addTracks(o offer) error {
	for track, c := range []webrtc.RTPCodecCapability{
		{MimeType: webrtc.MimeTypeH264, ClockRate: videoRate, SDPFmtpLine: h264Baseline},
		{MimeType: webrtc.MimeTypeOpus, ClockRate: opusRate, Channels: 2, SDPFmtpLine: opusStereo},
	} {
		if track == trackVideo && !o.video || track == trackAudio && !o.audio {
			continue
		}
		t, err := webrtc.NewTrackLocalStaticRTP(c, []string{"video", "audio"}[track], "hawker")
		if err != nil {
			return err
		}
		if v.senders[track], err = v.pc.AddTrack(t); err != nil {
			return err
		}
		v.tracks[track] = t
	}
	return nil
}

// open joins the feed and answers the offer.
func (v *viewer) open(ctx context.Context, o offer) (sdp string, err error) {
	if err := v.addTracks(o); err != nil {
		return "", err
	}
	if err := v.feed.join(ctx, v); err != nil {
		return "", err
	}
	v.begin()
	return answer(ctx, v.pc, o)
}

// begin starts the viewer's goroutines.
func (v *viewer) begin() {
	v.pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		switch st {
		case webrtc.PeerConnectionStateConnected:
			v.joined.Do(func() { close(v.connected) })
		case webrtc.PeerConnectionStateFailed:
			v.end(errSilent)
		case webrtc.PeerConnectionStateClosed:
			v.end(errLeft)
		default: // the others need nothing here
		}
	})
	for _, s := range v.senders {
		if s != nil {
			v.spawn(func() { v.readFeedback(s) })
		}
	}
	v.spawn(v.run)
}

// spawn starts a goroutine that end waits for; one that panics ends its viewer and nobody else.
func (v *viewer) spawn(f func()) {
	v.wg.Go(func() {
		if err := crash.Told(v.server.cfg.Log, "a whep viewer", func() error { f(); return nil }); err != nil {
			v.end(err)
		}
	})
}

// push queues a packet; a viewer that cannot keep up loses some.
func (v *viewer) push(p outPacket) {
	select {
	case v.queue <- p:
	default:
		v.behind.Store(true)
	}
}

// run sends once the viewer is connected: the picture from a key frame on.
func (v *viewer) run() {
	clock := v.server.cfg.Clock
	t := clock.NewTimer(watchWithin)
	defer func() { t.Stop() }()
	select {
	case <-v.connected:
		t.Stop()
	case <-t.C():
		v.end(errNoConnect)
		return
	case <-v.ctx.Done():
		return
	}
	v.drain()
	v.feed.wantKey()
	started := false
	t = clock.NewTimer(0)
	for {
		select {
		case p := <-v.queue:
			started = v.send(p, started)
		case <-t.C():
			v.report()
			t = clock.NewTimer(reportEvery)
		case <-v.ctx.Done():
			return
		}
	}
}

// drain forgets what came before the connection.
func (v *viewer) drain() {
	for {
		select {
		case <-v.queue:
		default:
			v.behind.Store(false)
			return
		}
	}
}

func (v *viewer) send(p outPacket, started bool) bool {
	if p.track == trackVideo {
		if v.behind.Swap(false) {
			started = false
			v.feed.wantKey()
		}
		if started = started || p.key; !started {
			return false
		}
	}
	t := v.tracks[p.track]
	if t == nil {
		return started
	}
	v.packets[p.track].Add(1)
	v.octets[p.track].Add(uint32(len(p.packet.Payload)))
	_ = t.WriteRTP(p.packet) // a connection that fails ends the session by its state
	return started
}

// report ties both tracks to one clock, so that the player keeps lips and sound
// together whatever each went through on its way here.
func (v *viewer) report() {
	for track, s := range v.senders {
		ntp, rtpTime, ok := v.feed.moment(track)
		if s == nil || !ok {
			continue
		}
		for _, e := range s.GetParameters().Encodings {
			_ = v.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{
				SSRC: uint32(e.SSRC), NTPTime: ntp, RTPTime: rtpTime,
				PacketCount: v.packets[track].Load(), OctetCount: v.octets[track].Load(),
			}}) // the next one follows
		}
	}
}

// readFeedback hears requests for key frames; reading also drives the engine's
// answers to lost packets.
func (v *viewer) readFeedback(s *webrtc.RTPSender) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				v.feed.wantKey()
			}
		}
	}
}

// end stops the session; it may be called from anywhere, more than once, and
// does not wait.
func (v *viewer) end(reason error) {
	v.once.Do(func() {
		v.server.wg.Go(func() {
			v.cancel()
			v.feed.part(v)
			v.server.hangUp(v.pc)
			v.wg.Wait()
			v.server.unwatch(v)
			v.server.cfg.Log.Debug("whep session ended", "stream", v.feed.streamID, "reason", reason)
		})
	})
}
