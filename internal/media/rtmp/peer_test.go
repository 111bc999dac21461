package rtmp

import (
	"net/url"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"hawker/internal/media/flv"
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
		SPS: []byte{0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 3, 0xc0, 0xf1, 0x83, 0x19, 0x60},
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
