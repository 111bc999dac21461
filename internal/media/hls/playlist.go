package hls

import (
	"strconv"
	"time"
)

const (
	protocolVersion = 9
	dateLayout      = "2006-01-02T15:04:05.000Z"
	// MediaPlaylist is the name of the media playlist beside index.m3u8.
	MediaPlaylist = "live.m3u8"
	gapURI        = "gap.m4s"
	bandwidthMin  = 64000
)

// renderMedia writes the media playlist.
func (s *snapshot) renderMedia() []byte {
	b := make([]byte, 0, 4096)
	b = s.appendHead(b)
	var prev *Init
	from := s.partsFrom()
	for i, seg := range s.listed {
		b, prev = appendSegmentHead(b, seg, prev)
		if i >= from {
			b = appendParts(b, seg)
		}
		b = append(b, "#EXTINF:"...)
		b = append(seconds(b, seg.Duration), ",\n"...)
		if seg.gap {
			b = append(b, gapURI+"\n"...)
			continue
		}
		b = append(appendURI(b, seg.Init.Generation, 's', seg.Sequence), ".m4s\n"...)
	}
	if s.open != nil {
		b, _ = appendSegmentHead(b, s.open, prev)
		b = appendParts(b, s.open)
	}
	if s.hint >= 0 && s.latest() != nil {
		b = append(b, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="`...)
		b = appendURI(b, s.latest().Generation, 'p', s.hint)
		b = append(b, ".m4s\"\n"...)
	}
	if s.ended {
		return append(b, "#EXT-X-ENDLIST\n"...)
	}
	return s.appendReports(b)
}

func (s *snapshot) appendHead(b []byte) []byte {
	b = append(b, "#EXTM3U\n#EXT-X-VERSION:"...)
	b = strconv.AppendInt(b, protocolVersion, 10)
	b = append(b, "\n#EXT-X-TARGETDURATION:"...)
	b = strconv.AppendInt(b, int64(s.opts.TargetDuration/time.Second), 10)
	b = append(b, "\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK="...)
	b = strconv.AppendFloat(b, (3 * s.opts.PartTarget).Seconds(), 'f', 3, 64)
	b = append(b, "\n#EXT-X-PART-INF:PART-TARGET="...)
	b = strconv.AppendFloat(b, s.opts.PartTarget.Seconds(), 'f', 3, 64)
	b = append(b, "\n#EXT-X-MEDIA-SEQUENCE:"...)
	first := s.sequence
	if len(s.listed) > 0 {
		first = s.listed[0].Sequence
	}
	b = strconv.AppendInt(b, first, 10)
	b = append(b, "\n#EXT-X-DISCONTINUITY-SEQUENCE:"...)
	b = strconv.AppendInt(b, s.disc, 10)
	b = append(b, '\n')
	for _, m := range s.marks {
		b = append(b, m.line...)
	}
	return b
}

// partsFrom is the first listed segment whose parts are still worth listing:
// those within three target durations of the edge.
func (s *snapshot) partsFrom() int {
	left := 3 * s.opts.TargetDuration
	i := len(s.listed)
	for i > 0 && left > 0 && !s.ended {
		i--
		left -= s.listed[i].Duration
	}
	return i
}

func appendSegmentHead(b []byte, seg *Segment, prev *Init) ([]byte, *Init) {
	if seg.Discontinuity {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if seg.Init != prev {
		b = append(b, `#EXT-X-MAP:URI="`...)
		b = appendURI(b, seg.Init.Generation, 'i', seg.Init.Index)
		b = append(b, ".mp4\"\n"...)
	}
	if seg.gap {
		b = append(b, "#EXT-X-GAP\n"...)
	}
	b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
	b = seg.Start.UTC().AppendFormat(b, dateLayout)
	return append(b, '\n'), seg.Init
}

func appendParts(b []byte, seg *Segment) []byte {
	for i := range seg.Parts {
		p := &seg.Parts[i]
		b = append(b, "#EXT-X-PART:DURATION="...)
		b = seconds(b, p.Duration)
		b = append(b, `,URI="`...)
		b = appendURI(b, seg.Init.Generation, 'p', p.seq)
		b = append(b, `.m4s"`...)
		if p.Independent {
			b = append(b, ",INDEPENDENT=YES"...)
		}
		b = append(b, '\n')
	}
	return b
}

// appendURI writes generation/kind-number, relative to the playlist.
func appendURI(b []byte, generation int64, kind byte, n int64) []byte {
	b = strconv.AppendInt(b, generation, 10)
	b = append(b, '/', kind)
	return strconv.AppendInt(b, n, 10)
}

// renderMulti writes the multivariant playlist of a stream without renditions.
func (s *snapshot) renderMulti() []byte {
	if s.latest() == nil {
		return nil
	}
	return s.appendVariant(multiHead(), 0, MediaPlaylist)
}

// bandwidth is the peak of the finished segments, or of the parts there are.
func (s *snapshot) bandwidth() int64 {
	bits := s.peakBits
	if bits == 0 && s.open != nil && s.open.Duration > 0 {
		bits = int64(float64(s.open.Bytes()) * 8 / s.open.Duration.Seconds())
	}
	return max(bits, bandwidthMin)
}
