package stream

import (
	"errors"
	"fmt"
	"time"

	"hawker/internal/media/flv"
)

// ErrUnplayable is a publisher of whose tracks none can be played.
var ErrUnplayable = errors.New("stream: nothing of this can be played")

// Cause is why a track of a publisher cannot be played.
type Cause string

// Causes.
const (
	CauseCodec  Cause = "codec"          // not one that is taken
	CauseSets   Cause = "parameter_sets" // nothing says how to decode it
	CauseBroken Cause = "broken"         // frames that are not what they say
)

// Trouble is what a track of the present publisher, or of the last, fails by; the zero value: by nothing.
type Trouble struct {
	Cause Cause
	Codec string // as people know it, with CauseCodec
}

const hopelessAfter = 3 * time.Second // of one track that cannot be played, and no other

// announce tells, once, that a publisher's picture or sound can be played: a room is on air from here
// on. The caller holds mu.
func (s *Stream) announce(p *Publication) {
	if p.told {
		return
	}
	p.told, s.told = true, true
	s.hub.tell(func(o Observer) { o.OnPublish(s.id, p.generation) })
}

// spoilt counts a tag that had to be left out, and says in the log why the first of its kind was.
// It gives ErrUnplayable when nothing of the publisher can be played.
func (p *Publication) spoilt(track Track, err error) error {
	s := p.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.current(p) {
		return ErrReplaced
	}
	s.meter.dropped++
	t := troubleOf(err)
	if s.trouble[track] != t {
		s.trouble[track] = t
		name := [...]string{Video: "video", Audio: "audio"}[track]
		s.log.Warn("media not taken", "stream", s.id, "generation", p.generation, "track", name,
			"cause", string(t.Cause), "codec", t.Codec, "error", err)
	}
	if p.hopeless() {
		return fmt.Errorf("%w: %w", ErrUnplayable, err)
	}
	return err
}

func troubleOf(err error) Trouble {
	var c *flv.CodecError
	switch {
	case errors.As(err, &c):
		return Trouble{CauseCodec, c.Name}
	case errors.Is(err, flv.ErrCodec):
		return Trouble{Cause: CauseCodec}
	case errors.Is(err, flv.ErrNoSets), errors.Is(err, flv.ErrConfig), errors.Is(err, errNoConfig):
		return Trouble{Cause: CauseSets}
	}
	return Trouble{Cause: CauseBroken}
}

// hopeless tells whether nothing came that can be played, and nothing is to be waited for: both tracks are of
// codecs that are not taken, or one is and the other stays away.
func (p *Publication) hopeless() bool {
	s := p.stream
	if p.told || p.video.Config() != nil || p.audio != nil {
		return false
	}
	video, audio := s.trouble[Video].Cause == CauseCodec, s.trouble[Audio].Cause == CauseCodec
	if video && audio {
		return true
	}
	alone := s.trouble[Video].Cause == "" || s.trouble[Audio].Cause == ""
	return (video || audio) && alone && s.clock.Now().Sub(s.meter.since) >= hopelessAfter
}
