package hlscheck

import (
	"fmt"
	"math"
	"time"
)

const (
	shortestPart = 0.85
	sumTolerance = 0.002                  // seconds, for rounding in the text
	dateJump     = 150 * time.Millisecond // a clock may be corrected, time may not be lost
)

// Follower judges one reload after another of the same playlist.
type Follower struct {
	prev     *Playlist
	segments map[int64]Segment // as first seen whole
	discs    map[int64]int64   // discontinuity sequence of each segment
}

// Next judges a reload. All its complaints are in the slice.
func (f *Follower) Next(body []byte) (*Playlist, []string) {
	p, err := Parse(body)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if f.segments == nil {
		f.segments, f.discs = map[int64]Segment{}, map[int64]int64{}
	}
	var c complaints
	c.alone(p)
	if f.prev != nil {
		c.against(f.prev, p)
	}
	f.remember(p, &c)
	f.prev = p
	return p, c
}

type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// alone are the rules that one playlist can break.
func (c *complaints) alone(p *Playlist) {
	if p.Target <= 0 || p.PartTarget <= 0 {
		c.add("TARGETDURATION %d, PART-TARGET %g", p.Target, p.PartTarget)
	}
	if p.HoldBack < 3*p.PartTarget-sumTolerance {
		c.add("PART-HOLD-BACK %g is less than three parts", p.HoldBack)
	}
	whole := 0
	var end time.Time
	for i := range p.Segments {
		s := &p.Segments[i]
		if s.Done {
			whole++
		}
		c.segment(p, s)
		if !end.IsZero() && !s.Discontinuity && s.Date.Sub(end).Abs() > dateJump {
			c.add("segment %d: date is %v off the end of the one before", s.Sequence, s.Date.Sub(end))
		}
		end = s.Date.Add(time.Duration(s.Duration * float64(time.Second)))
	}
	if whole == 0 {
		c.add("no full segment: hls.js gives up")
	}
}

func (c *complaints) segment(p *Playlist, s *Segment) {
	if s.Date.IsZero() {
		c.add("segment %d has no PROGRAM-DATE-TIME", s.Sequence)
	}
	if s.Map == "" {
		c.add("segment %d has no EXT-X-MAP", s.Sequence)
	}
	if s.Done && int(math.Round(s.Duration)) > p.Target {
		c.add("segment %d: EXTINF %g over TARGETDURATION %d", s.Sequence, s.Duration, p.Target)
	}
	sum := 0.0
	for k, part := range s.Parts {
		sum += part.Duration
		if part.Duration > p.PartTarget+1e-6 {
			c.add("part %s: %g over PART-TARGET %g", part.URI, part.Duration, p.PartTarget)
		}
		if k < len(s.Parts)-1 && !part.Independent && part.Duration < shortestPart*p.PartTarget-1e-6 {
			c.add("part %s: %g under 85 %% of PART-TARGET %g", part.URI, part.Duration, p.PartTarget)
		}
	}
	if s.Done && len(s.Parts) > 0 && math.Abs(sum-s.Duration) > sumTolerance {
		c.add("segment %d: parts sum to %g, EXTINF is %g", s.Sequence, sum, s.Duration)
	}
}

// against are the rules about what may change from one reload to the next.
func (c *complaints) against(old, p *Playlist) {
	if old.Target != p.Target || old.PartTarget != p.PartTarget || old.HoldBack != p.HoldBack {
		c.add("targets changed: %d %g %g to %d %g %g", old.Target, old.PartTarget, old.HoldBack, p.Target, p.PartTarget,
			p.HoldBack)
	}
	if p.Sequence < old.Sequence {
		c.add("MEDIA-SEQUENCE went back from %d to %d", old.Sequence, p.Sequence)
	}
	if p.DiscontinuitySequence < old.DiscontinuitySequence {
		c.add("DISCONTINUITY-SEQUENCE went back from %d to %d", old.DiscontinuitySequence, p.DiscontinuitySequence)
	}
	if a, b := edge(old), edge(p); b < a {
		c.add("the newest segment went back from %d to %d", a, b)
	}
	if old.Ended && !p.Ended {
		c.add("ENDLIST was taken back")
	}
	c.hint(old, p)
	if p.Sequence > old.Sequence && p.Sequence <= edge(old) {
		total := 0.0
		for _, s := range p.Segments {
			total += s.Duration
		}
		if total < 3*float64(p.Target)-sumTolerance && !p.Ended {
			c.add("segments removed though only %g s are left", total)
		}
	}
}

// hint checks that the part announced as next did come next.
func (c *complaints) hint(old, p *Playlist) {
	if old.Hint == "" {
		return
	}
	seen := map[string]bool{}
	for _, s := range old.Segments {
		for _, part := range s.Parts {
			seen[part.URI] = true
		}
	}
	for _, s := range p.Segments {
		if s.Sequence < edge(old) {
			continue
		}
		for _, part := range s.Parts {
			if seen[part.URI] {
				continue
			}
			if part.URI != old.Hint && !s.Discontinuity {
				c.add("hint was %s, what came is %s", old.Hint, part.URI)
			}
			return
		}
	}
}

func edge(p *Playlist) int64 { return p.Sequence + int64(len(p.Segments)) - 1 }

// remember checks that what was announced stays what it was.
func (f *Follower) remember(p *Playlist, c *complaints) {
	disc := p.DiscontinuitySequence
	for _, s := range p.Segments {
		if s.Discontinuity {
			disc++
		}
		if was, ok := f.discs[s.Sequence]; ok && was != disc {
			c.add("segment %d: discontinuity number was %d, is %d", s.Sequence, was, disc)
		}
		f.discs[s.Sequence] = disc
		if !s.Done {
			continue
		}
		was, ok := f.segments[s.Sequence]
		if !ok {
			f.segments[s.Sequence] = s
			continue
		}
		if was.URI != s.URI || was.Duration != s.Duration || !was.Date.Equal(s.Date) || was.Map != s.Map {
			c.add("segment %d changed: %v %v", s.Sequence, was, s)
		}
	}
}
