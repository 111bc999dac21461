package whip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

var (
	errOffer = errors.New("not an offer of sound or picture")
	errCodec = errors.New("no codec in common")
)

// offer is what matters of a client's SDP.
type offer struct {
	sdp    string
	ufrag  string
	video  bool
	audio  bool
	codecs []string // encoding names of the picture, upper case
	h264   bool     // with packetization-mode 1
	opus   bool
	named  *candidates
}

// readOffer checks an SDP before it gets anywhere near the engine, and takes
// simulcast out of it, so that the answer asks for one layer, the first, and addresses to
// which we do not send.
func readOffer(body []byte, named *candidates) (offer, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(body); err != nil {
		return offer{}, errOffer
	}
	o := offer{named: named}
	d.Attributes = named.filter(d.Attributes)
	o.ufrag, _ = d.Attribute("ice-ufrag")
	for _, m := range d.MediaDescriptions {
		m.Attributes = named.filter(m.Attributes)
		if u, ok := m.Attribute("ice-ufrag"); ok {
			o.ufrag = u
		}
		// A section of a bundle has no port of its own (RFC 9143, 6), as max-bundle writes it, which RFC 9725 wants.
		if _, bundled := m.Attribute("bundle-only"); m.MediaName.Port.Value == 0 && !bundled {
			continue // rejected
		}
		switch m.MediaName.Media {
		case "video":
			o.video = true
			o.readVideo(m)
		case "audio":
			o.audio = true
			o.opus = o.opus || slices.ContainsFunc(m.Attributes, func(a sdp.Attribute) bool {
				return a.Key == "rtpmap" && strings.Contains(strings.ToLower(a.Value), " opus/48000")
			})
		}
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
			return a.Key == "simulcast" || a.Key == "rid"
		})
	}
	if !o.video && !o.audio || o.ufrag == "" {
		return offer{}, errOffer
	}
	raw, err := d.Marshal()
	if err != nil {
		return offer{}, errOffer
	}
	o.sdp = string(raw)
	return o, nil
}

func (o *offer) readVideo(m *sdp.MediaDescription) {
	names := map[string]string{} // by payload type
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			name, _, _ := strings.Cut(strings.ToUpper(rest), "/")
			names[pt] = name
			o.codecs = append(o.codecs, name)
		case "fmtp":
			o.h264 = o.h264 || names[pt] == "H264" && strings.Contains(rest, "packetization-mode=1")
		}
	}
}

const (
	h264Baseline = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	opusStereo   = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
	opusType     = 111
)

// videoCodecs are what is answered to an offer: H.264 alone where there is any,
// simple profiles first; else what an ffmpeg child can read.
func (o offer) videoCodecs(h264Only bool) []webrtc.RTPCodecParameters {
	feedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"},
		{Type: "ccm", Parameter: "fir"},
		{Type: "nack"},
		{Type: "nack", Parameter: "pli"},
	}
	one := func(mime, fmtp string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
		return webrtc.RTPCodecParameters{PayloadType: pt, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: videoRate, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
		}}
	}
	if o.h264 {
		const mode = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="
		return []webrtc.RTPCodecParameters{
			one(webrtc.MimeTypeH264, h264Baseline, 102), one(webrtc.MimeTypeH264, mode+"42001f", 103),
			one(webrtc.MimeTypeH264, mode+"4d001f", 104), one(webrtc.MimeTypeH264, mode+"64001f", 105),
		}
	}
	var out []webrtc.RTPCodecParameters
	if h264Only {
		return out
	}
	if slices.Contains(o.codecs, "VP8") {
		out = append(out, one(webrtc.MimeTypeVP8, "", 96))
	}
	if slices.Contains(o.codecs, "VP9") {
		out = append(out, one(webrtc.MimeTypeVP9, "profile-id=0", 98))
	}
	if slices.Contains(o.codecs, "AV1") {
		out = append(out, one(webrtc.MimeTypeAV1, "", 45))
	}
	return out
}

// connect makes a peer connection for an offer.
func (s *Server) connect(o offer, watching bool) (*webrtc.PeerConnection, error) {
	var m webrtc.MediaEngine
	video := o.videoCodecs(watching)
	if o.video && len(video) == 0 || o.audio && !o.opus {
		return nil, errCodec
	}
	for _, c := range video {
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	err := m.RegisterCodec(webrtc.RTPCodecParameters{
		PayloadType: opusType,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: opusRate, Channels: 2, SDPFmtpLine: opusStereo,
		},
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, err
	}
	var r interceptor.Registry
	if watching {
		responder, err := nack.NewResponderInterceptor(nack.ResponderSize(1024))
		if err != nil {
			return nil, err
		}
		r.Add(responder) // sender reports are ours: see viewer.report
	} else if err := webrtc.RegisterDefaultInterceptors(&m, &r); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithInterceptorRegistry(&r),
		webrtc.WithSettingEngine(s.settings))
	return api.NewPeerConnection(webrtc.Configuration{})
}

// answer takes the offer and gives the answer with all candidates in it.
func answer(ctx context.Context, pc *webrtc.PeerConnection, o offer) (string, error) {
	err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp})
	if err != nil {
		return "", errors.Join(errOffer, err)
	}
	a, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", errors.Join(errOffer, err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(a); err != nil {
		return "", errors.Join(errOffer, err)
	}
	select {
	case <-gathered:
		return pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// pionLog passes the engine's complaints on; what it says of its ordinary life
// would fill the log of a mall.
type pionLog struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (p pionLog) NewLogger(scope string) logging.LeveledLogger {
	return pionScope{p.log.With("scope", scope)}
}

type pionScope struct{ log *slog.Logger }

func (pionScope) Trace(string)                {}
func (pionScope) Tracef(string, ...any)       {}
func (pionScope) Debug(string)                {}
func (pionScope) Debugf(string, ...any)       {}
func (pionScope) Info(string)                 {}
func (pionScope) Infof(string, ...any)        {}
func (p pionScope) Warn(msg string)           { p.log.Debug("webrtc", "message", msg) }
func (p pionScope) Warnf(f string, a ...any)  { p.say(slog.LevelDebug, f, a) }
func (p pionScope) Error(msg string)          { p.log.Warn("webrtc", "message", msg) }
func (p pionScope) Errorf(f string, a ...any) { p.say(slog.LevelWarn, f, a) }
func (p pionScope) say(l slog.Level, f string, a []any) {
	p.log.Log(context.Background(), l, "webrtc", "message", fmt.Sprintf(f, a...))
}

const closeWithin = 5 * time.Second

// hangUp closes a connection and waits for what it runs, but not for ever: under
// fuzzing, the engine was seen to take long over a connection that is closed
// while it is being set up, and a session's place must be free again.
func (s *Server) hangUp(pc *webrtc.PeerConnection) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = pc.GracefulClose() // nothing is left to be done about it
	}()
	t := s.cfg.Clock.NewTimer(closeWithin)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C():
		s.cfg.Log.Warn("a WebRTC connection does not close")
	}
}
