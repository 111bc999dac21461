package rtmp

import (
	"net/url"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp/amf"
)

// An independent implementation publishes to ours.
func TestGortmplibPublishes(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: d})
	u, err := url.Parse("rtmp://" + addr + "/live/room?key=x")
	if err != nil {
		t.Fatal(err)
	}
	c := &gortmplib.Client{URL: u, Publish: true}
	if err := c.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	video := &format.H264{
		PayloadTyp: 96, PacketizationMode: 1,
		SPS: []byte{
			0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3,
			3, 0xc0, 0xf1, 0x83, 0x19, 0x60,
		},
		PPS: []byte{0x68, 0xef, 0xbc, 0xb0},
	}
	audio := &format.MPEG4Audio{
		PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelCount: 2},
	}
	w := &gortmplib.Writer{Conn: c, Tracks: []format.Format{video, audio}}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteH264(video, 2*time.Second, 2*time.Second, [][]byte{{5, 1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteMPEG4Audio(audio, 3*time.Second, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "video 2000")
	d.wait(t, "audio 3000")
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := flv.ParseVideo(d.video[0].Payload)
	if err != nil || v.Kind != flv.KindConfig {
		t.Fatalf("first video tag: %+v, %v", v, err)
	}
	if c, err := flv.ParseAVC(v.Data); err != nil || c.Width != 1280 {
		t.Errorf("config %+v, %v", c, err)
	}
	if a, err := flv.ParseAudio(d.audio[len(d.audio)-1].Payload); err != nil || len(a.Data) != 3 {
		t.Errorf("audio %+v, %v", a, err)
	}
}

// The same implementation publishes HEVC, AV1 and Opus by Enhanced RTMP, having
// read what we answer to its fourCcList.
func TestGortmplibPublishesEnhanced(t *testing.T) {
	hevcVPS := []byte{
		0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3c, 0x95,
		0x94, 0x09,
	}
	hevcSPS := []byte{
		0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3c, 0xa0, 0x0a, 0x08, 0x0b, 0x9f,
		0x79, 0x65, 0x65, 0x92, 0x4c, 0xaf, 0x01, 0x68, 0x08, 0, 0, 3, 0, 8, 0, 0, 3, 0, 0xf0, 0x40,
	}
	d := newDesk()
	u, err := url.Parse("rtmp://" + serve(t, &Server{Handler: d}) + "/live/room")
	if err != nil {
		t.Fatal(err)
	}
	c := &gortmplib.Client{URL: u, Publish: true}
	if err := c.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	video := &format.H265{PayloadTyp: 96, VPS: hevcVPS, SPS: hevcSPS, PPS: []byte{
		0x44, 1, 0xc1, 0x72, 0xb4, 0x62,
		0x40,
	}}
	audio := &format.Opus{PayloadTyp: 97, ChannelCount: 2}
	w := &gortmplib.Writer{Conn: c, Tracks: []format.Format{video, audio}}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteH265(video, 2040*time.Millisecond, 2*time.Second, [][]byte{{0x26, 1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteOpus(audio, 3*time.Second, []byte{0xfc, 1}); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "video 2000")
	d.wait(t, "audio 3000")
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := flv.ParseVideo(d.video[0].Payload)
	if err != nil || v.Kind != flv.KindConfig || v.Format != flv.HEVC {
		t.Fatalf("first video tag: %+v, %v", v, err)
	}
	if c, err := flv.ParseVideoConfig(v.Format, v.Data); err != nil || c.Width == 0 || c.Codec == "" {
		t.Errorf("%+v, %v", c, err)
	}
	if v, err := flv.ParseVideo(d.video[1].Payload); err != nil || v.Composition != 40 {
		t.Errorf("%+v, %v", v, err)
	} else if _, key, err := (&flv.VideoConfig{Format: flv.HEVC, LengthSize: 4}).Check(v.Data); err != nil || !key {
		t.Errorf("an IDR picture is not taken for a key frame: %v", err) // the tag itself does not say so
	}
	a, err := flv.ParseAudio(d.audio[0].Payload)
	if err != nil || a.Format != flv.Opus {
		t.Fatalf("%+v, %v", a, err)
	}
	if c, err := flv.ParseAudioConfig(a.Format, a.Data); err != nil || c.Channels != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

// Who offers codecs by name is told which pass; nobody else is.
func TestAnswerToFourCCs(t *testing.T) {
	addr := serve(t, &Server{Handler: newDesk()})
	for name, tt := range map[string]struct {
		offer amf.Object
		told  bool
	}{
		"enhanced": {amf.Object{"app": "live", "fourCcList": []any{"*"}, "capsEx": 1}, true},
		"plain":    {amf.Object{"app": "live"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk(t, addr)
			k.command("connect", 1, tt.offer)
			info, _ := k.hear("_result", 1)[3].(amf.Object)
			list, _ := info["fourCcList"].([]any)
			if tt.told != (len(list) == 5) || tt.told != (info["capsEx"] == 4.0) {
				t.Errorf("%v", info)
			}
		})
	}
}
