package whip

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"pgregory.net/rapid"

	"hawker/internal/base/clock"
)

// adtsFrame is a frame as the child writes it.
func adtsFrame(payload []byte, checked bool) []byte {
	skip, protection := adtsHeader, byte(1)
	if checked {
		skip, protection = adtsHeader+2, 0
	}
	n := skip + len(payload)
	b := []byte{0xff, 0xf0 | protection, 0x4c, 0x80 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1f, 0xfc}
	return append(append(b, make([]byte, skip-adtsHeader)...), payload...)
}

// Frames of sound are read one after another, with a checksum or without; what is
// torn ends the reading, and what is no frame is said to be none.
func TestFramesOfSoundAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		frames := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 300), 0, 5).Draw(rt, "frames")
		var raw []byte
		for _, f := range frames {
			raw = append(raw, adtsFrame(f, rapid.Bool().Draw(rt, "checked"))...)
		}
		cut := rapid.IntRange(0, len(raw)).Draw(rt, "cut")
		r, buf := bytes.NewReader(raw[:cut]), make([]byte, adtsFrameMax)
		for i := 0; ; i++ {
			got, err := readADTS(r, buf)
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || cut == len(raw) &&
					i != len(frames) {
					rt.Fatalf("after %d of %d: %v", i, len(frames), err)
				}
				return
			}
			if !bytes.Equal(got, frames[i]) {
				rt.Fatalf("frame %d is %x, want %x", i, got, frames[i])
			}
		}
	})
	good := adtsFrame([]byte("sound"), false)
	for what, change := range map[string]func(b []byte){
		"another mark":  func(b []byte) { b[0] = 0xfe },
		"another layer": func(b []byte) { b[1] |= 2 },
		"no length":     func(b []byte) { b[3], b[4], b[5] = b[3]&^3, 0, 0 },
		"nothing in it": func(b []byte) { b[3], b[4], b[5] = b[3]&^3, 0, 7<<5 },
	} {
		b := bytes.Clone(good)
		change(b)
		if f, err := readADTS(bytes.NewReader(b), make([]byte, adtsFrameMax)); !errors.Is(err, errADTS) {
			t.Errorf("%s: %q, %v", what, f, err)
		}
	}
}

// What a child of pictures writes is placed on the publisher's clock, over its wrap.
func TestPicturesOfAChildArePlaced(t *testing.T) {
	t.Parallel()
	type got struct {
		at   uint32
		body string
	}
	var out []got
	x := newTranscoder(webrtc.MimeTypeVP8, "none", clock.Real{}, discard(), func(at uint32, body []byte) {
		out = append(out, got{at, string(body)})
	})
	const base = 0xffffff00
	x.setBase(base)
	tag := func(kind byte, ms uint32, body string) []byte {
		b := []byte{
			kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), byte(ms >> 16), byte(ms >> 8),
			byte(ms),
		}
		b = append(b, byte(ms>>24), 0, 0, 0)
		return append(append(b, body...), 0, 0, 0, 0)
	}
	raw := append(make([]byte, flvHeaderBytes), tag(9, 0, "config")...)
	raw = append(raw, tag(18, 0, "script")...)
	raw = append(raw, tag(9, 40, "picture")...)
	raw = append(raw, tag(9, 0x01000000, "hours later")...)
	late := uint32(0x01000000)
	late = late*90 + base
	wrapped := uint32(base)
	wrapped += 3600
	want := []got{{base, "config"}, {wrapped, "picture"}, {late, "hours later"}}
	if err := x.take(bytes.NewReader(raw)); !errors.Is(err, io.EOF) || !slices.Equal(out, want) {
		t.Errorf("%v, want %v, %v", out, want, err)
	}
	for n := range len(raw) {
		if err := x.take(bytes.NewReader(raw[:n])); err == nil || errors.Is(err, errFLV) {
			t.Errorf("%d bytes of %d: %v", n, len(raw), err)
		}
	}
	huge := append(make([]byte, flvHeaderBytes), 9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0)
	if err := x.take(bytes.NewReader(huge)); !errors.Is(err, errFLV) {
		t.Errorf("a picture of sixteen megabytes: %v", err)
	}
}

// sink is a child's input that ends the feeding after so many writes.
type sink struct {
	bytes.Buffer
	cancel context.CancelFunc
	left   int
}

func (s *sink) Write(p []byte) (int, error) {
	if s.left--; s.left <= 0 {
		s.cancel()
	}
	return s.Buffer.Write(p)
}

// A child of pictures begins with a key frame, at its zero, whatever waits before it.
func TestAChildBeginsWithAKeyFrame(t *testing.T) {
	t.Parallel()
	x := newTranscoder(webrtc.MimeTypeVP9, "none", clock.Real{}, discard(), nil)
	for i, key := range []bool{false, false, true, false} {
		x.in <- ivfFrame{rtpTime: uint32(5000 + 3000*i), key: key, data: []byte{byte(i)}}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &sink{cancel: cancel, left: 3} // the head and two frames
	if err := x.feed(ctx, w); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	b := w.Bytes()
	if string(b[:4]) != "DKIF" || string(b[8:12]) != "VP90" || binary.LittleEndian.Uint32(b[16:]) != videoRate {
		t.Errorf("the head is %x", b[:32])
	}
	var times []uint64
	var data []byte
	for b = b[32:]; len(b) >= 12; {
		n := int(binary.LittleEndian.Uint32(b))
		times = append(times, binary.LittleEndian.Uint64(b[4:]))
		data = append(data, b[12:12+n]...)
		b = b[12+n:]
	}
	if !slices.Equal(times, []uint64{0, 3000}) || !bytes.Equal(data, []byte{2, 3}) {
		t.Errorf("frames %v at %v", data, times)
	}
}

// However long a publisher's picture stood still, it goes on with a key frame each two seconds and no more.
func TestKeyFramesAfterAGap(t *testing.T) {
	t.Parallel()
	const before, rate = 30, 30
	film := foreignPictures(t, vp8Encoder...)
	keys := make(chan bool, len(film)+1)
	x := newTranscoder(webrtc.MimeTypeVP8, "ffmpeg", clock.Real{}, discard(), func(_ uint32, body []byte) {
		if body[1] != 0 { // no parameter sets
			keys <- body[0]>>4 == 1
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.conv.once(ctx) }()
	go func() {
		for i, data := range film {
			at := i * videoRate / rate
			if i >= before {
				at += 600 * videoRate
			}
			x.in <- ivfFrame{rtpTime: uint32(at), key: i == 0, data: data}
		}
	}()
	n := 0
	for i := range len(film) - 5 { // the last may stay in the child
		if <-keys && i >= before {
			n++
		}
	}
	cancel()
	<-ended
	if want := (len(film)-before)/rate/2 + 1; n < 1 || n > want {
		t.Errorf("%d of the %d pictures after the gap are key frames, want 1 to %d", n, len(film)-before, want)
	}
}

// A child that is behind costs pictures up to the next key frame and no memory.
func TestAChildThatIsBehind(t *testing.T) {
	t.Parallel()
	x := newTranscoder(webrtc.MimeTypeVP8, "none", clock.Real{}, discard(), nil)
	push := func(n int, key bool) bool {
		head := byte(1)
		if key {
			head = 0
		}
		return x.push(&rtp.Packet{
			Header: rtp.Header{Timestamp: uint32(n) * 3000, Marker: true}, Payload: []byte{0x10, head, 9, 9},
		}, false)
	}
	if !push(0, false) {
		t.Error("nothing is asked for though there was no key frame")
	}
	for n := range frameQueue {
		if push(n+1, n == 0) {
			t.Errorf("picture %d: a key frame is asked for", n)
		}
	}
	if !push(100, false) || !push(101, false) {
		t.Error("the queue is full and no key frame is asked for")
	}
	<-x.in
	if !push(102, false) || len(x.in) != frameQueue-1 {
		t.Error("it went on in the middle")
	}
	if push(103, true) || len(x.in) != frameQueue {
		t.Error("it did not go on at a key frame")
	}
}

// Sound that is missing for a child is written as silence, sound that comes too late is
// left out, and after a long gap it is placed anew.
func TestGapsOfSound(t *testing.T) {
	t.Parallel()
	s := newSound("none", clock.Real{}, discard(), nil)
	packet := func(at uint32) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{Timestamp: at}, Payload: []byte{31 << 3, 1, 2}} // 20 ms
	}
	for _, at := range []uint32{1000, 1960, 1960 - 480, 4840, 4840 + 960 + gapFill + 1, 77} {
		s.push(packet(at))
	}
	s.push(&rtp.Packet{})                                         // nothing in it
	s.push(&rtp.Packet{Payload: make([]byte, opusPacketMax+1)})   // too much
	s.push(&rtp.Packet{Payload: []byte{3}, Header: rtp.Header{}}) // of no length
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Two pages of heads, then 1000, 1960, two of silence, 4840, the far one and the one before.
	w := &sink{cancel: cancel, left: 2 + 2 + 2 + 1 + 1 + 1}
	if err := s.feed(ctx, w); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r := newOggReader(&w.Buffer)
	samples := 0
	for i := 0; ; i++ {
		p, err := r.next()
		if err != nil {
			break
		}
		if i >= 2 {
			samples += opusSamples(p)
		}
	}
	if samples != 7*960 {
		t.Errorf("%d samples were written", samples)
	}
	for sample, want := range map[int64]uint32{0: 1000, 959: 1959, 4 * 960: 4840} {
		if at, ok := s.anchors.find(sample); !ok || at != want {
			t.Errorf("sample %d is at %d, want %d", sample, at, want)
		}
	}
}

// A queue that is full takes no more, and whoever fills it never waits.
func TestSoundNeverWaits(t *testing.T) {
	t.Parallel()
	s := newSound("none", clock.Real{}, discard(), nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3 * soundQueue {
			s.push(&rtp.Packet{Header: rtp.Header{Timestamp: uint32(i)}, Payload: []byte{8}})
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it waits for a child that is not there")
	}
	if len(s.in) != soundQueue {
		t.Errorf("%d packets wait", len(s.in))
	}
	if s.drain(); len(s.in) != 0 {
		t.Errorf("%d packets wait still", len(s.in))
	}
}
