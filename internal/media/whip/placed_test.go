package whip

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Packets of any size go through Ogg and come back, and a stream that is torn
// anywhere gives whole packets and then an end.
func TestAnyPacketGoesThroughOgg(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var b bytes.Buffer
		w, err := newOggWriter(&b, 2)
		if err != nil {
			rt.Fatal(err)
		}
		var want [][]byte
		for range rapid.IntRange(0, 4).Draw(rt, "packets") {
			n := rapid.SampledFrom([]int{0, 1, 254, 255, 256, 509, 510, 511, 4000, 65024}).Draw(rt, "size")
			p := bytes.Repeat([]byte{rapid.Byte().Draw(rt, "fill")}, n)
			if err := w.packet(p, 960); err != nil {
				rt.Fatal(err)
			}
			want = append(want, p)
		}
		raw := b.Bytes()
		cut := rapid.IntRange(0, len(raw)).Draw(rt, "cut")
		r := newOggReader(bytes.NewReader(raw[:cut]))
		for i := 0; ; i++ {
			p, err := r.next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || cut == len(raw) &&
					i != len(want)+2 {
					rt.Fatalf("after %d packets of %d: %v", i, len(want)+2, err)
				}
				break
			}
			if i >= 2 && !bytes.Equal(p, want[i-2]) {
				rt.Fatalf("packet %d is %d bytes, want %d", i, len(p), len(want[i-2]))
			}
		}
	})
	w, err := newOggWriter(io.Discard, 2)
	if err == nil {
		err = w.packet(make([]byte, 255*255), 960)
	}
	if !errors.Is(err, errOgg) {
		t.Errorf("a packet beyond a page: %v", err)
	}
}

// FuzzOgg: whatever comes out of a pipe ends the reader or gives packets within their
// limit.
func FuzzOgg(f *testing.F) {
	var b bytes.Buffer
	if w, err := newOggWriter(&b, 2); err == nil {
		_ = w.packet([]byte("packet"), 960)
	}
	f.Add(b.Bytes())
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := newOggReader(bytes.NewReader(raw))
		for total := 0; ; {
			p, err := r.next()
			if err != nil {
				return
			}
			if total += len(p); len(p) > oggPacketMax || total > len(raw) {
				t.Fatalf("%d bytes of %d", total, len(raw))
			}
		}
	})
}

// Media time only follows the sender's clock, over every wrap of it, whatever order
// packets come in.
func TestMediaTimeOverAllWraps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var l line
		start := rapid.Uint32().Draw(rt, "start")
		offset := time.Duration(rapid.IntRange(0, 5000).Draw(rt, "offset")) * time.Millisecond
		l.arrive(trackVideo, start, offset)
		ticks := int64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "packets") {
			step := rapid.Int64Range(0, 1<<30).Draw(rt, "step") // three hours: a wrap every fourth
			ticks += step
			l.arrive(trackVideo, start+uint32(ticks), 0)
			back := min(ticks, rapid.Int64Range(0, 1<<20).Draw(rt, "back"))
			want := offset + ticksToDuration(ticks-back, trackVideo)
			if got := l.at(trackVideo, start+uint32(ticks-back)); got != want {
				rt.Fatalf("after %d ticks, %d back: %v, want %v", ticks, back, got, want)
			}
		}
	})
}

// What a child gives back is placed by what it was given: each sample at the time of
// the anchor before it.
func TestAnchorsPlaceSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a anchors
		if _, ok := a.find(0); ok {
			rt.Fatal("placed by nothing")
		}
		type placed struct {
			sample int64
			at     uint32
		}
		var list []placed
		sample := int64(0)
		for range rapid.IntRange(1, 10).Draw(rt, "anchors") {
			p := placed{sample, rapid.Uint32().Draw(rt, "time")}
			a.add(p.sample, p.at)
			list = append(list, p)
			sample += rapid.Int64Range(1, 5000).Draw(rt, "samples")
		}
		for at := int64(0); at < sample; at += rapid.Int64Range(1, 2000).Draw(rt, "on") {
			i, _ := slices.BinarySearchFunc(list, at+1, func(p placed, at int64) int { return int(p.sample - at) })
			want := list[i-1].at + uint32(at-list[i-1].sample)
			if got, ok := a.find(at); !ok || got != want {
				rt.Fatalf("sample %d is at %d, want %d", at, got, want)
			}
		}
		a.reset()
		if _, ok := a.find(sample); ok {
			rt.Fatal("placed by what was forgotten")
		}
	})
}

// Whatever comes from two tracks, the gate lets each frame through once, each track in
// its order, and begins with both where both come in time.
func TestTheGateLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		g := gate{coming: [2]bool{true, rapid.Bool().Draw(rt, "sound comes")}}
		now, at := began, [2]uint32{}
		var pushed, out [2][]uint32
		var order []int
		for range rapid.IntRange(1, 60).Draw(rt, "frames") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(rt, "passes")) * time.Millisecond)
			track := rapid.IntRange(0, 1).Draw(rt, "track")
			at[track] += uint32(rapid.IntRange(1, 100).Draw(rt, "later"))
			ms := at[track]
			pushed[track] = append(pushed[track], ms)
			g.push(now, track, heldFrame{ms, func() {
				out[track] = append(out[track], ms)
				order = append(order, track)
			}})
		}
		g.release()
		for track := range 2 {
			if !slices.IsSorted(out[track]) {
				rt.Fatalf("track %d came out as %v", track, out[track])
			}
		}
		if !slices.Equal(out[trackVideo], pushed[trackVideo]) {
			rt.Fatalf("pictures %v came out as %v", pushed[trackVideo], out[trackVideo])
		}
		missing := len(pushed[trackAudio]) - len(out[trackAudio])
		if !slices.Equal(out[trackAudio], pushed[trackAudio][missing:]) {
			rt.Fatalf("sounds %v came out as %v", pushed[trackAudio], out[trackAudio])
		}
		if missing > 0 && (len(out[trackVideo]) == 0 || pushed[trackAudio][missing-1]+aacFrameMs > out[trackVideo][0]) {
			rt.Fatalf("sounds %v came out as %v beside pictures %v", pushed[trackAudio], out[trackAudio],
				out[trackVideo])
		}
		if g.begun && order[0] != trackVideo {
			rt.Fatalf("a show begins with sound: %v", order)
		}
	})
}
