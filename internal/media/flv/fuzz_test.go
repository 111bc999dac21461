package flv_test

import (
	"testing"

	"hawker/internal/media/flv"
)

func FuzzTag(f *testing.F) {
	f.Add(unhex(f, "17 01 000000 00000002 6501"), unhex(f, "af 01 21"))
	f.Add(unhex(f, "17 00 000000 "+avcRecord), unhex(f, "af 00 1190"))
	f.Add(unhex(f, "90"+cc+hevcRecord), append([]byte{0x90}, append([]byte("Opus"), flv.OpusHead(2, 312)...)...))
	f.Add(unhex(f, "90"+ca+av1Record), unhex(f, "91 4f707573 fc00"))
	f.Add(unhex(f, "96 21"+ca+"01 000001 07"+cc+"00 000005 00000a 0908"), unhex(f, "95 11 4f707573 00 000001 09"))
	f.Add(unhex(f, "97 ff 0001 0a0b 03"+cc+"09"), unhex(f, "97 00 01 07 00 02 01 4f707573 09"))
	f.Add(unhex(f, "2c 00 303030 30"), unhex(f, "30")) // HEVC by its old number
	f.Fuzz(func(t *testing.T, video, audio []byte) {
		if v, err := flv.ParseVideo(video); err == nil {
			fuzzVideo(t, video, v)
		}
		if a, err := flv.ParseAudio(audio); err == nil {
			fuzzAudio(t, audio, a)
		}
	})
}

func fuzzVideo(t *testing.T, body []byte, v flv.Video) {
	if len(v.Data) > len(body) {
		t.Error("more data than there was")
	}
	if v.Kind == flv.KindEnd {
		return
	}
	again, err := flv.ParseVideo(flv.VideoBody(v))
	if err != nil || string(again.Data) != string(v.Data) || again.Kind != v.Kind ||
		again.Composition != v.Composition || again.Wrapped {
		t.Errorf("%+v is written as %+v, %v", v, again, err)
	}
	if v.Kind == flv.KindConfig {
		fuzzConfig(t, v.Format, v.Data)
		return
	}
	for _, size := range []int{1, 2, 4} {
		c := flv.VideoConfig{Format: v.Format, LengthSize: size}
		if sample, _, err := c.Check(v.Data); err == nil && len(sample) > len(v.Data) {
			t.Error("the sample is longer than the frame")
		}
	}
}

func fuzzConfig(t *testing.T, f flv.VideoFormat, b []byte) {
	c, err := flv.ParseVideoConfig(f, b)
	if err == nil && (c.Width <= 0 || c.Height <= 0 || c.FPS < 0 || c.Codec == "" || len(c.Record) != len(b)) {
		t.Errorf("%+v", c)
	}
}

func fuzzAudio(t *testing.T, body []byte, a flv.Audio) {
	if len(a.Data) > len(body) {
		t.Error("more data than there was")
	}
	if a.Kind == flv.KindEnd {
		return
	}
	again, err := flv.ParseAudio(flv.AudioBody(a))
	if err != nil || string(again.Data) != string(a.Data) || again.Kind != a.Kind || again.Wrapped {
		t.Errorf("%+v is written as %+v, %v", a, again, err)
	}
	c, err := flv.ParseAudioConfig(a.Format, a.Data)
	if a.Kind == flv.KindConfig && err == nil && (c.SampleRate <= 0 || c.Channels <= 0 || c.FrameSamples <= 0) {
		t.Errorf("%+v", c)
	}
	if n := c.Samples(a.Data); err == nil && (n < 0 || n > 5760) {
		t.Errorf("a frame of %d samples", n)
	}
}

// FuzzConfigs goes straight to the parsers of records, parameter sets and
// sequence headers.
func FuzzConfigs(f *testing.F) {
	for i, r := range []string{avcRecord, hevcRecord, av1Record} {
		f.Add(byte(i), unhex(f, r))
	}
	f.Fuzz(func(t *testing.T, format byte, b []byte) {
		fuzzConfig(t, flv.VideoFormat(format%3), b)
	})
}

// Whatever a publisher sends as configurations and pictures, what is given is fit for a sample of the
// configuration that is told.
func FuzzVideoTrack(f *testing.F) {
	record := unhex(f, avcRecord)
	f.Add(record, []byte{0, 0, 0, 2, 0x65, 1}, false)
	f.Add(append([]byte{0, 0, 0, 1}, record[8:34]...), []byte{0, 0, 1, 0x65, 1, 0, 0, 1, 0x41}, false)
	f.Add([]byte{1, 66, 0, 13, 0xff, 0xe0, 0}, []byte{0, 0, 0, 4, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68}, false)
	f.Add([]byte{0, 0, 1, 0x42, 1, 0, 0, 1, 0x44, 1, 0, 0, 1, 0x40}, []byte{0, 0, 0, 1, 0x26}, true)
	f.Fuzz(func(t *testing.T, config, picture []byte, hevc bool) {
		format := flv.AVC
		if hevc {
			format = flv.HEVC
		}
		var track flv.VideoTrack
		_ = track.Configure(format, config)
		for range 2 {
			v, _, err := track.Frame(flv.Video{Format: format, Kind: flv.KindFrame, Data: picture})
			if err != nil {
				continue
			}
			c := track.Config()
			if _, _, err := c.Check(v.Data); err != nil && v.Kind == flv.KindFrame {
				t.Errorf("a sample of %x: %v", v.Data, err)
			}
			if again, err := flv.ParseVideoConfig(format, c.Record); err != nil || again.LengthSize != c.LengthSize {
				t.Errorf("a configuration of %x: %+v, %v", c.Record, again, err)
			}
		}
	})
}
