// Package flv reads and writes the bodies of FLV audio and video tags, which are
// also the bodies of RTMP audio and video messages: H.264 and AAC, and, by
// Enhanced RTMP, HEVC, AV1 and Opus. Reading allocates nothing for a tag: what it
// gives points into the body it was given.
//
// Sources: Adobe Flash Video File Format Specification 10.1, annex E; Enhanced
// RTMP v2.
package flv

import (
	"encoding/binary"
	"errors"
)

// Errors of this package. A publisher's tag that gives one of them is to be
// dropped; the connection may go on.
var (
	ErrShort = errors.New("flv: tag too short")
	ErrLong  = errors.New("flv: tag too long")
	ErrCodec = errors.New("flv: codec not supported")
	ErrNALU  = errors.New("flv: NAL unit length beyond the frame")
)

// Kind tells what a tag carries.
type Kind uint8

// Kinds of a tag body.
const (
	KindFrame  Kind = iota // coded media
	KindConfig             // a codec configuration record
	KindEnd                // end of sequence, or nothing of use
)

// VideoFormat is a video codec.
type VideoFormat uint8

// Video formats.
const (
	AVC VideoFormat = iota
	HEVC
	AV1
)

// FourCC is the name of a sample entry and of Enhanced RTMP.
func (f VideoFormat) FourCC() string { return [...]string{"avc1", "hvc1", "av01"}[f] }

// AudioFormat is an audio codec.
type AudioFormat uint8

// Audio formats.
const (
	AAC AudioFormat = iota
	Opus
)

// FourCC is the name of a sample entry and of Enhanced RTMP.
func (f AudioFormat) FourCC() string { return [...]string{"mp4a", "Opus"}[f] }

// Video is one parsed video tag.
type Video struct {
	Format      VideoFormat
	Kind        Kind
	Key         bool
	Composition int32 // PTS minus DTS in milliseconds, may be negative
	// Data is length-prefixed NAL units, or a temporal unit of AV1, or the
	// configuration record.
	Data []byte
	// Wrapped: not every reader understands the body as it came. VideoBody
	// writes one without modifiers and other tracks.
	Wrapped bool
}

// Audio is one parsed audio tag.
type Audio struct {
	Format  AudioFormat
	Kind    Kind
	Data    []byte // one raw AAC frame or Opus packet, or an AudioSpecificConfig or OpusHead
	Wrapped bool   // as in Video
}

const (
	codecAVC       = 7
	codecHEVC      = 12 // a number that encoders and servers agreed on before Enhanced RTMP
	codecAV1       = 13
	nalIDR         = 5
	soundAAC       = 10
	frameKey       = 1
	frameInter     = 2
	frameCommand   = 5
	exHeaderFlag   = 0x80
	avcHeaderBytes = 5
	aacHeaderBytes = 2
	soundFlags     = 0x0f // 44 kHz, 16 bit, stereo: always so for AAC
)

// ParseVideo reads the body of a video tag. An empty body, as some encoders
// send to keep a connection alive, is KindEnd.
func ParseVideo(b []byte) (Video, error) {
	if len(b) == 0 {
		return Video{Kind: KindEnd}, nil
	}
	if b[0]&exHeaderFlag != 0 {
		return parseEnhancedVideo(b)
	}
	codec := int(b[0] & 0x0f)
	if codec != codecAVC && codec != codecHEVC {
		return Video{}, &CodecError{VideoName(codec)}
	}
	if b[0]>>4 == frameCommand { // "video info/command frame": seek marks, no picture
		return Video{Kind: KindEnd}, nil
	}
	if len(b) < avcHeaderBytes {
		return Video{}, ErrShort
	}
	v := Video{
		Key:         b[0]>>4 == frameKey,
		Composition: signed24(b[2:5]),
		Data:        b[avcHeaderBytes:],
	}
	if codec == codecHEVC {
		v.Format, v.Wrapped = HEVC, true // readers know it by its four letters
	}
	switch b[1] {
	case 0:
		v.Kind, v.Composition = KindConfig, 0 // what stands there is of no frame
	case 1:
		v.Kind = KindFrame
	default:
		v.Kind = KindEnd
	}
	if v.Kind != KindEnd && len(v.Data) == 0 {
		v.Kind = KindEnd
	}
	return v, nil
}

// ParseAudio reads the body of an audio tag.
func ParseAudio(b []byte) (Audio, error) {
	if len(b) == 0 {
		return Audio{Kind: KindEnd}, nil
	}
	if b[0]>>4 == soundEx {
		return parseEnhancedAudio(b)
	}
	if b[0]>>4 != soundAAC {
		return Audio{}, &CodecError{AudioName(int(b[0] >> 4))}
	}
	if len(b) < 2 {
		return Audio{}, ErrShort
	}
	a := Audio{Kind: KindFrame, Data: b[2:]}
	if b[1] == 0 {
		a.Kind = KindConfig
	}
	if len(a.Data) == 0 {
		a.Kind = KindEnd
	}
	return a, nil
}

// VideoBody writes the body of a video tag for data that came without one.
func VideoBody(v Video) []byte {
	if v.Format != AVC {
		return enhancedVideoBody(v)
	}
	b := make([]byte, avcHeaderBytes, avcHeaderBytes+len(v.Data))
	b[0] = frameInter<<4 | codecAVC
	if v.Key || v.Kind == KindConfig {
		b[0] = frameKey<<4 | codecAVC
	}
	if v.Kind == KindFrame {
		b[1] = 1
	}
	b[2], b[3], b[4] = byte(v.Composition>>16), byte(v.Composition>>8), byte(v.Composition)
	return append(b, v.Data...)
}

// AudioBody writes the body of an audio tag for data that came without one.
func AudioBody(a Audio) []byte {
	if a.Format != AAC {
		return enhancedAudioBody(a)
	}
	b := make([]byte, aacHeaderBytes, aacHeaderBytes+len(a.Data))
	b[0] = soundAAC<<4 | soundFlags
	if a.Kind == KindFrame {
		b[1] = 1
	}
	return append(b, a.Data...)
}

// signed24 sign-extends a 24-bit composition time: encoders with B-frames do
// send negative ones, and reading them unsigned moves a frame by 4.6 hours.
func signed24(b []byte) int32 {
	return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
}

// checkNALUs walks a frame's NAL units and tells whether a picture to start at
// is among them: IDR, or IRAP in HEVC.
func (c *VideoConfig) checkNALUs(data []byte) (start bool, err error) {
	n, lengthSize := 0, c.LengthSize
	for len(data) > 0 {
		if len(data) < lengthSize {
			return false, ErrNALU
		}
		size := naluSize(data, lengthSize)
		data = data[lengthSize:]
		if size > uint32(len(data)) {
			return false, ErrNALU
		}
		if size > 0 {
			n++
			start = start || c.begins(data[0])
		}
		data = data[size:]
	}
	if n == 0 {
		return false, ErrShort
	}
	return start, nil
}

func (c *VideoConfig) begins(header byte) bool {
	if c.Format == HEVC {
		kind := header >> 1 & 0x3f
		return kind >= nalIRAPFirst && kind <= nalIRAPLast
	}
	return header&0x1f == nalIDR
}

func naluSize(b []byte, lengthSize int) uint32 {
	if lengthSize == 4 {
		return binary.BigEndian.Uint32(b)
	}
	var size uint32
	for _, x := range b[:lengthSize] {
		size = size<<8 | uint32(x)
	}
	return size
}
