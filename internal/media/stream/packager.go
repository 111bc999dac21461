package stream

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/flv"
	"hawker/internal/media/hls"
)

// ticks is a moment or a duration on the media line at 90 kHz.
type ticks int64

const (
	ticksPerMs       = cmaf.VideoTimescale / 1000
	segmentMin       = ticks(cmaf.VideoTimescale) // a key frame ends a segment from here on
	videoStall       = ticks(cmaf.VideoTimescale / 2)
	startGrace       = ticks(cmaf.VideoTimescale) // audio waits this long for a promised picture
	trackGone        = ticks(5 * cmaf.VideoTimescale)
	audioDriftMs     = 40
	audioDriftBackMs = 10
	partBytesMax     = 6 << 20 // 100 Mb/s at half a second
	frameDefault     = ticks(cmaf.VideoTimescale / 30)
	fpsMin           = 1
	partShare        = 920     // thousandths of PART-TARGET that an ordinary part fills at the least
	partShareMin     = 860     // the spec asks for 850
	measureFrames    = 4       // fewer tell no frame rate
	settingsWithin   = 4 << 10 // of the first frame
)

// errTooMuch is a publisher that sends more than a part may hold.
var errTooMuch = errors.New("stream: more than 6 MiB in one part")

func (t ticks) duration() time.Duration {
	return time.Duration(int64(t) * int64(time.Second) / cmaf.VideoTimescale)
}

func fromDuration(d time.Duration) ticks {
	return ticks(int64(d) * cmaf.VideoTimescale / int64(time.Second))
}

// packager cuts the frames of one stream into parts and segments and puts them
// into the window. Parts and segments end on the DTS line of the video, never
// by PTS, so B-frames do not shift them; without video, audio takes its place.
// It lives as long as the window, through any number of publishers.
type packager struct {
	part time.Duration // wanted length of a part
	gap  time.Duration // key frame distance as far as it is known
	// After a restart in the middle of a life: its TARGETDURATION; partMax is set too.
	targetKept time.Duration
	open       func(partTarget time.Duration) *hls.Window
	onClose    func(*hls.Segment)
	follow     func(cut) // is told each cut; may be nil

	window  *hls.Window
	partMax ticks // PART-TARGET; fixed with the window
	partLen ticks // a whole number of frames near the wanted length

	generation int64
	wall       wallclock
	init       *hls.Init
	told       *hls.Init // that who follows knows
	initCount  int64
	hasVideo   bool // tracks in init, unless newInit
	hasAudio   bool
	newInit    bool // the next segment must bring a new init segment
	jumped     bool // the next segment is a discontinuity
	loose      bool // the next part starts where its first frame is
	waits      bool // for a key frame: what comes before it is left out
	waitsFrom  ticks

	video     videoTrack
	audio     audioTrack
	audioNext *flv.AudioConfig // replaces or joins at the next key frame

	partOpen  bool
	partStart ticks
	segOpen   bool
	segStart  ticks
	position  ticks // end of the newest frame
}

type videoTrack struct {
	config  *flv.VideoConfig
	ready   bool // a key frame has come since the config
	run     cmaf.Run
	last    ticks // DTS of the newest sample of the open part
	end     ticks // where the newest closed part ended on this track
	frame   ticks // frame duration
	seen    ticks // end of the newest frame
	quiet   ticks // sound that has come since
	firstIn ticks
}

type audioTrack struct {
	config   *flv.AudioConfig
	anchored bool
	next     int64 // DTS of the next frame in samples
	samples  int   // of the newest frame
	run      cmaf.Run
	seen     ticks
	dropping bool
}

// begin starts a generation: a publisher came.
func (p *packager) begin(generation int64) {
	p.generation = generation
	p.wall.reset()
	p.video = videoTrack{run: p.video.run}
	p.audio = audioTrack{run: p.audio.run}
	p.audioNext = nil
	p.dropPart()
	// A window may be new and the viewers old: the server was started again.
	p.newInit, p.jumped, p.loose = true, generation > 1, true
	p.hasVideo, p.hasAudio = false, false
	p.segOpen, p.waits = false, false
}

// restage ends the window and gives it; nil if there was none. The next one begins with
// a key frame and an init segment of its own, on the same line and with the same targets:
// players do not forgive a change of those.
func (p *packager) restage() *hls.Window {
	w := p.window
	if w == nil {
		p.dropPart()
	} else {
		p.closePart(p.naturalEnd())
		p.closeSegment()
		p.targetKept = w.Target()
	}
	p.window, p.init, p.told, p.segOpen = nil, nil, nil, false
	p.newInit, p.jumped, p.loose = true, true, true
	p.waits, p.waitsFrom = p.video.config != nil && (p.hasVideo || w == nil), 0
	p.hasVideo, p.hasAudio = false, false
	p.video = videoTrack{config: p.video.config, frame: p.video.frame, run: p.video.run}
	p.audio = audioTrack{config: p.audio.config, samples: p.audio.samples, next: p.audio.next, run: p.audio.run}
	return w
}

// mustWait tells whether sound is left out because the picture that it belongs to has not
// begun: not for ever, the camera may be gone.
func (p *packager) mustWait(at ticks) bool {
	if p.waits && p.waitsFrom == 0 {
		p.waitsFrom = at
	}
	p.waits = p.waits && p.video.config != nil && at-p.waitsFrom < keyWaitMost
	return p.waits
}

// flush closes what is open: the publisher left.
func (p *packager) flush() {
	p.closePart(p.naturalEnd())
	p.closeSegment()
	if p.window != nil {
		p.window.Pause()
		p.tell(cut{kind: cutPause})
	}
}

// jump starts a new line: what follows does not continue what was.
func (p *packager) jump() {
	p.closePart(p.naturalEnd())
	p.closeSegment()
	p.jumped, p.loose = true, true
	p.audio.anchored = false
	p.wall.reset()
}

// setVideo takes a new configuration; the same one again changes nothing.
func (p *packager) setVideo(c flv.VideoConfig) {
	if p.video.config != nil && p.video.config.Format == c.Format && string(p.video.config.Record) == string(c.Record) {
		return
	}
	p.video.config, p.video.ready = &c, false
	p.video.frame = 0
	if c.FPS >= fpsMin {
		p.video.frame = ticks(math.Round(cmaf.VideoTimescale / c.FPS))
	}
}

func (p *packager) setAudio(c flv.AudioConfig) {
	if p.audio.config != nil && p.audio.config.Format == c.Format && string(p.audio.config.Record) == string(c.Record) {
		return
	}
	if !p.newInit && p.hasVideo {
		p.audioNext = &c
		return
	}
	p.useAudio(&c)
}

// useAudio starts an audio track. With a picture running it waits in audioNext
// for the next key frame, since a new init segment resets the player's decoder.
func (p *packager) useAudio(c *flv.AudioConfig) {
	p.closeForNewTrack(!p.newInit || len(p.audio.run.Samples) > 0)
	next := int64(p.audio.seen) * int64(c.SampleRate) / cmaf.VideoTimescale
	p.audio = audioTrack{config: c, samples: c.FrameSamples, run: p.audio.run, next: next}
	p.audioNext = nil
}

// closeForNewTrack ends the segment if what is open cannot go on with the
// tracks that are to come.
func (p *packager) closeForNewTrack(needed bool) {
	if !needed {
		return
	}
	p.closePart(p.naturalEnd())
	p.closeSegment()
	p.newInit, p.jumped, p.loose = true, true, true
}

// rateHint takes the frame rate that metadata tells, if the SPS tells none.
func (p *packager) rateHint(fps float64) {
	if p.video.frame == 0 && fps >= fpsMin && fps <= 240 {
		p.video.frame = ticks(math.Round(cmaf.VideoTimescale / fps))
	}
}

// naturalEnd is where the open part ends if no frame follows.
func (p *packager) naturalEnd() ticks {
	if n := len(p.video.run.Samples); n > 0 {
		return p.video.last + p.frame()
	}
	return max(p.partStart, p.audio.seen)
}

// frame is the duration of a video frame: told, or measured, or a guess.
func (p *packager) frame() ticks {
	if p.video.frame > 0 {
		return p.video.frame
	}
	if n := len(p.video.run.Samples); n > 1 {
		return (p.video.last - p.video.firstIn) / ticks(n-1)
	}
	return frameDefault
}

// target is TARGETDURATION. Audio alone can be cut anywhere.
func (p *packager) target() time.Duration {
	switch {
	case p.targetKept > 0:
		return p.targetKept
	case p.video.config == nil:
		return targetMin
	}
	return targetFor(p.gap)
}

func (p *packager) size() int { return p.video.run.Bytes() + p.audio.run.Bytes() }

func (p *packager) dropPart() {
	p.video.run.Reset()
	p.audio.run.Reset()
	p.partOpen = false
}

// closePart makes a part of what is open and adds it to the window.
func (p *packager) closePart(end ticks) {
	if !p.partOpen {
		return
	}
	if n := len(p.video.run.Samples); n > 0 {
		p.video.run.Samples[n-1].Duration = uint32(max(end-p.video.last, 1))
		p.video.end = max(end, p.video.last+1)
		p.measure()
	}
	if p.window == nil {
		p.openWindow()
	}
	p.dropLostTracks(end)
	length := min(max(end-p.partStart, 1), p.partMax)
	if p.segOpen && p.partStart+length-p.segStart > p.segmentMax() {
		p.closeSegment()
	}
	if !p.segOpen {
		p.openSegment()
	}
	v := p.video.run.Samples
	err := p.window.Add(hls.Part{
		Data:        cmaf.Fragment(uint32(p.window.NextPart()+1), &p.video.run, &p.audio.run),
		Duration:    length.duration(),
		Independent: len(v) == 0 && !p.hasVideo || len(v) > 0 && v[0].Sync,
	})
	if err != nil {
		panic(fmt.Sprintf("stream: part without a segment: %v", err)) // openSegment was called above
	}
	p.tellPart(end, length)
	p.dropPart()
	p.partStart, p.loose = end, false
}

// openWindow fixes PART-TARGET for the life of the window: a whole number of
// frames and one more, but not so long that jitter could take an ordinary part
// under 85 %.
func (p *packager) openWindow() {
	frame := p.frame()
	if len(p.video.run.Samples) == 0 && p.audio.config != nil {
		frame = p.audioFrame()
	}
	length, limit := p.fit(frame)
	if p.partMax == 0 {
		p.partMax = limit
	}
	if length > p.partMax || length < p.partMax*partShareMin/1000 {
		length = max(1, p.partMax/frame) * frame
	}
	p.partLen = length
	p.window = p.open(p.partMax.duration())
}

// fit gives the length of a part and PART-TARGET, which is told in whole
// milliseconds, for frames of that duration.
func (p *packager) fit(frame ticks) (length, limit ticks) {
	n := max(1, ticks(math.Round(float64(fromDuration(p.part))/float64(frame))))
	length = n * frame
	longest := min(length+frame, length*1000/partShare)
	return length, (longest + ticksPerMs - 1) / ticksPerMs * ticksPerMs
}

// measure replaces a told frame duration that is plainly wrong.
func (p *packager) measure() {
	n := len(p.video.run.Samples)
	span := p.video.last - p.video.firstIn
	if n < 2 || n < measureFrames && span < fromDuration(p.part)/2 {
		return
	}
	got := span / ticks(n-1)
	if told := p.video.frame; told == 0 || abs(int64(got-told)) > int64(told/20) {
		p.video.frame = max(got, 1)
	}
}

// dropLostTracks plans a new init segment when a track has gone silent: a
// player would wait for it for ever.
func (p *packager) dropLostTracks(end ticks) {
	noAudio := p.hasAudio && len(p.audio.run.Samples) == 0 && end-p.audio.seen > trackGone
	noVideo := p.hasVideo && len(p.video.run.Samples) == 0 && end-p.video.seen > trackGone
	if !noAudio && !noVideo {
		return
	}
	if noVideo {
		p.video.ready = false // it may come back with a key frame
	}
	p.closeSegment()
	p.newInit, p.jumped = true, true
}

func (p *packager) openSegment() {
	if p.newInit || p.init == nil {
		p.makeInit()
	}
	p.segOpen, p.segStart = true, p.partStart
	p.window.Begin(p.init, p.wall.at(p.partStart.duration()), p.jumped)
	p.tellBegin()
	p.jumped = false
}

func (p *packager) closeSegment() {
	if !p.segOpen {
		return
	}
	p.segOpen = false
	if s := p.window.Finish(); s != nil {
		p.onClose(s)
	}
	p.tell(cut{kind: cutFinish})
}

// makeInit describes the tracks that really send, whatever metadata promised.
func (p *packager) makeInit() {
	p.hasVideo = len(p.video.run.Samples) > 0
	p.hasAudio = len(p.audio.run.Samples) > 0
	p.newInit = false
	init := &hls.Init{Generation: p.generation, Index: p.initCount}
	p.initCount++
	var codecs []string
	var v *cmaf.VideoTrack
	var a *cmaf.AudioTrack
	if p.hasVideo {
		c := p.video.config
		v = &cmaf.VideoTrack{Entry: c.Format.FourCC(), Record: c.Record, Width: c.Width, Height: c.Height}
		init.Width, init.Height = c.Width, c.Height
		init.FPS = cmaf.VideoTimescale / float64(p.frame())
		codecs = append(codecs, c.Codec)
	}
	if p.hasAudio {
		c := p.audio.config
		a = &cmaf.AudioTrack{Entry: c.Format.FourCC(), Record: c.Record, SampleRate: c.SampleRate, Channels: c.Channels}
		codecs = append(codecs, c.Codec)
	}
	init.Codecs = strings.Join(codecs, ",")
	init.Data = cmaf.Init(v, a)
	p.init = init
}
