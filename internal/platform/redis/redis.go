// Package redis is what the nodes of a mall share in a Redis or Valkey server: how much
// of a limit is used, who holds which name, and the channels. What lies there may be
// lost at any time; nothing of it is worth an order.
//
// A server that is away is asked again after a moment, and meanwhile nobody waits for
// it: each engine says at once that it is away, and its user does without it.
package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"hawker/internal/base/clock"
)

// Options say where the server is.
type Options struct {
	// URL is redis://[user:password@]host:port[/number], rediss:// with TLS.
	URL   string
	Clock clock.Clock
}

// How long one waits for a server, and how long one does without it after that.
const (
	dialWithin   = time.Second
	answerWithin = 500 * time.Millisecond
	restAfter    = time.Second
)

// prefix begins the name of all that is ours.
const prefix = "hawker:"

// ErrAway means that the server did not answer, now or a moment ago.
var ErrAway = errors.New("redis is away")

// Server is a Redis server as this node sees it.
type Server struct {
	url     string
	option  rueidis.ClientOption
	clock   clock.Clock
	scripts scripts

	mu     sync.Mutex
	client rueidis.Client // nil before the first answer
	asked  time.Time      // when it was last found away
	away   bool
	closed bool
}

// scripts are what the server does in one step, named to it by their hashes.
type scripts struct{ allow, giveBack, hold, release *rueidis.Lua }

// Open reads the address. It connects when something is first asked.
func Open(o Options) (*Server, error) {
	option, err := rueidis.ParseURL(o.URL)
	if err != nil {
		return nil, errors.New("the address of redis does not parse; want redis://host:port or " +
			"rediss://user:password@host:port") // the cause may hold the password
	}
	option.Dialer = net.Dialer{Timeout: dialWithin}
	option.ConnWriteTimeout = 2 * dialWithin
	option.DisableCache = true // an own write is seen at once (docs/adr/0039-redis.md)
	option.DisableRetry = true // whoever asked does without it
	option.ForceSingleClient = true
	option.ClientName = "hawker"
	return &Server{url: o.URL, option: option, clock: o.Clock, scripts: scripts{
		allow: rueidis.NewLuaScript(allow), giveBack: rueidis.NewLuaScript(giveBack),
		hold: rueidis.NewLuaScript(hold), release: rueidis.NewLuaScript(release),
	}}, nil
}

// Host is where the server is, without what opens it.
func (s *Server) Host() string {
	u, err := url.Parse(s.url)
	if err != nil {
		return ""
	}
	return u.Host
}

// Away tells whether the server was away when it was last asked.
func (s *Server) Away() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

// Ping asks it now.
func (s *Server) Ping(ctx context.Context) error {
	return s.ask(ctx, func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, c.B().Ping().Build()).Error()
	})
}

// Close lets go of it.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.client != nil {
		s.client.Close()
	}
	return nil
}

// ask has fn ask the server, unless it was away a moment ago.
func (s *Server) ask(ctx context.Context, fn func(ctx context.Context, c rueidis.Client) error) error {
	client, err := s.connection()
	if err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for range 2 { // of a server that was started anew the first who asks finds the connection dead
		err = fn(short, client)
		if answer := new(rueidis.RedisError); err == nil || errors.As(err, &answer) {
			s.note(false)
			return err
		}
		if short.Err() != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // who asked is gone; that says nothing of the server
	}
	s.note(true)
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// connection is the one that all use, made by the first who needs it.
func (s *Server) connection() (rueidis.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.away && s.clock.Now().Sub(s.asked) < restAfter {
		return nil, ErrAway
	}
	if s.away {
		s.asked = s.clock.Now() // one finds out for all
	}
	if s.client != nil {
		return s.client, nil
	}
	client, err := rueidis.NewClient(s.option)
	if err != nil {
		s.away, s.asked = true, s.clock.Now()
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	s.client = client
	return client, nil
}

func (s *Server) note(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away = away; away {
		s.asked = s.clock.Now()
	}
}

// instant is the time that a script is given: zero is the server's own, by which nodes
// agree whose clocks do not. Only a clock of a test is given.
func (s *Server) instant() time.Time {
	if _, real := s.clock.(clock.Real); real {
		return time.Time{}
	}
	return s.clock.Now()
}
