package hlscheck_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/media/hls/hlscheck"
)

// list is a playlist that a test writes, with whatever faults it wants.
type list struct {
	target, sequence, disc int
	part, hold             float64
	segments               []seg
	hint                   string
	ended                  bool
	extra                  string
}

type seg struct {
	at    float64 // seconds since eight o'clock
	parts []float64
	whole bool
	disc  bool
	gap   bool
	n     int
}

func (s seg) duration() (sum float64) {
	for _, p := range s.parts {
		sum += p
	}
	return sum
}

func (l list) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:%d\n", l.target)
	fmt.Fprintf(&b, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%.3f\n", l.hold)
	fmt.Fprintf(&b, "#EXT-X-PART-INF:PART-TARGET=%.3f\n#EXT-X-MEDIA-SEQUENCE:%d\n", l.part, l.sequence)
	fmt.Fprintf(&b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-MAP:URI=\"i.mp4\"\n", l.disc)
	b.WriteString(l.extra)
	for _, s := range l.segments {
		if s.disc {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:2026-11-11T20:00:%06.3fZ\n", s.at)
		for i, p := range s.parts {
			fmt.Fprintf(&b, "#EXT-X-PART:DURATION=%.5f,URI=\"%d/%d\"", p, s.n, i)
			if i == 0 {
				b.WriteString(",INDEPENDENT=YES")
			}
			b.WriteByte('\n')
		}
		if s.gap {
			b.WriteString("#EXT-X-GAP\n")
		}
		if s.whole {
			fmt.Fprintf(&b, "#EXTINF:%.5f,\ns%d\n", s.duration(), s.n)
		}
	}
	if l.hint != "" {
		fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s\"\n", l.hint)
	}
	if l.ended {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.String()
}

// window is a live stream without a fault after so many parts: segments of four parts
// of half a second, six of them listed.
func window(parts int) list {
	l := list{target: 2, part: 0.534, hold: 1.602}
	first := max(0, parts/4-6)
	l.sequence = first
	for n := first; n <= parts/4; n++ {
		s := seg{at: float64(2 * n), n: n}
		for range min(4, parts-4*n) {
			s.parts = append(s.parts, 0.5)
		}
		if s.whole = len(s.parts) == 4; s.whole || len(s.parts) > 0 {
			l.segments = append(l.segments, s)
		}
	}
	l.hint = fmt.Sprintf("%d/%d", parts/4, parts%4)
	return l
}

func follow(f *hlscheck.Follower, l list) string {
	_, c := f.Next([]byte(l.String()))
	return strings.Join(c, "; ")
}

// A stream without a fault is followed without a complaint, however fast it is asked
// for.
func TestNothingIsSaidOfAGoodStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var f hlscheck.Follower
		parts := rapid.IntRange(4, 30).Draw(rt, "parts")
		for range rapid.IntRange(1, 10).Draw(rt, "reloads") {
			if c := follow(&f, window(parts)); c != "" {
				rt.Fatalf("after %d parts: %s", parts, c)
			}
			parts += rapid.IntRange(0, 1).Draw(rt, "more") // a reload that missed a part misses its hint
		}
		l := window(parts)
		l.hint, l.ended = "", true
		if c := follow(&f, l); c != "" {
			rt.Fatalf("at its end: %s", c)
		}
	})
}

// Each fault that is planted somewhere in a good stream is found.
func TestPlantedFaultsAreFound(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		plant func(l *list, i int)
		want  string
	}{
		"target":     {func(l *list, _ int) { l.target = 4 }, "targets changed"},
		"part":       {func(l *list, _ int) { l.part = 0.52 }, "targets changed"},
		"hold":       {func(l *list, _ int) { l.hold = 1.7 }, "targets changed"},
		"sequence":   {func(l *list, _ int) { l.sequence -= 2; l.segments = l.segments[:2] }, "went back"},
		"disc":       {func(l *list, _ int) { l.disc-- }, "DISCONTINUITY-SEQUENCE went back"},
		"disc more":  {func(l *list, _ int) { l.disc++ }, "discontinuity number was"},
		"break":      {func(l *list, i int) { l.segments[i].disc = true }, "discontinuity number was"},
		"long":       {func(l *list, i int) { l.segments[i].parts[1] = 0.6 }, "over PART-TARGET"},
		"short":      {func(l *list, i int) { l.segments[i].parts[1] = 0.4 }, "under 85 %"},
		"changed":    {func(l *list, i int) { l.segments[i].parts[3] = 0.3 }, "changed"},
		"late":       {func(l *list, i int) { l.segments[i].at += 0.2 }, "off the end of the one before"},
		"early":      {func(l *list, i int) { l.segments[i].at -= 0.2 }, "off the end of the one before"},
		"renamed":    {func(l *list, i int) { l.segments[i].n = 999 }, "changed"},
		"lost":       {func(l *list, i int) { l.segments = append(l.segments[:i:i], l.segments[i+1:]...) }, ""},
		"shrunk":     {func(l *list, _ int) { l.sequence += 5; l.segments = l.segments[5:] }, "are left"},
		"no segment": {func(l *list, _ int) { l.segments = nil }, "no full segment"},
		"no date":    {func(l *list, _ int) { l.extra = "#EXT-X-PROGRAM-DATE-TIME:yesterday\n" }, "parsing time"},
		"no number":  {func(l *list, _ int) { l.extra = "#EXT-X-MEDIA-SEQUENCE:x\n" }, "invalid syntax"},
		"too long":   {func(l *list, _ int) { l.extra = "#EXTINF:9e999,\nx\n" }, "bad decimal"},
		"not one":    {func(l *list, _ int) { l.extra = "#EXTINF:NaN,\nx\n" }, "bad decimal"},
		"other hint": {func(l *list, _ int) { l.segments[len(l.segments)-1].n = 77 }, "hint was"},
	}
	for what, fault := range faults {
		for i := 1; i < 5; i++ {
			var f hlscheck.Follower
			if c := follow(&f, window(28)); c != "" {
				t.Fatal(c)
			}
			l := window(29)
			fault.plant(&l, i)
			if c := follow(&f, l); c == "" || !strings.Contains(c, fault.want) {
				t.Errorf("%s at %d: said %q, want %q", what, i, c, fault.want)
			}
		}
	}
	var f hlscheck.Follower
	l := window(28)
	l.ended = true
	follow(&f, l)
	if c := follow(&f, window(28)); !strings.Contains(c, "ENDLIST was taken back") {
		t.Errorf("an end that was taken back: %q", c)
	}
}

// A gap is no fault, and a break in the dates is none where it is announced.
func TestWhatIsNoFault(t *testing.T) {
	t.Parallel()
	var f hlscheck.Follower
	l := window(28)
	l.segments[2].gap = true
	for i := 4; i < len(l.segments); i++ {
		l.segments[i].at += 30
	}
	l.segments[4].disc = true
	if c := follow(&f, l); c != "" {
		t.Error(c)
	}
	p, err := hlscheck.Parse([]byte(l.String()))
	if err != nil || !p.Segments[2].Gap || !p.Segments[4].Discontinuity || !p.CanBlock ||
		p.Segments[3].Map != "i.mp4" ||
		len(p.Segments) != len(l.segments) || p.Hint != l.hint {
		t.Errorf("read as %+v, %v", p, err)
	}
}

// FuzzParse: whatever is no playlist is refused or read, and nothing breaks; one that
// is judged twice in a row has not changed.
func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(window(28).String())
	f.Add("#EXTM3U\n#EXT-X-PART:DURATION=\"1\",URI=\n#EXTINF:\n\n#EXT-X-MAP:URI=\"")
	f.Fuzz(func(t *testing.T, body string) {
		p, err := hlscheck.Parse([]byte(body))
		if (p == nil) != (err != nil) && !strings.Contains(fmt.Sprint(err), "token too long") {
			t.Errorf("%+v, %v", p, err)
		}
		var x hlscheck.Follower
		x.Next([]byte(body))
		_, again := x.Next([]byte(body))
		for _, c := range again {
			if strings.Contains(c, "went back") || strings.Contains(c, "targets changed") {
				t.Errorf("the same again: %s", c)
			}
		}
	})
}
