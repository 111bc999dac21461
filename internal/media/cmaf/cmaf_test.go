package cmaf_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"go.uber.org/goleak"

	"hawker/internal/media/cmaf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func tracks(t *testing.T) (*cmaf.VideoTrack, *cmaf.AudioTrack) {
	t.Helper()
	avcc, err := hex.DecodeString(
		"0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468efbcb0fdf8f800")
	if err != nil {
		t.Fatal(err)
	}
	return &cmaf.VideoTrack{Record: avcc, Width: 1280, Height: 720},
		&cmaf.AudioTrack{Record: []byte{0x11, 0x90}, SampleRate: 48000, Channels: 2}
}

// An independent parser reads what we write.
func TestInit(t *testing.T) {
	v, a := tracks(t)
	for name, tt := range map[string]struct {
		video *cmaf.VideoTrack
		audio *cmaf.AudioTrack
		scale []uint32
	}{
		"both": {v, a, []uint32{90000, 48000}}, "video": {v, nil, []uint32{90000}}, "audio": {nil, a, []uint32{48000}},
	} {
		t.Run(name, func(t *testing.T) {
			var init fmp4.Init
			if err := init.Unmarshal(bytes.NewReader(cmaf.Init(tt.video, tt.audio))); err != nil {
				t.Fatal(err)
			}
			if len(init.Tracks) != len(tt.scale) {
				t.Fatalf("%d tracks", len(init.Tracks))
			}
			for i, track := range init.Tracks {
				if track.TimeScale != tt.scale[i] {
					t.Errorf("track %d: time scale %d", track.ID, track.TimeScale)
				}
			}
		})
	}
}

func runs() (video, audio *cmaf.Run) {
	video = &cmaf.Run{Base: 1 << 33}
	video.Add(cmaf.Sample{Duration: 3000, Offset: 6000, Sync: true}, []byte("keyframe"))
	video.Add(cmaf.Sample{Duration: 2970, Offset: -6030}, []byte("B-frame"))
	audio = &cmaf.Run{Base: 48000}
	audio.Add(cmaf.Sample{Duration: 1024}, []byte("aac"))
	audio.Add(cmaf.Sample{Duration: 1500}, []byte("AAC!"))
	return video, audio
}

func TestFragment(t *testing.T) {
	video, audio := runs()
	none := &cmaf.Run{}
	for name, tt := range map[string]struct{ v, a *cmaf.Run }{
		"both": {video, audio}, "video": {video, none}, "audio": {none, audio},
	} {
		t.Run(name, func(t *testing.T) {
			pieces := cmaf.Fragment(9, tt.v, tt.a)
			if head := pieces[0]; len(head) != cap(head) || len(pieces) != cap(pieces) {
				t.Errorf("%d bytes in a slice of %d, %d pieces in one of %d", len(head), cap(head), len(pieces),
					cap(pieces))
			}
			b := slices.Concat(pieces...)
			var parts fmp4.Parts
			if err := parts.Unmarshal(b); err != nil {
				t.Fatal(err)
			}
			if len(parts) != 1 || parts[0].SequenceNumber != 9 {
				t.Fatalf("%+v", parts)
			}
			got := map[int]*fmp4.PartTrack{}
			for _, track := range parts[0].Tracks {
				got[track.ID] = track
			}
			same(t, got[cmaf.VideoTrackID], tt.v, "keyframeB-frame")
			same(t, got[cmaf.AudioTrackID], tt.a, "aacAAC!")
		})
	}
}

func same(t *testing.T, got *fmp4.PartTrack, want *cmaf.Run, text string) {
	t.Helper()
	video := text[0] == 'k'
	if got == nil {
		if len(want.Samples) > 0 {
			t.Error("track missing")
		}
		return
	}
	if got.BaseTime != want.Base || len(got.Samples) != len(want.Samples) {
		t.Fatalf("base %d, %d samples", got.BaseTime, len(got.Samples))
	}
	at := 0
	for i, s := range got.Samples {
		w := want.Samples[i]
		data := []byte(text[at : at+int(w.Size)])
		at += int(w.Size)
		if s.Duration != w.Duration || s.PTSOffset != w.Offset || !bytes.Equal(s.Payload, data) {
			t.Errorf("sample %d: %+v, want %+v", i, s, w)
		}
		if s.IsNonSyncSample != (video && !w.Sync) {
			t.Errorf("sample %d: non-sync %v", i, s.IsNonSyncSample)
		}
	}
}

// The boxes and the list of pieces are all that a fragment takes: its samples stay where
// they are.
func TestAFragmentCopiesNoSample(t *testing.T) {
	video, audio := runs()
	if n := testing.AllocsPerRun(100, func() { _ = cmaf.Fragment(1, video, audio) }); n != 2 {
		t.Errorf("%g allocations", n)
	}
	frame := []byte("a frame")
	video.Add(cmaf.Sample{}, frame)
	if pieces := cmaf.Fragment(1, video, &cmaf.Run{}); &pieces[len(pieces)-1][0] != &frame[0] {
		t.Error("a sample was copied")
	}
}

// whole puts the pieces of a fragment together.
func whole(seq uint32, video, audio *cmaf.Run) []byte {
	return slices.Concat(cmaf.Fragment(seq, video, audio)...)
}

// A part that is cut in two holds what the whole one would have held.
func TestSplitJoin(t *testing.T) {
	_, uncut := runs()
	_, cut := runs()
	later := cut.Split(1)
	if len(cut.Samples) != 1 || cut.Bytes() != 3 || later.Bytes() != 4 {
		t.Fatalf("split into %d and %d bytes", cut.Bytes(), later.Bytes())
	}
	cut.Join(later)
	none := &cmaf.Run{}
	if !bytes.Equal(whole(1, none, uncut), whole(1, none, cut)) {
		t.Error("joined again it is another run")
	}
	cut.Reset()
	if len(cut.Samples) != 0 || cut.Bytes() != 0 {
		t.Error("not empty after Reset")
	}
}

func BenchmarkFragment(b *testing.B) {
	video, audio := &cmaf.Run{}, &cmaf.Run{}
	for range 15 {
		video.Add(cmaf.Sample{Duration: 3000}, make([]byte, 10_000))
	}
	for range 23 {
		audio.Add(cmaf.Sample{Duration: 1024}, make([]byte, 347))
	}
	b.SetBytes(int64(video.Bytes() + audio.Bytes()))
	for b.Loop() {
		_ = cmaf.Fragment(1, video, audio)
	}
}
