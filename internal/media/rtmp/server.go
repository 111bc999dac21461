// Package rtmp takes streams from encoders (OBS, ffmpeg, phones) by RTMP, gives
// them to players and relays, and has a small publishing client. A TLS listener
// makes it RTMPS. It speaks the protocol and nothing more: what
// comes of the media is up to a Sink, who may publish up to a Handler.
//
// It is lenient in what encoders are known to get wrong and strict in what
// could hurt: sizes, counts and times are limited, and memory follows the data
// that came, never a length that was claimed.
//
// Sources: Adobe, Real Time Messaging Protocol 1.0, 2012; the pitfalls that the
// tests of this package name.
package rtmp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"hawker/internal/media/flv"
)

// PublishRequest is what a publisher asks for.
type PublishRequest struct {
	App        string
	Name       string     // without its query
	Query      url.Values // of the name, the app and the tcUrl together
	RemoteAddr string
}

// PlayRequest is what a player asks for.
type PlayRequest PublishRequest

// Handler decides about publishers and players. kick may be called at any time,
// from any goroutine, to end the connection. ctx of Play ends with the connection.
type Handler interface {
	Publish(ctx context.Context, r PublishRequest, kick func(error)) (Sink, error)
	Play(ctx context.Context, r PlayRequest) (Source, error)
}

// Source gives what a player is sent: bodies of FLV tags, which are shared and
// not changed here. io.EOF is the end of the stream.
type Source interface {
	Next(ctx context.Context) (Tag, error)
	// Buffered tells how many tags Next has at hand.
	Buffered() int
	Close()
}

// Tag is one message for a player: Type as in FLV.
type Tag = flv.Tag

// Sink takes what a publisher sends: bodies of FLV tags, which it may keep.
// An error ends the connection. Close is called once, last.
type Sink interface {
	FrameRate(fps float64) error
	Video(timestamp uint32, body []byte) error
	Audio(timestamp uint32, body []byte) error
	Close(reason error)
}

// Server accepts publishers and players.
type Server struct {
	Handler      Handler
	Log          *slog.Logger
	IdleTimeout  time.Duration // without a whole message; 0 means 10 s
	ConnsMax     int           // 0 means 2000
	ConnsPerHome int           // of one IPv4 address or IPv6 /64; 0 means 200
	PlayersMax   int           // 0 means 500
	// HeldMax is how many bytes the unfinished messages of all may hold, of which one
	// address may hold a quarter; 0 means 256 MiB.
	HeldMax int
	// Trusted are networks of servers that bring the publishers of many.
	Trusted []netip.Prefix
}

const (
	idleDefault         = 10 * time.Second
	connsMaxDefault     = 2000
	connsPerHomeDefault = 200
	playersMaxDefault   = 500
	acceptPause         = 5 * time.Millisecond // and then twice as long each time
	acceptPauseMax      = time.Second
	homeBits            = 64 // of an IPv6 address: within it, one caller may have any number
)

// ErrServerClosed is why Serve returns after its context ended.
var ErrServerClosed = errors.New("rtmp: server closed")

type serving struct {
	*Server
	mu    sync.Mutex
	conns map[net.Conn]netip.Addr // whose it is; not valid before that is known
	homes map[netip.Addr]*home
	held  tally
	plays int
	wg    sync.WaitGroup
}

// home is what the connections of one address come to.
type home struct {
	conns int
	held  tally
}

// Serve accepts connections until ctx ends, then closes all of them and returns
// once they are gone.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	v := &serving{Server: s, conns: map[net.Conn]netip.Addr{}, homes: map[netip.Addr]*home{}}
	if v.held.most = int64(s.HeldMax); v.held.most <= 0 {
		v.held.most = heldMaxDefault
	}
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer v.wg.Wait()
	defer v.closeAll()
	pause := acceptPause
	for {
		c, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return ErrServerClosed
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			s.Log.Warn("rtmp accept", "error", err) // out of file descriptors, say
			select {
			case <-ctx.Done():
				return ErrServerClosed
			case <-time.After(pause):
			}
			pause = min(2*pause, acceptPauseMax)
			continue
		}
		pause = acceptPause
		v.accept(ctx, c)
	}
}

// accept serves a connection if there is room for it. Where proxies are trusted, whose it
// is may stand in a header that one has yet to send: only the connection's own goroutine
// waits for that. Elsewhere who came first is let in first.
func (v *serving) accept(ctx context.Context, c net.Conn) {
	if !v.register(c) {
		v.Log.Debug("rtmp connection refused: too many")
		_ = c.Close()
		return
	}
	direct := len(v.Trusted) == 0
	if direct && !v.settle(c) {
		v.unregister(c)
		return
	}
	v.wg.Go(func() {
		defer v.unregister(c)
		if direct || v.settle(c) {
			newSession(v, c).run(ctx)
		}
	})
}

// peerOf is the address of a peer, "" for one that has none: a listener in front may not know it.
func peerOf(c net.Conn) string {
	if a := c.RemoteAddr(); a != nil {
		return a.String()
	}
	return ""
}

// homeOf is what a connection is counted by.
func homeOf(peer string) netip.Addr {
	p, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.IPv6Unspecified() // all whose address we do not know share one
	}
	addr := p.Addr().Unmap().WithZone("")
	if home, err := addr.Prefix(homeBits); addr.Is6() && err == nil {
		return home.Addr()
	}
	return addr
}

func (v *serving) register(c net.Conn) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	total := v.ConnsMax
	if total <= 0 {
		total = connsMaxDefault
	}
	if len(v.conns) >= total {
		return false
	}
	v.conns[c] = netip.Addr{}
	return true
}

// settle counts a connection as one of its home, if that has not too many.
func (v *serving) settle(c net.Conn) bool {
	addr := homeOf(peerOf(c))
	trusted := slices.ContainsFunc(v.Trusted, func(n netip.Prefix) bool { return n.Contains(addr) })
	v.mu.Lock()
	defer v.mu.Unlock()
	most := v.ConnsPerHome
	if most <= 0 {
		most = connsPerHomeDefault
	}
	h := v.homes[addr]
	if h == nil {
		h = &home{held: tally{most: v.held.most / heldShare}}
		if trusted { // many callers
			h.held.most = v.held.most
		}
		v.homes[addr] = h
	}
	if h.conns >= most && !trusted {
		v.Log.Debug("rtmp connection refused: too many of one address", "remote", addr)
		return false
	}
	v.conns[c] = addr
	h.conns++
	return true
}

// talliesOf are those on which what a settled connection holds is counted.
func (v *serving) talliesOf(c net.Conn) []*tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return []*tally{&v.homes[v.conns[c]].held, &v.held}
}

func (v *serving) unregister(c net.Conn) {
	_ = c.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	addr := v.conns[c]
	delete(v.conns, c)
	if !addr.IsValid() {
		return // it was never settled
	}
	h := v.homes[addr]
	if h.conns--; h.conns <= 0 {
		delete(v.homes, addr)
	}
}

// admitPlayer counts a connection that is to play.
func (v *serving) admitPlayer() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	most := v.PlayersMax
	if most <= 0 {
		most = playersMaxDefault
	}
	if v.plays >= most {
		return false
	}
	v.plays++
	return true
}

func (v *serving) playerLeft() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.plays--
}

func (v *serving) closeAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for c := range v.conns {
		_ = c.Close()
	}
}
