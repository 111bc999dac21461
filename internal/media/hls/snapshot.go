package hls

import (
	"bytes"
	"compress/gzip"
	"math"
	"strconv"
	"sync"
	"time"
)

// snapshot is the window at one moment. It is never changed.
type snapshot struct {
	opts     *Options
	listed   []*Segment
	kept     []*Segment
	open     *Segment // with at least one part, or nil
	sequence int64    // of the open segment, or of the one to come
	nextPart int64
	marks    []listedMark
	hint     int64 // part to announce as coming, or -1
	disc     int64
	peakBits int64
	started  bool
	ended    bool
	gone     bool

	media rendered
	multi rendered
}

// rendered is a text made at most once, and its compressed form.
type rendered struct {
	plain sync.Once
	gzip  sync.Once
	text  []byte
	gz    []byte
}

func (r *rendered) get(compressed bool, render func() []byte) []byte {
	r.plain.Do(func() { r.text = render() })
	if !compressed {
		return r.text
	}
	r.gzip.Do(func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is valid
		_, _ = z.Write(r.text)                          // a Buffer does not fail
		_ = z.Close()
		r.gz = b.Bytes()
	})
	return r.gz
}

// openParts is how many parts of the unfinished segment are announced.
func (s *snapshot) openParts() int64 {
	if s.open == nil {
		return 0
	}
	return int64(len(s.open.Parts))
}

// has tells whether the playlist holds segment msn, or its part if part >= 0.
// A part beyond the last of a finished segment means part 0 of the next.
func (s *snapshot) has(msn, part int64) bool {
	if msn >= s.sequence {
		return msn == s.sequence && part >= 0 && part < s.openParts()
	}
	if part < 0 || len(s.listed) == 0 {
		return true
	}
	i := msn - s.listed[0].Sequence
	if i < 0 || i >= int64(len(s.listed)) || part < int64(len(s.listed[i].Parts)) {
		return true
	}
	return msn+1 < s.sequence || s.openParts() > 0
}

// tooFar applies the spec's limits on what a client may wait for (6.2.5.2).
func (s *snapshot) tooFar(msn, part int64) bool {
	last := s.sequence
	if s.open == nil {
		last--
	}
	if msn > last+2 {
		return true
	}
	limit := int64(3)
	if s.opts.PartTarget < time.Second {
		limit = int64(math.Ceil(3 / s.opts.PartTarget.Seconds()))
	}
	switch {
	case msn < s.sequence:
		return false
	case msn == s.sequence:
		return part >= s.openParts()+limit
	}
	return part >= limit
}

// find gives the segment that holds a part, and the part.
func (s *snapshot) find(seq int64) (*Segment, *Part) {
	if s.open != nil {
		if p := partOf(s.open, seq); p != nil {
			return s.open, p
		}
	}
	for _, list := range [2][]*Segment{s.listed, s.kept} {
		for i := len(list) - 1; i >= 0; i-- {
			if p := partOf(list[i], seq); p != nil {
				return list[i], p
			}
		}
	}
	return nil, nil
}

func partOf(s *Segment, seq int64) *Part {
	if len(s.Parts) == 0 {
		return nil
	}
	i := seq - s.Parts[0].seq
	if i < 0 || i >= int64(len(s.Parts)) {
		return nil
	}
	return &s.Parts[i]
}

func (s *snapshot) segment(msn int64) *Segment {
	for _, list := range [2][]*Segment{s.listed, s.kept} {
		for _, x := range list {
			if x.Sequence == msn && !x.gap {
				return x
			}
		}
	}
	return nil
}

func (s *snapshot) initSegment(generation, index int64) *Init {
	match := func(x *Segment) bool { return x.Init.Generation == generation && x.Init.Index == index }
	if s.open != nil && match(s.open) {
		return s.open.Init
	}
	for _, list := range [2][]*Segment{s.listed, s.kept} {
		for _, x := range list {
			if match(x) {
				return x.Init
			}
		}
	}
	return nil
}

// latest is the newest init segment, which tells what is playing now.
func (s *snapshot) latest() *Init {
	if s.open != nil {
		return s.open.Init
	}
	if n := len(s.listed); n > 0 {
		return s.listed[n-1].Init
	}
	return nil
}

func seconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, d.Seconds(), 'f', 5, 64)
}
