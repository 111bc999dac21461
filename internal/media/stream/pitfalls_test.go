package stream_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/internal/media/hls/hlscheck"
	"hawker/internal/media/rtmp/amf"
	"hawker/internal/media/stream"
)

// TestPitfalls has one row for each pitfall that other servers fell into, by
// the number it has in the study of them. A row is the short form of what finer
// tests prove, named beside it.
func TestPitfalls(t *testing.T) {
	for _, row := range []struct {
		number int
		name   string
		test   func(t *testing.T)
	}{
		// rtmp.TestExtendedTimestampOnTypeThree, TestDeltas
		{1, "extended timestamps with and without their copy", pitfallExtended},
		// TestTimestampsOfThePublisher, TestTimeline
		{2, "timestamps wrap, jump and go back", pitfallTimestamps},
		// flv.TestParseVideo, cmaf.TestFragment
		{3, "composition time is signed", pitfallComposition},
		{4, "parts are cut by DTS, the first GOP too", pitfallBFrames}, // TestPlaylistRules
		{5, "a promised track comes late or never", pitfallPromise},    // TestLateTrack, TestTrackThatStops
		{6, "aggregate messages", pitfallAggregate},                    // rtmp.TestAggregate
		// rtmp.TestWhatEncodersSay, amf.FuzzDecode
		{7, "AMF that nobody expects", pitfallAMF},
		// rtmp.TestHostileChunks, TestRandomTraffic
		{8, "chunk sizes, chunk streams, interleaving, abort", pitfallChunks},
		{9, "targets never change in a life", pitfallTargets},                    // TestAnythingGoes, TestHour
		{10, "no part over PART-TARGET or under 85 % of it", pitfallPartLength},  // TestAnythingGoes, TestHour
		{11, "blocking reload", pitfallReload},                                   // hls.TestReloadOfEveryKind
		{12, "no rendition that promises parts and has none", pitfallRenditions}, //
		{13, "no delta update that skips too much", pitfallDelta},                // hls.TestReloadOfEveryKind
		{14, "PROGRAM-DATE-TIME is the time of sending", pitfallDate},            // TestDateOfABurst, TestWallclock
		{15, "the first playlist has a full segment", pitfallFirst},              // hls.TestFirstPlaylistIsPadded
		{16, "MEDIA-SEQUENCE goes on after a reconnect", pitfallSequence},        // TestCutAndReturn, TestRestartGoesOn
		// TestTargetDuration, TestGapIsRemembered
		{17, "key frames 8.3 s apart", pitfallLongGOP},
		// hls.TestPlaylistHeaders, TestMediaURLs
		{18, "gzip, CORS and caching", pitfallHTTP},
	} {
		t.Run(fmt.Sprintf("%02d %s", row.number, row.name), row.test)
	}
}

func pitfallExtended(t *testing.T) {
	for name, set := range map[string]func(*wire){
		"repeated":     func(*wire) {},
		"not repeated": func(w *wire) { w.noRepeat = true },
		"as deltas":    func(w *wire) { w.deltas = true },
	} {
		for _, first := range []uint32{0xffffff - 1000, 0x01000000, 0xfffffff0} {
			t.Run(fmt.Sprintf("%s from %#x", name, first), func(t *testing.T) {
				if name == "as deltas" && first > 0xffffff { // see package rtmp: there the header tells the delta
					first = 0xffffff - 2000
				}
				r := newRig(t, rigOptions{})
				w := dialWire(t, r.listenRTMP())
				tap := w.hello(r)
				set(w)
				w.film(first)
				arrives(t, tap)
			})
		}
	}
}

func pitfallTimestamps(t *testing.T) {
	for name, tt := range map[string]struct {
		first uint32
		jump  int64
		want  int64
	}{
		"past 2^24": {first: 0xffffff - 3000}, "past 2^31": {first: math.MaxInt32 - 3000},
		"past 2^32": {first: math.MaxUint32 - 3000},
		"+60 s":     {jump: 60_000, want: 1}, "-5 s": {jump: -5000, want: 1}, "-60 s": {
			first: 90_000, jump: -60_000,
			want: 1,
		},
		"a pause of 2 s": {jump: 2000, want: 1}, "back to 0": {first: 4_000_000_000, jump: 294_967_296 - 3000, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", shape{fps: 30, gop: 30, first: tt.first})
			e.send(3 * time.Second)
			e.offset = tt.jump
			if name == "a pause of 2 s" {
				r.clock.Advance(2 * time.Second)
			}
			e.send(3 * time.Second)
			if got := r.discontinuities(); got != tt.want {
				t.Errorf("%d discontinuities, want %d", got, tt.want)
			}
			for _, s := range r.list.Segments {
				if s.Duration > 1.6 {
					t.Errorf("a segment of %g s", s.Duration)
				}
			}
		})
	}
}

func pitfallComposition(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30, bframes: true, ctsShift: -67, noAudio: true})
	e.send(2 * time.Second)
	s := r.list.Segments[len(r.list.Segments)-1]
	b := r.get("/live/room/" + s.Parts[0].URI).Body.Bytes()
	i := strings.Index(string(b), "trun")
	if b[i+4] != 1 {
		t.Fatalf("trun of version %d has no signed offsets", b[i+4])
	}
	least := int32(math.MaxInt32)
	for k := range binary.BigEndian.Uint32(b[i+8:]) {
		least = min(least, int32(binary.BigEndian.Uint32(b[i+16+int(k)*16+12:])))
	}
	if least != -67*90 {
		t.Errorf("the least offset is %d ticks, want %d", least, -67*90)
	}
}

func pitfallBFrames(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30, bframes: true})
	e.send(5 * time.Second)
	for _, s := range r.list.Segments {
		if s.Done && !s.Gap && math.Abs(s.Duration-1) > 0.001 {
			t.Errorf("segment %d has %g s, a GOP has 1", s.Sequence, s.Duration)
		}
	}
}

func pitfallPromise(t *testing.T) {
	for name, s := range map[string]shape{
		"audio never": {fps: 30, gop: 30}, "video never": {fps: 30, gop: 30},
		"audio after 3 s": {fps: 30, gop: 30, lateAudio: true}, "video after 3 s": {fps: 30, gop: 30, lateVideo: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rigOptions{})
			e := r.publish("room", s)
			e.must(e.pub.FrameRate(30)) // as metadata promises
			e.quietAudio = e.quietAudio || name == "audio never"
			e.quietVideo = e.quietVideo || name == "video never"
			e.send(2900 * time.Millisecond)
			if r.list == nil {
				t.Fatal("nothing to play: waits for what was promised")
			}
			if s.lateAudio || s.lateVideo {
				e.bring()
				e.send(3 * time.Second)
				if got := r.discontinuities(); got != 1 {
					t.Errorf("%d discontinuities", got)
				}
			}
		})
	}
}

func pitfallAggregate(t *testing.T) {
	r := newRig(t, rigOptions{})
	w := dialWire(t, r.listenRTMP())
	tap := w.hello(r)
	const zero = 0x00fffff0 // times of the tags count from anywhere
	tag := func(ts uint32, body []byte) []byte {
		n := len(body)
		b := []byte{
			9, byte(n >> 16), byte(n >> 8), byte(n), byte(ts >> 16), byte(ts >> 8), byte(ts), byte(ts >> 24), 0,
			0, 0,
		}
		return binary.BigEndian.AppendUint32(append(b, body...), uint32(n+11))
	}
	b := tag(zero, videoConfig())
	for i := range uint32(wireFrames) {
		b = append(b, tag(zero+i*wireStepMs, videoBody(i%30 == 0, 0, 700))...)
		if i%10 == 9 {
			w.message(6, 22, (i/10)*10*wireStepMs, 1, b)
			b = nil
			// The next aggregate begins with its own first tag.
		}
	}
	w.flush()
	arrives(t, tap)
}

func pitfallAMF(t *testing.T) {
	r := newRig(t, rigOptions{})
	w := dialWire(t, r.listenRTMP())
	// an ECMA array that just stops
	endless := []byte{2, 0, 1, 'x', 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 1, 'a', 5}
	tap := w.hello(r,
		amf.Append(nil, "connect", 9, amf.Object{"app": "live", "fourCcList": []any{"hvc1", []any{"av01"}}}),
		amf.Append(nil, "_checkbw", 4, nil), amf.Append(nil, "unheardOf", 5, amf.Object{"a": []any{nil}}),
		amf.Append(nil, "releaseStream", 6, nil, "room"), amf.Append(nil, "FCPublish", 7, nil, "room"),
		endless, nil, []byte{0x11, 1, 2, 3}, []byte{0xff},
	)
	w.message(3, 17, 0, 0, append([]byte{0}, amf.Append(nil, "getStreamLength", 8, nil, "room")...))
	w.message(4, 18, 0, 1, amf.Append(nil, "@setDataFrame", "onMetaData", amf.Object{"framerate": "thirty"}))
	w.message(4, 15, 0, 1, append([]byte{0}, amf.Append(nil, "onTextData", amf.Object{"x": 1})...))
	w.message(4, 18, 0, 1, endless)
	w.film(0)
	arrives(t, tap)
}

func pitfallChunks(t *testing.T) {
	for _, size := range []int{1, 2, 127, 128, 4096, 60000, 1 << 20, 16<<20 - 1, math.MaxInt32} {
		t.Run(fmt.Sprintf("size %d", size), func(t *testing.T) {
			r := newRig(t, rigOptions{})
			w := dialWire(t, r.listenRTMP())
			tap := w.hello(r)
			w.setSize(size)
			w.film(0)
			arrives(t, tap)
		})
	}
	for _, cs := range []uint32{3, 63, 64, 319, 320, 65599} {
		t.Run(fmt.Sprintf("chunk stream %d", cs), func(t *testing.T) {
			r := newRig(t, rigOptions{})
			w := dialWire(t, r.listenRTMP())
			w.cs = cs
			tap := w.hello(r)
			w.film(0)
			arrives(t, tap)
		})
	}
	t.Run("interleaved and aborted", func(t *testing.T) {
		r := newRig(t, rigOptions{})
		w := dialWire(t, r.listenRTMP())
		tap := w.hello(r)
		audio := w.begin(4, 8, 0, 1, append(audioConfig(), make([]byte, 500)...)) // begun, never ended
		w.message(6, 9, 0, 1, videoConfig())
		for i := range uint32(wireFrames) {
			rest := w.begin(6, 9, i*wireStepMs, 1, videoBody(i%30 == 0, 0, 700))
			for len(rest) > 0 {
				rest = w.more(6, i*wireStepMs, rest)
				if len(audio) > 200 {
					audio = w.more(4, 0, audio)
				}
			}
		}
		w.message(2, 2, 0, 0, []byte{0, 0, 0, 4}) // abort
		w.flush()
		arrives(t, tap)
	})
}

func pitfallTargets(t *testing.T) {
	part := &partSetting{length: 200 * time.Millisecond}
	r := newRig(t, rigOptions{admission: part})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	if r.list.PartTarget != 0.218 || r.list.HoldBack != 0.654 {
		t.Errorf("PART-TARGET %g, PART-HOLD-BACK %g", r.list.PartTarget, r.list.HoldBack)
	}
	part.length = 500 * time.Millisecond // the shop changes its mind
	for _, s := range []shape{
		{fps: 25, gop: 200},
		{fps: 60, gop: 61, bframes: true},
		{noVideo: true},
		{fps: 30, gop: 30},
	} {
		e.pub.Close(errNo)
		e = r.publish("room", s)
		e.send(3 * time.Second) // the follower compares with the targets of before
	}
	if r.list.PartTarget != 0.218 {
		t.Errorf("PART-TARGET %g within the same life", r.list.PartTarget)
	}
	r.hub.Close("room")
	r.follow = hlscheck.Follower{}
	e = r.publish("room", shape{fps: 30, gop: 30})
	e.send(3 * time.Second)
	if r.list.PartTarget != 0.534 {
		t.Errorf("PART-TARGET %g in the next life", r.list.PartTarget)
	}
}

func pitfallPartLength(t *testing.T) {
	for _, s := range []shape{
		{fps: 7, gop: 9},
		{fps: 24, gop: 37, jitter: true},
		{fps: 50, gop: 333, bframes: true},
		{fps: 30, gop: 17},
	} {
		for _, part := range []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second} {
			t.Run(fmt.Sprintf("%d fps, key every %d, %s", s.fps, s.gop, part), func(t *testing.T) {
				r := newRig(t, rigOptions{part: part})
				r.publish("room", s).send(9 * time.Second) // the follower measures each part
				if n := len(r.list.Segments); n < 3 {
					t.Errorf("%d segments", n)
				}
			})
		}
	}
}

func pitfallReload(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(5400 * time.Millisecond) // a part of the open segment is out
	last := r.list.Segments[len(r.list.Segments)-1]
	if last.Done || len(last.Parts) != 1 {
		t.Fatalf("the edge is %+v", last)
	}
	at := func(msn int64, rest string) int {
		return r.get(fmt.Sprintf("/live/room/live.m3u8?_HLS_msn=%d%s", msn, rest)).Code
	}
	for name, tt := range map[string]struct{ got, want int }{
		"whole segment":              {at(last.Sequence-1, ""), 200},
		"part beyond a whole one":    {at(last.Sequence-1, "&_HLS_part=99"), 200},
		"part that is there":         {at(last.Sequence, "&_HLS_part=0"), 200},
		"three segments ahead":       {at(last.Sequence+3, ""), 400},
		"far more parts than target": {at(last.Sequence, "&_HLS_part=50"), 400},
		"part of nothing":            {r.get("/live/room/live.m3u8?_HLS_part=0").Code, 400},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", name, tt.got, tt.want)
		}
	}
	answer := make(chan int, 1)
	go func() { answer <- at(last.Sequence, "&_HLS_part=1") }()
	e.send(time.Second)
	if code := <-answer; code != http.StatusOK {
		t.Errorf("the next part: %d", code)
	}
}

func pitfallRenditions(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.publish("room", shape{fps: 30, gop: 30}).send(3 * time.Second)
	list := r.get("/live/room/index.m3u8").Body.String()
	if strings.Contains(list, "EXT-X-MEDIA:") || strings.Count(list, "EXT-X-STREAM-INF") != 1 {
		t.Errorf("more than the one muxed rendition:\n%s", list)
	}
	s := r.list.Segments[len(r.list.Segments)-1]
	b := r.get("/live/room/" + s.Parts[0].URI).Body.Bytes()
	if got := tracks(b, "tfhd", 8); !got[1] || !got[2] {
		t.Errorf("tracks of a part: %v", got)
	}
}

func pitfallDelta(t *testing.T) {
	r := newRig(t, rigOptions{})
	r.publish("room", shape{fps: 30, gop: 30}).send(12 * time.Second)
	whole := r.get("/live/room/live.m3u8").Body.String()
	if strings.Contains(whole, "CAN-SKIP-UNTIL") {
		t.Error("promises delta updates")
	}
	if got := r.get("/live/room/live.m3u8?_HLS_skip=YES").Body.String(); got != whole {
		t.Errorf("skips though it promised not to:\n%s", got)
	}
}

func pitfallDate(t *testing.T) {
	for _, s := range []shape{{fps: 30, gop: 30}, {fps: 30, gop: 30, bframes: true}, {noVideo: true}} {
		r := newRig(t, rigOptions{})
		began := r.clock.Now()
		r.publish("room", s).send(6 * time.Second)
		for _, x := range r.list.Segments {
			if x.Gap {
				continue
			}
			off := math.Mod(x.Date.Sub(began).Seconds(), 1)
			if s.fps > 0 && math.Min(off, 1-off) > 0.005 {
				t.Errorf("segment %d is dated %s, the second it was sent in began %.3f s before", x.Sequence, x.Date,
					off)
			}
			if x.Date.Before(began.Add(-30 * time.Millisecond)) {
				t.Errorf("segment %d is dated before anything was sent", x.Sequence)
			}
		}
	}
}

func pitfallFirst(t *testing.T) {
	r := newRig(t, rigOptions{})
	e := r.publish("room", shape{fps: 30, gop: 30})
	e.send(600 * time.Millisecond)
	whole, open := 0, 0
	for _, s := range r.list.Segments {
		if s.Done {
			whole++
		}
		open += len(s.Parts)
	}
	if whole != 3 || !r.list.Segments[0].Gap || open != 1 {
		t.Errorf("%d whole segments and %d parts after 0.6 s", whole, open)
	}
}

func pitfallSequence(t *testing.T) {
	store := &memoryStore{states: map[string]stream.State{}}
	var before *hlscheck.Playlist
	for i := range 3 {
		r := newRig(t, rigOptions{store: store})
		e := r.publish("room", shape{fps: 30, gop: 30})
		e.send(4 * time.Second)
		for range 2 {
			e.pub.Close(errNo)
			e = r.publish("room", shape{fps: 30, gop: 30})
			e.send(2 * time.Second)
		}
		if before != nil && r.list.Sequence <= before.Sequence {
			t.Errorf("after start %d: MEDIA-SEQUENCE %d, was %d", i, r.list.Sequence, before.Sequence)
		}
		before = r.list // the rig goes as a killed server does: nothing is told to the store
	}
}
