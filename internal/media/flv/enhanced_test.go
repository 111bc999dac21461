package flv_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hawker/internal/media/flv"
)

const (
	cc = "68766331" // hvc1
	ca = "61763031" // av01
	c4 = "61766331" // avc1
)

func TestParseEnhancedVideo(t *testing.T) {
	frame := func(f flv.VideoFormat, key, wrapped bool, cts int32, data ...byte) flv.Video {
		return flv.Video{Format: f, Key: key, Composition: cts, Data: data, Wrapped: wrapped}
	}
	config := func(f flv.VideoFormat, wrapped bool, data ...byte) flv.Video {
		return flv.Video{Format: f, Kind: flv.KindConfig, Key: true, Data: data, Wrapped: wrapped}
	}
	end := flv.Video{Kind: flv.KindEnd}
	for name, tt := range map[string]struct {
		in   string
		want flv.Video
		err  error
	}{
		"HEVC start":                  {"90" + cc + "0102", config(flv.HEVC, false, 1, 2), nil},
		"HEVC frame":                  {"a1" + cc + "fffff6 09", frame(flv.HEVC, false, false, -10, 9), nil},
		"HEVC frame without its time": {"93" + cc + "09", frame(flv.HEVC, true, false, 0, 9), nil},
		"AV1 frame":                   {"91" + ca + "0908", frame(flv.AV1, true, false, 0, 9, 8), nil},
		"AV1 start of MPEG-2 TS":      {"95" + ca + "09", flv.Video{}, flv.ErrCodec},
		"H.264 in new clothes":        {"91" + c4 + "000021 09", frame(flv.AVC, true, true, 33, 9), nil},
		"end of sequence":             {"92" + cc, end, nil},
		"metadata":                    {"94" + cc + "020009", end, nil},
		"metadata of a command frame": {"d4" + cc + "02", end, nil},
		"command":                     {"d1 00", end, nil},
		"empty frame":                 {"93" + cc, end, nil},
		"VP9":                         {"91 76703039 09", flv.Video{}, flv.ErrCodec},
		"short":                       {"91 6876", flv.Video{}, flv.ErrShort},
		"composition time cut":        {"91" + cc + "0000", flv.Video{}, flv.ErrShort},
		"modifier":                    {"97 02 0a0b0c 03" + cc + "09", frame(flv.HEVC, true, true, 0, 9), nil},
		"two modifiers":               {"97 00 0a 07 01 0b0c 03" + cc + "09", frame(flv.HEVC, true, true, 0, 9), nil},
		"long modifier": {
			"97 ff 0100" + strings.Repeat("aa", 257) + "03" + cc + "09",
			frame(flv.HEVC, true, true, 0, 9), nil,
		},
		"modifier cut":             {"97 05 0a0b", flv.Video{}, flv.ErrShort},
		"modifier without end":     {"97 00 0a", flv.Video{}, flv.ErrShort},
		"one track":                {"96 03" + cc + "00 0908", frame(flv.HEVC, true, true, 0, 9, 8), nil},
		"one track, not the first": {"96 03" + cc + "01 0908", end, nil},
		"tracks": {"96 13" + cc + "01 000001 07 00 000002 0908", frame(flv.HEVC, true, true, 0, 9,
			8), nil},
		"tracks of several codecs": {
			"96 21" + ca + "01 000001 07" + cc + "00 000005 00000a 0908",
			frame(flv.HEVC, true, true, 10, 9, 8), nil,
		},
		"track start":                  {"96 00" + cc + "00 0908", config(flv.HEVC, true, 9, 8), nil},
		"track longer than the tag":    {"96 13" + cc + "00 000009 09", flv.Video{}, flv.ErrShort},
		"tracks within tracks":         {"96 06" + cc + "00", flv.Video{}, flv.ErrCodec},
		"kind of tracks of the future": {"96 33" + cc + "00", flv.Video{}, flv.ErrCodec},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := flv.ParseVideo(unhex(t, tt.in))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v", err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseEnhancedAudio(t *testing.T) {
	opus := "4f707573"
	for name, tt := range map[string]struct {
		in   string
		want flv.Audio
		err  error
	}{
		"Opus start": {"90" + opus + "0102", flv.Audio{
			Format: flv.Opus, Kind: flv.KindConfig,
			Data: []byte{1, 2},
		}, nil},
		"Opus":              {"91" + opus + "09", flv.Audio{Format: flv.Opus, Data: []byte{9}}, nil},
		"AAC":               {"91 6d703461 21", flv.Audio{Data: []byte{0x21}, Wrapped: true}, nil},
		"end":               {"92" + opus, flv.Audio{Kind: flv.KindEnd}, nil},
		"order of channels": {"94" + opus + "0102", flv.Audio{Kind: flv.KindEnd}, nil},
		"tracks": {"95 11" + opus + "01 000001 07 00 000001 09", flv.Audio{
			Format: flv.Opus, Data: []byte{9},
			Wrapped: true,
		}, nil},
		"modifier": {
			"97 02 000001 01" + opus + "09",
			flv.Audio{Format: flv.Opus, Data: []byte{9}, Wrapped: true},
			nil,
		},
		"unknown packet": {"98" + opus + "09", flv.Audio{}, flv.ErrCodec},
		"FLAC":           {"91 664c6143 09", flv.Audio{}, flv.ErrCodec},
		"short":          {"91 4f", flv.Audio{}, flv.ErrShort},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := flv.ParseAudio(unhex(t, tt.in))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v", err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What is written is what was meant, for every format.
func TestBodies(t *testing.T) {
	for _, format := range []flv.VideoFormat{flv.AVC, flv.HEVC, flv.AV1} {
		for _, cts := range []int32{0, 80, -40} {
			want := flv.Video{Format: format, Key: cts > 0, Composition: cts, Data: []byte{1, 2, 3}}
			if format == flv.AV1 {
				want.Composition = 0
			}
			got, err := flv.ParseVideo(flv.VideoBody(want))
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		}
		want := flv.Video{Format: format, Kind: flv.KindConfig, Key: true, Data: []byte{7}}
		got, err := flv.ParseVideo(flv.VideoBody(want))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
	}
	for _, format := range []flv.AudioFormat{flv.AAC, flv.Opus} {
		for _, kind := range []flv.Kind{flv.KindFrame, flv.KindConfig} {
			want := flv.Audio{Format: format, Kind: kind, Data: []byte{1, 2}}
			got, err := flv.ParseAudio(flv.AudioBody(want))
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		}
	}
}

// hvcC and av1C as ffmpeg wrote them for 320 by 180.
const (
	hevcRecord = "0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003003c959409a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003c10a2000100064401c073c189"
	av1Record  = "81000c000a0b000000043cfeccdaf90040"
)

func TestParseHEVC(t *testing.T) {
	c, err := flv.ParseHEVC(unhex(t, hevcRecord))
	if err != nil {
		t.Fatal(err)
	}
	if c.Width != 320 || c.Height != 180 || c.FPS != 30 || c.Codec != "hvc1.1.6.L60.90" || c.LengthSize != 4 {
		t.Errorf("%+v", c)
	}
	for _, i := range []int{23, 0} {
		if i > 0 && c.Record[i]&0x80 == 0 {
			t.Error("the first array is not complete, as hvc1 demands")
		}
	}
	b := unhex(t, hevcRecord)
	b[1], b[2], b[3], b[4], b[5], b[12] = 0x62, 0x20, 0, 0, 0, 153 // B space, main 10 high tier
	if c, err = flv.ParseHEVC(b); err != nil || c.Codec != "hvc1.A2.4.H153.90" {
		t.Errorf("%q, %v", c.Codec, err)
	}
	for n := range len(b) {
		if _, err := flv.ParseHEVC(b[:n]); !errors.Is(err, flv.ErrConfig) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestParseAV1(t *testing.T) {
	c, err := flv.ParseAV1(unhex(t, av1Record))
	if err != nil {
		t.Fatal(err)
	}
	if c.Width != 320 || c.Height != 180 || c.Codec != "av01.0.00M.08" {
		t.Errorf("%+v", c)
	}
	for _, bad := range []string{"", "81000c", "81000c00", "01" + av1Record[2:], av1Record[:12]} {
		if _, err := flv.ParseAV1(unhex(t, bad)); !errors.Is(err, flv.ErrConfig) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestParseOpus(t *testing.T) {
	c, err := flv.ParseOpus(flv.OpusHead(2, 312))
	if err != nil || c.Channels != 2 || c.SampleRate != 48000 || c.Codec != "opus" {
		t.Fatalf("%+v, %v", c, err)
	}
	for toc, want := range map[byte]int{0xfc: 960, 0xfd: 1920, 0xe0: 120, 0x18: 2880} {
		if got := c.Samples([]byte{toc, 0}); got != want {
			t.Errorf("%#x: %d samples", toc, got)
		}
	}
	for _, data := range [][]byte{nil, {0xff}, {0xff, 0x3f}} { // nothing, no count, 63 frames
		if got := c.Samples(data); got != 0 {
			t.Errorf("%x: %d samples", data, got)
		}
	}
	six := append(flv.OpusHead(6, 0), 4, 2, 0, 4, 1, 2, 3, 5)
	six[18] = 1
	if c, err := flv.ParseOpus(six); err != nil || c.Channels != 6 || len(c.Record) != len(six) {
		t.Errorf("%+v, %v", c, err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "another": bytes.Repeat([]byte{1}, 19), "six without a table": six[:22],
		"no channel":      flv.OpusHead(0, 0),
		"six of family 0": flv.OpusHead(6, 0),
	} {
		if _, err := flv.ParseOpus(bad); !errors.Is(err, flv.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckNewFormats(t *testing.T) {
	for name, tt := range map[string]struct {
		format flv.VideoFormat
		in     string
		want   string
		key    bool
		err    error
	}{
		"HEVC IDR":                {flv.HEVC, "00000003 26 01 af", "0000000326 01 af", true, nil},
		"HEVC CRA after SEI":      {flv.HEVC, "00000002 4e01 00000002 2a01", "000000024e01000000022a01", true, nil},
		"HEVC trailing":           {flv.HEVC, "00000002 0201", "000000020201", false, nil},
		"HEVC lying":              {flv.HEVC, "00000009 0201", "", false, flv.ErrNALU},
		"AV1":                     {flv.AV1, "0a01aa 320155", "0a01aa320155", false, nil},
		"AV1 delimiter":           {flv.AV1, "1200 0a01aa 320155", "0a01aa320155", false, nil},
		"AV1 delimiter later":     {flv.AV1, "0a01aa 1200 320155", "0a01aa320155", false, nil},
		"AV1 last without a size": {flv.AV1, "1200 0a01aa 305566", "0a01aa305566", false, nil},
		"AV1 with extension":      {flv.AV1, "3600 01 55", "3600 01 55", false, nil},
		"AV1 only a delimiter":    {flv.AV1, "1200", "", false, flv.ErrShort},
		"AV1 lying":               {flv.AV1, "0a09aa", "", false, flv.ErrNALU},
		"AV1 endless size":        {flv.AV1, "0affffffffffffffffff", "", false, flv.ErrNALU},
		"AV1 forbidden bit":       {flv.AV1, "8a01aa", "", false, flv.ErrNALU},
		"AV1 header cut":          {flv.AV1, "36", "", false, flv.ErrNALU},
	} {
		t.Run(name, func(t *testing.T) {
			c := flv.VideoConfig{Format: tt.format, LengthSize: 4}
			got, key, err := c.Check(unhex(t, tt.in))
			if !errors.Is(err, tt.err) || key != tt.key {
				t.Fatalf("key %v, error %v", key, err)
			}
			if err == nil && !bytes.Equal(got, unhex(t, tt.want)) {
				t.Errorf("sample %s", hex.EncodeToString(got))
			}
		})
	}
}
