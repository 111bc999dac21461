package stream_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/stream"
)

// A tag of each codec that is not taken, as encoders send them.
func h263() []byte { return []byte{0x12, 0, 0, 0x84, 0} }
func mp3() []byte  { return []byte{0x2f, 0xff, 0xfb, 0x90, 0xc4} }
func vp9() []byte  { return append([]byte{0x91}, "vp09\x82\x49\x83"...) }

// What of a publisher cannot be played is named; if nothing can, it is sent away and nobody was told that
// it came.
func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	t.Parallel()
	codec := func(name string) stream.Trouble { return stream.Trouble{Cause: stream.CauseCodec, Codec: name} }
	sets, none := stream.Trouble{Cause: stream.CauseSets}, stream.Trouble{}
	for name, c := range map[string]struct {
		send         func(e *encoder)
		video, audio stream.Trouble
		away         bool
		told         string
	}{
		"H.263 and MP3": {func(e *encoder) { e.tags(h263, mp3, 1) }, codec("Sorenson H.263"), codec("MP3"), true, ""},
		"H.263 alone":   {func(e *encoder) { e.tags(h263, nil, 40) }, codec("Sorenson H.263"), none, true, ""},
		"MP3 alone":     {func(e *encoder) { e.tags(nil, mp3, 40) }, none, codec("MP3"), true, ""},
		"VP9, then AAC": {func(e *encoder) {
			e.tags(vp9, nil, 1)
			e.must(e.pub.Audio(0, audioConfig()))
			e.tags(vp9, audioBody, 40)
		}, codec("VP9"), none, false, "publish room 1"},
		"H.264 and MP3": {func(e *encoder) {
			e.must(e.pub.Video(0, videoConfig()))
			e.tags(func() []byte { return videoBody(true, 0, 400) }, mp3, 40)
		}, none, codec("MP3"), false, "publish room 1"},
		"no parameter sets": {func(e *encoder) {
			e.tags(func() []byte { return videoBody(true, 0, 400) }, nil, 40)
		}, sets, none, false, ""},
		"torn pictures": {func(e *encoder) {
			e.must(e.pub.Video(0, videoConfig()))
			e.tags(func() []byte { return videoBody(true, 0, 400)[:100] }, nil, 40)
		}, stream.Trouble{Cause: stream.CauseBroken}, none, false, ""},
		"a picture again": {func(e *encoder) {
			e.must(e.pub.Video(0, videoConfig()))
			e.tags(func() []byte { return videoBody(true, 0, 400)[:100] }, nil, 4)
			e.tags(func() []byte { return videoBody(true, 0, 400) }, nil, 4)
		}, none, none, false, "publish room 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{noVideo: true, noAudio: true})
			c.send(e)
			h, _ := r.hub.Stream("room")
			if h.VideoTrouble != c.video || h.AudioTrouble != c.audio || e.away != c.away {
				t.Errorf("picture %v, sound %v, sent away: %v", h.VideoTrouble, h.AudioTrouble, e.away)
			}
			e.pub.Close(nil)
			r.hub.Close("room")
			n := 0
			if c.told != "" {
				n = 2
			}
			if got := strings.Join(r.events.wait(t, n), ","); !strings.HasPrefix(got, c.told) || c.told == "" &&
				got != "" {
				t.Errorf("told: %q", got)
			}
			if h, ok := r.hub.Stream("room"); ok && (h.VideoTrouble != c.video || h.AudioTrouble != c.audio) {
				t.Errorf("afterwards it is forgotten: %v, %v", h.VideoTrouble, h.AudioTrouble)
			}
		})
	}
}

// tags sends n times a tag of each, a tenth of a second apart.
func (e *encoder) tags(video, audio func() []byte, n int) {
	e.rig.t.Helper()
	for range n {
		for _, k := range []struct {
			body func() []byte
			send func(uint32, []byte) error
		}{{video, e.pub.Video}, {audio, e.pub.Audio}} {
			if k.body == nil {
				continue
			}
			err := k.send(uint32(e.ms), k.body())
			e.away = e.away || errors.Is(err, stream.ErrUnplayable)
			if err != nil && e.away != stream.Fatal(err) {
				e.rig.t.Errorf("answer %v", err)
			}
		}
		e.ms += 100
		e.rig.clock.Advance(100 * time.Millisecond)
	}
}

// Who takes over and sends nothing that can be played leaves the room as it was while it tries; when it
// goes, the room waits.
func TestATakeoverThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.publish("room", shape{fps: 30, gop: 30}).send(2 * time.Second)
	second := r.publish("room", shape{noVideo: true, noAudio: true})
	second.tags(h263, mp3, 1)
	second.pub.Close(stream.ErrUnplayable)
	want := "publish room 1,unpublish room 1,unpublish room 2"
	if got := strings.Join(r.events.wait(t, 3), ","); got != want {
		t.Errorf("told: %s", got)
	}
}
