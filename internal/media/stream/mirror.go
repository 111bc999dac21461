package stream

import (
	"slices"
	"strings"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/hls"
)

// open makes the rendition's window as the stream's own would stand now.
func (r *Rendition) open(c *cut) {
	source := r.stream.window.Load()
	w := hls.New(hls.Options{
		Clock: r.stream.clock, Served: &r.stream.served,
		PartTarget: source.PartTarget(), TargetDuration: source.Target(),
		FirstSequence: c.sequence - gapSegments, FirstDiscontinuity: c.discontinuity, FirstPart: c.part,
		Private: source.Private(),
		Reports: func() []hls.Report { return r.stream.reports(r) },
	})
	w.AdoptMarks(source)
	r.end = c.from
	r.shown.Store(w)
	r.joined.Store(true)
}

func (r *Rendition) begin(c *cut, w *hls.Window) {
	if c.newTracks || r.stale || r.init == nil {
		r.makeInit(c)
	}
	r.tracks, r.fresh = *c, c.jumped || r.fresh
	w.Begin(r.init, c.date, c.jumped)
}

func (r *Rendition) makeInit(c *cut) {
	init := &hls.Init{Generation: c.generation, Index: r.inits}
	r.inits++
	r.stale = false
	var codecs []string
	var v *cmaf.VideoTrack
	var a *cmaf.AudioTrack
	if c.picture {
		v = &cmaf.VideoTrack{
			Entry: r.config.Format.FourCC(), Record: r.config.Record, Width: r.config.Width,
			Height: r.config.Height,
		}
		init.Width, init.Height, init.FPS = r.config.Width, r.config.Height, c.fps
		codecs = append(codecs, r.config.Codec)
	}
	if c.audio != nil {
		a = &cmaf.AudioTrack{
			Entry: c.audio.Format.FourCC(), Record: c.audio.Record, SampleRate: c.audio.SampleRate,
			Channels: c.audio.Channels,
		}
		codecs = append(codecs, c.audio.Codec)
	}
	init.Codecs = strings.Join(codecs, ",")
	init.Data = cmaf.Init(v, a)
	r.init = init
}

// part makes a part of the pictures that lie in it. Their times may be half a
// frame off the stream's, which are in milliseconds, too.
func (r *Rendition) part(c *cut, w *hls.Window, last bool) bool {
	half := c.frame / 2
	if c.key && r.fresh && !r.skipOld() && !last {
		return false
	}
	n, reached := 0, false
	for _, p := range r.pictures {
		if p.at >= c.end-half {
			reached = true
			break
		}
		n++
		reached = p.at+c.frame >= c.end-half
	}
	if c.pictures > 0 && !reached && !last {
		return false
	}
	if c.pictures > 0 && n == 0 && !last {
		r.err = ErrBehind
		return false
	}
	r.fresh = false
	var video cmaf.Run
	at := max(r.pictureAt(0, half), r.end)
	video.Base = uint64(at)
	for i := range n {
		next := c.end
		if i+1 < n {
			next = r.pictures[i+1].at
		}
		next = max(next, at+1)
		video.Add(cmaf.Sample{Duration: uint32(next - at), Offset: int32(r.delay), Sync: r.pictures[i].key},
			r.pictures[i].data)
		at = next
	}
	independent := n == 0 && !r.tracks.picture || n > 0 && r.pictures[0].key
	clear(r.pictures[:n])
	r.pictures = r.pictures[n:]
	r.end = max(c.end, at)
	// The segment is open: cutBegin comes before its parts.
	_ = w.Add(hls.Part{
		Data: cmaf.Fragment(uint32(c.part+1), &video,
			&c.sound), Duration: c.length.duration(), Independent: independent,
	})
	return true
}

// skipOld drops what an earlier publisher left behind: a picture that waited in
// the decoder for others that never came. It reports whether a new line has begun.
func (r *Rendition) skipOld() bool {
	i := slices.IndexFunc(r.pictures, func(p frame) bool { return p.key })
	if i < 0 {
		return false
	}
	r.pictures = r.pictures[i:]
	return true
}

// pictureAt is where a picture starts: at the end of the part before, if that is
// within half a frame.
func (r *Rendition) pictureAt(i int, half ticks) ticks {
	if i >= len(r.pictures) {
		return r.end
	}
	at := r.pictures[i].at
	if d := at - r.end; d > -half && d < half {
		return r.end
	}
	return at
}

// cut tells all renditions of a cut; under mu.
func (s *Stream) cut(c cut) {
	for _, r := range s.ladderNow() {
		r.take(c)
	}
}

func (s *Stream) ladderNow() []*Rendition {
	if p := s.renditions.Load(); p != nil {
		return *p
	}
	return nil
}

// reports are on all renditions but one (nil: the stream itself), with addresses
// as that one sees them.
func (s *Stream) reports(but *Rendition) []hls.Report {
	up := ""
	var out []hls.Report
	add := func(w *hls.Window, uri string) {
		if w == nil {
			return
		}
		if msn, part, ok := w.Edge(); ok {
			out = append(out, hls.Report{URI: uri, Segment: msn, Part: part})
		}
	}
	if but != nil {
		up = "../"
		add(s.window.Load(), up+hls.MediaPlaylist)
	}
	for _, r := range s.ladderNow() {
		if r != but && r.joined.Load() {
			add(r.shown.Load(), up+r.uri())
		}
	}
	return out
}

func (r *Rendition) uri() string { return r.name + "/" + hls.MediaPlaylist }

// variants are the renditions of a stream, itself first.
func (s *Stream) variants(source *hls.Window) []hls.Variant {
	out := []hls.Variant{{Window: source, URI: hls.MediaPlaylist}}
	for _, r := range s.ladderNow() {
		if r.Live() {
			out = append(out, hls.Variant{Window: r.shown.Load(), URI: r.uri(), Bandwidth: r.bandwidth})
		}
	}
	return out
}

// rendition gives the window of a rendition, if there is or was one.
func (s *Stream) rendition(name string) *hls.Window {
	for _, r := range s.ladderNow() {
		if r.name == name {
			return r.shown.Load()
		}
	}
	return nil
}
