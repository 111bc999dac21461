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

const avcRecord = "0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468efbcb0fdf8f800"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseVideo(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want flv.Video
		err  error
	}{
		"empty": {"", flv.Video{Kind: flv.KindEnd}, nil},
		"config": {
			"17 00 000000 01",
			flv.Video{Kind: flv.KindConfig, Key: true, Data: []byte{1}},
			nil,
		},
		"key frame":                 {"17 01 000043 01", flv.Video{Key: true, Composition: 67, Data: []byte{1}}, nil},
		"negative composition time": {"27 01 ffffbd 01", flv.Video{Composition: -67, Data: []byte{1}}, nil},
		"most negative":             {"27 01 800000 01", flv.Video{Composition: -8388608, Data: []byte{1}}, nil},
		"most positive":             {"27 01 7fffff 01", flv.Video{Composition: 8388607, Data: []byte{1}}, nil},
		"end of sequence":           {"17 02 000000", flv.Video{Kind: flv.KindEnd, Key: true, Data: []byte{}}, nil},
		"seek command":              {"57 00", flv.Video{Kind: flv.KindEnd}, nil},
		"frame without data":        {"27 01 000000", flv.Video{Kind: flv.KindEnd, Data: []byte{}}, nil},
		"short":                     {"27 01 00", flv.Video{}, flv.ErrShort},
		"Sorenson":                  {"22 01 000000 01", flv.Video{}, flv.ErrCodec},
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

func TestParseAudio(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want flv.Audio
		err  error
	}{
		"empty":         {"", flv.Audio{Kind: flv.KindEnd}, nil},
		"config":        {"af 00 1190", flv.Audio{Kind: flv.KindConfig, Data: []byte{0x11, 0x90}}, nil},
		"frame":         {"af 01 21", flv.Audio{Data: []byte{0x21}}, nil},
		"nothing in it": {"af 01", flv.Audio{Kind: flv.KindEnd, Data: []byte{}}, nil},
		"short":         {"af", flv.Audio{}, flv.ErrShort},
		"MP3":           {"2f 01 00", flv.Audio{}, flv.ErrCodec},
		"Enhanced AC-3": {"91 61632d33 00", flv.Audio{}, flv.ErrCodec},
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

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		size int
		idr  bool
		err  error
	}{
		"one":              {"00000001 41", 4, false, nil},
		"SEI and IDR":      {"00000002 0605 00000001 65", 4, true, nil},
		"two byte lengths": {"0001 41 0001 65", 2, true, nil},
		"one byte lengths": {"01 41", 1, false, nil},
		"an empty one":     {"00000000 00000001 41", 4, false, nil},
		"only empty ones":  {"00000000", 4, false, flv.ErrShort},
		"nothing":          {"", 4, false, flv.ErrShort},
		"lying length":     {"7fffffff 41", 4, false, flv.ErrNALU},
		"one byte too few": {"00000002 41", 4, false, flv.ErrNALU},
		"torn length":      {"00000001 41 0000", 4, false, flv.ErrNALU},
	} {
		t.Run(name, func(t *testing.T) {
			c := flv.VideoConfig{LengthSize: tt.size}
			_, idr, err := c.Check(unhex(t, tt.in))
			if idr != tt.idr && err == nil || !errors.Is(err, tt.err) {
				t.Errorf("idr %v, error %v", idr, err)
			}
		})
	}
}

func TestParseAVC(t *testing.T) {
	good := unhex(t, avcRecord)
	a, err := flv.ParseAVC(good)
	if err != nil {
		t.Fatal(err)
	}
	if a.Width != 1280 || a.Height != 720 || a.FPS != 30 || a.Codec != "avc1.64001f" || a.LengthSize != 4 ||
		!bytes.Equal(a.Record, good) {
		t.Errorf("%+v", a)
	}
	bad := map[string][]byte{
		"empty": nil, "version 2": append([]byte{2}, good[1:]...), "no SPS": unhex(t, "0164001fff e0 01 0004 68efbcb0"),
		"three byte lengths": append(append([]byte(nil), good[:4]...), append([]byte{0xfe}, good[5:]...)...),
		"SPS of 0 bytes":     unhex(t, "0164001fff e1 0000 01 0004 68efbcb0"),
		"SPS beyond the end": unhex(t, "0164001fff e1 ffff 67"),
		"SPS of noise":       unhex(t, "0164001fff e1 0004 67ffffff 01 0004 68efbcb0"),
	}
	for i := range 36 { // up to the middle of the PPS; what follows it is optional
		bad["cut after "+string(rune('0'+i/10))+string(rune('0'+i%10))] = good[:i]
	}
	for name, b := range bad {
		if a, err := flv.ParseAVC(b); !errors.Is(err, flv.ErrConfig) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestParseAAC(t *testing.T) {
	for in, want := range map[string]struct {
		rate, channels int
		codec          string
	}{
		"1190": {48000, 2, "mp4a.40.2"}, "1210": {44100, 2, "mp4a.40.2"}, "1588": {8000, 1, "mp4a.40.2"},
		"2b11 8800": {22050, 2, "mp4a.40.5"},
	} {
		a, err := flv.ParseAAC(unhex(t, in))
		if err != nil || a.Channels != want.channels || a.Codec != want.codec || a.SampleRate <= 0 {
			t.Errorf("%s: %+v, %v", in, a, err)
		}
	}
	for _, in := range []string{"", "11", "ffff", "0000"} {
		if a, err := flv.ParseAAC(unhex(t, in)); !errors.Is(err, flv.ErrConfig) {
			t.Errorf("%s: %+v, %v", in, a, err)
		}
	}
}

func TestReadFile(t *testing.T) {
	file := unhex(t, "464c560105 00000009 00000000"+"09 000002 123456 78 000000 1700 0000000d"+
		"08 000001 000001 00 000000 af 0000000c"+"09 0000ff")
	tags, err := flv.ReadFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []flv.Tag{{Type: 9, Timestamp: 0x78123456, Body: []byte{0x17, 0}}, {
		Type: 8, Timestamp: 1,
		Body: []byte{0xaf},
	}}
	if d := cmp.Diff(want, tags); d != "" {
		t.Error(d)
	}
	if _, err := flv.ReadFile(strings.NewReader("RIFF and so on, no FLV")); err == nil {
		t.Error("read what is no FLV")
	}
}
