package flv

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

const (
	hevcRecordMin     = 23
	hevcArraysMax     = 16
	hevcComplete      = 0x80
	nalVPS            = 32
	nalSPS            = 33
	nalPPS            = 34
	nalIRAPFirst      = 16
	nalIRAPLast       = 23
	hevcConstraintsAt = 6
	hevcLevelAt       = 12
)

// ParseHEVC reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
// The record that is kept says that its parameter sets are complete, as hvc1
// demands.
func ParseHEVC(b []byte) (VideoConfig, error) {
	if len(b) < hevcRecordMin || len(b) > configRecordMax || b[0] != 1 {
		return VideoConfig{}, fmt.Errorf("%w: HEVC record of %d bytes", ErrConfig, len(b))
	}
	c := VideoConfig{Format: HEVC, LengthSize: int(b[21]&3) + 1, Record: append([]byte(nil), b...)}
	if c.LengthSize == 3 {
		return VideoConfig{}, fmt.Errorf("%w: NAL unit length of 3 bytes", ErrConfig)
	}
	sets, err := c.hevcSets()
	if err != nil {
		return VideoConfig{}, err
	}
	for _, kind := range []byte{nalVPS, nalSPS, nalPPS} {
		if sets[kind] == nil {
			return VideoConfig{}, fmt.Errorf("%w: no HEVC parameter set of type %d", ErrConfig, kind)
		}
	}
	if len(sets[nalSPS]) < 4 {
		return VideoConfig{}, fmt.Errorf("%w: HEVC SPS of %d bytes", ErrConfig, len(sets[nalSPS]))
	}
	var sps h265.SPS
	if err := sps.Unmarshal(sets[nalSPS]); err != nil {
		return VideoConfig{}, fmt.Errorf("%w: HEVC SPS: %w", ErrConfig, err)
	}
	if t := sps.VUI; t != nil && t.TimingInfo != nil && t.TimingInfo.NumUnitsInTick > 0 {
		c.FPS = sps.FPS()
	}
	c.Codec = hevcName(b)
	return c, c.size(sps.Width(), sps.Height())
}

// hevcSets gives the first parameter set of each kind and marks the arrays of
// the record as complete.
func (c *VideoConfig) hevcSets() (map[byte][]byte, error) {
	cut := fmt.Errorf("%w: HEVC record cut short", ErrConfig)
	n, b := int(c.Record[22]), c.Record[hevcRecordMin:]
	if n > hevcArraysMax {
		return nil, fmt.Errorf("%w: %d arrays in HEVC record", ErrConfig, n)
	}
	sets := map[byte][]byte{}
	for range n {
		if len(b) < 3 {
			return nil, cut
		}
		kind, count := b[0]&0x3f, binary.BigEndian.Uint16(b[1:])
		b[0] |= hevcComplete
		b = b[3:]
		for range count {
			if len(b) < 2 {
				return nil, cut
			}
			size := int(binary.BigEndian.Uint16(b))
			if size == 0 || size > paramSetMax || size > len(b)-2 {
				return nil, fmt.Errorf("%w: HEVC parameter set of %d bytes", ErrConfig, size)
			}
			if sets[kind] == nil {
				sets[kind] = b[2 : 2+size]
			}
			b = b[2+size:]
		}
	}
	return sets, nil
}

// hevcName is the RFC 6381 name (ISO/IEC 14496-15, annex E.3).
func hevcName(r []byte) string {
	var s strings.Builder
	s.WriteString("hvc1.")
	if space := r[1] >> 6; space > 0 {
		s.WriteByte('A' + space - 1)
	}
	fmt.Fprintf(&s, "%d.%x.", r[1]&0x1f, bits.Reverse32(binary.BigEndian.Uint32(r[2:])))
	tier := byte('L')
	if r[1]&0x20 != 0 {
		tier = 'H'
	}
	fmt.Fprintf(&s, "%c%d", tier, r[hevcLevelAt])
	constraints := r[hevcConstraintsAt:hevcLevelAt]
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, x := range constraints {
		fmt.Fprintf(&s, ".%X", x)
	}
	return s.String()
}
