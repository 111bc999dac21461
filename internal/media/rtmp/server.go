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
	"net/url"
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
	Handler     Handler
	Log         *slog.Logger
	IdleTimeout time.Duration // without a whole message; 0 means 10 s
	ConnsMax    int           // 0 means 2000
	ConnsPerIP  int           // 0 means 200
	PlayersMax  int           // 0 means 500
}

const (
	idleDefault       = 10 * time.Second
	connsMaxDefault   = 2000
	connsPerIPDefault = 200
	playersMaxDefault = 500
	acceptPause       = 20 * time.Millisecond
)

// ErrServerClosed is why Serve returns after its context ended.
var ErrServerClosed = errors.New("rtmp: server closed")

type serving struct {
	*Server
	mu    sync.Mutex
	conns map[net.Conn]string // remote IP
	byIP  map[string]int
	plays int
	wg    sync.WaitGroup
}

// Serve accepts connections until ctx ends, then closes all of them and returns
// once they are gone.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	v := &serving{Server: s, conns: map[net.Conn]string{}, byIP: map[string]int{}}
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer v.wg.Wait()
	defer v.closeAll()
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
			case <-time.After(acceptPause):
			}
			continue
		}
		v.accept(ctx, c)
	}
}

func (v *serving) accept(ctx context.Context, c net.Conn) {
	ip, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		ip = c.RemoteAddr().String()
	}
	if !v.register(c, ip) {
		v.Log.Warn("rtmp connection refused: too many", "remote", ip)
		_ = c.Close()
		return
	}
	v.wg.Go(func() {
		defer v.unregister(c)
		newSession(v, c).run(ctx)
	})
}

func (v *serving) register(c net.Conn, ip string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	total, perIP := v.ConnsMax, v.ConnsPerIP
	if total <= 0 {
		total = connsMaxDefault
	}
	if perIP <= 0 {
		perIP = connsPerIPDefault
	}
	if len(v.conns) >= total || v.byIP[ip] >= perIP {
		return false
	}
	v.conns[c] = ip
	v.byIP[ip]++
	return true
}

func (v *serving) unregister(c net.Conn) {
	_ = c.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	ip := v.conns[c]
	delete(v.conns, c)
	if v.byIP[ip]--; v.byIP[ip] <= 0 {
		delete(v.byIP, ip)
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
