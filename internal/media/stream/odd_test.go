package stream_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

// 320 by 180, Baseline, as x264 writes it.
const smallRecord = "0142c00dffe100176742c00dda05067e7c0440000003004000000f03c50aa801000468ce0fc8"

// setsOf are the parameter sets of a record with one of each.
func setsOf(record []byte, hevc bool) (units [][]byte) {
	if hevc {
		for b := record[23:]; len(b) > 5; {
			n := 5 + int(binary.BigEndian.Uint16(b[3:]))
			units, b = append(units, b[5:n]), b[n:]
		}
		return units
	}
	n := 8 + int(binary.BigEndian.Uint16(record[6:]))
	return [][]byte{record[8:n], record[n+3 : n+3+int(binary.BigEndian.Uint16(record[n+1:]))]}
}

// odd is an encoder that parts its NAL units in a way of its own.
type odd struct {
	rig    *rig
	pub    *stream.Publication
	format flv.VideoFormat
	join   func(units ...[]byte) []byte
	legacy bool // HEVC by the number 12
	ms     uint32
}

func lengths(size int) func(units ...[]byte) []byte {
	return func(units ...[]byte) (out []byte) {
		for _, u := range units {
			out = append(out, binary.BigEndian.AppendUint32(nil, uint32(len(u)))[4-size:]...)
			out = append(out, u...)
		}
		return out
	}
}

func startCodes(code string) func(units ...[]byte) []byte {
	return func(units ...[]byte) (out []byte) {
		for _, u := range units {
			out = append(append(out, code...), u...)
		}
		return out
	}
}

func (o *odd) tag(v flv.Video) {
	o.rig.t.Helper()
	v.Format = o.format
	body := flv.VideoBody(v)
	if o.legacy {
		body = flv.VideoBody(flv.Video{Kind: v.Kind, Key: v.Key, Data: v.Data})
		body[0] = body[0]&0xf0 | 12
	}
	_ = o.pub.Video(o.ms, body) // what is left out is counted
}

// send sends so many pictures of a thirtieth of a second, with sets before every tenth of them.
func (o *odd) send(n int, sets [][]byte) {
	o.rig.t.Helper()
	for i := range n {
		key := i%10 == 0
		unit := append([]byte{0x41}, bytes.Repeat([]byte{0x5a}, 300)...)
		if key {
			unit[0] = 0x65
		}
		if o.format == flv.HEVC {
			unit[0] = map[bool]byte{true: 0x26, false: 0x02}[key]
		}
		units := [][]byte{unit}
		if key {
			units = append(append([][]byte{}, sets...), unit)
		}
		o.tag(flv.Video{Kind: flv.KindFrame, Key: key, Data: o.join(units...)})
		o.ms += 33 + uint32(i%3/2)
		o.rig.clock.Advance(33 * time.Millisecond)
	}
}

// What drones, cameras and hardware encoders send besides what the format says is a picture.
func TestPicturesOfOddEncoders(t *testing.T) {
	t.Parallel()
	avc, hevc := unhex(avcRecord), unhex(hevcRecord)
	four, none := lengths(4), []byte(nil)
	poorAVC, poorHEVC := append(bytes.Clone(avc[:5]), 0xe0, 0), append(bytes.Clone(hevc[:22]), 0)
	short := bytes.Clone(avc)
	short[4] = 0xfd // lengths of two bytes
	for name, c := range map[string]struct {
		header []byte
		sets   bool
		join   func(units ...[]byte) []byte
		format flv.VideoFormat
		legacy bool
	}{
		"sets in the pictures, a header without":  {header: poorAVC, sets: true, join: four},
		"sets in the pictures, no header":         {header: none, sets: true, join: four},
		"lengths of two bytes":                    {header: short, join: lengths(2)},
		"start codes of four bytes":               {header: avc, join: startCodes("\x00\x00\x00\x01")},
		"start codes of three bytes":              {header: avc, join: startCodes("\x00\x00\x01")},
		"start codes, header of two-byte lengths": {header: short, join: startCodes("\x00\x00\x00\x01")},
		"start codes, zeros after each": {
			header: avc, sets: true,
			join: startCodes("\x00\x00\x00\x00\x00\x01"),
		},
		"start codes in the header too": {
			header: startCodes("\x00\x00\x00\x01")(setsOf(avc, false)...),
			join:   startCodes("\x00\x00\x01"),
		},
		"HEVC, sets in the pictures, poor header": {header: poorHEVC, sets: true, join: four, format: flv.HEVC},
		"HEVC, sets in the pictures, start codes": {
			header: none, sets: true, join: startCodes("\x00\x00\x00\x01"),
			format: flv.HEVC,
		},
		"HEVC by its old number": {header: hevc, join: four, format: flv.HEVC, legacy: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{noVideo: true, noAudio: true})
			o := &odd{rig: r, pub: e.pub, format: c.format, join: c.join, legacy: c.legacy}
			if c.header != nil {
				o.tag(flv.Video{Kind: flv.KindConfig, Key: true, Data: c.header})
			}
			record, width := avc, 1280
			if c.format == flv.HEVC {
				record, width = hevc, 320
			}
			sets := [][]byte(nil)
			if c.sets {
				sets = setsOf(record, c.format == flv.HEVC)
			}
			o.send(90, sets)
			h, _ := r.hub.Stream("room")
			if h.Width != width || h.PartTarget == 0 || h.Dropped > 1 {
				t.Fatalf("%d wide, codec %q, %d left out", h.Width, h.VideoCodec, h.Dropped)
			}
			if p := r.look(); r.discontinuities() != 0 || len(p.Segments) < 2 {
				t.Errorf("%d segments, %d discontinuities", len(p.Segments), r.discontinuities())
			}
			r.samples(c.format)
		})
	}
}

// samples looks at what the player gets: NAL units behind lengths of the size that the init segment tells.
func (r *rig) samples(f flv.VideoFormat) {
	r.t.Helper()
	whole := r.list.Segments[len(r.list.Segments)-2]
	init := r.get("/live/room/" + whole.Map).Body.Bytes()
	box, at := "avcC", 4
	if f == flv.HEVC {
		box, at = "hvcC", 21
	}
	i := bytes.Index(init, []byte(box))
	if i < 0 {
		r.t.Fatalf("no %s in the init segment", box)
	}
	size := int(init[i+4+at]&3) + 1
	media := r.get("/live/room/" + whole.URI).Body.Bytes()
	data := media[bytes.Index(media, []byte("mdat"))+4:]
	unit := data[size:]
	if n := int(binary.BigEndian.Uint32(append(make([]byte, 4-size), data[:size]...))); n < 1 || n > len(unit) {
		r.t.Errorf("the first NAL unit has %d bytes of %d", n, len(unit))
	}
	if kind := unit[0] & 0x1f; f == flv.AVC && kind != 7 && kind != 5 {
		r.t.Errorf("the first NAL unit is of type %d", kind)
	}
}

// A picture of another size whose sets come with it: what follows has an init segment of its own;
// sets that only come again change nothing.
func TestAChangeOfSizeWithinThePictures(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	o := &odd{rig: r, pub: r.publish("room", shape{noAudio: true}).pub, join: lengths(4)}
	big, small := setsOf(unhex(avcRecord), false), setsOf(unhex(smallRecord), false)
	for i, step := range []struct {
		sets   [][]byte
		width  int
		breaks int64
	}{{nil, 1280, 0}, {big, 1280, 0}, {small, 320, 1}, {small, 320, 1}, {nil, 320, 1}, {big, 1280, 2}} {
		o.send(60, step.sets)
		r.look()
		if h, _ := r.hub.Stream("room"); h.Width != step.width || r.discontinuities() != step.breaks || h.Dropped != 0 {
			t.Errorf("step %d: %d wide, %d discontinuities, %d left out; want %d and %d", i, h.Width,
				r.discontinuities(),
				h.Dropped, step.width, step.breaks)
		}
	}
}

// What begins with a length is taken as it is, also where the length looks like a start code.
func TestLengthsAreKept(t *testing.T) {
	t.Parallel()
	var track flv.VideoTrack
	if err := track.Configure(flv.AVC, unhex(avcRecord)); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{300, 0x141, 0x165, 511, 70000} {
		data := lengths(4)(append([]byte{0x65}, make([]byte, size-1)...))
		v, fresh, err := track.Frame(flv.Video{Kind: flv.KindFrame, Key: true, Data: data})
		if err != nil || fresh || v.Wrapped || &v.Data[0] != &data[0] || len(v.Data) != len(data) {
			t.Errorf("%d bytes: %v, %v, %v", size, v.Wrapped, fresh, err)
		}
	}
}

// Slides and watching cameras send a picture every few seconds, without sound: one line without a break, in
// which each picture lasts until the next.
func TestRarePicturesAreOneLine(t *testing.T) {
	t.Parallel()
	for _, gap := range []int{1, 4, 5, 7} {
		r := newRig(t, rigOptions{gap: -1})
		e := r.publish("room", shape{noAudio: true, fps: 1, gop: 1})
		for i := range 12 {
			e.video(uint32(i * gap * 1000))
			r.clock.Advance(time.Duration(gap) * time.Second)
			e.watch()
		}
		r.look()
		if n := r.discontinuities(); n != 0 {
			t.Errorf("a picture every %d s: %d discontinuities", gap, n)
		}
		for _, s := range r.list.Segments[len(r.list.Segments)-3 : len(r.list.Segments)-1] {
			if s.Duration < float64(gap)-0.1 || s.Duration > float64(gap)+2 {
				t.Errorf("a picture every %d s: a segment of %g s", gap, s.Duration)
			}
		}
	}
}
