package flv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/media/flv"
)

// modifiers puts some modifiers of Enhanced RTMP before a packet type and answers the
// first byte's packet type and what stands before the rest.
func modifiers(t *rapid.T, packet byte) (first byte, head []byte) {
	first = packet
	for i := rapid.IntRange(0, 3).Draw(t, "modifiers"); i > 0; i-- {
		data := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "modifier")
		var m []byte
		if n := len(data) - 1; n < 255 {
			m = append(m, byte(n))
		} else {
			m = append(m, 255, byte(n>>8), byte(n))
		}
		m = append(m, data...)
		head = append(append(m, first), head...)
		first = 7
	}
	return first, head
}

// tracked wraps data as number 0 of some tracks, in one of the three ways.
func tracked(t *rapid.T, packet byte, name string, data []byte) []byte {
	kind := byte(rapid.IntRange(0, 2).Draw(t, "kind of tracks"))
	b := []byte{kind<<4 | packet}
	if kind != 2 {
		b = append(b, name...)
	}
	others := 0
	if kind != 0 {
		others = rapid.IntRange(0, 3).Draw(t, "others")
	}
	track := func(number byte, body []byte) {
		if kind == 2 {
			b = append(b, name...)
		}
		if b = append(b, number); kind != 0 {
			b = append(b, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
		}
		b = append(b, body...)
	}
	before := rapid.IntRange(0, others).Draw(t, "before")
	for i := range others + 1 {
		if i == before {
			track(0, data)
			continue
		}
		track(byte(i+1), rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "other"))
	}
	return b
}

// However a frame is wrapped, it is found as it was, and no shorter tag is taken for
// it.
func TestAFrameIsFoundInAnyWrapping(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"avc1", "hvc1", "av01"}).Draw(rt, "codec")
		frame := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(rt, "frame")
		key, timed := rapid.Bool().Draw(rt, "key"), rapid.Bool().Draw(rt, "timed")
		packet, data, composition := byte(3), frame, int32(0)
		if timed {
			packet = 1
			if name != "av01" {
				composition = rapid.Int32Range(-1<<23, 1<<23-1).Draw(rt, "composition")
				data = append([]byte{byte(composition >> 16), byte(composition >> 8), byte(composition)}, frame...)
			}
		}
		body := append([]byte(name), data...)
		wrapped := rapid.Bool().Draw(rt, "tracks")
		kind := packet
		if wrapped {
			body, kind = tracked(rt, packet, name, data), 6
		}
		first, head := modifiers(rt, kind)
		frameType := byte(2)
		if key {
			frameType = 1
		}
		tag := append(append([]byte{0x80 | frameType<<4 | first}, head...), body...)
		v, err := flv.ParseVideo(tag)
		if err != nil || v.Format.FourCC() != name || v.Key != key || v.Composition != composition ||
			!bytes.Equal(v.Data, frame) || v.Wrapped != (wrapped || first == 7 || name == "avc1") {
			rt.Fatalf("%x is %+v, %v", tag, v, err)
		}
		for n := range len(tag) {
			if v, err := flv.ParseVideo(tag[:n]); err == nil && len(v.Data) > n {
				rt.Fatalf("%x gives more than there is: %+v", tag[:n], v)
			}
		}
	})
}

// Sound is found in any wrapping, too.
func TestSoundIsFoundInAnyWrapping(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"mp4a", "Opus"}).Draw(rt, "codec")
		data := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(rt, "packet")
		packet := byte(rapid.IntRange(0, 1).Draw(rt, "kind"))
		body, kind := append([]byte(name), data...), packet
		if rapid.Bool().Draw(rt, "tracks") {
			body, kind = tracked(rt, packet, name, data), 5
		}
		first, head := modifiers(rt, kind)
		tag := append(append([]byte{0x90 | first}, head...), body...)
		a, err := flv.ParseAudio(tag)
		want := flv.KindFrame
		if packet == 0 {
			want = flv.KindConfig
		}
		if err != nil || a.Format.FourCC() != name || a.Kind != want || !bytes.Equal(a.Data, data) {
			rt.Fatalf("%x is %+v, %v", tag, a, err)
		}
	})
}

// What was written as a file is read as it was, and a file that is torn anywhere
// gives its whole tags.
func TestAFileIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tags := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) flv.Tag {
			return flv.Tag{
				Type:      rapid.SampledFrom([]byte{flv.TagAudio, flv.TagVideo, flv.TagScript}).Draw(t, "type"),
				Timestamp: rapid.Uint32().Draw(t, "timestamp"),
				Body:      rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "body"),
			}
		}), 0, 5).Draw(rt, "tags")
		var b bytes.Buffer
		w, err := flv.NewWriter(&b)
		ends := []int{b.Len()}
		for _, tag := range tags {
			err = errors.Join(err, w.Write(tag))
			ends = append(ends, b.Len())
		}
		if err != nil {
			rt.Fatal(err)
		}
		for n := ends[0]; n <= b.Len(); n++ {
			got, err := flv.ReadFile(bytes.NewReader(b.Bytes()[:n]))
			whole := 0
			for _, e := range ends[1:] {
				if e <= n {
					whole++
				}
			}
			same := func(x, y flv.Tag) bool {
				return x.Type == y.Type && x.Timestamp == y.Timestamp && bytes.Equal(x.Body, y.Body)
			}
			if err != nil || !slices.EqualFunc(got, tags[:whole], same) {
				rt.Fatalf("%d bytes of %d give %d tags, want %d, %v", n, b.Len(), len(got), whole, err)
			}
		}
	})
}

// Frames of NAL units: a frame is good when its lengths add up to it and something is
// in it, and it begins where a decoder can when such a unit is among them.
func TestFramesOfUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 4}).Draw(rt, "length size")
		format := rapid.SampledFrom([]flv.VideoFormat{flv.AVC, flv.HEVC}).Draw(rt, "format")
		units := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 20), 0, 6).Draw(rt, "units")
		var frame []byte
		some, starts := false, false
		for _, u := range units {
			var length [8]byte
			binary.BigEndian.PutUint64(length[:], uint64(len(u)))
			frame = append(append(frame, length[8-size:]...), u...)
			if len(u) == 0 {
				continue
			}
			some = true
			if kind := u[0] >> 1 & 0x3f; format == flv.HEVC {
				starts = starts || kind >= 16 && kind <= 23
			} else {
				starts = starts || u[0]&0x1f == 5
			}
		}
		c := flv.VideoConfig{Format: format, LengthSize: size}
		sample, key, err := c.Check(frame)
		if (err == nil) != some || err == nil && (key != starts || !bytes.Equal(sample, frame)) {
			rt.Fatalf("%x: key %v, want %v, %v", frame, key, starts, err)
		}
		if !some {
			return
		}
		torn := frame[:len(frame)-1]
		if _, _, err := c.Check(torn); err == nil && len(units[len(units)-1]) > 0 {
			rt.Fatalf("%x is torn and good", torn)
		}
	})
}

// leb is a number as AV1 writes it.
func leb(n int) (b []byte) {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// A temporal unit of AV1 keeps all its units but the delimiters, wherever they are.
func TestDelimitersGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var unit, want []byte
		n := rapid.IntRange(1, 8).Draw(rt, "units")
		for i := range n {
			kind := byte(rapid.SampledFrom([]int{1, 2, 3, 6, 15}).Draw(rt, "kind"))
			body := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "body")
			head := []byte{kind << 3}
			if rapid.Bool().Draw(rt, "extended") {
				head = append([]byte{head[0] | 4}, 0)
			}
			if i < n-1 || rapid.Bool().Draw(rt, "sized") { // only the last may go without
				head[0] |= 2
				head = append(head, leb(len(body))...)
			}
			obu := append(head, body...)
			if unit = append(unit, obu...); kind != 2 {
				want = append(want, obu...)
			}
		}
		c := flv.VideoConfig{Format: flv.AV1}
		got, _, err := c.Check(unit)
		if (err == nil) != (len(want) > 0) || err == nil && !bytes.Equal(got, want) {
			rt.Fatalf("%x became %x, want %x, %v", unit, got, want, err)
		}
	})
}

// An Opus packet is as long as its first byte says, times its frames (RFC 6716, 3.1
// and 3.2), and nothing beyond 120 ms.
func TestHowLongAPacketOfOpusIs(t *testing.T) {
	t.Parallel()
	c, err := flv.ParseOpus(flv.OpusHead(2, 312))
	if err != nil {
		t.Fatal(err)
	}
	frame := func(config int) int { // samples at 48 kHz
		switch {
		case config < 12:
			return []int{480, 960, 1920, 2880}[config%4]
		case config < 16:
			return []int{480, 960}[config%2]
		}
		return []int{120, 240, 480, 960}[config%4]
	}
	for config := range 32 {
		for code := range 4 {
			for frames := range 64 {
				want := frame(config) * []int{1, 2, 2, frames}[code]
				if want > 5760 {
					want = 0
				}
				packet := []byte{byte(config<<3 | code), byte(frames), 1, 2, 3}
				if got := c.Samples(packet); got != want {
					t.Fatalf("configuration %d, code %d, %d frames: %d samples, want %d", config, code, frames, got,
						want)
				}
			}
		}
	}
	if c.Samples(nil) != 0 {
		t.Error("nothing has a length")
	}
}

// A record of which a byte is missing or another is refused or believed as far as it
// makes sense: no picture without a size.
func TestRecordsWithFaults(t *testing.T) {
	t.Parallel()
	for f, text := range map[flv.VideoFormat]string{flv.AVC: avcRecord, flv.HEVC: hevcRecord, flv.AV1: av1Record} {
		good := unhex(t, text)
		try := func(b []byte) {
			before := bytes.Clone(b)
			c, err := flv.ParseVideoConfig(f, b)
			if err != nil && !errors.Is(err, flv.ErrConfig) || err == nil && (c.Width <= 0 || c.Height <= 0 ||
				c.Codec == "" || c.Format != f || len(c.Record) != len(b) || c.FPS < 0 || c.FPS > 240) {
				t.Errorf("%s %x: %+v, %v", f.FourCC(), b, c, err)
			}
			if !bytes.Equal(b, before) {
				t.Errorf("%s %x was changed to %x", f.FourCC(), before, b)
			}
		}
		for i := range good {
			try(good[:i])
			for _, x := range []byte{0, 0xff, good[i] ^ 1, good[i] ^ 0x80} {
				b := bytes.Clone(good)
				b[i] = x
				try(b)
			}
		}
		for _, b := range [][]byte{nil, {}, make([]byte, 16<<10+1), bytes.Repeat([]byte{0xff}, 100)} {
			if _, err := flv.ParseVideoConfig(f, b); !errors.Is(err, flv.ErrConfig) {
				t.Errorf("%s record of %d bytes: %v", f.FourCC(), len(b), err)
			}
		}
	}
	for _, channels := range []int{0, 3, 9, 255} {
		head := flv.OpusHead(2, 312)
		head[9] = byte(channels)
		if _, err := flv.ParseAudioConfig(flv.Opus, head); !errors.Is(err, flv.ErrConfig) {
			t.Errorf("Opus with %d channels: %v", channels, err)
		}
	}
}
