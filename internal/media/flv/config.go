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

// VideoConfig is what a video configuration record says.
type VideoConfig struct {
	Format     VideoFormat
	Record     []byte // the record itself, as it goes into avcC, hvcC or av1C; a copy
	SPS        []byte // H.264 only, as PPS
	PPS        []byte
	LengthSize int // of a NAL unit's length
	Width      int
	Height     int
	FPS        float64 // 0 if the stream does not say
	Codec      string  // RFC 6381, e.g. avc1.64001f
}

// ParseVideoConfig reads the configuration record of a format.
func ParseVideoConfig(f VideoFormat, b []byte) (VideoConfig, error) {
	switch f {
	case HEVC:
		return ParseHEVC(b)
	case AV1:
		return ParseAV1(b)
	case AVC: // nothing to do
	}
	return ParseAVC(b)
}

// ParseAudioConfig reads the configuration of a format.
func ParseAudioConfig(f AudioFormat, b []byte) (AudioConfig, error) {
	if f == Opus {
		return ParseOpus(b)
	}
	return ParseAAC(b)
}

// Check walks a frame and fails if a length in it lies: one such frame is
// enough to stop the decoder of every viewer. It gives the frame as it goes into
// a sample, and tells whether it surely is a key frame, since some encoders flag
// key frames wrongly.
func (c *VideoConfig) Check(data []byte) (sample []byte, key bool, err error) {
	if c.Format == AV1 {
		sample, err = checkAV1(data)
		return sample, false, err
	}
	key, err = c.checkNALUs(data)
	return data, key, err
}

// Samples is the length of a frame on the media line, 0 if it makes no sense.
func (c *AudioConfig) Samples(data []byte) int {
	if c.Format == Opus {
		return opusDuration(data)
	}
	return c.FrameSamples
}

// AudioConfig is what an audio configuration says.
type AudioConfig struct {
	Format        AudioFormat
	Record        []byte // AudioSpecificConfig, or OpusHead; a copy
	SampleRate    int    // of the media time line
	Channels      int
	FrameSamples  int // samples of an ordinary frame on that line
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
func ParseAVC(b []byte) (VideoConfig, error) {
	if len(b) < avcRecordMin || len(b) > configRecordMax || b[0] != 1 {
		return VideoConfig{}, fmt.Errorf("%w: record of %d bytes", ErrConfig, len(b))
	}
	a := VideoConfig{LengthSize: int(b[4]&3) + 1}
	if a.LengthSize == 3 {
		return VideoConfig{}, fmt.Errorf("%w: NAL unit length of 3 bytes", ErrConfig)
	}
	rest := b[5:]
	var err error
	if a.SPS, rest, err = firstParamSet(rest, 0x1f); err != nil {
		return VideoConfig{}, err
	}
	if a.PPS, _, err = firstParamSet(rest, 0xff); err != nil {
		return VideoConfig{}, err
	}
	if err := a.readSPS(); err != nil {
		return VideoConfig{}, err
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

func (a *VideoConfig) readSPS() error {
	if len(a.SPS) < 4 {
		return fmt.Errorf("%w: SPS of %d bytes", ErrConfig, len(a.SPS))
	}
	var sps h264.SPS
	if err := sps.Unmarshal(a.SPS); err != nil {
		return fmt.Errorf("%w: SPS: %w", ErrConfig, err)
	}
	a.FPS = sps.FPS()
	p := a.SPS[profileIDCOffset:]
	a.Codec = fmt.Sprintf("avc1.%02x%02x%02x", p[0], p[1], p[2])
	return a.size(sps.Width(), sps.Height())
}

// size takes the size of the picture, and leaves out a frame rate that cannot be.
func (a *VideoConfig) size(width, height int) error {
	if width <= 0 || height <= 0 || width > dimensionMax || height > dimensionMax {
		return fmt.Errorf("%w: picture of %d by %d", ErrConfig, width, height)
	}
	a.Width, a.Height = width, height
	if !(a.FPS > 0 && a.FPS <= fpsMax) {
		a.FPS = 0
	}
	return nil
}

// ParseAAC reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
func ParseAAC(b []byte) (AudioConfig, error) {
	if len(b) > configRecordMax {
		return AudioConfig{}, fmt.Errorf("%w: AudioSpecificConfig of %d bytes", ErrConfig, len(b))
	}
	var c mpeg4audio.AudioSpecificConfig
	if err := c.Unmarshal(b); err != nil {
		return AudioConfig{}, fmt.Errorf("%w: AudioSpecificConfig: %w", ErrConfig, err)
	}
	if c.SampleRate <= 0 || c.SampleRate > sampleRateMax || c.ChannelCount <= 0 {
		return AudioConfig{}, fmt.Errorf("%w: %d Hz, %d channels", ErrConfig, c.SampleRate, c.ChannelCount)
	}
	a := AudioConfig{
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
