package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hawker/internal/media/flv"
)

// errNoConfig is a frame of a codec that was not configured.
var errNoConfig = errors.New("stream: frame without its configuration")

// Publication is one publisher's turn on a stream. Its media methods are called
// from one goroutine; any of them gives ErrReplaced once the turn is over.
type Publication struct {
	stream     *Stream
	generation int64
	request    PublishRequest
	kick       func(error)
	once       sync.Once
	video      flv.VideoTrack
	audio      *flv.AudioConfig
	told       bool // the observer knows of it
}

// StreamID is the stream that the publisher was granted.
func (p *Publication) StreamID() string { return p.stream.id }

// Generation is the number of this turn, greater than any before it.
func (p *Publication) Generation() int64 { return p.generation }

// publish makes a new publication the current one. The one before is sent away
// only after the new one's numbers are safe in the store.
func (s *Stream) publish(ctx context.Context, a admitted) (*Publication, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.hub.keeps(s); err != nil {
		return nil, err
	}
	if err := s.upToDate(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.ended && s.hub.stagings.Load() != a.asked {
		s.mu.Unlock()
		return nil, errRestaged
	}
	s.state.Generation++
	want := s.ahead()
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := s.hub.cfg.Store.Save(ctx, s.id, want); err != nil {
		return nil, fmt.Errorf("reserve numbers of stream %s: %w", s.id, err)
	}
	p := &Publication{stream: s, request: a.request, kick: a.kick}
	s.mu.Lock()
	p.generation = s.state.Generation
	old := s.pub
	if old != nil {
		s.leave()
		if old.told {
			s.hub.tell(func(o Observer) { o.OnUnpublish(s.id, old.generation, ErrReplaced) })
		}
	}
	s.stopLinger()
	if s.ended {
		s.startLife(a.grant)
	}
	s.reserved = want
	s.pub = p
	s.line = newTimeline(s.end)
	s.pack.begin(p.generation)
	s.feed.restart()
	s.meter.start(s.clock.Now())
	s.trouble = [2]Trouble{}
	s.mu.Unlock()
	if old != nil {
		old.dismiss(ErrReplaced)
	}
	return p, nil
}

func (s *Stream) stopLinger() {
	if s.linger != nil {
		close(s.linger)
		s.linger = nil
	}
}

// evict ends the current publication on behalf of the hub.
func (s *Stream) evict(reason error) {
	s.mu.Lock()
	p := s.pub
	s.mu.Unlock()
	if p != nil && s.unpublish(p, reason) {
		p.dismiss(reason)
	}
}

// stop is the end of the process, not of the stream: the state is saved exactly
// and the recording closed; no ENDLIST is written.
func (s *Stream) stop() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.evict(ErrShutdown) // in turn: who was about to publish has done so, or is refused
	s.mu.Lock()
	s.stopLinger()
	state, rec, ended := s.state, s.recorder, s.ended
	s.recorder = nil
	if s.feed != nil {
		s.feed.close()
	}
	s.mu.Unlock()
	if !ended {
		s.save(state)
	}
	s.closeRecorder(rec, state.Generation)
}

func (p *Publication) dismiss(reason error) {
	if p.kick == nil {
		return
	}
	p.once.Do(func() { p.stream.hub.wg.Go(func() { p.kick(reason) }) })
}

// Close ends the publication; it does nothing if a newer one took over.
func (p *Publication) Close(reason error) {
	p.once.Do(func() {}) // the connection is on its way out: no need to kick it
	p.stream.unpublish(p, reason)
}

// FrameRate takes the frame rate that metadata tells. It is a hint.
func (p *Publication) FrameRate(fps float64) error {
	return p.stream.config(p, func(k *packager, _ *feed) { k.rateHint(fps) })
}

// VideoConfig takes an AVCDecoderConfigurationRecord, which is copied.
func (p *Publication) VideoConfig(record []byte) error {
	return p.videoConfig(flv.AVC, record)
}

func (p *Publication) videoConfig(f flv.VideoFormat, record []byte) error {
	if err := p.video.Configure(f, record); err != nil {
		return err
	}
	return p.pictured()
}

// pictured tells of the configuration that the pictures have from now on.
func (p *Publication) pictured() error {
	c := *p.video.Config()
	body := flv.VideoBody(flv.Video{Format: c.Format, Kind: flv.KindConfig, Key: true, Data: c.Record})
	meta := metadata(&c, p.audio)
	return p.stream.config(p, func(k *packager, f *feed) {
		k.setVideo(c)
		f.configure(PacketVideo, body, meta)
	})
}

// AudioConfig takes an AudioSpecificConfig, which is copied.
func (p *Publication) AudioConfig(record []byte) error {
	a := flv.Audio{Kind: flv.KindConfig, Data: record}
	return p.audioConfig(a, flv.AudioBody(a))
}

func (p *Publication) audioConfig(a flv.Audio, body []byte) error {
	c, err := flv.ParseAudioConfig(a.Format, a.Data)
	if err != nil {
		return err
	}
	p.audio = &c
	meta := metadata(p.video.Config(), p.audio)
	return p.stream.config(p, func(k *packager, f *feed) {
		k.setAudio(c)
		f.configure(PacketAudio, body, meta)
	})
}

// Video takes the body of an FLV video tag and keeps it: the caller must not
// change it any more. An error for which Fatal is false concerns this tag alone.
func (p *Publication) Video(ts uint32, body []byte) error {
	v, err := flv.ParseVideo(body)
	if err != nil {
		return p.spoilt(Video, err)
	}
	if v.Wrapped {
		body = flv.VideoBody(v)
		v.Data = body[len(body)-len(v.Data):]
	}
	switch v.Kind {
	case flv.KindConfig:
		if err := p.videoConfig(v.Format, v.Data); err != nil {
			return p.spoilt(Video, err)
		}
		return nil
	case flv.KindFrame:
		return p.picture(ts, v, body)
	case flv.KindEnd: // nothing to do
	}
	return nil
}

// Picture takes one coded picture: length-prefixed NAL units, which are copied.
func (p *Publication) Picture(ts uint32, v flv.Video) error {
	body := flv.VideoBody(v)
	v.Data = body[len(body)-len(v.Data):]
	return p.picture(ts, v, body)
}

func (p *Publication) picture(ts uint32, v flv.Video, body []byte) error {
	v.Wrapped = false
	v, fresh, err := p.video.Frame(v)
	if err != nil {
		return p.spoilt(Video, err)
	}
	if fresh {
		if err := p.pictured(); err != nil {
			return err
		}
	}
	if v.Kind == flv.KindEnd {
		return nil
	}
	if v.Wrapped {
		body = flv.VideoBody(v)
		v.Data = body[len(body)-len(v.Data):]
	}
	return p.stream.picture(p, ts, v, body)
}

// Audio takes the body of an FLV audio tag and keeps it, as Video does.
func (p *Publication) Audio(ts uint32, body []byte) error {
	a, err := flv.ParseAudio(body)
	if err != nil {
		return p.spoilt(Audio, err)
	}
	if a.Wrapped {
		body = flv.AudioBody(a)
		a.Data = body[len(body)-len(a.Data):]
	}
	switch a.Kind {
	case flv.KindConfig:
		if err := p.audioConfig(a, body); err != nil {
			return p.spoilt(Audio, err)
		}
		return nil
	case flv.KindFrame:
		return p.sound(ts, a, body)
	case flv.KindEnd: // nothing to do
	}
	return nil
}

// Sound takes one raw AAC frame, which is copied.
func (p *Publication) Sound(ts uint32, data []byte) error {
	a := flv.Audio{Kind: flv.KindFrame, Data: data}
	body := flv.AudioBody(a)
	a.Data = body[len(body)-len(data):]
	return p.sound(ts, a, body)
}

func (p *Publication) sound(ts uint32, a flv.Audio, body []byte) error {
	if p.audio == nil || p.audio.Format != a.Format {
		return p.spoilt(Audio, errNoConfig)
	}
	return p.stream.sound(p, ts, a.Data, body)
}

// Fatal tells whether an error of a media method ends the publication.
func Fatal(err error) bool {
	return errors.Is(err, ErrReplaced) || errors.Is(err, errTooMuch) || errors.Is(err, ErrUnplayable)
}
