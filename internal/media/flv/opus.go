package flv

import (
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
)

const (
	opusHead       = "OpusHead"
	opusHeadBytes  = 19
	opusRate       = 48000 // of the time line, whatever the encoder was fed
	opusChannelMax = 8
	opusSamples    = 960
	opusSamplesMax = 5760 // 120 ms
)

// ParseOpus reads an identification header (RFC 7845, 5.1).
func ParseOpus(b []byte) (AudioConfig, error) {
	if len(b) < opusHeadBytes || len(b) > configRecordMax || string(b[:len(opusHead)]) != opusHead {
		return AudioConfig{}, fmt.Errorf("%w: OpusHead of %d bytes", ErrConfig, len(b))
	}
	channels, family := int(b[9]), b[18]
	if channels < 1 || channels > opusChannelMax || family == 0 && channels > 2 || b[8]>>4 != 0 {
		return AudioConfig{}, fmt.Errorf("%w: Opus with %d channels", ErrConfig, channels)
	}
	size := opusHeadBytes
	if family != 0 {
		size += 2 + channels
	}
	if len(b) < size {
		return AudioConfig{}, fmt.Errorf("%w: OpusHead of %d bytes", ErrConfig, len(b))
	}
	return AudioConfig{
		Format: Opus, Record: append([]byte(nil), b[:size]...), SampleRate: opusRate, DecodedRate: opusRate,
		Channels: channels, FrameSamples: opusSamples, Codec: "opus",
	}, nil
}

// OpusHead writes the identification header of mono or stereo.
func OpusHead(channels, preSkip int) []byte {
	b := append([]byte(opusHead), 1, byte(channels))
	b = binary.LittleEndian.AppendUint16(b, uint16(preSkip))
	b = binary.LittleEndian.AppendUint32(b, opusRate)
	return append(b, 0, 0, 0)
}

// opusDuration is the length of a packet in samples, 0 if it makes no sense.
func opusDuration(data []byte) int {
	n := opus.PacketDuration2(data)
	if n > opusSamplesMax {
		return 0
	}
	return int(n)
}
