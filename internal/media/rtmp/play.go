package rtmp

import (
	"context"
	"errors"
	"io"
	"time"

	"hawker/internal/base/crash"
	"hawker/internal/media/rtmp/amf"
)

const (
	playChunk    = 60000
	playPatience = 10 * time.Second // for one write to go out
	eventBegin   = 0
	eventEOF     = 1
)

// playing is a connection that is sent a stream.
type playing struct {
	source Source
	stop   context.CancelFunc
	done   chan struct{}
	err    error // of the sending, once done
}

// play begins to send a stream. It runs under the lock of writing. Everything
// but the name is left out of account: a live stream has no other start, and
// "pause" and "seek" are not obeyed.
func (s *session) play(ctx context.Context, c call) error {
	if s.sink != nil || s.playing != nil {
		return protocolError("play while publishing or playing")
	}
	name := c.text(1)
	if len(c.args) > 1 {
		if o, ok := c.args[1].(amf.Object); ok { // play2 names it in an object
			name, _ = o["streamName"].(string)
		}
	}
	if !s.srv.admitPlayer() {
		return errors.Join(s.status("error", "NetStream.Play.Failed", "too many players"), errPlayers)
	}
	source, err := s.srv.Handler.Play(ctx, PlayRequest(s.named(name)))
	if err != nil {
		s.srv.playerLeft()
		return errors.Join(s.status("error", "NetStream.Play.StreamNotFound", "no such stream"), err)
	}
	err = errors.Join(
		s.out.setSize(playChunk),
		s.begin(),
		s.status("status", "NetStream.Play.Reset", "playing"),
		s.status("status", "NetStream.Play.Start", "playing"),
		s.out.write(csStatus, Message{Type: typeData, StreamID: mediaStream, Payload: amf.Append(nil,
			"|RtmpSampleAccess", true, true)}),
	)
	if err != nil {
		source.Close()
		s.srv.playerLeft()
		return err
	}
	s.startSending(ctx, source)
	return nil
}

// startSending starts the goroutine that writes the media.
func (s *session) startSending(ctx context.Context, source Source) {
	ctx, stop := context.WithCancel(ctx)
	p := &playing{source: source, stop: stop, done: make(chan struct{})}
	s.playing, s.moved = p, time.Time{}
	go func() {
		defer close(p.done)
		p.err = crash.Told(s.srv.Log, "an rtmp player", func() error { return s.pump(ctx, source) })
		if ctx.Err() == nil {
			s.farewell(p.err)
		}
	}()
}

func (s *session) stopPlaying() {
	s.playing.stop()
	<-s.playing.done
	s.playing.source.Close()
	s.srv.playerLeft()
}

// pump writes tags until the source or the peer ends.
func (s *session) pump(ctx context.Context, source Source) error {
	for {
		t, err := source.Next(ctx)
		if err != nil {
			return err
		}
		if err := s.tag(t, source.Buffered() == 0); err != nil {
			return err
		}
	}
}

func (s *session) tag(t Tag, flush bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(playPatience)); err != nil {
		return err
	}
	stream := byte(csVideo)
	if t.Type != typeVideo {
		stream = csAudio
	}
	err := s.out.write(stream, Message{Type: t.Type, StreamID: mediaStream, Timestamp: t.Timestamp, Payload: t.Body})
	if err == nil && flush {
		err = s.out.flush()
	}
	return err
}

// farewell ends the connection from the writing side; the reading side sees it
// closed.
func (s *session) farewell(err error) {
	reason := err
	if errors.Is(err, io.EOF) {
		reason = errEnded
		s.writing.Lock()
		_ = errors.Join( // the peer may be gone as well
			s.userControlEvent(eventEOF),
			s.status("status", "NetStream.Play.UnpublishNotify", "the stream ended"),
			s.status("status", "NetStream.Play.Stop", "the stream ended"),
			s.out.flush(),
		)
		s.writing.Unlock()
	}
	s.kicked.CompareAndSwap(nil, &reason)
	_ = s.conn.Close()
}
