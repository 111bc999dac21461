// Package whip lets browsers publish by WHIP (RFC 9725) and watch by WHEP
// (draft-ietf-wish-whep). It keeps true:
//
//   - H.264 is passed through; only Opus, and pictures in another codec, go
//     through an ffmpeg child, whose death costs the sound (or the picture) for
//     a moment and never the session;
//   - whatever comes from outside is bounded: offers, sessions, viewers, queues,
//     children; a session that does not connect, or is cut off for ten seconds,
//     ends by itself;
//   - sound and picture are tied by the sender's reports, not by arrival.
//
// It knows no business: who may publish is asked of the hub's Admission, who
// may watch of Config.MayPlay.
package whip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"hawker/internal/base/clock"
	"hawker/internal/media/stream"
)

// Config of a Server. Hub, Log and Clock are required.
type Config struct {
	Hub    *stream.Hub
	Log    *slog.Logger
	Clock  clock.Clock
	FFmpeg string // program; empty means ffmpeg on the path

	// UDP is the address of the one port for all media, e.g. ":8189" or
	// "127.0.0.1:0"; empty means ":0".
	UDP string
	// TCP, if not empty, is the address of a port for those whose network lets
	// no UDP through.
	TCP string
	// PublicIPs replace the machine's own in what is offered, for a server
	// behind a one-to-one NAT.
	PublicIPs []string

	SessionsMax int // publishers; 0 means 100
	ViewersMax  int // of all streams; 0 means 500
	PerStream   int // viewers of one stream; 0 means 100
	PerCaller   int // sessions of both kinds that one caller has; 0 means 20

	// Caller names who calls, for counting; nil takes the connection's address.
	Caller func(r *http.Request) string
	// Allow is asked before anything is read of an offer: a limit by time. Its error is
	// answered as MayPlay's.
	Allow func(r *http.Request) error

	// MayPlay decides who may watch; nil lets everybody. An error that carries a
	// fault is answered with the status of its kind, any other with 403.
	MayPlay func(ctx context.Context, streamID string, r *http.Request) error
}

// Limits and times.
const (
	sessionsMaxDefault = 100
	viewersMaxDefault  = 500
	perStreamDefault   = 100
	offerBytesMax      = 64 << 10
	connectWithin      = 15 * time.Second // who has shown a key
	watchWithin        = 5 * time.Second  // anybody
	perCallerDefault   = 20
	iceSilent          = 4 * time.Second // until "disconnected"
	iceGone            = 6 * time.Second // and then until "failed"
	iceKeepAlive       = 2 * time.Second
	tcpReadBuffer      = 64
	udpSocketBuffer    = 4 << 20
)

// ErrShutdown ends the sessions of a server that stops.
var ErrShutdown = errors.New("whip: the server stops")

// Server answers WHIP and WHEP.
type Server struct {
	cfg      Config
	settings webrtc.SettingEngine
	udp      ice.UDPMux
	udpAddr  net.Addr
	tcp      ice.TCPMux
	ctx      context.Context //nolint:containedctx // the life of what the server started
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session // publishers, by session id
	viewers  map[string]*viewer  // by session id
	feeds    map[string]*feed    // by stream id
	opening  int                 // publishers that are being admitted
	joining  int                 // viewers that are
	seats    map[string]int      // by caller, of all these

	shut    sync.Once
	shutErr error
}

// New makes a server that takes sessions once Listen has opened its ports. Close
// stops it.
func New(c Config) *Server {
	c.FFmpeg = cmpOr(c.FFmpeg, "ffmpeg")
	c.UDP = cmpOr(c.UDP, ":0")
	c.SessionsMax = cmpOr(c.SessionsMax, sessionsMaxDefault)
	c.ViewersMax = cmpOr(c.ViewersMax, viewersMaxDefault)
	c.PerStream = cmpOr(c.PerStream, perStreamDefault)
	c.PerCaller = cmpOr(c.PerCaller, perCallerDefault)
	if c.Caller == nil {
		c.Caller = func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}
	}
	s := &Server{
		cfg: c, sessions: map[string]*session{}, viewers: map[string]*viewer{}, feeds: map[string]*feed{},
		seats: map[string]int{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	c.Hub.WatchStages(s.restage)
	return s
}

func cmpOr[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Listen opens the media ports. Commands that only look at an installation do
// without: they must run beside the server, which has them.
func (s *Server) Listen() error {
	conn, err := net.ListenPacket("udp", s.cfg.UDP)
	if err != nil {
		return fmt.Errorf("listen for WebRTC media: %w", err)
	}
	if u, ok := conn.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(udpSocketBuffer) // the kernel may give less; no harm
		_ = u.SetWriteBuffer(udpSocketBuffer)
	}
	e := &s.settings
	e.LoggerFactory = pionLog{s.cfg.Log}
	s.udpAddr = conn.LocalAddr()
	s.udp = webrtc.NewICEUDPMux(e.LoggerFactory.NewLogger("ice"), conn)
	e.SetICEUDPMux(s.udp)
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if s.cfg.TCP != "" {
		l, err := net.Listen("tcp", s.cfg.TCP)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for WebRTC media: %w", err), s.udp.Close())
		}
		s.tcp = webrtc.NewICETCPMux(e.LoggerFactory.NewLogger("ice"), l, tcpReadBuffer)
		e.SetICETCPMux(s.tcp)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	e.SetNetworkTypes(types)
	e.DisableActiveTCP(true) // nobody has us call a port by TCP
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(iceSilent, iceGone, iceKeepAlive)
	if u, ok := s.udpAddr.(*net.UDPAddr); ok && u.IP.IsLoopback() {
		e.SetIncludeLoopbackCandidate(true)
	}
	if len(s.cfg.PublicIPs) == 0 {
		return nil
	}
	err = e.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
		External: s.cfg.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
	})
	if err != nil {
		return errors.Join(fmt.Errorf("public addresses: %w", err), s.closePorts())
	}
	return nil
}

// closePorts closes them once, however often the server is stopped.
func (s *Server) closePorts() error {
	s.shut.Do(func() {
		if s.udp != nil {
			s.shutErr = s.udp.Close()
		}
		if s.tcp != nil {
			s.shutErr = errors.Join(s.shutErr, s.tcp.Close())
		}
	})
	return s.shutErr
}

// Addr is where media is awaited.
func (s *Server) Addr() net.Addr { return s.udpAddr }

// Close ends all sessions and waits for what runs; a second time it does nothing.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	var ends []func(error)
	for _, x := range s.sessions {
		ends = append(ends, x.end)
	}
	for _, v := range s.viewers {
		ends = append(ends, v.end)
	}
	s.mu.Unlock()
	for _, end := range ends {
		end(ErrShutdown)
	}
	s.cancel()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return s.closePorts()
	case <-ctx.Done():
		return errors.Join(ctx.Err(), s.closePorts())
	}
}

// Stats tells of the publisher of a stream; nil if it did not come by WHIP.
func (s *Server) Stats(streamID string) *Stats {
	x := s.session(streamID)
	if x == nil {
		return nil
	}
	st := x.stats()
	return &st
}

func (s *Server) session(streamID string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.published() && x.pub.StreamID() == streamID && x.ctx.Err() == nil {
			return x
		}
	}
	return nil
}

// Counts gives the publishers and viewers that are there now.
func (s *Server) Counts() (publishers, viewers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions), len(s.viewers)
}
