package stream

import (
	"time"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/flv"
)

type cutKind uint8

const (
	cutBegin  cutKind = iota // a segment begins
	cutPart                  // a part of it is done
	cutFinish                // the segment is done
	cutPause                 // the publisher left
	cutEnd                   // the stream is over
)

// cut is one decision of a packager. Renditions of the same stream are cut by the
// very same decisions, so that a player finds the same segment under the same
// number and date in each of them.
type cut struct {
	kind cutKind

	// cutBegin
	generation, sequence, discontinuity int64
	date                                time.Time
	jumped, newTracks                   bool
	picture                             bool             // it has a video track
	audio                               *flv.AudioConfig // nil without
	fps                                 float64

	// cutBegin: its first part; cutPart: this one
	part int64
	from ticks

	// cutPart
	end, length, frame ticks
	pictures           int
	key                bool     // it begins with a key frame
	sound              cmaf.Run // refers to the frames that the stream itself holds
}

func (p *packager) tell(c cut) {
	if p.follow != nil {
		p.follow(c)
	}
}

// tellBegin is called when a segment has just been opened.
func (p *packager) tellBegin() {
	if p.follow == nil {
		return
	}
	next, disc := p.window.NextSequence()
	if p.jumped {
		disc-- // what stands before this segment
	}
	c := cut{
		kind: cutBegin, generation: p.init.Generation, sequence: next - 1, discontinuity: disc,
		date: p.wall.at(p.partStart.duration()), jumped: p.jumped, newTracks: p.init != p.told,
		picture: p.hasVideo, fps: p.init.FPS, part: p.window.NextPart(), from: p.partStart, frame: p.frame(),
	}
	if p.hasAudio {
		c.audio = p.audio.config
	}
	p.told = p.init
	p.follow(c)
}

// tellPart is called when a part has just been added to the window.
func (p *packager) tellPart(end, length ticks) {
	if p.follow == nil {
		return
	}
	c := cut{
		kind: cutPart, part: p.window.NextPart() - 1, from: p.partStart, end: end, length: length,
		frame: p.frame(), pictures: len(p.video.run.Samples),
	}
	c.key = c.pictures > 0 && p.video.run.Samples[0].Sync
	c.sound.Base = p.audio.run.Base
	c.sound.Join(p.audio.run)
	p.follow(c)
}
