package record_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/media/hls"
	"hawker/internal/media/record"
)

// Whatever was recorded, with whatever breaks and changes of the publisher: what is cut
// out of it is the segments that the stretch touches, each whole, and a replay has all
// of them once.
func TestAnyStretchIsCutWhole(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		dir := fmt.Sprint("room/", n)
		p := newTape()
		r := begin(t, a, dir, 0)
		type taken struct {
			start time.Time
			data  string
			init  string
		}
		var all []taken
		for range rapid.IntRange(1, 8).Draw(rt, "segments") {
			breaks := len(all) > 0 && rapid.IntRange(0, 3).Draw(rt, "a break") == 0
			if breaks && rapid.Bool().Draw(rt, "another publisher") {
				p.init = &hls.Init{Generation: p.init.Generation + 1, Data: fmt.Appendf(nil, "INIT-%d",
					p.init.Generation+1)}
			}
			if breaks {
				p.n += rapid.IntRange(0, 3).Draw(rt, "away")
			}
			s := p.next(breaks)
			r.Add(s)
			all = append(all, taken{s.Start, string(slices.Concat(s.Body()...)), string(p.init.Data)})
		}
		if info := r.Close(); info.Err != nil || info.Segments != len(all) {
			rt.Fatalf("recorded %+v of %d", info, len(all))
		}
		rec := open(t, a.fs(), dir)
		list := string(rec.Playlist())
		if strings.Count(list, "#EXTINF") != len(all) || !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") {
			rt.Fatalf("%d segments are\n%s", len(all), list)
		}
		for range 4 {
			from := start.Add(time.Duration(rapid.IntRange(-1500, 15_000).Draw(rt, "from")) * time.Millisecond)
			to := from.Add(time.Duration(rapid.IntRange(-100, 9000).Draw(rt, "long")) * time.Millisecond)
			var want, got string
			for _, s := range all {
				if s.start.Add(time.Second).After(from) && s.start.Before(to) {
					want += s.data
				}
			}
			for _, span := range rec.Cut(from, to) {
				f, err := span.Open()
				if err != nil {
					rt.Fatal(err)
				}
				raw, err := io.ReadAll(f)
				if err != nil {
					rt.Fatal(err)
				}
				if err := f.Close(); err != nil {
					rt.Fatal(err)
				}
				// A span begins with what its segments are read by.
				init, _, _ := strings.Cut(string(raw), "<")
				media := strings.TrimPrefix(string(raw), init)
				if int64(len(media)) != span.Size || !strings.HasPrefix(init, "INIT-") || !span.End.After(span.Start) {
					rt.Fatalf("a span of %d bytes from %s to %s is %q", span.Size, span.Start, span.End, raw)
				}
				for _, s := range all {
					if strings.Contains(media, s.data) && s.init != init {
						rt.Fatalf("%s is read by %s, it was made for %s", s.data, init, s.init)
					}
				}
				got += media
			}
			if got != want {
				rt.Fatalf("from %s to %s is cut %q, want %q of %v", from, to, got, want, all)
			}
		}
	})
}

// A replay of several recordings holds them in order, with a break between, and the
// marks that lie in what was recorded.
func TestAReplayOfMany(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	var recs []*record.Recording
	p := newTape()
	for i := range 3 {
		dir := fmt.Sprint("room/shw_1/", i)
		r := begin(t, a, dir, 0)
		for range 2 {
			r.Add(p.next(false))
		}
		r.Close()
		recs = append(recs, open(t, a.fs(), dir))
		p.n += 5 // nobody sent for five seconds
	}
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	for what, c := range map[string]struct {
		mark hls.Mark
		in   bool
	}{
		"in the first":     {hls.Mark{ID: "m", Start: at(0.5)}, true},
		"in the last":      {hls.Mark{ID: "m", Start: at(15.9)}, true},
		"between":          {hls.Mark{ID: "m", Start: at(4), End: at(5)}, false},
		"over the gap":     {hls.Mark{ID: "m", Start: at(4), End: at(7.5)}, true},
		"before all":       {hls.Mark{ID: "m", Start: at(-9), End: at(-5)}, false},
		"into the first":   {hls.Mark{ID: "m", Start: at(-9), End: at(0)}, true},
		"after all":        {hls.Mark{ID: "m", Start: at(16)}, false},
		"without a name":   {hls.Mark{Start: at(0.5)}, false},
		"open to this day": {hls.Mark{ID: "m", Start: at(14.5)}, true},
	} {
		list := string(record.Join(recs, c.mark))
		if got := strings.Contains(list, "EXT-X-DATERANGE"); got != c.in {
			t.Errorf("%s: marked %v, want %v", what, got, c.in)
		}
		if strings.Count(list, "#EXTINF") != 6 || strings.Count(list, "#EXT-X-DISCONTINUITY\n") != 2 ||
			strings.Count(list, "#EXT-X-MAP") != 3 {
			t.Errorf("%s: the replay is\n%s", what, list)
		}
	}
}
