package cmaf_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/media/cmaf"
	"hawker/internal/media/flv"
)

// box is one box of a file: its name, its body, and what is within it.
type box struct {
	name string
	body []byte
	in   []box
}

// containers hold boxes and nothing else.
func containers() []string {
	return []string{"moov", "trak", "mdia", "minf", "stbl", "dinf", "mvex", "moof", "traf"}
}

// boxes takes a file apart; every byte belongs to a box.
func boxes(t testing.TB, b []byte) (out []box) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 8 {
			t.Fatalf("%d bytes are left", len(b))
		}
		size := int(binary.BigEndian.Uint32(b))
		if size < 8 || size > len(b) {
			t.Fatalf("a box %q of %d bytes in %d", b[4:8], size, len(b))
		}
		x := box{name: string(b[4:8]), body: b[8:size]}
		if slices.Contains(containers(), x.name) {
			x.in = boxes(t, x.body)
		}
		out, b = append(out, x), b[size:]
	}
	return out
}

// at finds a box by the names on the way to it.
func at(list []box, path ...string) *box {
	for i := range list {
		if list[i].name == path[0] {
			if len(path) == 1 {
				return &list[i]
			}
			return at(list[i].in, path[1:]...)
		}
	}
	return nil
}

// Whatever samples a fragment has, its boxes add up and each sample is where its
// tables say.
func TestAFragmentAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		runs := [2]*cmaf.Run{{}, {}}
		var payload [2][][]byte
		for k, r := range runs {
			r.Base = rapid.Uint64().Draw(rt, "base")
			for range rapid.IntRange(0, 5).Draw(rt, "samples") {
				data := rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(rt, "data")
				payload[k] = append(payload[k], data)
				r.Add(cmaf.Sample{
					Duration: rapid.Uint32().Draw(rt, "duration"), Offset: rapid.Int32().Draw(rt, "offset"),
					Sync: rapid.Bool().Draw(rt, "sync"), Size: 12345, // Add knows better
				}, data)
			}
		}
		seq := rapid.Uint32().Draw(rt, "number")
		raw := whole(seq, runs[0], runs[1])
		list := boxes(t, raw)
		if len(list) != 2 || binary.BigEndian.Uint32(at(list, "moof", "mfhd").body[4:]) != seq {
			rt.Fatalf("%d boxes", len(list))
		}
		tracks := slices.DeleteFunc(slices.Clone(list[0].in), func(x box) bool { return x.name != "traf" })
		for k, r := range runs {
			if len(r.Samples) == 0 {
				continue
			}
			if len(tracks) == 0 {
				rt.Fatal("a track is missing")
			}
			check(rt, raw, tracks[0], r, payload[k], k == 0)
			tracks = tracks[1:]
		}
		if len(tracks) != 0 {
			rt.Fatal("a track of nothing")
		}
	})
}

func check(rt *rapid.T, raw []byte, track box, r *cmaf.Run, payload [][]byte, video bool) {
	be := binary.BigEndian
	id := uint32(cmaf.AudioTrackID)
	if video {
		id = cmaf.VideoTrackID
	}
	if got := be.Uint32(track.in[0].body[4:]); got != id {
		rt.Fatalf("track %d, want %d", got, id)
	}
	if got := be.Uint64(track.in[1].body[4:]); got != r.Base {
		rt.Fatalf("it begins at %d, want %d", got, r.Base)
	}
	run := track.in[2].body
	count, from := int(be.Uint32(run[4:])), int(be.Uint32(run[8:]))
	if count != len(payload) {
		rt.Fatalf("%d samples, want %d", count, len(payload))
	}
	for i, rest := 0, run[12:]; i < count; i++ {
		duration, size := be.Uint32(rest), int(be.Uint32(rest[4:]))
		rest = rest[8:]
		if want := r.Samples[i]; duration != want.Duration || !bytes.Equal(raw[from:from+size], payload[i]) {
			rt.Fatalf("sample %d is %d long and %x", i, duration, raw[from:from+size])
		}
		if from += size; video {
			sync := be.Uint32(rest)&0x10000 == 0
			if want := r.Samples[i]; sync != want.Sync || int32(be.Uint32(rest[4:])) != want.Offset {
				rt.Fatalf("sample %d: sync %v, offset %d; want %+v", i, sync, int32(be.Uint32(rest[4:])), want)
			}
			rest = rest[8:]
		}
	}
}

// A run that is cut anywhere and joined again is as before, and both halves are whole.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 9), 0, 8).Draw(rt, "data")
		uncut, cut := &cmaf.Run{Base: 7}, &cmaf.Run{Base: 7}
		total := 0
		for i, d := range data {
			for _, r := range []*cmaf.Run{uncut, cut} {
				r.Add(cmaf.Sample{Duration: uint32(i)}, d)
			}
			total += len(d)
		}
		k := rapid.IntRange(0, len(data)).Draw(rt, "at")
		later := cut.Split(k)
		if len(cut.Samples) != k || len(later.Samples) != len(data)-k || cut.Bytes()+later.Bytes() != total {
			rt.Fatalf("cut at %d of %d: %d and %d samples, %d and %d bytes of %d", k, len(data), len(cut.Samples),
				len(later.Samples), cut.Bytes(), later.Bytes(), total)
		}
		cut.Join(later)
		if none := (&cmaf.Run{}); !bytes.Equal(whole(1, none, uncut), whole(1, none, cut)) {
			rt.Fatal("joined again it is another run")
		}
	})
}

// Init segments of every codec hold their record as it came, and describe the picture
// and the sound.
func TestWhatAnInitSegmentHolds(t *testing.T) {
	t.Parallel()
	record, be := []byte{1, 2, 3, 4, 5}, binary.BigEndian
	for entry, config := range map[string]string{"": "avcC", "avc1": "avcC", "hvc1": "hvcC", "av01": "av1C"} {
		list := boxes(t, cmaf.Init(&cmaf.VideoTrack{Entry: entry, Record: record, Width: 1080, Height: 1920}, nil))
		stsd := at(list, "moov", "trak", "mdia", "minf", "stbl", "stsd").body[8:]
		one := boxes(t, stsd)[0]
		if want := map[bool]string{true: "avc1", false: entry}[entry == ""]; one.name != want ||
			be.Uint16(one.body[24:]) != 1080 || be.Uint16(one.body[26:]) != 1920 {
			t.Errorf("%q is written as %s of %d by %d", entry, one.name, be.Uint16(one.body[24:]),
				be.Uint16(one.body[26:]))
		}
		if c := boxes(t, one.body[78:])[0]; c.name != config || !bytes.Equal(c.body, record) {
			t.Errorf("%q: %s with %x", entry, c.name, c.body)
		}
	}
	for _, rate := range []int{8000, 44100, 48000, 96000} {
		list := boxes(t, cmaf.Init(nil, &cmaf.AudioTrack{Record: []byte{0x11, 0x90}, SampleRate: rate, Channels: 2}))
		if got := be.Uint32(at(list, "moov", "trak", "mdia", "mdhd").body[12:]); got != uint32(rate) {
			t.Errorf("the clock of %d Hz ticks %d times a second", rate, got)
		}
	}
	head := flv.OpusHead(2, 312)
	list := boxes(t, cmaf.Init(nil, &cmaf.AudioTrack{Entry: "Opus", Record: head, SampleRate: 48000, Channels: 2}))
	one := boxes(t, at(list, "moov", "trak", "mdia", "minf", "stbl", "stsd").body[8:])[0]
	if dops := boxes(t, one.body[28:])[0]; one.name != "Opus" ||
		hex.EncodeToString(dops.body) != "000201380000bb80000000" {
		t.Errorf("%s with %s %x", one.name, dops.name, dops.body)
	}
	cmaf.Init(nil, &cmaf.AudioTrack{Entry: "Opus", Record: head[:5], SampleRate: 48000, Channels: 2})
	cmaf.Init(nil, &cmaf.AudioTrack{Record: make([]byte, 500), SampleRate: 48000, Channels: 2})
}

// probed is what the reference reads of a file.
type probed struct {
	Packets []struct {
		Stream   int    `json:"stream_index"`
		DTS      int64  `json:"dts"`
		PTS      int64  `json:"pts"`
		Size     string `json:"size"`
		Duration int64  `json:"duration"`
		Flags    string `json:"flags"`
	} `json:"packets"`
	Streams []struct {
		Codec string `json:"codec_name"`
		Width int    `json:"width"`
		Rate  string `json:"sample_rate"`
	} `json:"streams"`
}

// An init segment and fragments after one another are a file to the reference, which
// reads every sample with its times.
func TestTheReferenceReadsFragments(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("no ffprobe")
	}
	v, a := tracks(t)
	file := cmaf.Init(v, a)
	var want []string
	const base = 1 << 33 // beyond 26 hours, where 32 bits end
	for n := range 5 {
		video, audio := &cmaf.Run{Base: base + uint64(n)*9000}, &cmaf.Run{Base: base + uint64(n)*4800}
		for i := range 3 {
			offset, key := int32(3000*(i%2)), n == 0 && i == 0
			size := 20 + 5*i
			slice := append([]byte{0, 0, 0, byte(size - 4), 0x41, 0x9a}, make([]byte, size-6)...)
			if key {
				slice[4], slice[5] = 0x65, 0x88 // an IDR slice: the reference looks into it
			}
			video.Add(cmaf.Sample{Duration: 3000, Offset: offset, Sync: key}, slice)
			dts := base + n*9000 + i*3000
			flag := "_"
			if key {
				flag = "K"
			}
			want = append(want, fmt.Sprint(0, " ", dts, " ", dts+int(offset), " ", size, " ", flag))
		}
		for i := range 4 {
			audio.Add(cmaf.Sample{Duration: 1200}, make([]byte, 50+i))
			dts := base + n*4800 + i*1200
			want = append(want, fmt.Sprint(1, " ", dts, " ", dts, " ", 50+i, " K"))
		}
		file = append(file, whole(uint32(n+1), video, audio)...)
	}
	name := filepath.Join(t.TempDir(), "a.mp4")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "quiet", "-show_packets", "-show_streams", "-of",
		"json",
		name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Streams) != 2 || p.Streams[0].Codec != "h264" || p.Streams[0].Width != 1280 ||
		p.Streams[1].Rate != "48000" {
		t.Errorf("streams: %+v", p.Streams)
	}
	var got []string
	for _, x := range p.Packets {
		size, err := strconv.Atoi(x.Size)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(x.Stream, " ", x.DTS, " ", x.PTS, " ", size, " ", x.Flags[:1]))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the reference reads\n%q, want\n%q", got, want)
	}
}
