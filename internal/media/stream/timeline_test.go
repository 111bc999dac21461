package stream

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A trace is what a publisher sends and where it must come to lie: v or a, the
// timestamp, the place after the origin, ! if a new line begins.
func TestTimeline(t *testing.T) {
	for name, trace := range map[string]string{
		"plain":                      "v0=0 a0=0 a21=21 v33=33 v67=67",
		"any zero":                   "v5000=0 a5010=10 v5033=33",
		"audio from another zero":    "v100000=0 a0=0 v100033=33 a21=21",
		"audio a little before":      "v100=0 a80=-20 v133=33",
		"wrap at 2^32":               "v4294967290=0 a4294967295=5 v27=33 a20=26",
		"crossing 2^31":              "v2147483640=0 v2147483673=33",
		"late track on the same":     "v0=0 v3000=3000 a3005=3005",
		"late track from its zero":   "v0=0 v3000=3000 v6000=6000 a10=6000",
		"both jump ahead":            "v0=0 a0=0 v33=33 v60066=66! a60050=50 v60100=100",
		"audio jumps first":          "v0=0 a10=10 v33=33 a60031=43! v60066=78",
		"both fall back":             "v9000=0 a9000=0 v9033=33 v4066=66! a4050=50",
		"start again at zero":        "v900000=0 a900000=0 v0=33! a10=43",
		"half a second back is kept": "v1000=0 v1500=500 v1100=100 v1600=600",
		"three seconds ahead too":    "v0=0 v3000=3000",
		"a track that paused":        "v0=0 a0=0 a2000=2000 a4000=4000 v4010=4010 a4021=4021",
		"only video jumps":           "v0=0 a0=0 v33=33 a21=21 v90000=66! a42=42 v90033=99 a64=64",
	} {
		t.Run(name, func(t *testing.T) {
			line := newTimeline(10000)
			for step := range strings.FieldsSeq(trace) {
				var kind byte
				var ts uint32
				var want int64
				if _, err := fmt.Sscanf(step, "%c%d=%d", &kind, &ts, &want); err != nil {
					t.Fatal(err)
				}
				track := Video
				if kind == 'a' {
					track = Audio
				}
				got, jump := line.place(track, ts)
				if got-10000 != want || jump != strings.HasSuffix(step, "!") {
					t.Errorf("%s: lies at %d, jump %v", step, got-10000, jump)
				}
			}
			if e := line.end(); e < 10000 {
				t.Errorf("ends at %d", e)
			}
		})
	}
}

func TestWallclock(t *testing.T) {
	start := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	const s = time.Second

	t.Run("keeps the slope of the media", func(t *testing.T) {
		var w wallclock
		w.observe(10*s, at(0))
		for i := range 50 { // frames up to 200 ms late change nothing
			w.observe(10*s+time.Duration(i)*s, at(time.Duration(i)*s+time.Duration(i%5)*50*time.Millisecond))
			w.slew(at(time.Duration(i) * s))
		}
		if got := w.at(60 * s); !got.Equal(at(50 * s)) {
			t.Errorf("dated %v", got.Sub(start))
		}
	})
	t.Run("nothing comes before it was made", func(t *testing.T) {
		var w wallclock
		w.observe(0, at(0))
		w.observe(3*s, at(10*time.Millisecond)) // a burst
		if got := w.at(3 * s); !got.Equal(at(10 * time.Millisecond)) {
			t.Errorf("dated %v", got.Sub(start))
		}
	})
	t.Run("a clock that drifts is followed", func(t *testing.T) {
		var w wallclock
		w.observe(0, at(0))
		for i := time.Duration(1); i <= 600; i++ { // the encoder's second is 1.001 s
			w.observe(i*s, at(i*s+i*time.Millisecond))
			w.slew(at(i * s))
		}
		if off := at(600*s + 600*time.Millisecond).Sub(w.at(600 * s)); off > 300*time.Millisecond {
			t.Errorf("%v behind after ten minutes", off)
		}
	})
}
