// Package pull takes a stream from another server, by RTMP or HTTP-FLV, and passes it to a
// sink as if its encoder had sent it here. What comes is held to the limits of a publisher's:
// sizes of messages, and how long nothing may come. It connects once; whether to try again is
// the caller's to say, and so is which addresses may be called.
package pull

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
)

// Errors of a server that is pulled from.
var (
	ErrIdle   = errors.New("pull: nothing came for too long")
	ErrStatus = errors.New("pull: answered with another status than 200")
)

// Source is a stream of another server. Read gives its tags in order, of which the bodies of audio
// and video are the caller's, and io.EOF at its end; Cut ends it from any goroutine.
type Source interface {
	Read() (flv.Tag, error)
	Cut()
}

const (
	idleDefault = 10 * time.Second // as a publisher's
	idleStep    = 5                // the deadline is moved when a fifth of it has passed
	readBuffer  = 32 << 10
	headersMax  = 16 << 10
)

// Open connects to rtmp[s]://host/app/name or to the FLV at http[s]://…. A server that gives no picture
// or sound for as long as idle, 0 means 10 s, is left. ctx ends the source.
func Open(ctx context.Context, address string, idle time.Duration) (Source, error) {
	if idle <= 0 {
		idle = idleDefault
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("pull: no address")
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return openFLV(ctx, u, idle)
	}
	dial, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	p, err := rtmp.Dialer{}.Play(dial, address, idle)
	if err != nil {
		return nil, err
	}
	return cutBy{p, context.AfterFunc(ctx, p.Cut)}, nil
}

// cutBy is a player that ends with a context.
type cutBy struct {
	*rtmp.Player
	stop func() bool
}

func (c cutBy) Cut() { c.stop(); c.Player.Cut() }

// flvSource reads the FLV of an HTTP server.
type flvSource struct {
	tags   *flv.Reader
	body   io.Closer
	cancel context.CancelFunc
	idle   time.Duration
	watch  *time.Timer // by the machine's clock, as deadlines of connections are
	late   *atomic.Bool
	moved  time.Time
}

func openFLV(ctx context.Context, u *url.URL, idle time.Duration) (_ Source, err error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &flvSource{cancel: cancel, idle: idle, late: &atomic.Bool{}, moved: time.Now()}
	s.watch = time.AfterFunc(idle, func() { s.late.Store(true); cancel() })
	defer func() {
		if err != nil {
			s.Cut()
			err = s.judged(err)
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("pull: no address")
	}
	transport := &http.Transport{
		DialContext: (&net.Dialer{}).DialContext, DisableCompression: true, DisableKeepAlives: true,
		MaxResponseHeaderBytes: headersMax,
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the operator named the server, not whom that names
	}}
	res, err := client.Do(req) //nolint:bodyclose // Cut does
	var told *url.Error
	if errors.As(err, &told) {
		err = told.Err // the address may hold a secret
	}
	if err != nil {
		return nil, err
	}
	s.body = res.Body
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %d", ErrStatus, res.StatusCode)
	}
	s.tags, err = flv.NewReader(bufio.NewReaderSize(res.Body, readBuffer))
	return s, err
}

// Read implements Source.
func (s *flvSource) Read() (flv.Tag, error) {
	t, err := s.tags.Read()
	if err != nil {
		return t, s.judged(err)
	}
	if t.Type == flv.TagAudio || t.Type == flv.TagVideo {
		if now := time.Now(); now.Sub(s.moved) >= s.idle/idleStep {
			s.moved = now
			s.watch.Reset(s.idle)
		}
	}
	return t, nil
}

func (s *flvSource) judged(err error) error {
	if s.late.Load() {
		return ErrIdle
	}
	return err
}

// Cut implements Source.
func (s *flvSource) Cut() {
	s.watch.Stop()
	s.cancel()
	if s.body != nil {
		_ = s.body.Close() // nothing was written
	}
}

// Copy passes what comes of a source to the sink that publish opens when the first picture or sound is
// there, until either ends, and cuts the source. kick, which publish is given, ends it from outside
// with a reason, which is the answer then.
func Copy(src Source, publish func(kick func(error)) (rtmp.Sink, error)) (err error) {
	var kicked atomic.Pointer[error]
	var sink rtmp.Sink
	defer func() {
		src.Cut()
		if why := kicked.Load(); why != nil {
			err = *why
		}
		if sink != nil {
			sink.Close(err)
		}
	}()
	kick := func(reason error) {
		kicked.CompareAndSwap(nil, &reason)
		src.Cut()
	}
	rate := 0.0
	for {
		t, err := src.Read()
		if err != nil {
			return err
		}
		if t.Type == flv.TagScript {
			if rate = rtmp.FrameRate(t.Body); rate > 0 && sink != nil {
				err = sink.FrameRate(rate)
			}
		} else if sink == nil {
			if sink, err = publish(kick); err != nil {
				return err
			}
			if rate > 0 {
				err = sink.FrameRate(rate)
			}
		}
		if err == nil {
			err = give(sink, t)
		}
		if err != nil {
			return err
		}
	}
}

func give(sink rtmp.Sink, t flv.Tag) error {
	switch t.Type {
	case flv.TagVideo:
		return sink.Video(t.Timestamp, t.Body)
	case flv.TagAudio:
		return sink.Audio(t.Timestamp, t.Body)
	}
	return nil
}
