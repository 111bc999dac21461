package flv

import (
	"bytes"
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

const (
	nalSPSAVC    = 7
	nalPPSAVC    = 8
	paramSetsMax = 64 // of one publisher; a decoder knows 32 and 256 of them
	pptlBytes    = 12 // of an HEVC SPS: profile, tier and level
)

// paramSets are a publisher's parameter sets, those that came last first among their kind.
type paramSets []paramSet

type paramSet struct {
	kind byte
	id   int // one replaces another of its kind and id
	unit []byte
}

func isSet(f VideoFormat, kind byte) bool {
	if f == HEVC {
		return kind >= nalVPS && kind <= nalPPS
	}
	return kind == nalSPSAVC || kind == nalPPSAVC
}

func ppsOf(f VideoFormat) byte {
	if f == HEVC {
		return nalPPS
	}
	return nalPPSAVC
}

// put keeps a copy of a set; changed is false for one that is known.
func (p *paramSets) put(f VideoFormat, kind byte, unit []byte) (changed bool) {
	if len(unit) > paramSetMax {
		return false
	}
	s := paramSet{kind, setID(f, kind, unit), nil}
	for i, old := range *p {
		if old.kind != s.kind || old.id != s.id {
			continue
		}
		if bytes.Equal(old.unit, unit) {
			return false
		}
		*p = append((*p)[:i], (*p)[i+1:]...)
		break
	}
	if len(*p) >= paramSetsMax {
		return false
	}
	s.unit = bytes.Clone(unit)
	*p = append(paramSets{s}, *p...)
	return true
}

// setID is the number of a set. HEVC puts that of an SPS behind what takes long to read; no
// encoder of one picture has two.
func setID(f VideoFormat, kind byte, unit []byte) int {
	at := 1
	switch {
	case f == AVC && kind == nalSPSAVC:
		at = 4 // behind profile and level
	case f == HEVC && kind == nalPPS:
		at = 2
	case f == HEVC:
		return 0
	}
	if len(unit) <= at {
		return 0
	}
	return golomb(unit[at:])
}

// golomb reads an Exp-Golomb number of up to 8 zeros (ITU-T H.264, 9.1).
func golomb(b []byte) int {
	var bits uint32
	for i := range 4 {
		bits <<= 8
		if i < len(b) {
			bits |= uint32(b[i])
		}
	}
	zeros := 0
	for zeros < 8 && bits>>(31-zeros)&1 == 0 {
		zeros++
	}
	return int(bits>>(31-2*zeros))&(1<<(zeros+1)-1) - 1
}

// take keeps the sets of a record that has been parsed.
func (p *paramSets) take(f VideoFormat, record []byte) {
	if f == HEVC {
		arrays, b := int(record[22]), record[hevcRecordMin:]
		for range arrays {
			kind, count := b[0]&0x3f, int(binary.BigEndian.Uint16(b[1:]))
			b = p.takeList(f, kind, count, b[3:])
		}
		return
	}
	b := p.takeList(f, nalSPSAVC, int(record[5]&0x1f), record[6:])
	p.takeList(f, nalPPSAVC, int(b[0]), b[1:])
}

func (p *paramSets) takeList(f VideoFormat, kind byte, count int, b []byte) (rest []byte) {
	for range count {
		size := int(binary.BigEndian.Uint16(b))
		p.put(f, kind, b[2:2+size])
		b = b[2+size:]
	}
	return b
}

func (p paramSets) of(kind byte) (units [][]byte) {
	for _, s := range p {
		if s.kind == kind {
			units = append(units, s.unit)
		}
	}
	return units
}

// record is the configuration record that the sets come to, nil while one is missing. Lengths
// of NAL units have 4 bytes in it.
func (p paramSets) record(f VideoFormat) []byte {
	if f == HEVC {
		return p.hevcRecord()
	}
	return p.avcRecord()
}

// avcRecord is ISO/IEC 14496-15, 5.3.3.1.
func (p paramSets) avcRecord() []byte {
	all, pps := p.of(nalSPSAVC), p.of(nalPPSAVC)
	if len(all) == 0 || len(pps) == 0 || len(all[0]) < 4 {
		return nil
	}
	var sps h264.SPS
	if sps.Unmarshal(all[0]) != nil {
		return nil
	}
	all = all[:min(len(all), 0x1f)]
	b := []byte{1, all[0][1], all[0][2], all[0][3], 0xff, 0xe0 | byte(len(all))}
	b = appendSets(b, all)
	b = appendSets(append(b, byte(len(pps))), pps)
	switch sps.ProfileIdc {
	case 100, 110, 122, 144:
		b = append(b, 0xfc|byte(sps.ChromaFormatIdc&3), 0xf8|byte(sps.BitDepthLumaMinus8&7),
			0xf8|byte(sps.BitDepthChromaMinus8&7), 0)
	}
	return b
}

// hevcRecord is ISO/IEC 14496-15, 8.3.3.1.
func (p paramSets) hevcRecord() []byte {
	vps, all, pps := p.of(nalVPS), p.of(nalSPS), p.of(nalPPS)
	if len(vps) == 0 || len(all) == 0 || len(pps) == 0 {
		return nil
	}
	var sps h265.SPS
	plain := h264.EmulationPreventionRemove(all[0])
	if len(plain) < 3+pptlBytes || sps.Unmarshal(all[0]) != nil {
		return nil
	}
	b := append([]byte{1}, plain[3:3+pptlBytes]...)
	nested := byte(0)
	if sps.TemporalIDNestingFlag {
		nested = 1
	}
	b = append(b, 0xf0, 0, 0xfc, 0xfc|byte(sps.ChromaFormatIdc&3), 0xf8|byte(sps.BitDepthLumaMinus8&7),
		0xf8|byte(sps.BitDepthChromaMinus8&7), 0, 0, (sps.MaxSubLayersMinus1+1)<<3|nested<<2|3, 3)
	for i, units := range [][][]byte{vps, all, pps} {
		b = append(b, hevcComplete|(nalVPS+byte(i)))
		b = binary.BigEndian.AppendUint16(b, uint16(len(units)))
		b = appendSets(b, units)
	}
	return b
}

func appendSets(b []byte, units [][]byte) []byte {
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, uint16(len(u)))
		b = append(b, u...)
	}
	return b
}
