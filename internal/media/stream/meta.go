package stream

import (
	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp/amf"
)

// metadata tells readers of FLV and RTMP what the configurations say.
func metadata(v *flv.AVC, a *flv.AAC) []byte {
	o := amf.Object{"encoder": "hawker"}
	if v != nil {
		o["width"], o["height"], o["videocodecid"] = v.Width, v.Height, 7
		if v.FPS > 0 {
			o["framerate"] = v.FPS
		}
	}
	if a != nil {
		o["audiosamplerate"], o["stereo"], o["audiocodecid"] = a.DecodedRate, a.Channels > 1, 10
	}
	return amf.Append(nil, "onMetaData", o)
}
