package flv

import "encoding/binary"

// Enhanced RTMP v1 and v2 (Veovera Software Organization, 2023 and 2024): the
// codec is named by four letters, and packets may be wrapped in modifiers and
// in several tracks. Modifiers are skipped; of several tracks number 0 is taken.

const (
	exSequenceStart = 0
	exCodedFrames   = 1
	exSequenceEnd   = 2
	exCodedFramesX  = 3 // video: composition time is zero
	exMetadata      = 4 // video; audio: order of the channels
	exMultitrack    = 6 // video
	exAudioTracks   = 5
	exModEx         = 7

	tracksOne        = 0
	tracksManyCodecs = 2

	soundEx      = 9
	exAudioOrder = 4
	fourCCBytes  = 4
	modExLong    = 256 // the size is in two more bytes
)

// envelope is what stands before the data of an enhanced tag.
type envelope struct {
	packet  byte
	fourCC  string
	wrapped bool
	none    bool // no track 0
}

// open reads the envelope of a tag whose first byte has been read for its
// packet type; multitrack is the packet type that stands for several tracks.
func open(b []byte, packet, multitrack byte) (e envelope, rest []byte, err error) {
	e.packet = packet
	for e.packet == exModEx {
		e.wrapped = true
		if e.packet, b, err = skipModEx(b); err != nil {
			return e, nil, err
		}
	}
	if e.packet != multitrack {
		if len(b) < fourCCBytes {
			return e, nil, ErrShort
		}
		e.fourCC = string(b[:fourCCBytes])
		return e, b[fourCCBytes:], nil
	}
	e.wrapped = true
	if len(b) < 1 {
		return e, nil, ErrShort
	}
	kind := b[0] >> 4
	e.packet, b = b[0]&0x0f, b[1:]
	if e.packet == multitrack || kind > tracksManyCodecs {
		return e, nil, ErrCodec // nested, or from a later version
	}
	if kind != tracksManyCodecs {
		if len(b) < fourCCBytes {
			return e, nil, ErrShort
		}
		e.fourCC, b = string(b[:fourCCBytes]), b[fourCCBytes:]
	}
	rest, err = e.track(b, kind)
	return e, rest, err
}

// skipModEx skips one modifier and gives the packet type after it.
func skipModEx(b []byte) (packet byte, rest []byte, err error) {
	if len(b) < 1 {
		return 0, nil, ErrShort
	}
	size := int(b[0]) + 1
	b = b[1:]
	if size == modExLong {
		if len(b) < 2 {
			return 0, nil, ErrShort
		}
		size = int(binary.BigEndian.Uint16(b)) + 1
		b = b[2:]
	}
	if len(b) < size+1 {
		return 0, nil, ErrShort
	}
	return b[size] & 0x0f, b[size+1:], nil
}

// track finds track 0 among those in b.
func (e *envelope) track(b []byte, kind byte) ([]byte, error) {
	for len(b) > 0 {
		if kind == tracksManyCodecs {
			if len(b) < fourCCBytes {
				return nil, ErrShort
			}
			e.fourCC, b = string(b[:fourCCBytes]), b[fourCCBytes:]
		}
		head := 4 // number, size
		if kind == tracksOne {
			head = 1
		}
		if len(b) < head {
			return nil, ErrShort
		}
		number, size := b[0], len(b)-1
		if kind != tracksOne {
			size = int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		}
		b = b[head:]
		if size > len(b) {
			return nil, ErrShort
		}
		if number == 0 {
			return b[:size], nil
		}
		b = b[size:]
	}
	e.none = true
	return nil, nil
}

// parseEnhancedVideo reads a video tag with the top bit of its first byte set.
func parseEnhancedVideo(b []byte) (Video, error) {
	none := Video{Kind: KindEnd}
	frame, packet := b[0]>>4&7, b[0]&0x0f
	if frame == frameCommand && packet != exMetadata {
		return none, nil
	}
	e, data, err := open(b[1:], packet, exMultitrack)
	if err != nil {
		return Video{}, err
	}
	if e.none || e.packet == exMetadata || e.packet == exSequenceEnd {
		return none, nil
	}
	v := Video{Key: frame == frameKey, Data: data, Wrapped: e.wrapped}
	switch e.fourCC {
	case "avc1":
		v.Format, v.Wrapped = AVC, true // readers know it by its old number
	case "hvc1":
		v.Format = HEVC
	case "av01":
		v.Format = AV1
	default:
		return Video{}, &CodecError{fourCCName(e.fourCC)}
	}
	switch e.packet {
	case exSequenceStart:
		v.Kind = KindConfig
	case exCodedFrames:
		if v.Format == AV1 {
			break
		}
		if len(v.Data) < 3 {
			return Video{}, ErrShort
		}
		v.Composition, v.Data = signed24(v.Data), v.Data[3:]
	case exCodedFramesX:
	default: // MPEG2TSSequenceStart, and what is to come
		return Video{}, ErrCodec
	}
	if len(v.Data) == 0 {
		return none, nil
	}
	return v, nil
}

// parseEnhancedAudio reads an audio tag of sound format 9.
func parseEnhancedAudio(b []byte) (Audio, error) {
	none := Audio{Kind: KindEnd}
	e, data, err := open(b[1:], b[0]&0x0f, exAudioTracks)
	if err != nil {
		return Audio{}, err
	}
	if e.none || e.packet == exAudioOrder || e.packet == exSequenceEnd {
		return none, nil
	}
	a := Audio{Data: data, Wrapped: e.wrapped}
	switch e.fourCC {
	case "mp4a":
		a.Format, a.Wrapped = AAC, true
	case "Opus":
		a.Format = Opus
	default:
		return Audio{}, &CodecError{fourCCName(e.fourCC)}
	}
	switch e.packet {
	case exSequenceStart:
		a.Kind = KindConfig
	case exCodedFrames:
	default:
		return Audio{}, ErrCodec
	}
	if len(a.Data) == 0 {
		return none, nil
	}
	return a, nil
}

// enhancedVideoBody writes an enhanced tag without wrapping.
func enhancedVideoBody(v Video) []byte {
	frame, packet := byte(frameInter), byte(exCodedFramesX)
	if v.Key || v.Kind == KindConfig {
		frame = frameKey
	}
	switch {
	case v.Kind == KindConfig:
		packet = exSequenceStart
	case v.Format == AV1 || v.Composition != 0:
		packet = exCodedFrames
	}
	b := make([]byte, 0, 1+fourCCBytes+3+len(v.Data))
	b = append(b, exHeaderFlag|frame<<4|packet)
	b = append(b, v.Format.FourCC()...)
	if packet == exCodedFrames && v.Format == HEVC {
		b = append(b, byte(v.Composition>>16), byte(v.Composition>>8), byte(v.Composition))
	}
	return append(b, v.Data...)
}

func enhancedAudioBody(a Audio) []byte {
	packet := byte(exCodedFrames)
	if a.Kind == KindConfig {
		packet = exSequenceStart
	}
	b := make([]byte, 0, 1+fourCCBytes+len(a.Data))
	b = append(b, soundEx<<4|packet)
	b = append(b, a.Format.FourCC()...)
	return append(b, a.Data...)
}
