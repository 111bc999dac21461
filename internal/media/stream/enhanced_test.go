package stream_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"

	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
)

// fixture is a short film as tags of Enhanced RTMP, made of what real ffmpeg
// encoded: its own version 5.1 cannot write them.
type fixture struct {
	tags   []flv.Tag
	frames int
	bytes  int // of all pictures
}

const fixtureSeconds = 3

func film(t *testing.T, format flv.VideoFormat, encoder ...string) fixture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	args := []string{
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t",
		fmt.Sprint(fixtureSeconds),
		"-c:a", "libopus", "-ac", "2", "-pix_fmt", "yuv420p", "-g", "30",
	}
	args = append(append(args, encoder...), "-movflags", "+frag_keyframe+delay_moov+default_base_moof", path)
	if out, err := ffmpeg(t, "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	var parts fmp4.Parts
	if err := parts.Unmarshal(b[boxEnd(t, b, "moov"):boxStart(t, b, "mfra")]); err != nil {
		t.Fatal(err)
	}
	record := map[flv.VideoFormat]string{flv.HEVC: "hvcC", flv.AV1: "av1C"}[format]
	config := b[boxStart(t, b, record)+8 : boxEnd(t, b, record)]
	f := fixture{tags: []flv.Tag{
		{Type: flv.TagVideo, Body: flv.VideoBody(flv.Video{Format: format, Kind: flv.KindConfig, Data: config})},
		{Type: flv.TagAudio, Body: flv.AudioBody(flv.Audio{
			Format: flv.Opus, Kind: flv.KindConfig,
			Data: flv.OpusHead(2, 312),
		})},
	}}
	for _, part := range parts {
		for _, track := range part.Tracks {
			f.samples(format, &init, track)
		}
	}
	slices.SortStableFunc(f.tags[2:], func(a, b flv.Tag) int { return int(a.Timestamp) - int(b.Timestamp) })
	return f
}

func (f *fixture) samples(format flv.VideoFormat, init *fmp4.Init, track *fmp4.PartTrack) {
	for _, it := range init.Tracks {
		if it.ID != track.ID {
			continue
		}
		at, video := track.BaseTime, it.Codec.IsVideo()
		for i, s := range track.Samples { // a fragment begins with a key frame and has no other
			tag := flv.Tag{Type: flv.TagAudio, Timestamp: uint32(at * 1000 / uint64(it.TimeScale))}
			if video {
				tag.Type = flv.TagVideo
				cts := int64(s.PTSOffset) * 1000 / int64(it.TimeScale)
				tag.Body = flv.VideoBody(flv.Video{
					Format: format, Key: i == 0, Composition: int32(cts),
					Data: s.Payload,
				})
				f.frames++
				f.bytes += len(s.Payload)
			} else {
				tag.Body = flv.AudioBody(flv.Audio{Format: flv.Opus, Data: s.Payload})
			}
			f.tags = append(f.tags, tag)
			at += uint64(s.Duration)
		}
	}
}

// boxStart and boxEnd find the first box of a name by looking for its letters.
func boxStart(t *testing.T, b []byte, name string) int {
	t.Helper()
	i := bytes.Index(b, []byte(name))
	if i < 4 {
		t.Fatalf("no box %s", name)
	}
	return i - 4
}

func boxEnd(t *testing.T, b []byte, name string) int {
	t.Helper()
	i := boxStart(t, b, name)
	return i + int(binary.BigEndian.Uint32(b[i:]))
}

// wrap puts a video body into a modifier and among two tracks.
func wrap(body []byte) []byte {
	frame, packet, fourCC, data := body[0]&0xf0, body[0]&0x0f, body[1:5], body[5:]
	b := []byte{frame | 7, 2, 1, 2, 3, 6, 0x10 | packet} // three bytes of modifier, then tracks of one codec
	b = append(b, fourCC...)
	b = append(b, 1, 0, 0, 2, 9, 9) // track 1
	b = append(b, 0, byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
	return append(b, data...)
}

func TestEnhancedRTMP(t *testing.T) {
	hevc := []string{
		"-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
		"log-level=none:bframes=2:keyint=30:open-gop=0", "-tag:v", "hvc1",
	}
	av1 := []string{"-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "keyint=30"}
	for name, tt := range map[string]struct {
		format  flv.VideoFormat
		encoder []string
		wrapped bool
		codecs  string
		codec   string // as ffprobe calls it
	}{
		"HEVC":              {flv.HEVC, hevc, false, "hvc1.1.6.L60.90,opus", "hevc"},
		"HEVC among tracks": {flv.HEVC, hevc, true, "hvc1.1.6.L60.90,opus", "hevc"},
		"AV1":               {flv.AV1, av1, false, "av01.0.00M.08,opus", "av1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := film(t, tt.format, tt.encoder...)
			n := newNode(t)
			c, err := rtmp.Dial(t.Context(), n.rtmp+"room")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cut()
			n.publish(c, f, tt.wrapped)
			n.events.wait(t, 2)
			n.checkTap(f)
			n.hub.Close("room")
			_, list := n.fetch("/live/room/index.m3u8")
			if !strings.Contains(string(list), `CODECS="`+tt.codecs+`",RESOLUTION=320x180`) {
				t.Errorf("%s", list)
			}
			n.playAll(tt.codec, f.frames)
		})
	}
}

// publish sends all of a film at once.
func (n *node) publish(c *rtmp.Client, f fixture, wrapped bool) {
	n.t.Helper()
	for i, tag := range f.tags {
		send := c.WriteAudio
		body := tag.Body
		if tag.Type == flv.TagVideo {
			send = c.WriteVideo
			if wrapped {
				body = wrap(body)
			}
		}
		if err := send(tag.Timestamp, body); err != nil {
			n.t.Fatalf("tag %d: %v", i, err)
		}
	}
	if err := c.Close(); err != nil {
		n.t.Fatal(err)
	}
}

// checkTap looks for the newest GOP in plain enhanced tags.
func (n *node) checkTap(f fixture) {
	n.t.Helper()
	tap, err := n.hub.Tap(n.t.Context(), "room")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(tap.Close)
	var want []string
	for _, tag := range f.tags[2:] {
		if v, err := flv.ParseVideo(tag.Body); tag.Type == flv.TagVideo && err == nil {
			if v.Key {
				want = nil
			}
			want = append(want, string(v.Data))
		}
	}
	var got []string
	for _, p := range drain(n.t, tap) {
		if p.Kind != stream.PacketVideo || p.Config {
			continue
		}
		v, err := flv.ParseVideo(p.Body)
		if err != nil || v.Wrapped {
			n.t.Fatalf("%+v, %v", v, err)
		}
		got = append(got, string(v.Data))
	}
	if !slices.Equal(got, want) {
		n.t.Errorf("a reader got %d pictures, not the %d of the newest GOP", len(got), len(want))
	}
}

// playAll has ffprobe decode every frame of the HLS.
func (n *node) playAll(codec string, frames int) {
	n.t.Helper()
	out, err := ffmpeg(n.t, "ffprobe", "-count_frames", "-show_entries",
		"stream=codec_name,codec_tag_string,nb_read_frames,width",
		"-of", "compact", n.whole()).CombinedOutput()
	if err != nil {
		n.t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	for _, want := range []string{
		"codec_name=" + codec, fmt.Sprintf("nb_read_frames=%d|", frames), "codec_name=opus",
		"width=320",
	} {
		if !strings.Contains(string(out)+"|", want) && !strings.Contains(strings.ReplaceAll(string(out), "\n", "|"),
			want) {
			n.t.Errorf("no %s in %s", want, out)
		}
	}
}

// whole is the URL of the media playlist of a stream that has ended.
func (n *node) whole() string { return n.http + "/live/room/live.m3u8" }
