package stream

import (
	"bytes"
	"time"

	"hawker/internal/media/cmaf"
)

// frame is one coded picture on the media line.
type frame struct {
	at   ticks // DTS
	pts  ticks
	key  bool
	data []byte
}

// addVideo takes one picture. Its data is kept until the part is written.
func (p *packager) addVideo(f frame, now time.Time) error {
	v := &p.video
	if v.config == nil || !v.ready && !f.key {
		return nil
	}
	if f.key && !v.ready {
		v.ready, p.waits = true, false
		// The first picture of a track, or of a changed one, needs a new init
		// segment if parts without it are already out.
		p.closeForNewTrack(!p.newInit || len(v.run.Samples) > 0)
	}
	if f.key && p.window == nil {
		p.foretell(f.data)
	}
	if f.key && p.audioNext != nil {
		p.useAudio(p.audioNext)
	}
	p.wall.observe(f.at.duration(), now)
	p.endBefore(&f)
	if err := p.room(len(f.data)); err != nil {
		return err
	}
	p.openAt(f.at)
	p.appendPicture(f)
	if p.window == nil { // PART-TARGET is about to be fixed by the frame rate
		if len(v.run.Samples) < 2 {
			return nil
		}
		p.measure()
	}
	end := f.at + p.frame()
	long := end-p.partStart >= max(p.wanted()-p.frame()/2, p.partFloor())
	if long || end+p.frame()-p.partStart > p.partLimit() {
		p.closePart(max(end, p.partStart+p.partFloor())) // no need to wait for the next frame: the rate is known
	}
	return nil
}

// partFloor is the shortest that a part may be in the middle of a segment. One
// that would be shorter, and cannot take another frame, is stretched to it; the
// next frame's DTS gives way.
func (p *packager) partFloor() ticks { return p.partLimit() * partShareMin / 1000 }

// foretell looks for the key frame distance that x264, and so OBS at its
// defaults, writes into the first frame. TARGETDURATION is fixed half a second
// later and must not be shorter, or segments would begin where nobody can join.
func (p *packager) foretell(data []byte) {
	const mark = "keyint="
	data = data[:min(len(data), settingsWithin)]
	i := bytes.Index(data, []byte(mark))
	if i < 0 {
		return
	}
	frames := 0
	for _, c := range data[i+len(mark):] {
		if c < '0' || c > '9' || frames > 10000 {
			break
		}
		frames = frames*10 + int(c-'0')
	}
	if bytes.HasPrefix(data[i+len(mark):], []byte("infinite")) {
		frames = 10000
	}
	if frames > 0 {
		p.gap = (ticks(frames) * p.frame()).duration()
	}
}

func (p *packager) appendPicture(f frame) {
	v := &p.video
	n := len(v.run.Samples)
	if n == 0 {
		v.run.Base, v.firstIn = uint64(f.at), f.at
	} else {
		v.run.Samples[n-1].Duration = uint32(f.at - v.last)
	}
	v.run.Add(cmaf.Sample{Offset: int32(f.pts - f.at), Sync: f.key}, f.data)
	v.last = f.at
	v.seen, v.quiet = f.at+p.frame(), 0
	p.position = max(p.position, v.seen)
}

// endBefore ends what must not hold this picture, and moves the picture's DTS
// to the end of the part before if it is within half a frame of it: timestamps
// in whole milliseconds jitter, the line must not.
func (p *packager) endBefore(f *frame) {
	v := &p.video
	if n := len(v.run.Samples); n > 0 {
		f.at = max(f.at, v.last+1) // a small step back: DTS must rise
		p.splitBefore(f)
		return
	}
	if v.end == 0 || !p.hasVideo || p.loose {
		return
	}
	if f.at < v.end+p.frame()/2 {
		f.at = v.end
	}
	for p.partOpen && f.at+p.frame()-p.partStart > p.partMax {
		p.splitPart(p.partStart + p.wanted()) // audio went on while the picture stood still
	}
	if f.at+p.frame()-p.partStart > p.partMax { // nothing filled the time since
		p.hole()
		return
	}
	if p.segOpen && p.endsSegment(f) {
		p.closeSegment() // audio that is open already goes with the new segment
	}
}

// splitBefore ends the open part, and perhaps its segment, before a picture.
func (p *packager) splitBefore(f *frame) {
	if d := f.at - p.video.last; p.window == nil && d > 2*p.frame() {
		p.video.frame = d // far from what the SPS tells: PART-TARGET must allow for it
	}
	over := f.at+p.frame()-p.partStart > p.partLimit()
	ends := p.endsSegment(f)
	if !over && !ends {
		return
	}
	end := f.at
	if end-p.partStart > p.partLimit() {
		end = p.naturalEnd()
	}
	if !ends {
		end = max(end, p.partStart+p.partFloor())
	}
	p.closePart(end)
	f.at = max(f.at, p.video.end)
	if f.at-end > p.partLimit() {
		p.hole()
		return
	}
	if ends {
		p.closeSegment()
	}
}

// hole starts a new segment at a picture that comes long after the last one
// while nothing else was sent.
func (p *packager) hole() {
	p.closeSegment()
	p.jumped, p.loose = true, true
}

// endsSegment tells whether the segment ends before this picture: at a key
// frame from one second on, and in any case before it is too long to be listed
// under TARGETDURATION, which is compared after rounding.
func (p *packager) endsSegment(f *frame) bool {
	if !p.segOpen {
		return false
	}
	if f.key && f.at-p.segStart >= segmentMin-p.frame()/2 {
		return true
	}
	return f.at+p.frame()-p.segStart > p.segmentMax()
}

func (p *packager) segmentMax() ticks {
	if p.window == nil {
		return fromDuration(targetMax)
	}
	return fromDuration(p.window.Target() + 490*time.Millisecond)
}

// partLimit is PART-TARGET, or what it would be now if it is not fixed yet.
func (p *packager) partLimit() ticks {
	if p.partMax > 0 {
		return p.partMax
	}
	_, limit := p.fit(p.frame())
	return limit
}

// wanted is the length of an ordinary part.
func (p *packager) wanted() ticks {
	if p.partLen > 0 {
		return p.partLen
	}
	length, _ := p.fit(p.frame())
	return length
}

// openAt opens a part. After a break its first picture says where it starts,
// even if some audio came before it.
func (p *packager) openAt(at ticks) {
	if p.loose && len(p.video.run.Samples) == 0 {
		p.partStart = at
	}
	p.partOpen = true
}

func (p *packager) room(n int) error {
	if p.size()+n > partBytesMax {
		return errTooMuch
	}
	return nil
}

// addAudio takes one frame at a place on the line. The line of the audio
// is counted in samples; the timestamp, which jitters by a millisecond, only
// corrects it when it is 40 ms off. It reports whether the frame was used.
func (p *packager) addAudio(at ticks, data []byte, now time.Time) (bool, error) {
	if p.audioNext == nil && !p.newInit && !p.hasAudio {
		p.audioNext = p.audio.config
	}
	if p.audioNext != nil && (p.newInit || !p.hasVideo) {
		p.useAudio(p.audioNext)
	}
	a := &p.audio
	if a.config == nil || p.audioNext != nil || p.mustWait(at) {
		return true, nil
	}
	samples := a.config.Samples(data)
	if samples == 0 || !p.anchorAudio(at) {
		return false, nil
	}
	a.samples = samples
	p.wall.observe(at.duration(), now)
	if err := p.room(len(data)); err != nil {
		return true, err
	}
	rate := int64(a.config.SampleRate)
	start := ticks(a.next * cmaf.VideoTimescale / rate)
	p.endBeforeAudio(start)
	p.openAudioPart(start)
	if len(a.run.Samples) == 0 {
		a.run.Base = uint64(a.next)
	}
	a.run.Add(cmaf.Sample{Duration: uint32(samples)}, data)
	a.next += int64(samples)
	a.seen = ticks(a.next * cmaf.VideoTimescale / rate)
	p.position = max(p.position, a.seen)
	p.video.quiet += p.audioFrame()
	p.endAfterAudio()
	return true, nil
}

// anchorAudio keeps the sample count near the timestamps. It is false for a
// frame that must be left out because audio came too fast.
func (p *packager) anchorAudio(at ticks) bool {
	a := &p.audio
	rate := int64(a.config.SampleRate)
	want := int64(at) * rate / cmaf.VideoTimescale
	if !a.anchored {
		a.next, a.anchored, a.dropping = max(a.next, want), true, false
		return true
	}
	driftMs := (want - a.next) * 1000 / rate
	switch {
	case driftMs > audioDriftMs:
		if n := len(a.run.Samples); n > 0 {
			a.run.Samples[n-1].Duration += uint32(want - a.next)
		}
		a.next, a.dropping = want, false
	case driftMs < -audioDriftMs || a.dropping && driftMs < -audioDriftBackMs:
		a.dropping = true
		return false
	default:
		a.dropping = false
	}
	return true
}

func (p *packager) openAudioPart(start ticks) {
	if !p.partOpen && p.loose {
		p.partStart = start
	}
	p.partOpen = true
}

// pictured tells whether the picture ends the parts.
func (p *packager) pictured() bool {
	return p.video.ready && (p.hasVideo || len(p.video.run.Samples) > 0)
}

func (p *packager) audioFrame() ticks {
	return ticks(p.audio.samples * cmaf.VideoTimescale / p.audio.config.SampleRate)
}

// endBeforeAudio does for audio alone what endBefore does for pictures.
func (p *packager) endBeforeAudio(start ticks) {
	if p.pictured() || p.loose || p.partMax == 0 || start+p.audioFrame()-p.partStart <= p.partMax {
		return
	}
	end := p.partStart
	if p.partOpen {
		end = min(start, max(p.naturalEnd(), p.partStart+1), p.partStart+p.partMax)
		p.closePart(end)
	}
	if start-end > p.partMax {
		p.hole()
	}
}

// endAfterAudio ends a part by the audio when there is no picture to do it.
func (p *packager) endAfterAudio() {
	open := p.audio.seen - p.partStart
	if p.pictured() {
		// The picture stands still. Sound that is ahead of it all the time is no sign of that.
		if open > p.partLimit()+videoStall && p.video.quiet > videoStall {
			p.splitPart(p.partStart + p.wanted())
			p.endLongSegment()
		}
		return
	}
	if p.video.config != nil && !p.video.ready && p.window == nil && open < startGrace {
		return
	}
	if open < p.wanted()-p.audioFrame()/2 {
		return
	}
	if p.loose && open > p.wanted() { // after a wait for the picture
		p.partStart = p.audio.seen - p.wanted()
	}
	for p.partOpen && p.audio.seen-p.partStart > p.partLimit() {
		p.splitPart(p.partStart + p.wanted())
		p.endLongSegment()
	}
	if p.partOpen && p.audio.seen-p.partStart >= p.wanted()-p.audioFrame()/2 {
		p.closePart(p.audio.seen)
		p.endLongSegment()
	}
}

// splitPart closes the open part at a moment that its audio has passed, and
// keeps that audio for the next part.
func (p *packager) splitPart(end ticks) {
	a := &p.audio.run
	at, k := int64(a.Base), 0
	for k < len(a.Samples) && ticks(at*cmaf.VideoTimescale/int64(p.audio.config.SampleRate)) < end {
		at += int64(a.Samples[k].Duration)
		k++
	}
	if k == len(a.Samples) || k == 0 && len(p.video.run.Samples) == 0 {
		p.closePart(end)
		return
	}
	later := a.Split(k)
	p.closePart(end)
	a.Base = uint64(at)
	a.Join(later)
	p.partOpen = true
}

// endLongSegment ends a segment that no key frame will end in time.
func (p *packager) endLongSegment() {
	if p.segOpen && p.partStart-p.segStart >= segmentMin-p.wanted()/2 {
		p.closeSegment()
	}
}
