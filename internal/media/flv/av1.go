package flv

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
)

const (
	av1RecordMin     = 4
	av1MarkerVersion = 0x81
	obuSequence      = 1
	obuDelimiter     = 2
	obusMax          = 1024 // of one temporal unit
	leb128Max        = 8
)

// ParseAV1 reads an AV1CodecConfigurationRecord (AV1 in ISOBMFF, 2.3), which
// has to bring its sequence header.
func ParseAV1(b []byte) (VideoConfig, error) {
	if len(b) < av1RecordMin || len(b) > configRecordMax || b[0] != av1MarkerVersion {
		return VideoConfig{}, fmt.Errorf("%w: AV1 record of %d bytes", ErrConfig, len(b))
	}
	c := VideoConfig{Format: AV1, Record: append([]byte(nil), b...)}
	var header []byte
	err := eachOBU(c.Record[av1RecordMin:], func(kind byte, whole, _ []byte) {
		if kind == obuSequence && header == nil {
			header = whole
		}
	})
	if err != nil || header == nil {
		return VideoConfig{}, fmt.Errorf("%w: no AV1 sequence header", ErrConfig)
	}
	var s av1.SequenceHeader
	if err := s.Unmarshal(header); err != nil {
		return VideoConfig{}, fmt.Errorf("%w: AV1 sequence header: %w", ErrConfig, err)
	}
	c.Codec = av1Name(b)
	if t := s.TimingInfo; t != nil && t.EqualPictureInterval && t.NumUnitsInDisplayTick > 0 {
		c.FPS = float64(t.TimeScale) / float64(t.NumUnitsInDisplayTick) / float64(t.NumTicksPerPictureMinus1+1)
	}
	return c, c.size(s.Width(), s.Height())
}

// av1Name is the RFC 6381 name (AV1 in ISOBMFF, section 5).
func av1Name(r []byte) string {
	tier, depth := byte('M'), 8
	if r[2]&0x80 != 0 {
		tier = 'H'
	}
	if r[2]&0x40 != 0 {
		depth = 10
	}
	if r[2]&0x20 != 0 {
		depth = 12
	}
	return fmt.Sprintf("av01.%d.%02d%c.%02d", r[1]>>5, r[1]&0x1f, tier, depth)
}

// eachOBU walks open bitstream units with sizes; only the last may lack its own.
func eachOBU(b []byte, f func(kind byte, whole, after []byte)) error {
	for n := 0; len(b) > 0; n++ {
		if b[0]&0x80 != 0 || n >= obusMax {
			return ErrNALU
		}
		head := 1
		if b[0]&4 != 0 {
			head++
		}
		size := len(b) - head
		if b[0]&2 != 0 {
			value, k := leb128(b[min(head, len(b)):])
			if k == 0 {
				return ErrNALU
			}
			head += k
			size = value
		}
		if size < 0 || size > len(b)-head {
			return ErrNALU
		}
		f(b[0]>>3&0x0f, b[:head+size], b[head+size:])
		b = b[head+size:]
	}
	return nil
}

// leb128 reads a number and how many bytes it took; none if it is no number.
func leb128(b []byte) (value, n int) {
	for i, x := range b[:min(len(b), leb128Max)] {
		value |= int(x&0x7f) << (7 * i)
		if x&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// checkAV1 walks a temporal unit and takes its delimiters out, which have no
// place in a sample. It copies only if one stands in the middle.
func checkAV1(data []byte) ([]byte, error) {
	units, middle, start := 0, false, 0
	err := eachOBU(data, func(kind byte, whole, after []byte) {
		switch {
		case kind != obuDelimiter:
			units++
		case units == 0:
			start = len(data) - len(after)
		default:
			middle = true
		}
	})
	if err != nil {
		return nil, err
	}
	if units == 0 {
		return nil, ErrShort
	}
	if !middle {
		return data[start:], nil
	}
	out := make([]byte, 0, len(data))
	err = eachOBU(data, func(kind byte, whole, _ []byte) {
		if kind != obuDelimiter {
			out = append(out, whole...)
		}
	})
	return out, err
}
