package flv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// ErrConfig is a codec configuration that cannot be used.
var ErrConfig = errors.New("flv: bad codec configuration")

// AVC is what an AVCDecoderConfigurationRecord says.
type AVC struct {
	Record     []byte // the record itself, as it goes into avcC; a copy
	SPS        []byte
	PPS        []byte
	LengthSize int
	Width      int
	Height     int
	FPS        float64 // 0 if the stream does not say
	Codec      string  // RFC 6381, e.g. avc1.64001f
}

// AAC is what an AudioSpecificConfig says.
type AAC struct {
	Record        []byte // the config itself, as it goes into esds; a copy
	SampleRate    int    // of the media time line
	Channels      int
	FrameSamples  int // samples per frame on that line
	Codec         string
	DecodedRate   int // twice SampleRate with SBR
	ObjectType    int
	extensionType int
}

const (
	avcRecordMin     = 7
	dimensionMax     = 8192
	paramSetMax      = 4096
	configRecordMax  = 16 << 10
	fpsMax           = 240
	sampleRateMax    = 96000
	aacFrameSamples  = 1024
	aacShortSamples  = 960
	profileIDCOffset = 1
)

// ParseAVC reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func ParseAVC(b []byte) (AVC, error) {
	if len(b) < avcRecordMin || len(b) > configRecordMax || b[0] != 1 {
		return AVC{}, fmt.Errorf("%w: record of %d bytes", ErrConfig, len(b))
	}
	a := AVC{LengthSize: int(b[4]&3) + 1}
	if a.LengthSize == 3 {
		return AVC{}, fmt.Errorf("%w: NAL unit length of 3 bytes", ErrConfig)
	}
	rest := b[5:]
	var err error
	if a.SPS, rest, err = firstParamSet(rest, 0x1f); err != nil {
		return AVC{}, err
	}
	if a.PPS, _, err = firstParamSet(rest, 0xff); err != nil {
		return AVC{}, err
	}
	if err := a.readSPS(); err != nil {
		return AVC{}, err
	}
	a.Record = append([]byte(nil), b...)
	a.SPS = append([]byte(nil), a.SPS...)
	a.PPS = append([]byte(nil), a.PPS...)
	return a, nil
}

// firstParamSet walks one list of parameter sets and gives the first of them.
func firstParamSet(b []byte, countMask byte) (first, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, fmt.Errorf("%w: parameter sets missing", ErrConfig)
	}
	n := int(b[0] & countMask)
	b = b[1:]
	for i := range n {
		if len(b) < 2 {
			return nil, nil, fmt.Errorf("%w: parameter set cut short", ErrConfig)
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || size > paramSetMax || size > len(b)-2 {
			return nil, nil, fmt.Errorf("%w: parameter set of %d bytes", ErrConfig, size)
		}
		if i == 0 {
			first = b[2 : 2+size]
		}
		b = b[2+size:]
	}
	if first == nil {
		return nil, nil, fmt.Errorf("%w: no parameter set", ErrConfig)
	}
	return first, b, nil
}

func (a *AVC) readSPS() error {
	if len(a.SPS) < 4 {
		return fmt.Errorf("%w: SPS of %d bytes", ErrConfig, len(a.SPS))
	}
	var sps h264.SPS
	if err := sps.Unmarshal(a.SPS); err != nil {
		return fmt.Errorf("%w: SPS: %w", ErrConfig, err)
	}
	a.Width, a.Height = sps.Width(), sps.Height()
	if a.Width <= 0 || a.Height <= 0 || a.Width > dimensionMax || a.Height > dimensionMax {
		return fmt.Errorf("%w: picture of %d by %d", ErrConfig, a.Width, a.Height)
	}
	if fps := sps.FPS(); fps > 0 && fps <= fpsMax {
		a.FPS = fps
	}
	p := a.SPS[profileIDCOffset:]
	a.Codec = fmt.Sprintf("avc1.%02x%02x%02x", p[0], p[1], p[2])
	return nil
}

// ParseAAC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
func ParseAAC(b []byte) (AAC, error) {
	if len(b) > configRecordMax {
		return AAC{}, fmt.Errorf("%w: AudioSpecificConfig of %d bytes", ErrConfig, len(b))
	}
	var c mpeg4audio.AudioSpecificConfig
	if err := c.Unmarshal(b); err != nil {
		return AAC{}, fmt.Errorf("%w: AudioSpecificConfig: %w", ErrConfig, err)
	}
	if c.SampleRate <= 0 || c.SampleRate > sampleRateMax || c.ChannelCount <= 0 {
		return AAC{}, fmt.Errorf("%w: %d Hz, %d channels", ErrConfig, c.SampleRate, c.ChannelCount)
	}
	a := AAC{
		Record:        append([]byte(nil), b...),
		SampleRate:    c.SampleRate,
		Channels:      c.ChannelCount,
		FrameSamples:  aacFrameSamples,
		DecodedRate:   max(c.SampleRate, c.ExtensionSampleRate),
		ObjectType:    int(c.Type),
		extensionType: int(c.ExtensionType),
	}
	if c.FrameLengthFlag {
		a.FrameSamples = aacShortSamples
	}
	object := a.ObjectType
	if a.extensionType != 0 {
		object = a.extensionType
	}
	a.Codec = fmt.Sprintf("mp4a.40.%d", object)
	return a, nil
}
