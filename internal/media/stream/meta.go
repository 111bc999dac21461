package stream

import (
	"encoding/binary"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp/amf"
)

// metadata tells readers of FLV and RTMP what the configurations say.
func metadata(v *flv.VideoConfig, a *flv.AudioConfig) []byte {
	o := amf.Object{"encoder": "hawker"}
	if v != nil {
		o["width"], o["height"], o["videocodecid"] = v.Width, v.Height, videoID(v.Format)
		if v.FPS > 0 {
			o["framerate"] = v.FPS
		}
	}
	if a != nil {
		o["audiosamplerate"], o["stereo"], o["audiocodecid"] = a.DecodedRate, a.Channels > 1, audioID(a.Format)
	}
	return amf.Append(nil, "onMetaData", o)
}

// videoID is the old number of a codec, or the four letters of a newer one read
// as a number, as Enhanced RTMP has it.
func videoID(f flv.VideoFormat) any {
	if f == flv.AVC {
		return 7
	}
	return fourCCNumber(f.FourCC())
}

func audioID(f flv.AudioFormat) any {
	if f == flv.AAC {
		return 10
	}
	return fourCCNumber(f.FourCC())
}

func fourCCNumber(s string) float64 { return float64(binary.BigEndian.Uint32([]byte(s))) }
